using System.Text.Json.Serialization;
using PolyCL.Core;
using PolyCL.Data.Phantom;

namespace PolyCL.Sam.Training;

/// <summary>Which phantoms a small network sees. The seeds are none of the studies', whose phantoms have seed 1.</summary>
public sealed record TinyPhantoms
{
    /// <summary>Seed of the phantoms on which finished networks are scored.</summary>
    public const long HeldOutSeed = 2001;

    /// <summary>The sites.</summary>
    public IReadOnlyList<PhantomSite> Sites { get; init => field = Filled(value, nameof(Sites)); } = [PhantomSite.A, PhantomSite.B, PhantomSite.C];

    /// <summary>The grids in which each site's scans come: whole scans and prepared slices as the smoke and quick profiles have them.</summary>
    public IReadOnlyList<TinyGrid> Grids { get; init => field = Filled(value, nameof(Grids)); } = [new(64), new(64, 32), new(128), new(128, 64)];

    /// <summary>Scans of each site and grid, each of another patient.</summary>
    public int Scans { get; init => field = Check.Positive(value, nameof(Scans)); } = 8;

    /// <summary>Slices of a scan, over the same length of the body; null for the site's own number.</summary>
    public int? Slices { get; init; } = 40;

    /// <summary>Seed of the first grid's patients; each further grid has the next.</summary>
    public long Seed { get; init; } = 1001;

    /// <summary>Organs besides the liver, each in every scan by itself; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PhantomTissue>? OtherOrgans { get; init; }

    /// <summary>Version of the phantom generator.</summary>
    public int Generator { get; init; } = PhantomGenerator.Version;

    private static IReadOnlyList<T> Filled<T>(IReadOnlyList<T> value, string name) =>
        value is { Count: > 0 } ? value : throw new ArgumentException($"{name} is empty; give at least one.", name);
}
