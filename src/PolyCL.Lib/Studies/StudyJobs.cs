using PolyCL.Models;
using PolyCL.Studies.Masks;

namespace PolyCL.Studies;

/// <summary>The jobs of a study's rows, each made once however many rows and tables need it.</summary>
internal sealed class StudyJobs
{
    private readonly StudyContext context;
    private readonly List<StudyJob> all = [];
    private readonly Dictionary<(TableRow, long Seed), PretrainJob> encoders = [];
    private readonly Dictionary<(TableRow, double Fraction, long Seed), FineTuneJob> models = [];
    private readonly Dictionary<(FineTuneJob?, int TestSet, SamUse, int Every), ScoreJob> scores = [];
    private readonly Dictionary<(int Table, StudyArm), List<ScoreJob>> rows = [];

    /// <param name="context">The study.</param>
    /// <param name="arms">Its rows that can run.</param>
    public StudyJobs(StudyContext context, IEnumerable<StudyArm> arms)
    {
        this.context = context;
        var (options, list) = (context.Options, arms.ToList());
        var protocols = options.Tables.Select(StudyProtocol.Of)
            .Select(protocol => (Protocol: protocol, Arms: StudyArm.Of(protocol, options.Backbone, options.Sam.AnnotatedEvery).ToHashSet())).ToList();
        for (var repeat = 0; repeat < options.Repeats; repeat++)
        {
            // An upper bound has no seed.
            foreach (var arm in list.Where(arm => repeat == 0 || !arm.IsBound))
            {
                var model = arm.Row is { } row ? Model(arm, row, options.Seed + repeat) : null;
                foreach (var (protocol, _) in protocols.Where(table => table.Arms.Contains(arm)))
                {
                    Score(arm, model, protocol, options.Seed + repeat);
                }
            }
        }
    }

    /// <summary>All jobs, each behind those it needs: repeat by repeat, row by row.</summary>
    public IReadOnlyList<StudyJob> All => all;

    /// <summary>The jobs that score a row of a table, by seed; none for a row that cannot run.</summary>
    public IReadOnlyList<ScoreJob> ScoresOf(StudyProtocol protocol, StudyArm arm) => rows.TryGetValue((protocol.Table, arm), out var jobs) ? jobs : [];

    private PretrainJob? Encoder(StudyArm arm, TableRow row, NetworkOptions network, long seed)
    {
        if (row.Strategy is not { } strategy)
        {
            return null;
        }

        if (!encoders.TryGetValue((row, seed), out var encoder))
        {
            var options = context.Options.Pretrain;
            encoder = new PretrainJob(context, arm, options with { Selection = options.Selection with { Strategy = strategy }, Network = network, Seed = seed });
            encoders.Add((row, seed), encoder);
            all.Add(encoder);
        }

        return encoder;
    }

    private FineTuneJob Model(StudyArm arm, TableRow row, long seed)
    {
        var options = context.Options.FineTune;
        var fraction = arm.LabelPercent / 100 ?? options.LabelFraction;
        if (!models.TryGetValue((row, fraction, seed), out var model))
        {
            var network = NetworkOf(row);
            var encoder = Encoder(arm, row, network, seed);
            model = new FineTuneJob(context, arm, options with { Network = network, Seed = seed, LearningRate = RateOf(row.Backbone), LabelFraction = fraction }, encoder);
            models.Add((row, fraction, seed), model);
            all.Add(model);
        }

        return model;
    }

    private void Score(StudyArm arm, FineTuneJob? model, StudyProtocol protocol, long seed)
    {
        // The tables on the training data's own test scans share their scores.
        var key = (model, protocol.CrossDomain ? protocol.Table : 0, arm.Sam, arm.AnnotatedEvery);
        if (!scores.TryGetValue(key, out var job))
        {
            job = arm.Sam == SamUse.None ? new EvaluationJob(context, arm, model!, protocol) : new SamJob(context, arm, seed, model, protocol);
            scores.Add(key, job);
            all.Add(job);
        }

        if (!rows.TryGetValue((protocol.Table, arm), out var jobs))
        {
            rows.Add((protocol.Table, arm), jobs = []);
        }

        jobs.Add(job);
    }

    /// <summary>The study's learning rate; where it is the profile's, the one that the profile has for this network.</summary>
    private double RateOf(BackboneKind backbone)
    {
        var options = context.Options;
        return options.FineTune.LearningRate == ProfileSettings.FineTune(options.Profile).LearningRate
            ? ProfileSettings.FineTune(options.Profile, backbone).LearningRate
            : options.FineTune.LearningRate;
    }

    private NetworkOptions NetworkOf(TableRow row)
    {
        var options = context.Options;
        var network = ProfileSettings.Network(options.Profile, row.Backbone, options.Prepare.Size);
        var filled = row.NeedsImageNetWeights && network is ResUNetOptions residual ? residual.StartingFrom(ImageNetWeights.FromFile(options.ImageNetWeights!)) : network;
        return filled.WithPrecision(options.Precision);
    }
}
