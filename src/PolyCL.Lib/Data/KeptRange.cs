namespace PolyCL.Data;

/// <summary>Which of the two middle ranges of the authors' script is kept.</summary>
public enum KeptRange
{
    /// <summary>The range of anchors, used for everything; <see cref="Imaging.MiddleSlices.Range"/>.</summary>
    Anchors,

    /// <summary>The range of partners, up to two slices wider; <see cref="Imaging.MiddleSlices.PartnerRange"/>. Anchors stay in their own range.</summary>
    Partners,
}
