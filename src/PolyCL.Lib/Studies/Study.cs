using PolyCL.Core;
using PolyCL.Models;
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

    private Study(StudyContext context)
    {
        this.context = context;
        Arms = StudyArm.Named(context.Options.Rows);
        Jobs = Named([.. Enumerable.Range(0, context.Options.Repeats).SelectMany(repeat => Arms.Where(CanRun).SelectMany(arm => JobsOf(arm, context.Options.Seed + repeat)))]);
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
        Arms.Where(arm => !CanRun(arm)).ToDictionary(
            arm => arm.Label, _ => "needs ImageNet weights: give torchvision's ResNet-18 file (--imagenet-weights FILE)");

    internal StudyContext Context => context;

    internal IReadOnlyList<StudyArm> Arms { get; }

    /// <summary>Prepares the data of a study: generates phantoms, audits test against training data, makes slices. What is there already is used.</summary>
    /// <param name="options">What it computes.</param>
    /// <param name="compute">Device and threads.</param>
    /// <param name="results">Folder for everything it makes.</param>
    /// <param name="progress">Told throughout.</param>
    /// <param name="token">Stops between slices.</param>
    /// <exception cref="DatasetException">Data are missing, or test and training data share scans.</exception>
    /// <exception cref="ArgumentException">A row's label names no row, or a network does not take slices of the given size.</exception>
    /// <exception cref="IOException">The file of ImageNet weights cannot be read.</exception>
    public static Study Open(StudyOptions options, ComputeOptions compute, string results, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(compute);
        Check.NotBlank(results);
        StudyArm.Named(options.Rows);
        var data = StudyData.Open(options, results, compute.Threads, progress, token);
        try
        {
            data.UseScratch(compute.Scratch, progress, token);
            return new Study(new StudyContext(options, data, compute, results));
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
            return new Study(new StudyContext(options, null, compute, results));
        }
    }

    /// <summary>A table as far as stored runs fill it; reads result files, computes nothing.</summary>
    /// <param name="number">One of the study's tables.</param>
    /// <exception cref="ArgumentOutOfRangeException">The table is not part of this study.</exception>
    public StudyTable Table(int number) =>
        Options.Tables.Contains(number)
            ? new StudyTableWriter(this, StudyProtocol.Of(number)).Write()
            : throw new ArgumentOutOfRangeException(nameof(number), $"Table {number} is not part of this study of Table {string.Join(", ", Options.Tables)}.");

    /// <inheritdoc/>
    public void Dispose() => context.Opened?.Dispose();

    private IReadOnlyList<StudyJob> Named(IReadOnlyList<StudyJob> all) =>
        Options.Jobs.FirstOrDefault(label => all.All(job => job.Label != label)) is { } unknown
            ? throw new ArgumentException($"'{unknown}' is no job of this study; 'polycl study status' lists them.")
            : Options.Jobs.Count == 0 ? all : [.. all.Where(job => Options.Jobs.Contains(job.Label))];

    private bool CanRun(StudyArm arm) => !arm.Row.NeedsImageNetWeights || Options.ImageNetWeights is not null;

    private IEnumerable<StudyJob> JobsOf(StudyArm arm, long seed)
    {
        var network = NetworkOf(arm);
        PretrainJob? encoder = null;
        if (arm.Row.Strategy is { } strategy)
        {
            encoder = new PretrainJob(context, arm, Options.Pretrain with { Selection = Options.Pretrain.Selection with { Strategy = strategy }, Network = network, Seed = seed });
            yield return encoder;
        }

        var model = new FineTuneJob(context, arm, Options.FineTune with { Network = network, Seed = seed, LearningRate = RateOf(arm.Row.Backbone) }, encoder);
        yield return model;
        foreach (var table in Options.Tables)
        {
            yield return new EvaluationJob(context, arm, model, StudyProtocol.Of(table));
        }
    }

    /// <summary>The study's learning rate; where it is the profile's, the one that the profile has for this network.</summary>
    private double RateOf(BackboneKind backbone) =>
        Options.FineTune.LearningRate == ProfileSettings.FineTune(Options.Profile).LearningRate
            ? ProfileSettings.FineTune(Options.Profile, backbone).LearningRate
            : Options.FineTune.LearningRate;

    private NetworkOptions NetworkOf(StudyArm arm)
    {
        var network = ProfileSettings.Network(Options.Profile, arm.Row.Backbone, Options.Prepare.Size);
        var filled = arm.Row.NeedsImageNetWeights && network is ResUNetOptions residual ? residual.StartingFrom(ImageNetWeights.FromFile(Options.ImageNetWeights!)) : network;
        return filled.WithPrecision(Options.Precision);
    }
}
