namespace PolyCL.Sam;

/// <summary>Which slices a mask is carried through.</summary>
public enum SliceRange
{
    /// <summary>From the reference slice outward until the object is gone; no label but the reference slice's is used.</summary>
    StopRule,

    /// <summary>The slices whose annotation is not empty, and these alone, as in the paper (§3.3.2): it takes the labels of the whole scan to know them.</summary>
    Labelled,
}
