using System.Text.Json.Serialization;
using PolyCL.Core;
using PolyCL.Models;

namespace PolyCL.Training;

/// <summary>How a segmenter is trained on few labelled scans; the defaults are the paper's (§4.2).</summary>
public sealed record FineTuneOptions
{
    /// <summary>The network; must be that of the pre-trained encoder.</summary>
    public NetworkOptions Network { get; init; } = new UNetOptions();

    /// <summary>Share of the training scans (or slices) whose labels are used, above 0 and at most 1.</summary>
    public double LabelFraction { get; init => field = Check.Share(value, nameof(LabelFraction)); } = 0.1;

    /// <summary>Counts the label fraction in slices instead of scans.</summary>
    public bool OfSlices { get; init; }

    /// <summary>Passes over the labelled slices.</summary>
    public int Epochs { get; init => field = Check.Positive(value, nameof(Epochs)); } = 100;

    /// <summary>Slices in a minibatch.</summary>
    public int BatchSize { get; init => field = Check.Positive(value, nameof(BatchSize)); } = 10;

    /// <summary>Whose optimiser, schedule and minibatches; only nnU-Net has its own. Not written as JSON when it is the paper's, so that such runs keep their names.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TrainingProtocol Protocol { get; init; }

    /// <summary>Learning rate at the start and at each restart of the schedule; nnU-Net's own protocol has 0.01 and no restarts.</summary>
    public double LearningRate { get; init => field = Check.Positive(value, nameof(LearningRate)); } = 1e-3;

    /// <summary>Epochs between warm restarts of the paper's cosine schedule.</summary>
    public int RestartEpochs { get; init => field = Check.Positive(value, nameof(RestartEpochs)); } = 10;

    /// <summary>Changes the learning rate once an epoch, as a slip in the authors' loop does, instead of every step.</summary>
    public bool AuthorsSchedule { get; init; }

    /// <summary>Added to numerator and denominator of the Dice loss; 1 in the authors' code, 0 in eq. 5.</summary>
    public double DiceSmooth { get; init => field = Check.NotNegative(value, nameof(DiceSmooth)); } = 1;

    /// <summary>Seed of initialisation, choice of labelled scans, order and dropout.</summary>
    public long Seed { get; init; }

    /// <summary>Checks what no single property can.</summary>
    /// <exception cref="ArgumentException">The protocol is not the network's, or has no such schedule.</exception>
    public void Validate()
    {
        if (Protocol == TrainingProtocol.Native && Network.Kind != BackboneKind.NnUNet)
        {
            throw new ArgumentException($"The native protocol is nnU-Net's, and the network is a {Network.Backbone}; train it by the paper's protocol, or take nnU-Net.");
        }

        if (Protocol == TrainingProtocol.Native && AuthorsSchedule)
        {
            throw new ArgumentException("The authors' schedule belongs to the paper's protocol, and nnU-Net's own has another; leave one of the two out.");
        }
    }
}
