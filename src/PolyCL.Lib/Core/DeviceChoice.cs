using System.Globalization;

namespace PolyCL.Core;

/// <summary>Chooses the device of a process by what torch sees and what Slurm gave it: one process, one GPU.</summary>
public static class DeviceChoice
{
    /// <summary>Name of the CPU.</summary>
    public const string Cpu = "cpu";

    /// <summary>Name that leaves the choice to this class: CUDA where it is, else the CPU.</summary>
    public const string Auto = "auto";

    private const string Cuda = "cuda";
    private static readonly string[] GivenGpus = ["SLURM_STEP_GPUS", "SLURM_JOB_GPUS"];

    /// <summary>The name to take when the user gives none: "auto" in a Slurm job, else "cpu".</summary>
    /// <param name="variable">Reads a variable of the environment, null where it is not set.</param>
    public static string Unnamed(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        return variable("SLURM_JOB_ID") is null ? Cpu : Auto;
    }

    /// <summary>Whether a text names a device: cpu, cuda, cuda:N or auto.</summary>
    public static bool IsName(string name) => name is Cpu or Cuda or Auto || IndexOf(name) is not null;

    /// <summary>The device that a name stands for in this process.</summary>
    /// <remarks>
    /// Without an index it is the GPU at SLURM_LOCALID, the number of the task on its node, when torch sees several, else the only one. CUDA_VISIBLE_DEVICES, which
    /// Slurm sets, decides before that which GPUs torch sees and counts from 0.
    /// </remarks>
    /// <param name="name">cpu, cuda, cuda:N or auto.</param>
    /// <param name="devices">CUDA devices that torch sees.</param>
    /// <param name="variable">Reads a variable of the environment, null where it is not set.</param>
    /// <returns>"cpu" or "cuda:N".</returns>
    /// <exception cref="ArgumentException">The device is not there, or Slurm gave GPUs and torch sees none, or fewer than tasks.</exception>
    public static string Of(string name, int devices, Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(variable);
        if (name == Cpu)
        {
            return Cpu;
        }

        if (devices == 0)
        {
            return name != Auto ? throw new ArgumentException($"--device {name}: CUDA is not available to this build; run 'polycl doctor', or use --device cpu.")
                : GivenGpus.FirstOrDefault(given => !string.IsNullOrEmpty(variable(given))) is { } given
                    ? throw new ArgumentException($"Slurm gave this job GPUs ({given}={variable(given)}), but torch sees none; run 'polycl doctor' in the job, or give --device cpu to compute without.")
                : Cpu;
        }

        var index = IndexOf(name) ?? (devices > 1 ? LocalTask(variable) : 0);
        return index < devices ? string.Create(CultureInfo.InvariantCulture, $"{Cuda}:{index}")
            : IndexOf(name) is not null ? throw new ArgumentException($"--device {name}: this machine has {devices} CUDA devices, counted from 0.")
            : throw new ArgumentException($"This is task {index} of its node (SLURM_LOCALID), counted from 0, and torch sees {devices} GPUs; start one task per GPU (--ntasks-per-node={devices}), or give --device.");
    }

    private static int? IndexOf(string name) =>
        name.StartsWith(Cuda + ":", StringComparison.Ordinal) && int.TryParse(name.AsSpan(Cuda.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;

    private static int LocalTask(Func<string, string?> variable) =>
        int.TryParse(variable("SLURM_LOCALID"), NumberStyles.None, CultureInfo.InvariantCulture, out var task) ? task : 0;
}
