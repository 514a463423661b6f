using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PolyCL.Models;
using PolyCL.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace PolyCL.Bench;

/// <summary>One training step of a network (forward, its loss, backward, Adam); its twin is bench/reference/network_step.py.</summary>
/// <remarks>
/// Budget of the U-Net, DESIGN §6: at most 0.9 of PyTorch eager in float32, 0.40 of that in bfloat16. A whole process is timed, not a method, because
/// the reference is another process: <c>network-step [--backbone unet] [--profile paper] [--threads 2] [--batch 10] [--size 256] [--steps 5] [--warmup 2]
/// [--precision fp32|bf16] [--kernels fused|plain] [--device cpu|cuda:N] [--tf32 on|off]</c>.
/// </remarks>
internal static class NetworkStepBench
{
    internal const string Verb = "network-step";
    private const double Rate = 1e-3;

    internal static int Run(string[] arguments)
    {
        string Option(string name, string otherwise)
        {
            var at = Array.IndexOf(arguments, "--" + name);
            return at < 0 ? otherwise : arguments[at + 1];
        }

        int Number(string name, int otherwise) => int.Parse(Option(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
        var (threads, batch, size, steps) = (Number("threads", 2), Number("batch", 10), Number("size", 256), Number("steps", 5));
        var (backbone, profile) = (Option("backbone", "unet"), Option("profile", "paper"));
        var (precision, kernels) = (Option("precision", "fp32"), Option("kernels", "fused"));
        var device = new ComputeOptions { Device = Option("device", "cpu"), Tf32 = Option("tf32", "off") == "on", Threads = threads }.Open();
        manual_seed(1);
        var options = NetworkExchange.Network(backbone, profile, size);
        options = (kernels == "fused" ? options : options.Plain).WithPrecision(precision == "bf16" ? ComputePrecision.BFloat16 : ComputePrecision.Full);
        var tuning = new FineTuneOptions { Network = options };
        using var network = options.CreateSegmenter();
        network.to(device);
        network.train();
        using var input = rand(batch, 1, size, size, device: device);
        using var noise = rand(batch, 1, size, size, device: device);
        using var truth = noise.gt(0.8).to_type(ScalarType.Float32);
        TorchSharp.Modules.Parameter[] parameters = [.. network.parameters()];
        using var adam = new AdamOptimiser(parameters);
        var (forward, backward, update) = (new List<double>(), new List<double>(), new List<double>());
        var processor = new List<double>();
        var loss = 0f;
        void Wait()
        {
            if (device.type == DeviceType.CUDA)
            {
                cuda.synchronize();
            }
        }

        for (var step = -Number("warmup", 2); step < steps; step++)
        {
            using var scope = NewDisposeScope();
            network.SetDropoutKey(1, step);
            var used = Environment.CpuUsage.TotalTime;
            var start = Stopwatch.GetTimestamp();
            network.zero_grad();
            var value = FineTuneTask.LossOf(tuning, network, input, truth);
            loss = value.ToSingle();
            var mid = Stopwatch.GetTimestamp();
            value.backward();
            Wait();
            var late = Stopwatch.GetTimestamp();
            adam.Step(Rate);
            Wait();
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
            backbone,
            profile,
            threads,
            batch,
            size,
            precision,
            kernels,
            device = device.ToString(),
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
}
