using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>The data of a study: slices to train on, their split, and slices to test on; audited against each other.</summary>
internal sealed class StudyData : IDisposable
{
    private readonly Dictionary<int, StudyDataset> tests = [];
    private readonly List<string> remarks = [];

    private StudyData(StudyDataset training, ScanSplit split, bool phantom) => (Training, Split, IsPhantom) = (training, split, phantom);

    /// <summary>The data to train on.</summary>
    public StudyDataset Training { get; private set; }

    /// <summary>How their scans are shared out.</summary>
    public ScanSplit Split { get; }

    /// <summary>Whether any of the data are generated.</summary>
    public bool IsPhantom { get; }

    /// <summary>What the user should know of how they were opened, one sentence each.</summary>
    public IReadOnlyList<string> Remarks => remarks;

    /// <summary>The training data, then the test data of other tables.</summary>
    internal TrainingData ForTraining => new(Training.Store, Split);

    /// <summary>All data sets, the training's first.</summary>
    public IEnumerable<StudyDataset> Datasets => [Training, .. tests.Values];

    /// <summary>Finds, generates, audits and prepares the data of a study; what is there already is used.</summary>
    /// <exception cref="DatasetException">Data are missing, or test and training data share scans.</exception>
    public static StudyData Open(StudyOptions options, string results, int workers, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        var training = options.Training ?? StudyDataset.Phantom(options.Phantom, results, progress, token);
        var others = StudyProtocol.All.Where(protocol => protocol.CrossDomain && options.Tables.Contains(protocol.Table)).ToList();
        var found = others.ToDictionary(protocol => protocol, protocol => TestOf(protocol, options, results, progress, token));
        var shared = found.ToDictionary(
            pair => pair.Key, pair => SharedScans.Of(training, pair.Value, Path.Combine(results, "audits"), workers, progress, token));
        if (!options.AllowSharedScans && shared.FirstOrDefault(pair => pair.Value.TestScans.Count > 0) is { Key: { } overlapping, Value: var same })
        {
            throw new DatasetException(
                $"Table {overlapping.Table}: {same.TestScans.Count} scans of {StudyDataset.NameOf(found[overlapping])} are also in the training data ({same.Sentences[0]} A is the training data); "
                + "its scores would measure memory. Give other test data, or allow shared scans (--allow-shared): then the table says so.",
                found[overlapping].Root);
        }

        List<SliceStore> opened = [];
        try
        {
            return Join(options, training, found, shared, Store);
        }
        catch
        {
            opened.ForEach(store => store.Dispose());
            throw;
        }

        SliceStore Store(Dataset dataset)
        {
            var store = SliceStoreBuilder.OpenOrBuild(dataset, options.Prepare, Path.Combine(results, "stores"), workers, progress, token);
            opened.Add(store);
            return store;
        }
    }

    /// <summary>Opens the stores and shares out the training scans.</summary>
    private static StudyData Join(
        StudyOptions options,
        Dataset training,
        Dictionary<StudyProtocol, Dataset> found,
        Dictionary<StudyProtocol, SharedScans> shared,
        Func<Dataset, SliceStore> open)
    {
        var store = open(training);
        List<string> ids = [.. store.Scans.Where(scan => scan.SliceCount > 0).Select(scan => scan.Id)];
        var split = options.Split?.Invoke(ids)
            ?? (options.Training is null && options.Phantom == PhantomSettings.Training(options.Profile) ? PhantomSettings.Split(options.Profile, ids) : ScanSplit.Paper(ids, PhantomSettings.Seed));
        var data = new StudyData(
            new StudyDataset(StudyDataset.NameOf(training), store, null), split, found.Values.Append(training).Any(dataset => dataset.Kind == DatasetKind.Phantom));
        foreach (var (protocol, dataset) in found)
        {
            data.tests[protocol.Table] = new StudyDataset(StudyDataset.NameOf(dataset), open(dataset), shared[protocol]);
        }

        data.remarks.AddRange(data.Datasets.SelectMany(dataset => dataset.Store.Warnings.Select(warning => $"{dataset.Name}: {warning}")).Distinct());

        return data;
    }

    /// <summary>The data whose scans a table tests.</summary>
    public StudyDataset TestOf(StudyProtocol protocol) => protocol.CrossDomain ? tests[protocol.Table] : Training;

    /// <summary>Maps copies on a disk of this machine in place of the stores; a store that cannot be copied stays where it is, with a remark.</summary>
    public void UseScratch(string? folder, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        if (folder is null)
        {
            return;
        }

        Training = Near(Training);
        foreach (var (table, dataset) in tests.ToList())
        {
            tests[table] = Near(dataset);
        }

        StudyDataset Near(StudyDataset dataset)
        {
            try
            {
                var copy = SliceStoreCopy.Open(dataset.Store, folder, progress, token);
                dataset.Store.Dispose();
                return dataset with { Store = copy };
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or RunStateException)
            {
                remarks.Add($"--scratch {folder}: {dataset.Name} could not be copied there and is read from {dataset.Store.Path}: {e.Message.Split('\n')[0]}");
                return dataset;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var dataset in Datasets)
        {
            dataset.Store.Dispose();
        }
    }

    private static Dataset TestOf(StudyProtocol protocol, StudyOptions options, string results, IProgress<ProgressReport>? progress, CancellationToken token) =>
        options.Tests.TryGetValue(protocol.PaperDataset, out var given) ? given
        : options.Training is null ? StudyDataset.Phantom(
            PhantomSettings.Elsewhere(options.Profile, protocol.Site) with { Matrix = options.Phantom.Matrix, Seed = options.Phantom.Seed }, results, progress, token)
        : throw new DatasetException(
            $"Table {protocol.Table} tests on {protocol.PaperDataset}, and no such data are given; give them (--test {protocol.PaperDataset.ToLowerInvariant()}=ROOT), or leave the table out.");
}
