namespace PolyCL.Training;

/// <summary>Where a run works and under which name its settings go.</summary>
/// <param name="Results">Folder that holds one folder per run.</param>
/// <param name="Compute">Device and threads.</param>
/// <param name="Profile">Name of the profile the settings come from; part of the run's identity.</param>
public sealed record RunPlace(string Results, ComputeOptions Compute, string Profile);
