namespace PolyCL.Imaging;

/// <summary>The unit of length that a NIfTI header names (xyzt_units).</summary>
public enum LengthUnit
{
    /// <summary>None, or a code that the standard lacks; counts as millimetre.</summary>
    Unknown,

    /// <summary>Metre; converted to mm.</summary>
    Metre,

    /// <summary>Millimetre.</summary>
    Millimetre,

    /// <summary>Micrometre; converted to mm.</summary>
    Micrometre,
}
