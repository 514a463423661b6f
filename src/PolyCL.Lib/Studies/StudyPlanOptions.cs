using PolyCL.Core;

namespace PolyCL.Studies;

/// <summary>How a plan is estimated.</summary>
public sealed record StudyPlanOptions
{
    /// <summary>
    /// Steps over which a training without a known step time is measured; 0 measures nothing; null takes 20, or as many as fit into ten seconds, but at least 3.
    /// </summary>
    public int? MeasureSteps { get; init => field = value is { } steps ? Check.NotNegative(steps, nameof(MeasureSteps)) : null; }

    /// <summary>Numbers of workers whose time is estimated.</summary>
    public IReadOnlyList<int> Workers { get; init => field = CheckWorkers(value); } = [1, 8, 64];

    private static IReadOnlyList<int> CheckWorkers(IReadOnlyList<int> workers)
    {
        ArgumentNullException.ThrowIfNull(workers);
        foreach (var count in workers)
        {
            Check.Positive(count, nameof(Workers));
        }

        return [.. workers.Distinct().Order()];
    }
}
