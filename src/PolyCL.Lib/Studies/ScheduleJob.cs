using PolyCL.Core;

namespace PolyCL.Studies;

/// <summary>A job as <see cref="StudySchedule"/> sees it: how long it takes, and what must be finished before.</summary>
/// <param name="Label">Its name in words.</param>
/// <param name="Seconds">Its time, 0 or more.</param>
/// <param name="After">Position in the list of the job that must be finished before, or null.</param>
public sealed record ScheduleJob(string Label, double Seconds, int? After = null)
{
    /// <summary>Its time, 0 or more.</summary>
    public double Seconds { get; init; } = double.IsFinite(Seconds) ? Check.NotNegative(Seconds, nameof(Seconds)) : throw new ArgumentException($"Seconds of '{Label}' is {Seconds}; give a number.", nameof(Seconds));
}
