using System.Diagnostics;
using System.Globalization;
using PolyCL.Data;
using PolyCL.Data.Phantom;
using PolyCL.Sampling;
using PolyCL.Studies;
using PolyCL.Training;
using Profile = PolyCL.Studies.Profile;

namespace PolyCL.Bench;

/// <summary>
/// <c>soak MINUTES [SCANS] [THREADS]</c>: pre-trains (PolyCL-M and SimCLR) and fine-tunes on phantoms again and again while another thread collects and waits for
/// finalizers all the time, until the minutes are over. Each round must give the digest of the first, which runs in peace. Ends with code 1 where one differs.
/// </summary>
internal static class SoakBench
{
    public const string Verb = "soak";

    public static int Run(string[] args)
    {
        var minutes = double.Parse(args[0], CultureInfo.InvariantCulture);
        var scans = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 8;
        var compute = new ComputeOptions { Threads = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 2 };
        var folder = Directory.CreateTempSubdirectory("polycl-soak-").FullName;
        try
        {
            var data = Path.Combine(folder, "data");
            PhantomDataset.Write(new PhantomOptions { Site = PhantomSite.A, Scans = scans, Seed = 1, Matrix = 64 }, data);
            using var store = SliceStoreBuilder.OpenOrBuild(
                DatasetReader.Open(DatasetKind.Phantom, data), ProfileSettings.Prepare(Profile.Smoke), Path.Combine(folder, "stores"));
            var split = ScanSplit.ByShares(store.Scans.Select(scan => scan.Id), 0.1, 0.2, 1);
            var wanted = Round(store, split, compute, Path.Combine(folder, "calm"));
            Console.WriteLine($"in peace: {wanted}");
            return Soak(TimeSpan.FromMinutes(minutes), round => Round(store, split, compute, Path.Combine(folder, $"round-{round}")), wanted);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Soak(TimeSpan time, Func<int, string> round, string wanted)
    {
        using var stop = new ManualResetEventSlim();
        var collector = new Thread(() =>
        {
            while (!stop.IsSet)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        var clock = Stopwatch.StartNew();
        var collections = GC.CollectionCount(0);
        collector.Start();
        try
        {
            var rounds = 0;
            while (clock.Elapsed < time)
            {
                var found = round(++rounds);
                if (found != wanted)
                {
                    Console.WriteLine($"round {rounds}: {found} DIFFERS");
                    return 1;
                }
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"under stress: {rounds} rounds in {clock.Elapsed.TotalMinutes:0.0} min, {GC.CollectionCount(0) - collections} collections, each {wanted}"));
            return 0;
        }
        finally
        {
            stop.Set();
            collector.Join();
        }
    }

    /// <summary>Digests of two encoders and a network that was tuned from the first.</summary>
    private static string Round(SliceStore store, ScanSplit split, ComputeOptions compute, string results)
    {
        var (data, place) = (new TrainingData(store, split), new RunPlace(results, compute, "smoke"));
        var settings = ProfileSettings.Pretrain(Profile.Smoke);
        var mixed = Pretraining.Run(settings with { Selection = new StrategyOptions { Strategy = Strategy.Mixed } }, data, place);
        var views = Pretraining.Run(settings with { Selection = new StrategyOptions { Strategy = Strategy.SimClr } }, data, place);
        var tuned = FineTuning.Run(
            ProfileSettings.FineTune(Profile.Smoke) with { LabelFraction = 0.5 }, Path.Combine(mixed.Folder, mixed.Weights), data, place);
        var digests = string.Join(' ', new[] { mixed, views, tuned }.Select(run => run.WeightsDigest[..12]));
        Directory.Delete(results, recursive: true);
        return digests;
    }
}
