using BenchmarkDotNet.Attributes;
using PolyCL.Imaging;
using PolyCL.Metrics;

namespace PolyCL.Bench;

/// <summary>How long do the metrics of one liver-like pair take? Budget (DESIGN §6): Hausdorff + HD95 + ASSD of 256×256 below 0.5 ms.</summary>
/// <remarks>The reference side is bench/reference/metrics.py, on the same masks.</remarks>
[MemoryDiagnoser]
public class MetricsBench
{
    private const int Size = 256;
    private const int Slices = 40;
    private readonly byte[] truth = Organ(0, 0, 0);
    private readonly byte[] prediction = Organ(0, 3, 2);
    private readonly byte[] truthVolume = Volume(0, 0);
    private readonly byte[] predictionVolume = Volume(3, 2);
    private float[] probabilities = [];
    private float[] probabilityVolume = [];

    [GlobalSetup]
    public void Setup()
    {
        probabilities = Array.ConvertAll(prediction, v => (float)v);
        probabilityVolume = Array.ConvertAll(predictionVolume, v => (float)v);
        var edge = SurfaceDistances.OfSlices(prediction, truth, Size, Size)!;
        Console.WriteLine($"edge pixels: {edge.FromPrediction.Length} and {edge.FromTruth.Length}");
    }

    [Benchmark(Description = "Hausdorff + HD95 + ASSD, 256×256")]
    public double SliceDistances()
    {
        var distances = SurfaceDistances.OfSlices(prediction, truth, Size, Size)!;
        return distances.Hausdorff + distances.Hd95 + distances.Assd;
    }

    [Benchmark(Description = "Dice, 256×256")]
    public double SliceDice() => MaskCounts.Of(prediction, truth).Dice;

    [Benchmark(Description = "paper code's Hausdorff, 256×256")]
    public double PaperHausdorff() => PaperCode.Hausdorff(probabilities, truth, Size, Size).Px;

    [Benchmark(Description = "Hausdorff + HD95 + ASSD, 40×256×256, 3-D")]
    public double VolumeDistances()
    {
        var distances = SurfaceDistances.OfVolumes(predictionVolume, truthVolume, Slices, Size, Size, new Spacing(1.5, 1.5, 3))!;
        return distances.Hausdorff + distances.Hd95 + distances.Assd;
    }

    [Benchmark(Description = "all scores of a scan of 40 slices")]
    public double Scan() =>
        ScanEvaluator.Evaluate(probabilityVolume, truthVolume, Slices, Size, Size, new Spacing(1.5, 1.5, 3)).Volume.Dice;

    /// <summary>A liver-like blob: an ellipse with three lobes, smaller away from the middle slice.</summary>
    internal static byte[] Organ(int slice, int dy, int dx)
    {
        var mask = new byte[Size * Size];
        var shrink = 1 - (slice * slice / 500.0);
        for (var y = 0; y < Size; y++)
        {
            for (var x = 0; x < Size; x++)
            {
                double u = (x - 118 - dx) / 78.0, v = (y - 126 - dy) / 52.0;
                var radius = shrink * (1 + (0.18 * Math.Sin((3 * Math.Atan2(v, u)) + (dx * 0.1))));
                mask[(y * Size) + x] = (u * u) + (v * v) <= radius * radius ? (byte)1 : (byte)0;
            }
        }

        return mask;
    }

    private static byte[] Volume(int dy, int dx) => [.. Enumerable.Range(0, Slices).SelectMany(z => Organ(z - (Slices / 2), dy, dx))];
}
