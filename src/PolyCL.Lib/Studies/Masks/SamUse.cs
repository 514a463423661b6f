namespace PolyCL.Studies.Masks;

/// <summary>What becomes of an arm's coarse masks.</summary>
internal enum SamUse
{
    /// <summary>They are scored as predicted.</summary>
    None,

    /// <summary>SAM refines them.</summary>
    Refine,

    /// <summary>SAM 2 carries one of them through the scan.</summary>
    Propagate,
}
