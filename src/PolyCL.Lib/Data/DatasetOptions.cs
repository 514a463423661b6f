using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Data;

/// <summary>What a dataset reader needs to know beyond the folder.</summary>
public sealed record DatasetOptions
{
    /// <summary>The defaults: liver, every value above 0 is the organ.</summary>
    public static DatasetOptions Default { get; } = new();

    /// <summary>Name of the target organ: the class file of TotalSegmentator, and a label's name in a plain folder.</summary>
    public string Organ { get; init => field = CheckName(value, nameof(Organ)); } = "liver";

    /// <summary>The label value that is the organ in a multi-class map; null takes every value above 0 (see <see cref="PrepareOptions.TumourIsOrgan"/>).</summary>
    public int? OrganClass { get; init => field = value is { } id ? Check.Positive(id, nameof(OrganClass)) : null; }

    /// <summary>File name of the label inside each scan's folder, such as <c>labels.nii.gz</c>; null searches the usual names. TotalSegmentator and plain folders.</summary>
    public string? LabelFile { get; init => field = value is null ? null : CheckName(value, nameof(LabelFile)); }

    /// <summary>Only the scans of this subset, such as <c>train</c> of TotalSegmentator's <c>split</c> column; null takes all.</summary>
    public string? Subset { get; init; }

    /// <summary>Puts scans without a label among <see cref="Dataset.Scans"/>; otherwise they are only listed in <see cref="Dataset.Unlabelled"/>.</summary>
    public bool IncludeUnlabelled { get; init; }

    /// <summary>True axis order by scan id, for scans whose header is wrong; an id may hold <c>*</c> and <c>?</c>. The first match counts, for scan and label.</summary>
    public IReadOnlyList<KeyValuePair<string, Orientation>> Orientations { get; init; } = [];

    /// <summary>Ids of scans to leave out, such as one whose file is damaged; an id may hold <c>*</c> and <c>?</c>. Each must be there.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>As <see cref="Exclude"/>, but no scan needs to have the id.</summary>
    public IReadOnlyList<string> ExcludeIfThere { get; init; } = [];

    /// <summary>Whether a scan is to be left out.</summary>
    internal bool Excludes(string id) => Exclude.Concat(ExcludeIfThere).Any(pattern => DatasetFolder.Matches(pattern, id));

    private static string CheckName(string value, string name) =>
        Check.NotBlank(value, name).AsSpan().IndexOfAny('/', '\\') < 0 && value is not ("." or "..")
            ? value
            : throw new ArgumentException($"{name} is '{value}'; give a plain name without a folder.", name);
}
