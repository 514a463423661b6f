using PolyCL.Core;
using PolyCL.Data;

namespace PolyCL.Studies;

/// <summary>Which scans a training and a test data set share, by an audit that is kept and not repeated while the files stay as they are.</summary>
internal sealed record SharedScans
{
    /// <summary>Scans compared.</summary>
    public required int ScanCount { get; init; }

    /// <summary>The shared scans, each as a sentence; A is the training data, B the test data.</summary>
    public required IReadOnlyList<string> Sentences { get; init; }

    /// <summary>Ids of the shared scans in the test data.</summary>
    public required IReadOnlyList<string> TestScans { get; init; }

    /// <summary>The stored audit of two data sets, or a new one.</summary>
    /// <param name="training">The training data.</param>
    /// <param name="test">The test data.</param>
    /// <param name="folder">Where audits are kept.</param>
    /// <param name="workers">Scans at once; 0 for one per core.</param>
    /// <param name="progress">Told after every scan.</param>
    /// <param name="token">Stops between slices.</param>
    /// <exception cref="ScanFormatException">A scan cannot be read.</exception>
    public static SharedScans Of(Dataset training, Dataset test, string folder, int workers, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        var key = ContentHash.OfText(Listing(training) + "\n" + Listing(test));
        var file = Path.Combine(folder, $"audit-{key[..16]}.json");
        if (File.Exists(file))
        {
            return SettingsJson.Read<SharedScans>(File.ReadAllText(file), file);
        }

        var audit = DatasetAudit.Run(training, test, workers, progress, token);
        var shared = audit.Findings.Where(finding => finding.Kind != AuditKind.MixedOrientation && !finding.WithinOneSet).ToList();
        var found = new SharedScans
        {
            ScanCount = audit.ScanCount,
            Sentences = [.. shared.Select(finding => finding.Text)],
            TestScans = [.. shared.Select(finding => finding.Second!).Distinct()],
        };
        AtomicFile.WriteText(file, SettingsJson.ToText(found));
        return found;
    }

    private static string Listing(Dataset dataset) => DatasetFiles.Listing(dataset, dataset.Scans.Concat(dataset.Unlabelled));
}
