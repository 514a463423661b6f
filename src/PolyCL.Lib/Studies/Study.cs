using PolyCL.Core;
using PolyCL.Studies.Masks;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>A study on its data: the jobs that fill its tables, and the tables as far as they are filled.</summary>
/// <remarks>
/// A study holds no truth of its own: what is finished, running, interrupted or missing is read from the folder of results each time it is asked. A
/// pre-training is shared by every table that needs it, and by every other study with the same settings, data and seed.
/// </remarks>
public sealed class Study : IDisposable
{
    private readonly StudyContext context;
    private readonly StudyJobs jobs;

    private Study(StudyContext context)
    {
        this.context = context;
        Arms = StudyArm.Named(ArmsOf(context.Options), context.Options.Rows);
        foreach (var use in Arms.Select(arm => arm.Sam).Distinct())
        {
            context.Sam.MustBeThere(use);
        }

        jobs = new StudyJobs(context, Arms.Where(arm => Need(arm) is null));
        Jobs = Named(jobs.All);
    }

    /// <summary>What the study computes.</summary>
    public StudyOptions Options => context.Options;

    /// <summary>Folder of run folders, stores and generated data.</summary>
    public string Results => context.Results;

    /// <summary>All jobs, or those that <see cref="StudyOptions.Jobs"/> names, each behind those it needs: repeat by repeat, row by row.</summary>
    public IReadOnlyList<StudyJob> Jobs { get; }

    /// <summary>Whether the data are open; false in an outline, which knows its jobs by label, kind and seed alone.</summary>
    public bool HasData => context.Opened is not null;

    /// <summary>What the user should know of how the data were opened, one sentence each.</summary>
    public IReadOnlyList<string> Remarks => context.Opened?.Remarks ?? [];

    /// <summary>Rows that cannot run, with what they need.</summary>
    public IReadOnlyDictionary<string, string> RowsWithout =>
        Arms.Select(arm => (arm.Label, Need: Need(arm))).Where(row => row.Need is not null).ToDictionary(row => row.Label, row => row.Need!);

    internal StudyContext Context => context;

    internal IReadOnlyList<StudyArm> Arms { get; }

    /// <summary>Prepares the data of a study: generates phantoms, audits test against training data, makes slices. What is there already is used.</summary>
    /// <param name="options">What it computes.</param>
    /// <param name="compute">Device and threads.</param>
    /// <param name="results">Folder for everything it makes.</param>
    /// <param name="progress">Told throughout.</param>
    /// <param name="token">Stops between slices.</param>
    /// <exception cref="DatasetException">Data are missing, or test and training data share scans.</exception>
    /// <exception cref="WeightMismatchException">SAM's weights are asked for and not there.</exception>
    /// <exception cref="ArgumentException">A row's label names no row, or a network does not take slices of the given size.</exception>
    /// <exception cref="IOException">The file of ImageNet weights cannot be read.</exception>
    public static Study Open(StudyOptions options, ComputeOptions compute, string results, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(compute);
        Check.NotBlank(results);
        StudyArm.Named(ArmsOf(options), options.Rows);
        compute.ChooseArithmetic();
        var sam = SamOf(options, compute, results);
        var data = StudyData.Open(options, results, compute.Threads, progress, token);
        try
        {
            data.UseScratch(compute.Scratch, progress, token);
            return new Study(new StudyContext(options, data, compute, results, sam));
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>The study when all its data are ready, else its outline; neither reads scans nor makes anything.</summary>
    /// <remarks>Jobs of an outline have kind, label, seed and what they come after; asking for more throws InvalidOperationException.</remarks>
    /// <inheritdoc cref="Open" path="/param"/>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static Study OpenOrOutline(StudyOptions options, ComputeOptions compute, string results)
    {
        try
        {
            // What is not there would have to be made, and with this token all making stops before it begins.
            return Open(options, compute with { Scratch = null }, results, progress: null, new CancellationToken(canceled: true));
        }
        catch (OperationCanceledException)
        {
            return new Study(new StudyContext(options, null, compute, results, SamOf(options, compute, results)));
        }
    }

    /// <summary>A table as far as stored runs fill it; reads result files, computes nothing.</summary>
    /// <param name="number">One of the study's tables.</param>
    /// <exception cref="ArgumentOutOfRangeException">The table is not part of this study.</exception>
    public StudyTable Table(int number) =>
        Options.Tables.Contains(number)
            ? new StudyTableWriter(this, StudyProtocol.Of(number)).Write()
            : throw new ArgumentOutOfRangeException(nameof(number), $"Table {number} is not part of this study of Table {string.Join(", ", Options.Tables)}.");

    /// <summary>Makes the masks of a row's finished run again in a test scan, for pictures.</summary>
    /// <param name="table">One of the study's tables.</param>
    /// <param name="row">Label of one of its rows, such as "PolyCL-M + SAM, 5 %".</param>
    /// <param name="scans">Ids of test scans; all when none is given.</param>
    /// <param name="token">Stops between slices.</param>
    /// <exception cref="ArgumentException">There is no such row or scan, or the row's first run is not finished.</exception>
    public IReadOnlyList<StudyMasks> Masks(int table, string row, IReadOnlyList<string>? scans = null, CancellationToken token = default)
    {
        var protocol = StudyProtocol.Of(table);
        var named = StudyArm.Named([.. ArmsOf(protocol)], [row]);
        return named.Count == 1
            ? new MaskMaking(this, protocol, named[0]).Of(scans ?? [], token)
            : throw new ArgumentException($"'{row}' names {named.Count} rows; give one of: {string.Join("; ", named.Select(arm => arm.Label))}.", nameof(row));
    }

    /// <summary>Masks for the pictures of a table with SAM: of the row with most labels and of the fewest in one scan, with SAM 2 in all test scans; none of unfinished rows.</summary>
    /// <param name="table">One of the study's tables.</param>
    /// <param name="token">Stops between slices.</param>
    public IReadOnlyList<StudyMasks> MasksToShow(int table, CancellationToken token = default)
    {
        var protocol = StudyProtocol.Of(table);
        var finished = ArmsOf(protocol).Where(arm => arm.Sam != SamUse.None && !arm.IsBound && ScoresOf(protocol, arm).Any(job => job.Evaluation is not null)).ToList();
        return [.. finished.Where(arm => arm.Row == finished[^1].Row && (arm == finished[^1] || arm.LabelPercent == finished[0].LabelPercent))
            .Select(arm => new MaskMaking(this, protocol, arm))
            .SelectMany(making => making.Of(protocol.Sam == SamUse.Refine ? [making.Scans[0].Id] : [], token))];
    }

    /// <summary>The rows of one of the study's tables.</summary>
    internal IEnumerable<StudyArm> ArmsOf(StudyProtocol protocol)
    {
        var all = StudyArm.Of(protocol, Options.Backbone, Options.Sam.AnnotatedEvery);
        return Arms.Where(all.Contains);
    }

    /// <summary>The jobs that score a row of a table, by seed.</summary>
    internal IReadOnlyList<ScoreJob> ScoresOf(StudyProtocol protocol, StudyArm arm) => jobs.ScoresOf(protocol, arm);

    /// <inheritdoc/>
    public void Dispose()
    {
        context.Opened?.Dispose();
        context.Sam.Dispose();
    }

    private IReadOnlyList<StudyJob> Named(IReadOnlyList<StudyJob> all) =>
        Options.Jobs.FirstOrDefault(label => all.All(job => job.Label != label)) is { } unknown
            ? throw new ArgumentException($"'{unknown}' is no job of this study; 'polycl study status' lists them.")
            : Options.Jobs.Count == 0 ? all : [.. all.Where(job => Options.Jobs.Contains(job.Label))];

    private static StudySam SamOf(StudyOptions options, ComputeOptions compute, string results) => new(options.Sam, options.Profile, results, compute);

    /// <summary>The rows of all tables of a study, each once.</summary>
    private static IReadOnlyList<StudyArm> ArmsOf(StudyOptions options) =>
        [.. options.Tables.SelectMany(table => StudyArm.Of(StudyProtocol.Of(table), options.Backbone, options.Sam.AnnotatedEvery)).Distinct()];

    /// <summary>What a row needs and the study does not have, or null.</summary>
    private string? Need(StudyArm arm) => arm.Row is { NeedsImageNetWeights: true } && Options.ImageNetWeights is null
        ? "needs ImageNet weights: give torchvision's ResNet-18 file (--imagenet-weights FILE)"
        : context.Sam.Need(arm.Sam);
}
