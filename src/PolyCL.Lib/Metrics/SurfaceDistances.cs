using PolyCL.Imaging;

namespace PolyCL.Metrics;

/// <summary>Distances from every edge voxel of one mask to the nearest edge voxel of the other, both ways, and what is read from them.</summary>
/// <remarks>
/// Edge: the mask without its erosion by the cross-shaped element; outside the image counts as background. All numbers are in the unit of
/// the spacing: mm for volumes, px with unit spacing. Exact Euclidean; definitions of MONAI 1.5.
/// </remarks>
public sealed class SurfaceDistances
{
    private readonly double[] fromPrediction;
    private readonly double[] fromTruth;

    /// <summary>Takes both sets of squared distances over and sorts them.</summary>
    internal SurfaceDistances(double[] fromPredictionSquared, double[] fromTruthSquared)
    {
        fromPrediction = Rooted(fromPredictionSquared);
        fromTruth = Rooted(fromTruthSquared);
    }

    /// <summary>From each edge voxel of the prediction to the truth's edge, in ascending order.</summary>
    public ReadOnlySpan<double> FromPrediction => fromPrediction;

    /// <summary>From each edge voxel of the truth to the prediction's edge, in ascending order.</summary>
    public ReadOnlySpan<double> FromTruth => fromTruth;

    /// <summary>The largest distance in either direction.</summary>
    public double Hausdorff => Math.Max(fromPrediction[^1], fromTruth[^1]);

    /// <summary>The larger of the two directed 95th percentiles, linearly interpolated (MONAI's HD95).</summary>
    public double Hd95 => Math.Max(Percentile.OfSorted(fromPrediction, 95), Percentile.OfSorted(fromTruth, 95));

    /// <summary>The 95th percentile of both directions pooled (medpy's HD95, used by TransUNet).</summary>
    public double Hd95Pooled
    {
        get
        {
            double[] all = [.. fromPrediction, .. fromTruth];
            Array.Sort(all);
            return Percentile.OfSorted(all, 95);
        }
    }

    /// <summary>The mean over both directions pooled (MONAI's symmetric average surface distance).</summary>
    public double Assd => (Sum(fromPrediction) + Sum(fromTruth)) / (fromPrediction.Length + fromTruth.Length);

    /// <summary>The mean of the two directed means.</summary>
    public double MeanOfDirectedMeans => ((Sum(fromPrediction) / fromPrediction.Length) + (Sum(fromTruth) / fromTruth.Length)) / 2;

    /// <summary>Distances between the edges of two volumes, in mm; null when a mask is empty.</summary>
    /// <param name="prediction">[slices, height, width]; every value but 0 belongs to the mask.</param>
    /// <param name="truth">As the prediction.</param>
    /// <param name="slices">Slices.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="spacing">X between columns, Y between rows, Z between slices.</param>
    /// <exception cref="ArgumentException">A size is not positive or does not fit the masks.</exception>
    public static SurfaceDistances? OfVolumes(
        ReadOnlySpan<byte> prediction, ReadOnlySpan<byte> truth, int slices, int height, int width, Spacing spacing) =>
        Between(BitVolume.FromMask(prediction, slices, height, width), BitVolume.FromMask(truth, slices, height, width), spacing, planar: false);

    /// <summary>Distances between the edges of two slices (2-D edges); null when a mask is empty.</summary>
    /// <param name="prediction">[height, width]; every value but 0 belongs to the mask.</param>
    /// <param name="truth">As the prediction.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="rowSpacing">Between rows; 1 gives pixels.</param>
    /// <param name="columnSpacing">Between columns; 1 gives pixels.</param>
    /// <exception cref="ArgumentException">A size is not positive or does not fit the masks.</exception>
    public static SurfaceDistances? OfSlices(
        ReadOnlySpan<byte> prediction, ReadOnlySpan<byte> truth, int height, int width, double rowSpacing = 1, double columnSpacing = 1) =>
        Between(
            BitVolume.FromMask(prediction, 1, height, width), BitVolume.FromMask(truth, 1, height, width), new Spacing(columnSpacing, rowSpacing, 1), planar: true);

    /// <summary>Share of all edge voxels, of both masks, that lie within a tolerance of the other edge (normalised surface distance).</summary>
    /// <param name="tolerance">In the unit of the spacing; 0 or above. Compared in float32, as MONAI does, so that rounding does not decide ties.</param>
    /// <exception cref="ArgumentOutOfRangeException">The tolerance is negative.</exception>
    public double SurfaceDice(double tolerance)
    {
        var bound = (float)Core.Check.NotNegative(tolerance);
        return (double)(Within(fromPrediction, bound) + Within(fromTruth, bound)) / (fromPrediction.Length + fromTruth.Length);
    }

    /// <summary>Distances between the edges of two volumes on a grid with axes of any direction.</summary>
    internal static SurfaceDistances? Between(BitVolume prediction, BitVolume truth, Affine grid)
    {
        if (!grid.IsSkewed)
        {
            return Between(prediction, truth, grid.Spacing, planar: false);
        }

        EdgePoints a = EdgePoints.Of(prediction.Edge(planar: false)), b = EdgePoints.Of(truth.Edge(planar: false));
        if (a.Count == 0 || b.Count == 0)
        {
            return null;
        }

        // A distance transform goes axis by axis and needs right angles: compare all pairs in mm.
        double[] fromA = new double[a.Count], fromB = new double[b.Count];
        NearestPoints.Fill(a, b, grid, fromA, fromB);
        return new SurfaceDistances(fromA, fromB);
    }

    internal static SurfaceDistances? Between(BitVolume prediction, BitVolume truth, Spacing spacing, bool planar)
    {
        var predictionEdge = prediction.Edge(planar);
        var truthEdge = truth.Edge(planar);
        EdgePoints a = EdgePoints.Of(predictionEdge), b = EdgePoints.Of(truthEdge);
        if (a.Count == 0 || b.Count == 0)
        {
            return null;
        }

        double[] fromA = new double[a.Count], fromB = new double[b.Count];
        if (NearestPoints.Suits(a, b))
        {
            NearestPoints.Fill(a, b, spacing, fromA, fromB);
        }
        else
        {
            DistanceTransform.Fill(a, truthEdge, b, spacing, fromA);
            DistanceTransform.Fill(b, predictionEdge, a, spacing, fromB);
        }

        return new SurfaceDistances(fromA, fromB);
    }

    private static double[] Rooted(double[] squared)
    {
        Array.Sort(squared);
        for (var i = 0; i < squared.Length; i++)
        {
            squared[i] = Math.Sqrt(squared[i]);
        }

        return squared;
    }

    private static double Sum(double[] values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }

    private static int Within(double[] sorted, float bound)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if ((float)sorted[middle] <= bound)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
