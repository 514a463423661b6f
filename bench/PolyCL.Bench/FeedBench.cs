using System.Diagnostics;
using System.Globalization;
using PolyCL.Data;
using PolyCL.Sampling;
using PolyCL.Training;
using static TorchSharp.torch;

namespace PolyCL.Bench;

/// <summary>
/// <c>feed DATA [STEPS] [RESIDENT_BYTES]</c>: what it costs to draw the triplets of a minibatch and bring their pixels to the network, and whether memory
/// grows over 10,000 steps. Budget (DESIGN §6): under 2 % of a pre-training step (batch 20 at 256×256), resident memory flat.
/// </summary>
/// <remarks>Reading from the store is timed without the network to hide behind: in training it happens during the step before.</remarks>
internal static class FeedBench
{
    public const string Verb = "feed";

    public static int Run(string[] args)
    {
        var root = args[0];
        var steps = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10_000;
        var residentBytes = args.Length > 2 ? long.Parse(args[2], CultureInfo.InvariantCulture) : 16L << 30;
        var folder = Directory.CreateTempSubdirectory("polycl-bench-").FullName;
        using (var store = SliceStoreBuilder.OpenOrBuild(DatasetReader.Open(DatasetReader.Detect(root), root), PrepareOptions.Paper, folder))
        {
            var options = new PretrainOptions { Selection = new StrategyOptions { Strategy = Strategy.Scan } };
            var scans = store.Scans.Select(scan => scan.Id).ToList();
            var pool = SlicePool.Of(store.Scans, scans, options.Selection);
            var selector = ExampleSelector.Create(options.Selection, store.Slices, pool, options.Seed, store.CanBeAnchor);
            var training = Train(options, store, pool, selector);
            using var slices = new SliceTensors(store, pool, CPU, withMasks: false, residentBytes);
            var times = new List<double>(steps);
            var memory = new List<long>();
            for (var step = 0; step < steps; step++)
            {
                var start = Stopwatch.GetTimestamp();
                using (NewDisposeScope())
                {
                    Batch(selector, slices, step, options.BatchSize);
                }

                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                if ((step + 1) % Math.Max(1, steps / 10) == 0)
                {
                    memory.Add(Process.GetCurrentProcess().WorkingSet64 >> 20);
                }
            }

            var median = times.Order().ElementAt(times.Count / 2);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{store.Slices.Count} slices of {store.Scans.Count} scans, {(slices.IsResident ? "resident" : "streamed")}; batch {options.BatchSize}, {store.Size}×{store.Size}: "
                + $"feeding {median:0.00} ms, training step {training:0} ms, share {100 * median / training:0.00} %; {steps} steps, resident MiB at each tenth {string.Join(' ', memory)}"));
        }

        Directory.Delete(folder, recursive: true);
        return 0;
    }

    private static void Batch(ExampleSelector selector, SliceTensors slices, int step, int batch)
    {
        var rows = new int[3 * batch];
        for (var i = 0; i < batch; i++)
        {
            var triplet = selector.Draw(selector.Anchors[((step * batch) + i) % selector.Anchors.Count], step, i);
            (rows[i], rows[batch + i], rows[(2 * batch) + i]) = (triplet.Anchor, triplet.Positive, triplet.Negative);
        }

        slices.Announce(rows);
        slices.Pixels(rows).Dispose();
    }

    private static double Train(PretrainOptions options, SliceStore store, IReadOnlyList<int> pool, ExampleSelector selector)
    {
        using var task = new PretrainTask(options, store, pool, [], selector, CPU, residentBytes: 16L << 30);
        using var adam = optim.Adam(task.Network.parameters(), options.LearningRate);
        var best = double.PositiveInfinity;
        task.BeginEpoch(0);
        task.Network.train();
        for (var step = 0; step < 3; step++)
        {
            var start = Stopwatch.GetTimestamp();
            using var scope = NewDisposeScope();
            task.BeginStep(step);
            task.Network.zero_grad();
            var loss = task.Loss(0, 0, options.BatchSize);
            loss.backward();
            adam.step();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return best;
    }
}
