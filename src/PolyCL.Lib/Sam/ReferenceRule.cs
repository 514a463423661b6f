namespace PolyCL.Sam;

/// <summary>Which annotated slice is the reference, s_r in the paper.</summary>
public enum ReferenceRule
{
    /// <summary>The only annotated slice; several are refused.</summary>
    Only,

    /// <summary>The middle one of the annotated slices, number ⌊count / 2⌋ of them counted from 0 (paper §3.3.2).</summary>
    Middle,

    /// <summary>The slice with the largest annotated area; the first of several.</summary>
    LargestArea,

    /// <summary>The slice of a given number.</summary>
    Index,
}
