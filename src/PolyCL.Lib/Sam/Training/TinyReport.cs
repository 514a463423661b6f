using PolyCL.Core;

namespace PolyCL.Sam.Training;

/// <summary>What a training of a small network gave.</summary>
public sealed record TinyReport
{
    /// <summary>The weight file.</summary>
    public required string File { get; init; }

    /// <summary>What its results are called.</summary>
    public string Label { get; } = TinyWeights.Label;

    /// <summary>Its length.</summary>
    public required long Bytes { get; init; }

    /// <summary>Its SHA-256.</summary>
    public required string Sha256 { get; init; }

    /// <summary>How it was trained.</summary>
    public required TinyRecipe Recipe { get; init; }

    /// <summary>Mean loss of the first 50 steps.</summary>
    public required double FirstLoss { get; init; }

    /// <summary>Mean loss of the last 50 steps.</summary>
    public required double LastLoss { get; init; }

    /// <summary>Scores on phantoms of seed 2001, one for each site and grid.</summary>
    public required IReadOnlyList<TinyScore> HeldOut { get; init; }

    /// <summary>The report of a written file.</summary>
    internal static TinyReport Of(string path, TinyRecipe recipe, IReadOnlyList<double> losses, IReadOnlyList<TinyScore> heldOut) => new()
    {
        File = path,
        Bytes = new FileInfo(path).Length,
        Sha256 = ContentHash.OfFile(path),
        Recipe = recipe,
        FirstLoss = losses.Take(TinyLoop.Window).Average(),
        LastLoss = losses.TakeLast(TinyLoop.Window).Average(),
        HeldOut = heldOut,
    };
}
