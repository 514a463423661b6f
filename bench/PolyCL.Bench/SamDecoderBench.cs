using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PolyCL.Sam.Modules;
using static TorchSharp.torch;

namespace PolyCL.Bench;

/// <summary>SAM's prompt encoder and mask decoder for the boxes of one slice, random weights and embedding; its twin is bench/reference/sam_decoder.py.</summary>
/// <remarks><c>sam-decoder [--boxes 2] [--threads 2] [--repeats 10]</c>. Issue's budget: at most the official code's time.</remarks>
internal static class SamDecoderBench
{
    internal const string Verb = "sam-decoder";

    internal static int Run(string[] arguments)
    {
        int Number(string name, int otherwise)
        {
            var at = Array.IndexOf(arguments, "--" + name);
            return at < 0 ? otherwise : int.Parse(arguments[at + 1], CultureInfo.InvariantCulture);
        }

        var (boxes, threads, repeats) = (Number("boxes", 2), Number("threads", 2), Number("repeats", 10));
        set_num_threads(threads);
        manual_seed(1);
        using var inference = inference_mode();
        // The image encoder is not used: a small one.
        using var network = new SamNetwork(SamEncoderBench.Sizes("vit_b").FirstBlocks(1));
        foreach (var parameter in network.parameters())
        {
            nn.init.normal_(parameter, 0, 0.02);
        }

        using var embedding = rand(1, 256, 64, 64);
        using var corners = rand(boxes, 2, 2) * 1024;
        List<double> seconds = [], processor = [];
        for (var repeat = 0; repeat <= repeats; repeat++)
        {
            using var scope = NewDisposeScope();
            var used = Environment.CpuUsage.TotalTime;
            var start = Stopwatch.GetTimestamp();
            network.Decode(embedding, corners);
            if (repeat > 0)                                              // the first is a warm-up
            {
                seconds.Add(Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 4));
                processor.Add(Math.Round((Environment.CpuUsage.TotalTime - used).TotalSeconds, 4));
            }
        }

        using var process = Process.GetCurrentProcess();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            what = "polycl",
            boxes,
            threads,
            min_s = seconds.Min(),
            processor_s = processor.Min(),
            peak_mib = process.PeakWorkingSet64 >> 20,
            seconds,
        }));
        return 0;
    }
}
