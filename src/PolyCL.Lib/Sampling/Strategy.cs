namespace PolyCL.Sampling;

/// <summary>How the partners of an anchor are chosen.</summary>
public enum Strategy
{
    /// <summary>PolyCL-O (eq. 1): positive from all slices with the anchor's organ label, negative from all slices with the other label.</summary>
    Organ,

    /// <summary>PolyCL-S (eq. 2): positive from the anchor's scan, negative from all other scans.</summary>
    Scan,

    /// <summary>PolyCL-M (eq. 3): positive from the anchor's scan with its label, negative from the anchor's scan with the other label.</summary>
    Mixed,

    /// <summary>SimCLR: two views of the anchor; the rest of the batch is the negatives. No partners are drawn.</summary>
    SimClr,

    /// <summary>SupCon: two views of the anchor; slices of the batch with the same organ label are positives. No partners are drawn.</summary>
    SupCon,

    /// <summary>MoCo: two views of the anchor; a queue of earlier views is the negatives. No partners are drawn.</summary>
    Moco,

    /// <summary>BYOL: two views of the anchor and no negatives. No partners are drawn.</summary>
    Byol,

    /// <summary>The user's own predicates; see <see cref="CustomStrategy"/>.</summary>
    Custom,
}

/// <summary>Whose definition of a strategy is followed where the paper and the authors' released code differ.</summary>
public enum SelectionRule
{
    /// <summary>The paper's equations 1–3.</summary>
    PaperEquation,

    /// <summary>The released code: scan first, and PolyCL-M's negative from another scan (docs/decisions/0003).</summary>
    AuthorsCode,
}

/// <summary>How a slice is drawn when its set spans several scans.</summary>
public enum PartnerDraw
{
    /// <summary>By slice for <see cref="SelectionRule.PaperEquation"/>, scan first for <see cref="SelectionRule.AuthorsCode"/>.</summary>
    OfRule,

    /// <summary>Uniform over the slices of the set: long scans are drawn more often.</summary>
    BySlice,

    /// <summary>Uniform over the scans that have a slice in the set, then uniform over these slices: scans count equally.</summary>
    ScanFirst,
}

/// <summary>What happens to an anchor whose positive or negative set is empty.</summary>
public enum PartnerlessRule
{
    /// <summary>The nearest wider set is used instead and counted (<see cref="FallbackKind"/>); no anchor is lost.</summary>
    Fallback,

    /// <summary>The anchor is left out and counted.</summary>
    Drop,
}

/// <summary>The wider set that stands in for an empty one.</summary>
public enum FallbackKind
{
    /// <summary>PolyCL-M: no other slice of the scan has the anchor's label; the positive has that label and comes from another scan.</summary>
    PositiveFromOtherScans,

    /// <summary>No other slice qualifies: the anchor is its own positive, seen under another dropout mask.</summary>
    PositiveIsAnchor,

    /// <summary>PolyCL-M: no slice of the scan has the other label; the negative has it and comes from another scan.</summary>
    NegativeFromOtherScans,

    /// <summary>PolyCL-M as in the authors' code: no other scan has the other label; the negative has it and comes from the anchor's scan.</summary>
    NegativeFromSameScan,
}
