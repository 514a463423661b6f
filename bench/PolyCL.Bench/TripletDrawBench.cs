using BenchmarkDotNet.Attributes;
using PolyCL.Data;
using PolyCL.Sampling;

namespace PolyCL.Bench;

/// <summary>Time and allocation of one (anchor, positive, negative) draw; budget: under 1 µs, independent of the number of scans (DESIGN §6).</summary>
[MemoryDiagnoser]
public class TripletDrawBench
{
    private const int Draws = 16_384;
    private readonly Triplet[] triplets = new Triplet[Draws];
    private ExampleSelector selector = null!;
    private int[] order = null!;

    /// <summary>Scans of 114 slices each, the mean of the paper's training set; a third of them shows the organ everywhere.</summary>
    [Params(10, 1_000)]
    public int Scans { get; set; }

    [Params("organ", "scan", "mixed", "organ-authors", "custom")]
    public string Strategy { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        const int PerScan = 114;
        var slices = new SliceRecord[Scans * PerScan];
        for (var i = 0; i < slices.Length; i++)
        {
            var (scan, index) = (i / PerScan, i % PerScan);
            slices[i] = new(scan, index, scan % 3 == 0 || index > 20 + (scan % 70), 0);
        }

        int[] pool = [.. Enumerable.Range(0, slices.Length)];
        selector = Strategy switch
        {
            "organ" => Named(Sampling.Strategy.Organ),
            "scan" => Named(Sampling.Strategy.Scan),
            "mixed" => Named(Sampling.Strategy.Mixed),
            "organ-authors" => ExampleSelector.Create(StrategyOptions.Authors(Sampling.Strategy.Organ) with { Frozen = false }, slices, pool, 1),
            _ => ExampleSelector.Custom(
                new("neighbours", (a, s) => a.Scan == s.Scan && Math.Abs(a.Index - s.Index) <= 3, (a, s) => a.Scan != s.Scan), slices, pool, 1),
        };

        // Anchors in random order, as in training: neighbouring draws share no cache line. Custom sets are built before timing, on 4,096 anchors.
        var anchors = EpochOrder.Of(selector.Anchors, 1, 0).AsSpan(0, Math.Min(Strategy == "custom" ? 4_096 : Draws, selector.Anchors.Count));
        order = new int[Draws];
        for (var i = 0; i < Draws; i++)
        {
            order[i] = anchors[i % anchors.Length];
        }

        selector.Draw(order, 0, 0, triplets);
        if (triplets.Any(triplet => triplet.Positive == triplet.Anchor))
        {
            throw new InvalidOperationException("An anchor is its own positive; the table of this benchmark has partners for all.");
        }

        ExampleSelector Named(Strategy strategy) => ExampleSelector.Create(new() { Strategy = strategy }, slices, pool, 1);
    }

    /// <summary>One triplet, of an order too long for the first cache.</summary>
    [Benchmark(OperationsPerInvoke = Draws)]
    public Triplet Draw()
    {
        selector.Draw(order, 1, 0, triplets);
        return triplets[^1];
    }
}
