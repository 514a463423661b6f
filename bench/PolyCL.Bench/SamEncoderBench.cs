using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PolyCL.Sam;
using PolyCL.Sam.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace PolyCL.Bench;

/// <summary>SAM's image encoder on one slice at 1024, random weights; its twin is bench/reference/sam_encoder.py.</summary>
/// <remarks>
/// A whole process is timed, because its peak memory is part of the question: <c>sam-encoder [--model vit_b|vit_l|vit_h] [--threads 2] [--repeats 3]
/// [--precision fp32|bf16] [--chunk 8]</c>. Issue's budget: at most the official code's time.
/// </remarks>
internal static class SamEncoderBench
{
    internal const string Verb = "sam-encoder";
    private const int Grid = 64;
    private const int Window = 14;

    internal static int Run(string[] arguments)
    {
        string Option(string name, string otherwise)
        {
            var at = Array.IndexOf(arguments, "--" + name);
            return at < 0 ? otherwise : arguments[at + 1];
        }

        int Number(string name, int otherwise) => int.Parse(Option(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
        var (model, precision, threads, chunk) = (Option("model", "vit_b"), Option("precision", "fp32"), Number("threads", 2), Number("chunk", 8));
        set_num_threads(threads);
        manual_seed(1);
        using var inference = inference_mode();
        using var encoder = new ImageEncoder(Sizes(model)) { ChunkRows = chunk };
        foreach (var parameter in encoder.parameters())
        {
            nn.init.normal_(parameter, 0, 0.02);
        }

        if (precision == "bf16")
        {
            encoder.to(ScalarType.BFloat16);
        }

        encoder.eval();
        using var image = rand(1, 3, Grid * SamArchitecture.Patch, Grid * SamArchitecture.Patch, dtype: precision == "bf16" ? ScalarType.BFloat16 : ScalarType.Float32);
        List<double> seconds = [], processor = [];
        for (var repeat = 0; repeat <= Number("repeats", 3); repeat++)
        {
            var used = Environment.CpuUsage.TotalTime;
            var start = Stopwatch.GetTimestamp();
            encoder.call(image).Dispose();
            if (repeat > 0)                                              // the first is a warm-up
            {
                seconds.Add(Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 3));
                processor.Add(Math.Round((Environment.CpuUsage.TotalTime - used).TotalSeconds, 3));
            }
        }

        using var process = Process.GetCurrentProcess();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            what = "polycl",
            model,
            precision,
            threads,
            chunk,
            min_s = seconds.Min(),
            processor_s = processor.Min(),
            peak_mib = process.PeakWorkingSet64 >> 20,
            seconds,
        }));
        return 0;
    }

    internal static SamArchitecture Sizes(string model)
    {
        var (width, depth, heads) = model switch
        {
            "vit_b" => (768, 12, 12),
            "vit_l" => (1024, 24, 16),
            "vit_h" => (1280, 32, 16),
            _ => throw new ArgumentException($"--model {model}: give vit_b, vit_l or vit_h.", nameof(model)),
        };
        return new SamArchitecture
        {
            Grid = Grid,
            Width = width,
            Heads = heads,
            MlpWidth = 4 * width,
            Windows = [.. Enumerable.Range(1, depth).Select(i => i % (depth / 4) == 0 ? Grid : Window)],
            EmbeddingWidth = 256,
            DecoderMlpWidth = 2048,
            IouWidth = 256,
        };
    }
}
