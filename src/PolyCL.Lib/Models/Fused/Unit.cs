namespace PolyCL.Models.Fused;

/// <summary>Floats from one pixel of a row to the next, as a constant for the compiler.</summary>
internal interface IUnit
{
    /// <summary>The number.</summary>
    static abstract int Count { get; }
}

/// <summary>A block of 16 channels.</summary>
internal readonly struct Sixteen : IUnit
{
    /// <inheritdoc/>
    public static int Count => ConvTile.Lanes;
}

/// <summary>A one-channel image.</summary>
internal readonly struct One : IUnit
{
    /// <inheritdoc/>
    public static int Count => 1;
}
