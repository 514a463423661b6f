using System.Globalization;

namespace PolyCL.Core;

/// <summary>A GPU as NVIDIA's driver tells of it.</summary>
/// <param name="Name">Its name, such as "NVIDIA H100 80GB HBM3".</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="ComputeCapability">Its generation, such as "9.0"; from 8.0 on it has bf16 and TF32.</param>
public sealed record GpuReport(string Name, long MemoryBytes, string ComputeCapability)
{
    /// <summary>All of it in one line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}, {MemoryBytes / (double)(1 << 30):0.0} GiB, compute capability {ComputeCapability}");
}
