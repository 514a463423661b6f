using System.Text.Json.Serialization;
using PolyCL.Core;
using PolyCL.Models.Weights;
using static TorchSharp.torch;

namespace PolyCL.Models;

/// <summary>A ResNet-18 weight file, of torchvision's names, that an encoder starts from.</summary>
/// <remarks>The digest stands in configs and cards, the path does not: a run is the same wherever its file lies.</remarks>
public sealed record ImageNetWeights
{
    private const string Stem = "conv1.weight";

    /// <summary>SHA-256 of the file.</summary>
    public required string Sha256 { get; init; }

    /// <summary>True takes what fits and leaves the rest random, for encoders of the authors' stem of 32; false wants everything but the class head.</summary>
    public bool Partial { get; init; }

    /// <summary>The file, or null where the weights are already in the encoder.</summary>
    [JsonIgnore]
    public string? Path { get; init; }

    /// <summary>Names a file; nothing but its digest is read yet.</summary>
    /// <exception cref="IOException">There is no such file, or it cannot be read.</exception>
    public static ImageNetWeights FromFile(string path, bool partial = false) =>
        new() { Path = Check.NotBlank(path), Sha256 = ContentHash.OfFile(path), Partial = partial };

    /// <summary>Fills an encoder; the three colour channels of the stem are summed, which equals feeding a grey slice three times.</summary>
    internal WeightReport Fill(Encoder encoder)
    {
        if (Path is null)
        {
            throw new WeightMismatchException($"The network starts from ImageNet weights (SHA-256 {Sha256[..12]}…); give the file again, its place is not kept.");
        }

        if (ContentHash.OfFile(Path) is var found && found != Sha256)
        {
            throw new WeightMismatchException($"{Path}: SHA-256 {found[..12]}…, but the network starts from {Sha256[..12]}…; give that file.", Path);
        }

        using var weights = WeightFile.Read(Path);
        return Fill(encoder, weights);
    }

    private WeightReport Fill(Encoder encoder, WeightSet weights)
    {
        var options = new WeightLoadOptions
        {
            IgnoreInFile = ["fc."],
            KeepInNetwork = [.. encoder.OwnHeads.Select(head => head + "."), Stem],
            Partial = Partial,
            AllowNarrowing = true,
        };
        var report = WeightLoader.Load(encoder, weights, options);
        return FillStem(encoder, weights, report)
            ? report with { Adapted = [.. report.Adapted, $"{Stem}: summed over colours"] }
            : report with { WrongShape = [.. report.WrongShape, $"{Stem}: another width"] };
    }

    private bool FillStem(Encoder encoder, WeightSet weights, WeightReport report)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var target = encoder.state_dict()[Stem];
        var entry = weights.BySection[report.Section].FirstOrDefault(entry => WrapperNames.Strip(entry.Name, rest => rest == Stem).Name == Stem);
        if (entry is not null && entry.Shape is [var width, 1 or 3, 7, 7] && width == target.shape[0])
        {
            var colours = WeightValues.Read(weights, entry, target.dtype, [.. entry.Shape], out var fault);
            WeightValues.ThrowIfAny(fault is null ? [] : [(entry, fault)], weights.Path);
            target.copy_(colours.sum([1], keepdim: true));
            return true;
        }

        return Partial ? false : throw new WeightMismatchException(
            $"{Path}: {Stem} is {entry?.ToString() ?? "missing"}; a ResNet-18 with a stem of {target.shape[0]} is needed: float32 [{target.shape[0]}, 3, 7, 7].", Path);
    }
}
