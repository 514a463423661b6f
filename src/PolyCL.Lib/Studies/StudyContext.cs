using PolyCL.Studies.Masks;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>What all jobs of a study share.</summary>
/// <param name="Options">The study.</param>
/// <param name="Opened">Its data, or null in an outline.</param>
/// <param name="Compute">Device and threads.</param>
/// <param name="Results">The folder of run folders.</param>
/// <param name="Sam">SAM and SAM 2.</param>
internal sealed record StudyContext(StudyOptions Options, StudyData? Opened, ComputeOptions Compute, string Results, StudySam Sam)
{
    /// <summary>The data.</summary>
    /// <exception cref="InvalidOperationException">The study is an outline.</exception>
    public StudyData Data => Opened ?? throw new InvalidOperationException("The study is an outline: its data are not there yet, and with them names, states and steps of its jobs.");
}
