using PolyCL.Models;

namespace PolyCL.Studies;

/// <summary>What a step of each kind of job costs on this machine, from finished runs and from what was measured since; never from a guess.</summary>
/// <remarks>A job without a time of its own takes that of the same network with another strategy, else another network's by multiply-adds.</remarks>
internal sealed class StudyCosts(Study study)
{
    private readonly Dictionary<(StudyJobKind Kind, BackboneKind? Backbone, string Arm), double> measured = [];
    private readonly Dictionary<(StudyJobKind Kind, BackboneKind? Backbone), StepCost> here = [];
    private readonly Dictionary<BackboneKind, double> multiplyAdds = [];

    /// <summary>Takes in the step times of finished jobs; the latest counts.</summary>
    public void Refresh()
    {
        foreach (var job in study.Jobs)
        {
            if (!measured.ContainsKey(KeyOf(job)) && job.MeasuredStepSeconds is { } seconds)
            {
                Note(job, seconds);
            }
        }
    }

    /// <summary>Notes a measured time.</summary>
    /// <param name="job">The job measured.</param>
    /// <param name="stepSeconds">Seconds a step.</param>
    public void Note(StudyJob job, double stepSeconds) => measured[KeyOf(job)] = stepSeconds;

    /// <summary>Notes what was measured here, memory included.</summary>
    /// <param name="job">The job measured.</param>
    /// <param name="cost">What a step takes.</param>
    public void Note(StudyJob job, StepCost cost)
    {
        Note(job, cost.Seconds);
        here[(job.Kind, job.Backbone)] = cost;
    }

    /// <summary>What was measured here of the same kind of job and network, or null.</summary>
    public StepCost? Measured(StudyJob job) => here.GetValueOrDefault((job.Kind, job.Backbone));

    /// <summary>Whether a time of the job's own kind and network is known.</summary>
    public bool Knows(StudyJob job) => OfBackbone(job) is not null;

    /// <summary>Seconds of the whole job, or null while nothing like it was measured.</summary>
    public double? Seconds(StudyJob job) => StepSeconds(job) * job.Steps;

    /// <summary>Seconds of a step of the job, or null.</summary>
    public double? StepSeconds(StudyJob job) => OfBackbone(job) ?? Scaled(job) ?? FromFineTuning(job);

    private double? OfBackbone(StudyJob job)
    {
        if (measured.TryGetValue(KeyOf(job), out var own))
        {
            return own;
        }

        var like = measured.Where(pair => pair.Key.Kind == job.Kind && pair.Key.Backbone == job.Backbone).Select(pair => pair.Value).ToList();
        return like.Count > 0 ? like.Average() : null;
    }

    private double? Scaled(StudyJob job)
    {
        if (job.Backbone is not { } backbone)
        {
            return null;
        }

        var other = measured.Where(pair => pair.Key.Kind == job.Kind).Select(pair => (double?)(pair.Value / MultiplyAdds(pair.Key.Backbone!.Value))).ToList();
        return other.Average() * MultiplyAdds(backbone);
    }

    /// <summary>A slice of an evaluation goes forward only: about a third of its share of a fine-tuning step.</summary>
    private double? FromFineTuning(StudyJob job) =>
        job is EvaluationJob { Model: { } model } ? (OfBackbone(model) ?? Scaled(model)) / model.BatchSize / 3 : null;

    private static (StudyJobKind, BackboneKind?, string) KeyOf(StudyJob job) => (job.Kind, job.Backbone, job.Arm.Row?.Label ?? job.Arm.Label);

    private double MultiplyAdds(BackboneKind kind)
    {
        if (!multiplyAdds.TryGetValue(kind, out var count))
        {
            var size = study.Options.Prepare.Size;
            multiplyAdds[kind] = count = NetworkCost.OfSegmenter(ProfileSettings.Network(study.Options.Profile, kind, size), size).MultiplyAdds;
        }

        return count;
    }
}
