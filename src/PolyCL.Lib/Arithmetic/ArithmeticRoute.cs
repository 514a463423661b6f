namespace PolyCL.Arithmetic;

/// <summary>Ways by which this process may compute convolutions on the CPU, fastest first; the first that passes the check is taken.</summary>
public enum ArithmeticRoute
{
    /// <summary>As torch does by itself, by oneDNN.</summary>
    Direct,

    /// <summary>By oneDNN with channels padded with zeros to multiples of 16, so that it never pads by itself; few input channels as matrix products.</summary>
    PaddedChannels,

    /// <summary>With oneDNN switched off for all operations of the process; bfloat16 convolutions round their operands and compute in float32.</summary>
    WithoutOneDnn,
}
