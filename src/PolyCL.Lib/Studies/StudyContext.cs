using PolyCL.Studies.Masks;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>What all jobs of a study share.</summary>
/// <param name="Options">The study.</param>
/// <param name="Data">Its data.</param>
/// <param name="Compute">Device and threads.</param>
/// <param name="Results">The folder of run folders.</param>
/// <param name="Sam">SAM and SAM 2.</param>
internal sealed record StudyContext(StudyOptions Options, StudyData Data, ComputeOptions Compute, string Results, StudySam Sam);
