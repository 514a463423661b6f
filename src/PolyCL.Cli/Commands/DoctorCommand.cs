using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PolyCL.Arithmetic;
using PolyCL.Core;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl doctor</c>: says in words whether this machine can run the project.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("doctor", "Say what this machine offers, what is missing, and the next step.") { json };
        command.SetAction(parse =>
        {
            var report = MachineReport.Look();
            var arithmetic = report.LibTorch is null ? null : MachineArithmetic.Report;
            if (parse.GetValue(json))
            {
                var whole = JsonSerializer.SerializeToNode(report, JsonOutput.Indented)!.AsObject();
                whole["arithmetic"] = JsonSerializer.SerializeToNode(arithmetic, JsonOutput.Indented);
                JsonOutput.Write(whole);
            }
            else
            {
                Write(report, arithmetic);
            }

            return report.LibTorch is null ? Failure.Failed : 0;
        });
        return command;
    }

    private static void Write(MachineReport report, ArithmeticReport? arithmetic)
    {
        Line("system", report.System);
        Line(".NET", report.DotNet);
        Line("libstdc++", report.LibStdCpp is { } version
            ? $"{version} (TorchSharp names GLIBCXX_3.4.32; the build relaxes that entry where the system has less)"
            : "not found");
        Line("libtorch", report.LibTorch is { } torch ? $"{torch} from {report.LibTorchPath ?? "an unknown path"}" : "does not load");
        Line("build", report.CudaBuild ? "CUDA libtorch" : "CPU libtorch");
        Line("driver", report.CudaDriver is { } driver ? $"NVIDIA, for CUDA up to {driver}" : "no NVIDIA driver (libcuda is not found)");
        foreach (var (index, gpu) in report.Gpus.Index())
        {
            Line(string.Create(CultureInfo.InvariantCulture, $"GPU {index}"), gpu.ToString());
        }

        Line("CUDA", report.Cuda.Count > 0 ? string.Join(", ", report.Cuda) : report.CudaState);
        Line("Slurm", report.JobVariables.Count > 0 ? string.Join(", ", report.JobVariables.Select(pair => $"{pair.Key}={pair.Value}")) : "not in a job");
        Line("device", report.Device ?? "none");
        Line("threads", $"{report.Threads} for torch, {report.Cores} cores");
        Line("vectors", report.Vectors.Count > 0 ? string.Join(", ", report.Vectors) : "none known");
        Line("bf16", report.FastBFloat16 ? "instructions present, but not used by the CPU kernels" : "no instructions; --precision bf16 works and saves memory");
        Line("arithmetic", arithmetic?.ToWords() ?? "not checked, since libtorch does not load");
        foreach (var finding in arithmetic?.Tried.SelectMany(tried => tried.Findings).Where(finding => finding.Wrong > 0) ?? [])
        {
            Line("", finding.ToWords());
        }

        Line("free memory", string.Create(CultureInfo.InvariantCulture, $"{report.FreeMemory / (double)(1 << 30):0.0} GiB"));
        Line("missing", report.Problem ?? "nothing");
        Line("next step", report.NextStep);
    }

    private static void Line(string name, string value) => Console.Out.WriteLine($"{name,-12} {value}");
}
