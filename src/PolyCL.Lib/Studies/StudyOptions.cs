using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Data.Phantom;
using PolyCL.Models;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>What a study computes: which tables and rows, on which data, with which settings.</summary>
public sealed record StudyOptions
{
    /// <summary>Numbers of the paper's tables, 1 to 7; tables share all their trainings.</summary>
    public IReadOnlyList<int> Tables { get; init => field = CheckTables(value); } = [1];

    /// <summary>The profile that settings left out come from.</summary>
    public required Profile Profile { get; init; }

    /// <summary>
    /// Only these rows, named as in <see cref="StudyTableRow.Label"/>, such as "U-Net, PolyCL-M" or "PolyCL-M + SAM, 5 %"; without the share of labels all
    /// shares; all rows when empty.
    /// </summary>
    public IReadOnlyList<string> Rows { get; init; } = [];

    /// <summary>Only these jobs, named as in <see cref="StudyJob.Label"/>; all when empty. For processes that are told what to do, as tasks of Slurm are.</summary>
    public IReadOnlyList<string> Jobs { get; init; } = [];

    /// <summary>Runs per row, with consecutive seeds.</summary>
    public required int Repeats { get; init => field = Check.Positive(value, nameof(Repeats)); }

    /// <summary>Seed of the first repeat; data and split are the same in all.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The training data, also those of Table 1's test; null for the phantom's site A.</summary>
    public Dataset? Training { get; init; }

    /// <summary>Test data of the other tables by the paper's name, TotalSegmentator or MSD; the phantom's sites B and C stand in where training is on a phantom.</summary>
    public IReadOnlyDictionary<string, Dataset> Tests { get; init; } = new Dictionary<string, Dataset>();

    /// <summary>The training phantom, when no training data are given.</summary>
    public required PhantomOptions Phantom { get; init; }

    /// <summary>Shares the scans that keep a slice out; null for the profile's sizes on the phantom, else the paper's (§4.1).</summary>
    public Func<IReadOnlyList<string>, ScanSplit>? Split { get; init; }

    /// <summary>How scans become slices.</summary>
    public required PrepareOptions Prepare { get; init; }

    /// <summary>How encoders are pre-trained; strategy, network and seed come from row and repeat.</summary>
    public required PretrainOptions Pretrain { get; init; }

    /// <summary>How segmenters are fine-tuned; network and seed come from row and repeat.</summary>
    public required FineTuneOptions FineTune { get; init; }

    /// <summary>Network of Tables 4–7, which name none.</summary>
    public BackboneKind Backbone { get; init; } = BackboneKind.UNet;

    /// <summary>SAM and SAM 2 in Tables 4–7.</summary>
    public StudySamOptions Sam { get; init => field = value ?? throw new ArgumentNullException(nameof(Sam)); } = new();

    /// <summary>Number format of all segmenters.</summary>
    public ComputePrecision Precision { get; init; }

    /// <summary>torchvision's ResNet-18 weights for the rows that start from ImageNet, or null: then these rows say that they need it.</summary>
    public string? ImageNetWeights { get; init; }

    /// <summary>Runs a table although test and training data share scans; its title then says so.</summary>
    public bool AllowSharedScans { get; init; }

    /// <summary>The study of a profile: its sizes, its label fraction, its repeats, on phantoms.</summary>
    public static StudyOptions Of(Profile profile) => new()
    {
        Profile = profile,
        Repeats = StudyProtocol.Repeats(profile),
        Phantom = PhantomSettings.Training(profile),
        Prepare = ProfileSettings.Prepare(profile),
        Pretrain = ProfileSettings.Pretrain(profile),
        FineTune = ProfileSettings.FineTune(profile) with { LabelFraction = StudyProtocol.LabelFraction(profile) },
    };

    /// <summary>The profile's name in pre-trainings, with a note when a setting was changed.</summary>
    internal string PretrainProfile => ProfileSettings.NameOf(Profile, Prepare, Pretrain with { Network = AnyNetwork });

    /// <summary>The same for fine-tunings; the label fraction is no change.</summary>
    internal string FineTuneProfile => ProfileSettings.NameOf(Profile, Prepare, FineTune with { Network = AnyNetwork });

    /// <summary>Networks come from the rows, in the profile's sizes; all rows of a study bear one name.</summary>
    private NetworkOptions AnyNetwork => ProfileSettings.Pretrain(Profile).Network.WithPrecision(Precision);

    private static IReadOnlyList<int> CheckTables(IReadOnlyList<int> tables)
    {
        ArgumentNullException.ThrowIfNull(tables);
        if (tables.Count == 0)
        {
            throw new ArgumentException("No table is named; give one or more of 1 to 7.", nameof(tables));
        }

        return [.. tables.Select(table => StudyProtocol.Of(table).Table).Distinct().Order()];
    }
}
