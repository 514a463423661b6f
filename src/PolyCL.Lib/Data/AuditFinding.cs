namespace PolyCL.Data;

/// <summary>What kind of overlap or disagreement an audit found.</summary>
public enum AuditKind
{
    /// <summary>Two scans hold the same voxels.</summary>
    SameScan,

    /// <summary>Two scans hold the same voxels, but at least one header gives a wrong axis order.</summary>
    SameScanOtherAxes,

    /// <summary>The scans of a set, or of the two sets, are stored in different axis orders.</summary>
    MixedOrientation,
}

/// <summary>One finding of an audit.</summary>
/// <param name="Kind">What was found.</param>
/// <param name="FirstSet">Set of the first scan: A or B.</param>
/// <param name="First">Id of the first scan, or null when whole sets are meant.</param>
/// <param name="SecondSet">Set of the second scan.</param>
/// <param name="Second">Id of the second scan, or null.</param>
/// <param name="Text">The finding as a sentence.</param>
public sealed record AuditFinding(AuditKind Kind, string FirstSet, string? First, string SecondSet, string? Second, string Text)
{
    /// <summary>Whether both scans belong to one set.</summary>
    public bool WithinOneSet => FirstSet == SecondSet;
}
