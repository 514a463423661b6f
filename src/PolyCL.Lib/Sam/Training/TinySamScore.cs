using PolyCL.Core;
using PolyCL.Metrics;

namespace PolyCL.Sam.Training;

/// <summary>Scores a small SAM on held-out phantoms, through the same refiner that users call.</summary>
internal static class TinySamScore
{
    /// <summary>Scans of each site and grid.</summary>
    private const int Scans = 2;

    /// <summary>The grids: a scan and prepared slices as in the quick profile, and slices as in the smoke profile.</summary>
    private static readonly TinyGrid[] Grids = [new(128), new(128, 64), new(64, 32)];

    /// <summary>Scores the weights of a file.</summary>
    internal static IReadOnlyList<TinyScore> Of(string path, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        using var refiner = SamRefiner.Load(path);
        var recipe = new TinyPhantoms();
        List<TinyScore> scores = [];
        foreach (var grid in Grids)
        {
            foreach (var site in recipe.Sites)
            {
                var phantoms = recipe with { Sites = [site], Grids = [grid], Scans = Scans, Seed = TinyPhantoms.HeldOutSeed };
                var slices = TinyScan.Generate(phantoms, null, token)
                    .SelectMany((scan, number) => scan.OrganSlices.Select(slice => Of(refiner, scan, number, slice))).ToList();
                scores.Add(new TinyScore(
                    site, grid, slices.Count, slices.Average(score => score.Before), slices.Average(score => score.After), slices.Average(score => score.Best)));
                progress?.Report(new ProgressReport("score", scores.Count, Grids.Length * recipe.Sites.Count));
            }
        }

        return scores;
    }

    /// <summary>Dice of the degraded mask, of what is made of it, and of what is made of the true mask's box.</summary>
    internal static (double Before, double After, double Best) Of(SamRefiner refiner, TinyScan scan, int number, int slice)
    {
        var truth = scan.Mask(slice);
        var random = new RandomStream(TinyPhantoms.HeldOutSeed, "held-out", number, slice);
        var coarse = DegradedMask.Draw(truth, scan.Height, scan.Width, ref random);
        return (MaskCounts.Of(coarse, truth).Dice, Refined(coarse, truth), Refined(truth, truth));

        double Refined(ReadOnlySpan<byte> mask, ReadOnlySpan<byte> wanted)
        {
            var shares = new float[mask.Length];
            for (var i = 0; i < shares.Length; i++)
            {
                shares[i] = scan.Grey(slice)[i] / (float)byte.MaxValue;
            }

            return MaskCounts.Of(refiner.Refine(shares, mask, scan.Height, scan.Width).Mask, wanted).Dice;
        }
    }
}
