namespace PolyCL.Studies;

/// <summary>What a step of a job costs, as measured.</summary>
/// <param name="Seconds">Its time.</param>
/// <param name="Memory">Peak of the process's memory in bytes, .NET and libtorch included, or null where the system does not tell.</param>
/// <param name="DeviceMemory">Bytes in use on the GPU afterwards, where torch keeps what it once took, or null on the CPU.</param>
internal sealed record StepCost(double Seconds, long? Memory = null, long? DeviceMemory = null);
