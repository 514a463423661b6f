namespace PolyCL.Studies.Pictures;

/// <summary>How the values of a series are drawn.</summary>
public enum SeriesStyle
{
    /// <summary>A line through the values.</summary>
    Line,

    /// <summary>A mark at each value.</summary>
    Points,

    /// <summary>A bar from 0 to each value.</summary>
    Bars,
}

/// <summary>One series of a <see cref="Chart"/>.</summary>
public sealed record ChartSeries
{
    /// <summary>Creates a series.</summary>
    /// <exception cref="ArgumentException">The two lists differ in length.</exception>
    public ChartSeries(string name, IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        Name = name;
        X = x;
        Y = x.Count == y.Count ? y : throw new ArgumentException($"Series '{name}' has {x.Count} positions and {y.Count} values; give as many of each.", nameof(y));
    }

    /// <summary>Name in the legend; empty stays out of it.</summary>
    public string Name { get; }

    /// <summary>Positions, in any order.</summary>
    public IReadOnlyList<double> X { get; }

    /// <summary>Values; one that is not finite makes a gap.</summary>
    public IReadOnlyList<double> Y { get; }

    /// <summary>How they are drawn.</summary>
    public SeriesStyle Style { get; init; }

    /// <summary>Half-lengths of error bars, one per value, or null.</summary>
    public IReadOnlyList<double>? Spread { get => Length(field, nameof(Spread)); init; }

    /// <summary>Lower ends of a shaded band around a line, one per value, or null.</summary>
    public IReadOnlyList<double>? Low { get => Length(field, nameof(Low)); init; }

    /// <summary>Upper ends of the band, one per value, or null.</summary>
    public IReadOnlyList<double>? High { get => Length(field, nameof(High)); init; }

    /// <summary>A number per point that chooses its colour on the chart's colour scale, or null for one colour.</summary>
    public IReadOnlyList<double>? Values { get => Length(field, nameof(Values)); init; }

    /// <summary>A text per value for interactive charts, or null.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Colour, with round marks; null for the next of the palette, and of the marks' shapes after its last.</summary>
    public PictureColour? Colour { get; init; }

    /// <summary>True for a dashed line.</summary>
    public bool Dashed { get; init; }

    /// <summary>True shows a mark at each value of a line; lines of one value always show it.</summary>
    public bool Markers { get; init; }

    /// <summary>Width of the line, pixels.</summary>
    public double LineWidth { get; init; } = 1.8;

    /// <summary>Size of a mark, pixels.</summary>
    public double MarkerSize { get; init; } = 6;

    /// <summary>True draws marks as outlines: values that are quoted, not measured.</summary>
    public bool Hollow { get; init; }

    /// <summary>True draws marks as diamonds instead of circles, to set apart values that share a colour.</summary>
    public bool Diamonds { get; init; }

    /// <summary>Width of a bar in units of the horizontal axis.</summary>
    public double BarWidth { get; init; } = 0.8;

    private IReadOnlyList<double>? Length(IReadOnlyList<double>? list, string name) =>
        list is null || list.Count == X.Count
            ? list
            : throw new ArgumentException($"Series '{Name}' has {X.Count} positions and {list.Count} numbers of {name}; give as many of each.", name);
}
