using System.Diagnostics;
using System.Globalization;
using PolyCL.Core;
using PolyCL.Models;
using PolyCL.Sam;
using PolyCL.Sam.Video;
using static TorchSharp.torch;

namespace PolyCL.Bench;

/// <summary>
/// Seconds per tracked slice of SAM 2 and whether memory grows with the number of slices. Budget (issue of Tables 4–7): memory flat for 20, 80, 200 slices.
/// </summary>
/// <remarks>
/// <c>sam2-propagate [--network small|tiny|FILE] [--slices 20,80,200] [--size 256] [--precision fp32|bf16] [--threads 2] [--parts]</c>. small has the sizes of the fixture
/// sam2-tiny-video (128 pixels), tiny is hiera_tiny (1024 pixels), both with random weights: the time does not depend on them. Slices are a moving disc in noise.
/// The peak is that of the whole process so far; the masks of all slices, which the caller gets, are in it. With --parts it times instead the two costly parts of a
/// tracked slice of hiera_tiny, three times after a warm-up; their twin is bench/reference/sam2_slice.py.
/// </remarks>
internal static class Sam2PropagationBench
{
    internal const string Verb = "sam2-propagate";

    private static readonly Sam2Architecture Small = new()
    {
        Name = "small",
        ImageSize = 128,
        Width = 8,
        Stages = [1, 2, 3, 2],
        GlobalBlocks = [4],
        Windows = [8, 4, 6, 3],
        Dim = 32,
        MemoryDim = 8,
        MemoryLayers = 2,
        MemoryMlp = 64,
    };

    internal static int Run(string[] arguments)
    {
        string Option(string name, string otherwise)
        {
            var at = Array.IndexOf(arguments, "--" + name);
            return at < 0 ? otherwise : arguments[at + 1];
        }

        var (name, size) = (Option("network", "small"), int.Parse(Option("size", "256"), CultureInfo.InvariantCulture));
        var threads = int.Parse(Option("threads", "2"), CultureInfo.InvariantCulture);
        set_num_threads(threads);
        manual_seed(1);
        if (arguments.Contains("--parts"))
        {
            Parts(Option("precision", "fp32") == "bf16" ? ComputePrecision.BFloat16 : ComputePrecision.Full);
            return 0;
        }

        var options = new Sam2Options { Precision = Option("precision", "fp32") == "bf16" ? ComputePrecision.BFloat16 : ComputePrecision.Full };
        using var model = name switch
        {
            "small" => Random(Small, options),
            "tiny" => Random(Sam2Architecture.Tiny, options),
            _ => Sam2.Load(name, options),
        };
        foreach (var count in Option("slices", "20,80,200").Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture)))
        {
            Measure(model, count, size, options.Precision, threads);
        }

        return 0;
    }

    private static void Measure(Sam2 model, int count, int size, ComputePrecision precision, int threads)
    {
        var watch = new Watch();
        var used = Environment.CpuUsage.TotalTime;
        model.Propagate(new SliceSequence(count, size, size, (slice, pixels) => Paint(slice, size, pixels)), count / 2, Disc(count / 2, size), progress: watch);
        var seconds = watch.Seconds.Order().ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{model.Architecture.Name}, {precision}, {threads} threads, {count} slices of {size}×{size}: least {seconds[0]:0.000} s, median {seconds[seconds.Count / 2]:0.000} s, "
            + $"most {seconds[^1]:0.000} s a tracked slice; processor {(Environment.CpuUsage.TotalTime - used).TotalSeconds / count:0.000} s a slice; peak {Peak()} MiB"));
    }

    private static void Parts(ComputePrecision precision)
    {
        const int memories = 7;
        var file = Written(Sam2Architecture.Tiny);
        using var network = Sam2Network.Load(file, new Sam2Options { Precision = precision }, CPU);
        File.Delete(file);
        using var inference = inference_mode();
        using var codes = network.Codes();
        using var image = rand(1, 3, 1024, 1024);
        using var features = network.Encode(image, codes);
        using var bank = new MemoryBank(memories + 1);
        for (var slice = 0; slice < memories; slice++)
        {
            bank.Put(slice, rand(1, 64, 64, 64), rand(1, 256), isPrompt: slice == 0);
        }

        Time("encode", () => network.Encode(image, codes).Dispose());
        Time("join", () => network.Join(features, network.Gather(bank, bank.Choose(memories, reverse: false), memories + 1, codes), codes));

        void Time(string what, Action work)
        {
            for (var repeat = -1; repeat < 3; repeat++)
            {
                using var scope = NewDisposeScope();
                var (start, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
                work();
                var (seconds, processor) = (Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - used).TotalSeconds);
                if (repeat >= 0)
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}, {precision}: {seconds:0.000} s, processor {processor:0.000} s, peak {Peak()} MiB"));
                }
            }
        }
    }

    private static Sam2 Random(Sam2Architecture sizes, Sam2Options options)
    {
        var file = Written(sizes);
        try
        {
            return Sam2.Load(file, options);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>A weight file of random numbers.</summary>
    private static string Written(Sam2Architecture sizes)
    {
        var file = Path.Combine(Path.GetTempPath(), $"polycl-bench-sam2-{sizes.Name}.safetensors");
        using var scope = NewDisposeScope();
        using var network = new Sam2Network(sizes);
        network.Save(file);
        return file;
    }

    private static bool InDisc(int slice, int size, int x, int y)
    {
        var (dx, dy) = (x - (size * (0.5 + (0.1 * Math.Sin(slice / 10.0)))), y - (size * 0.5));
        return (dx * dx) + (dy * dy) < 0.02 * size * size;
    }

    private static void Paint(int slice, int size, Span<byte> pixels)
    {
        var noise = new RandomStream(1, "sam2-propagation-bench", slice);
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)((InDisc(slice, size, i % size, i / size) ? 160 : 80) + (int)(noise.NextUInt64() % 16));
        }
    }

    private static byte[] Disc(int slice, int size) => [.. Enumerable.Range(0, size * size).Select(i => InDisc(slice, size, i % size, i / size) ? (byte)1 : (byte)0)];

    private static long Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 >> 20;
    }

    private sealed class Watch : IProgress<ProgressReport>
    {
        private long last = Stopwatch.GetTimestamp();
        private bool prompted;

        public List<double> Seconds { get; } = [];

        public void Report(ProgressReport value)
        {
            var now = Stopwatch.GetTimestamp();
            if (prompted && Seconds.Count < value.Total - 1)
            {
                Seconds.Add(Stopwatch.GetElapsedTime(last, now).TotalSeconds);
            }

            (prompted, last) = (true, now);
        }
    }
}
