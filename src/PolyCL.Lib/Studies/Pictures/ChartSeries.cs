namespace PolyCL.Studies.Pictures;

/// <summary>One line of a <see cref="LineChart"/>.</summary>
public sealed record ChartSeries
{
    /// <summary>Creates a line.</summary>
    /// <exception cref="ArgumentException">The two lists differ in length.</exception>
    public ChartSeries(string name, IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        Name = name;
        X = x;
        Y = x.Count == y.Count ? y : throw new ArgumentException($"Line '{name}' has {x.Count} positions and {y.Count} values; give as many of each.", nameof(y));
    }

    /// <summary>Name in the legend.</summary>
    public string Name { get; }

    /// <summary>Positions, in any order.</summary>
    public IReadOnlyList<double> X { get; }

    /// <summary>Values; one that is not finite makes a gap.</summary>
    public IReadOnlyList<double> Y { get; }

    /// <summary>Half-lengths of error bars, one per value, or null.</summary>
    public IReadOnlyList<double>? Spread { get; init; }

    /// <summary>Colour, or null for the next of the palette.</summary>
    public PictureColour? Colour { get; init; }

    /// <summary>True for a dashed line.</summary>
    public bool Dashed { get; init; }

    /// <summary>True shows a dot at each value; lines of one value always show it.</summary>
    public bool Markers { get; init; }
}
