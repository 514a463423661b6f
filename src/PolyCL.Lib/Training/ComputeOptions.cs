using PolyCL.Core;
using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>Where and with how many threads a run computes; not part of what is computed, so not part of a run's identity.</summary>
public sealed record ComputeOptions
{
    /// <summary>"cpu", "cuda" or "cuda:N".</summary>
    public string Device { get; init => field = CheckDevice(value); } = "cpu";

    /// <summary>CPU threads, or 0 for torch's choice (the number of cores).</summary>
    public int Threads { get; init => field = Check.NotNegative(value, nameof(Threads)); }

    /// <summary>Bytes that slices may take on the device before they are streamed from the store instead.</summary>
    public long ResidentBytes { get; init => field = Check.NotNegative(value, nameof(ResidentBytes)); } = 16L << 30;

    /// <summary>Silence of a process after which others may take over the run that it works on.</summary>
    public TimeSpan ClaimExpiry { get; init => field = TimeSpan.FromSeconds(Check.Positive(value.TotalSeconds, nameof(ClaimExpiry))); } = Claim.DefaultExpiry;

    /// <summary>Share of a run's time that checkpoints may take: 0.02. One is written after a step whenever they took less so far; 1 or more writes one after every step.</summary>
    public double CheckpointShare { get; init => field = Check.NotNegative(value, nameof(CheckpointShare)); } = 0.02;

    /// <summary>Folder on a disk of this machine from which slices are read, copied there first and verified; null to read them where they are.</summary>
    public string? Scratch { get; init => field = value is null ? null : Check.NotBlank(value, nameof(Scratch)); }

    /// <summary>Sets the thread count and gives the device.</summary>
    /// <exception cref="ArgumentException">CUDA is asked for and not there.</exception>
    public Device Open()
    {
        if (Threads > 0)
        {
            set_num_threads(Threads);
        }

        if (Device == "cpu")
        {
            return CPU;
        }

        if (!cuda.is_available())
        {
            throw new ArgumentException($"--device {Device}: CUDA is not available to this build; run 'polycl doctor', or use --device cpu.");
        }

        var device = new Device(Device);
        return Math.Max(0, device.index) < cuda.device_count()
            ? device
            : throw new ArgumentException($"--device {Device}: this machine has {cuda.device_count()} CUDA devices, counted from 0.");
    }

    private static string CheckDevice(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value is "cpu" or "cuda" || (value.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(value.AsSpan(5), out var index) && index >= 0)
            ? value
            : throw new ArgumentException($"Device '{value}' is unknown; give cpu, cuda or cuda:N.", nameof(value));
    }
}
