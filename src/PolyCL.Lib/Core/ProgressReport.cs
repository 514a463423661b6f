namespace PolyCL.Core;

/// <summary>One report of a long task; the caller decides how to show it.</summary>
/// <param name="Stage">What is being done, such as <c>"prepare slices"</c> or <c>"pre-train"</c>.</param>
/// <param name="Done">Units finished.</param>
/// <param name="Total">Units in all, or 0 when unknown.</param>
/// <param name="Detail">A few words on the current state, such as the loss, or null.</param>
/// <param name="Loss">Mean training loss of the epoch so far, or null outside training.</param>
public readonly record struct ProgressReport(string Stage, long Done, long Total, string? Detail = null, double? Loss = null);
