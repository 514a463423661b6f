using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Data.Phantom;
using PolyCL.Metrics;

namespace PolyCL.Sam.Training;

/// <summary>Scores a small SAM 2 on held-out phantoms, through the same propagation that users call: from the middle slice of the range, both ways.</summary>
internal static class TinySam2Score
{
    /// <summary>Scans of each site and grid.</summary>
    private const int Scans = 4;

    /// <summary>Whole scans, and kept slices as in the quick and the smoke profile.</summary>
    private static readonly TinyGrid[] Grids = [new(128), new(128, 64), new(64, 32)];

    /// <summary>Scores the weights of a file on the liver.</summary>
    internal static IReadOnlyList<TinyScore> Of(string path, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        using var model = Sam2.Load(path);
        var recipe = new TinyPhantoms { Slices = null };
        List<TinyScore> scores = [];
        foreach (var grid in Grids)
        {
            foreach (var site in recipe.Sites)
            {
                var phantoms = recipe with { Sites = [site], Grids = [grid], Scans = Scans, Seed = TinyPhantoms.HeldOutSeed };
                var slices = TinyScan.Generate(phantoms, null, token).Select(scan => new FollowedOrgan(scan, PhantomTissue.Liver))
                    .SelectMany(liver => Of(model, liver, Range(liver, grid))).ToList();
                scores.Add(new TinyScore(site, grid, slices.Count, slices.Average(score => score.Copied), slices.Average(score => score.Propagated), Best: null));
                progress?.Report(new ProgressReport("score", scores.Count, Grids.Length * recipe.Sites.Count));
            }
        }

        return scores;
    }

    /// <summary>Dice of each slice of a range but the reference: of the reference's mask, and of the propagated one; none where the range has no slice.</summary>
    internal static IEnumerable<(double Copied, double Propagated)> Of(Sam2 model, FollowedOrgan organ, IReadOnlyList<int> range)
    {
        if (range.Count == 0)
        {
            return [];
        }

        var (scan, reference) = (organ.Scan, range.Count / 2);
        var given = organ.Mask(range[reference]);
        var sequence = new SliceSequence(range.Count, scan.Height, scan.Width, (slice, pixels) => scan.Grey(range[slice]).CopyTo(pixels));
        return model.Propagate(sequence, reference, given).Where(found => !found.IsReference).Select(found =>
        {
            var truth = organ.Mask(range[found.Slice]);
            return (MaskCounts.Of(given, truth).Dice, MaskCounts.Of(found.Mask, truth).Dice);
        });
    }

    /// <summary>The slices that show the organ: of prepared scans those that a study keeps, of others all.</summary>
    internal static IReadOnlyList<int> Range(FollowedOrgan organ, TinyGrid grid)
    {
        var (start, stop) = grid.Prepared is null ? (0, organ.Scan.Slices) : PrepareOptions.Paper.KeptOf(organ.Scan.Slices);
        return [.. organ.Slices.Where(slice => slice >= start && slice < stop)];
    }
}
