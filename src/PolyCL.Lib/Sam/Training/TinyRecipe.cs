using PolyCL.Core;

namespace PolyCL.Sam.Training;

/// <summary>How a small network is trained: the same recipe gives the same file on the same machine.</summary>
public sealed record TinyRecipe
{
    /// <summary>The network: <c>sam</c> or <c>sam2</c>.</summary>
    public string Model { get; init => field = Check.NotBlank(value, nameof(Model)); } = "sam";

    /// <summary>The phantoms that are trained on.</summary>
    public TinyPhantoms Phantoms { get; init => field = value ?? throw new ArgumentNullException(nameof(Phantoms)); } = new();

    /// <summary>Seed of the first weights, the order of the slices and the prompts.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Steps of the optimiser.</summary>
    public int Steps { get; init => field = Check.Positive(value, nameof(Steps)); } = 4000;

    /// <summary>Slices, or sequences of slices, of a step.</summary>
    public int Batch { get; init => field = Check.Positive(value, nameof(Batch)); } = 8;

    /// <summary>Adam's highest rate; it rises over <see cref="WarmUp"/> steps and falls to 0 as a cosine.</summary>
    public double LearningRate { get; init => field = Check.Positive(value, nameof(LearningRate)); } = 1e-3;

    /// <summary>Steps over which the rate rises.</summary>
    public int WarmUp { get; init => field = Check.Positive(value, nameof(WarmUp)); } = 100;

    /// <summary>Gradients longer than this are shortened to it.</summary>
    public double GradientNorm { get; init => field = Check.Positive(value, nameof(GradientNorm)); } = 1;

    /// <summary>CPU threads; sums, and so the weights' last bits, depend on them.</summary>
    public int Threads { get; init => field = Check.Positive(value, nameof(Threads)); } = 1;

    /// <summary>The rate of a step, from 0.</summary>
    internal double Rate(int step) => step < WarmUp
        ? LearningRate * (step + 1) / WarmUp
        : LearningRate * (1 + Math.Cos(Math.PI * (step - WarmUp) / Math.Max(1, Steps - WarmUp))) / 2;
}
