using PolyCL.Models;
using PolyCL.Sampling;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>A row of the paper's Tables 1–3 as a value: which network, and how its encoder is pre-trained.</summary>
/// <param name="Backbone">The network.</param>
/// <param name="Strategy">The strategy of pre-training, or null for training from scratch.</param>
public sealed record TableRow(BackboneKind Backbone, Strategy? Strategy)
{
    /// <summary>Whether the row starts from ImageNet weights, a file that the user brings.</summary>
    public bool NeedsImageNetWeights => Backbone == BackboneKind.PtResUNet;

    /// <summary>Network and strategy as Tables 1–3 name the row: "U-Net, PolyCL-M", or "U-Net" from scratch.</summary>
    public string Label => Strategy is { } strategy ? $"{Backbone.Name()}, {Pretraining.NameOf(strategy)}" : Backbone.Name();

    /// <summary>Reads a row's labels as the tables print them.</summary>
    /// <param name="backbone">U-Net, ResU-Net or TransUNet above a block of pre-trained rows; "none" above the networks from scratch.</param>
    /// <param name="model">PolyCL-S, SimCLR … under a backbone, else the network's own name.</param>
    /// <exception cref="ArgumentException">The tables have no such row.</exception>
    public static TableRow Of(string backbone, string model)
    {
        var scratch = backbone == "none";
        var network = Find(Enum.GetValues<BackboneKind>(), BackboneNames.Name, scratch ? model : backbone);
        var strategy = scratch ? null : Find(Enum.GetValues<Strategy>(), Pretraining.NameOf, model);
        return network is { } kind && (scratch || strategy is not null)
            ? new TableRow(kind, strategy)
            : throw new ArgumentException($"'{backbone}, {model}' is no row of Tables 1–3; give a backbone and a strategy, or none and a network, as the paper prints them.");
    }

    private static T? Find<T>(T[] values, Func<T, string> name, string label)
        where T : struct
    {
        var at = Array.FindIndex(values, value => name(value) == label);
        return at < 0 ? null : values[at];
    }
}
