using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PolyCL.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace PolyCL.Bench;

/// <summary>One U-Net training step (forward, Dice loss, backward, Adam); its twin is bench/reference/unet_step.py.</summary>
/// <remarks>
/// Budget, DESIGN §6: at most 0.9 of PyTorch eager in float32, 0.40 of that in bfloat16. A whole process is timed, not a method, because the
/// reference is another process: <c>unet-step [--threads 2] [--batch 10] [--size 256] [--steps 5] [--warmup 2] [--precision fp32|bf16]
/// [--kernels fused|plain]</c>.
/// </remarks>
internal static class UNetStepBench
{
    internal const string Verb = "unet-step";

    internal static int Run(string[] arguments)
    {
        string Option(string name, string otherwise)
        {
            var at = Array.IndexOf(arguments, "--" + name);
            return at < 0 ? otherwise : arguments[at + 1];
        }

        int Number(string name, int otherwise) => int.Parse(Option(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
        var (threads, batch, size, steps) = (Number("threads", 2), Number("batch", 10), Number("size", 256), Number("steps", 5));
        var precision = Option("precision", "fp32");
        var kernels = Option("kernels", "fused");
        set_num_threads(threads);
        manual_seed(1);
        using var network = new UNet(new UNetOptions
        {
            Precision = precision == "bf16" ? ComputePrecision.BFloat16 : ComputePrecision.Full,
            Kernels = kernels == "fused" ? UNetKernels.Fused : UNetKernels.Plain,
        });
        network.train();
        using var input = rand(batch, 1, size, size);
        using var noise = rand(batch, 1, size, size);
        using var truth = noise.gt(0.8).to_type(ScalarType.Float32);
        using var adam = optim.Adam(network.parameters(), 1e-3);
        var (forward, backward, update) = (new List<double>(), new List<double>(), new List<double>());
        var processor = new List<double>();
        var loss = 0f;
        for (var step = -Number("warmup", 2); step < steps; step++)
        {
            using var scope = NewDisposeScope();
            network.SetDropoutKey(1, step);
            var used = Environment.CpuUsage.TotalTime;
            var start = Stopwatch.GetTimestamp();
            network.zero_grad();
            var value = DiceLoss(network.call(input), truth);
            loss = value.ToSingle();
            var mid = Stopwatch.GetTimestamp();
            value.backward();
            var late = Stopwatch.GetTimestamp();
            adam.step();
            var end = Stopwatch.GetTimestamp();
            if (step >= 0)
            {
                forward.Add(Stopwatch.GetElapsedTime(start, mid).TotalSeconds);
                backward.Add(Stopwatch.GetElapsedTime(mid, late).TotalSeconds);
                update.Add(Stopwatch.GetElapsedTime(late, end).TotalSeconds);
                processor.Add((Environment.CpuUsage.TotalTime - used).TotalSeconds);
            }
        }

        var all = forward.Select((seconds, i) => Math.Round(seconds + backward[i] + update[i], 4)).ToList();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            what = "polycl",
            threads,
            batch,
            size,
            precision,
            kernels,
            min_s = all.Min(),
            median_s = all.Order().ElementAt(all.Count / 2),
            forward_s = Math.Round(forward.Min(), 4),
            backward_s = Math.Round(backward.Min(), 4),
            adam_s = Math.Round(update.Min(), 4),
            processor_s = Math.Round(processor.Min(), 4),
            loss,
            resident_mib = Process.GetCurrentProcess().WorkingSet64 >> 20,
            peak_mib = Process.GetCurrentProcess().PeakWorkingSet64 >> 20,
            steps_s = all,
        }));
        return 0;
    }

    private static Tensor DiceLoss(Tensor logits, Tensor truth)
    {
        var p = sigmoid(logits);
        var overlap = (2 * (p * truth).sum([1, 2, 3])) + 1;
        var total = p.sum([1, 2, 3]) + truth.sum([1, 2, 3]) + 1;
        return (1 - (overlap / total)).mean();
    }
}
