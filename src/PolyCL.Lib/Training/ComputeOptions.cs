using PolyCL.Arithmetic;
using PolyCL.Core;
using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>Where and with how many threads a run computes; not part of what is computed, so not part of a run's identity.</summary>
public sealed record ComputeOptions
{
    /// <summary>"cpu", "cuda", "cuda:N" or "auto"; see <see cref="DeviceName"/>.</summary>
    public string Device { get; init => field = CheckDevice(value); } = DeviceChoice.Cpu;

    /// <summary>CPU threads, or 0 for torch's choice (the number of cores).</summary>
    public int Threads { get; init => field = Check.NotNegative(value, nameof(Threads)); }

    /// <summary>Whether fp32 products and convolutions may round their factors to TF32 (10 bits of mantissa) on GPUs that have it.</summary>
    /// <remarks>Off: fp32 then means the same on every device. PyTorch's own default is on for convolutions and off for matrix products.</remarks>
    public bool Tf32 { get; init; }

    /// <summary>What is asked of the CPU's arithmetic: the fastest way that passed the check of this machine.</summary>
    public ArithmeticChoice Arithmetic { get; init; }

    /// <summary>Bytes that slices may take on the device before they are streamed from the store instead.</summary>
    public long ResidentBytes { get; init => field = Check.NotNegative(value, nameof(ResidentBytes)); } = 16L << 30;

    /// <summary>Silence of a process after which others may take over the run that it works on.</summary>
    public TimeSpan ClaimExpiry { get; init => field = TimeSpan.FromSeconds(Check.Positive(value.TotalSeconds, nameof(ClaimExpiry))); } = Claim.DefaultExpiry;

    /// <summary>Share of a run's time that checkpoints may take: 0.02. One is written after a step whenever they took less so far; 1 or more writes one after every step.</summary>
    public double CheckpointShare { get; init => field = Check.NotNegative(value, nameof(CheckpointShare)); } = 0.02;

    /// <summary>Folder on a disk of this machine from which slices are read, copied there first and verified; null to read them where they are.</summary>
    public string? Scratch { get; init => field = value is null ? null : Check.NotBlank(value, nameof(Scratch)); }

    /// <summary>The device that <see cref="Device"/> stands for in this process: "auto" takes CUDA where it is, and among several GPUs the one of the Slurm task.</summary>
    /// <returns>"cpu" or "cuda:N".</returns>
    /// <exception cref="ArgumentException">The device is not there.</exception>
    public string DeviceName() =>
        DeviceChoice.Of(Device, Device != DeviceChoice.Cpu && cuda.is_available() ? cuda.device_count() : 0, Environment.GetEnvironmentVariable);

    /// <summary>Sets the thread count and TF32, sees to arithmetic that passed its check, and gives the device.</summary>
    /// <exception cref="ArgumentException">The device is not there.</exception>
    /// <exception cref="MachineArithmeticException">The machine does not compute rightly.</exception>
    public Device Open()
    {
        if (Threads > 0)
        {
            set_num_threads(Threads);
        }

        ChooseArithmetic();
        backends.cuda.matmul.allow_tf32 = Tf32;
        backends.cudnn.allow_tf32 = Tf32;
        var name = DeviceName();
        return name == DeviceChoice.Cpu ? CPU : new Device(name);
    }

    /// <summary>Sees to arithmetic that passed its check where this computes on the CPU; what it chooses is part of the identity of runs.</summary>
    /// <exception cref="MachineArithmeticException">The machine does not compute rightly.</exception>
    internal void ChooseArithmetic()
    {
        if (Device == DeviceChoice.Cpu || DeviceName() == DeviceChoice.Cpu)
        {
            MachineArithmetic.Use(Arithmetic);
        }
        else
        {
            MachineArithmetic.LeaveToDevice();
        }
    }

    private static string CheckDevice(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return DeviceChoice.IsName(value) ? value : throw new ArgumentException($"Device '{value}' is unknown; give cpu, cuda, cuda:N or auto.", nameof(value));
    }
}
