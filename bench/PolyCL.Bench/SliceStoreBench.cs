using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using PolyCL.Data;

namespace PolyCL.Bench;

/// <summary>
/// <c>slice-store DATA [REPEATS]</c>: how long a dataset takes from NIfTI to slice store, on one core and on all, beside inflating its files and nothing
/// else. Budget (DESIGN §6): bound by inflate; at least 3 × nibabel + Pillow, which bench/reference/slice_store.py times on the same folder.
/// </summary>
internal static class SliceStoreBench
{
    public const string Verb = "slice-store";

    public static int Run(string[] args)
    {
        var root = args[0];
        var repeats = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 5;
        var dataset = DatasetReader.Open(DatasetReader.Detect(root), root);
        var files = dataset.Scans.SelectMany(scan => new[] { scan.ImagePath, scan.LabelPath }).OfType<string>().ToArray();
        var slices = 0;
        foreach (var workers in new[] { 1, Environment.ProcessorCount })
        {
            var inflate = Least(repeats, () => Parallel.ForEach(files, new ParallelOptions { MaxDegreeOfParallelism = workers }, Inflate));
            var build = Least(repeats, () =>
            {
                var folder = Directory.CreateTempSubdirectory("polycl-bench-").FullName;
                using (var store = SliceStoreBuilder.OpenOrBuild(dataset, PrepareOptions.Paper, folder, workers))
                {
                    slices = store.Slices.Count;
                }

                Directory.Delete(folder, recursive: true);
            });
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{workers} worker(s): {dataset.Scans.Count} scans, {slices} slices; store {build.Wall:0} ms ({build.Processor:0} ms of processor time), "
                + $"inflate alone {inflate.Wall:0} ms ({inflate.Processor:0} ms) (least of {repeats})"));
        }

        return 0;
    }

    private static (double Wall, double Processor) Least(int repeats, Action work)
    {
        var (wall, processor) = (double.PositiveInfinity, double.PositiveInfinity);
        for (var i = 0; i < repeats; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var used = Environment.CpuUsage.TotalTime;
            work();
            wall = Math.Min(wall, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            processor = Math.Min(processor, (Environment.CpuUsage.TotalTime - used).TotalMilliseconds);
        }

        return (wall, processor);
    }

    private static void Inflate(string path)
    {
        using var file = File.OpenRead(path);
        using var stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
        var buffer = new byte[1 << 18];
        while (stream.Read(buffer) > 0)
        {
        }
    }
}
