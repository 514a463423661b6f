using System.Text.Json.Serialization;
using PolyCL.Data;
using PolyCL.Models;

namespace PolyCL.Training;

/// <summary>What a weight file says of itself: enough to build the network, prepare a scan for it and tell where it comes from.</summary>
public sealed record ModelCard
{
    /// <summary>Layout of this card.</summary>
    public int Version { get; init; } = 1;

    /// <summary>"contrastive-encoder" or "segmenter".</summary>
    public required string Kind { get; init; }

    /// <summary>The network.</summary>
    public required NetworkOptions Network { get; init; }

    /// <summary>Length of the embedding of a contrastive encoder, else 0.</summary>
    public int EmbeddingSize { get; init; }

    /// <summary>How scans become slices for this network.</summary>
    public required PrepareOptions Preparation { get; init; }

    /// <summary>Fingerprint of the slice store it was trained on.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>Scans whose labels or pixels it has seen, and those kept apart; null for imported weights, of which nobody says.</summary>
    public required ScanSplit? Split { get; init; }

    /// <summary>smoke, quick or paper; "custom" when settings differ from their profile.</summary>
    public required string Profile { get; init; }

    /// <summary>Seed of the run.</summary>
    public required long Seed { get; init; }

    /// <summary>Name of the run.</summary>
    public required string Run { get; init; }

    /// <summary>How the weights came to be, in a few words, such as "PolyCL-M, 10 % of training scans labelled".</summary>
    public required string Origin { get; init; }

    /// <summary>Digests of the voxels of all scans seen in training, that of its encoder included; null where nobody says.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? SeenScans { get; init; }
}
