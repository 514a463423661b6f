using System.Globalization;
using PolyCL.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>What the embeddings of some slices tell of a representation, without training anything on them.</summary>
/// <remarks>
/// Embeddings are compared by direction (cosine), as the losses do. Accuracies are those of a vote of the five nearest neighbours. Effective rank: exponential
/// of the entropy of the singular values of the centred directions (Roy and Vetterli 2007). Alignment and uniformity: Wang and Isola 2020, with slices next to
/// each other as the pairs that belong together, so that all ways of pre-training are measured alike.
/// </remarks>
public sealed record EmbeddingProbe
{
    private const int Neighbours = 5;
    // Untrained networks already give about 0.998.
    private const double CollapsedCosine = 0.9995;
    private const double CollapsedRank = 1.5;

    /// <summary>Slices embedded.</summary>
    public required int Slices { get; init; }

    /// <summary>Share of slices whose organ label the nearest slices of other scans tell, or null with one scan or one label.</summary>
    public double? OrganAccuracy { get; init; }

    /// <summary>Share of the more frequent organ label: what a guess attains.</summary>
    public double? OrganChance { get; init; }

    /// <summary>Share of slices whose scan the nearest other slices tell, or null with one scan. High means that the scan, not the anatomy, is seen.</summary>
    public double? ScanAccuracy { get; init; }

    /// <summary>Share of the scan with most slices: what a guess attains.</summary>
    public double? ScanChance { get; init; }

    /// <summary>How many directions the embeddings spread over, from 1 to the smaller of slices and embedding length.</summary>
    public required double EffectiveRank { get; init; }

    /// <summary>Mean squared distance of the directions of slices next to each other; 0 is closest, 2 unrelated; null without such a pair.</summary>
    public double? Alignment { get; init; }

    /// <summary>Logarithm of the mean of exp(−2 · squared distance) over all pairs; 0 when all directions agree, the lower the more even.</summary>
    public required double Uniformity { get; init; }

    /// <summary>Mean length of the embeddings before they are compared by direction.</summary>
    public required double MeanNorm { get; init; }

    /// <summary>Mean cosine over all pairs.</summary>
    public required double MeanCosine { get; init; }

    /// <summary>A collapse in words, or null.</summary>
    public string? Warning { get; init; }

    /// <summary>Measures embeddings.</summary>
    /// <param name="embeddings">One row per slice, all of one length.</param>
    /// <param name="slices">The slices, in the same order.</param>
    /// <exception cref="ArgumentException">Fewer than two slices, numbers of rows and slices that differ, or a value that is not finite.</exception>
    public static EmbeddingProbe Of(IReadOnlyList<float[]> embeddings, IReadOnlyList<SliceRecord> slices)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        ArgumentNullException.ThrowIfNull(slices);
        if (embeddings.Count != slices.Count || slices.Count < 2)
        {
            throw new ArgumentException($"There are {embeddings.Count} embeddings of {slices.Count} slices; give one each, of two or more slices.", nameof(embeddings));
        }

        if (embeddings.Any(row => row.Length != embeddings[0].Length || !row.All(float.IsFinite)))
        {
            throw new ArgumentException("An embedding holds a value that is not finite or has another length; give finite rows of one length.", nameof(embeddings));
        }

        using var scope = NewDisposeScope();
        var n = slices.Count;
        var rows = tensor(embeddings.SelectMany(row => row).ToArray(), [n, embeddings[0].Length]).to_type(ScalarType.Float64);
        var norms = rows.norm(1, keepdim: true, p: 2);
        var unit = rows / norms.clamp_min(1e-12);
        var cosines = Square(unit.mm(unit.t()).data<double>().ToArray(), n);
        var (meanCosine, uniformity) = OverPairs(cosines);
        var rank = RankOf(unit);
        var norm = norms.mean().ToDouble();
        return new EmbeddingProbe
        {
            Slices = n,
            OrganAccuracy = Vote(cosines, slices, slice => slice.ContainsOrgan ? 1 : 0, otherScansOnly: true),
            OrganChance = Largest(slices, slice => slice.ContainsOrgan ? 1 : 0),
            ScanAccuracy = Vote(cosines, slices, slice => slice.Scan, otherScansOnly: false),
            ScanChance = Largest(slices, slice => slice.Scan),
            EffectiveRank = rank,
            Alignment = Adjacent(cosines, slices),
            Uniformity = uniformity,
            MeanNorm = norm,
            MeanCosine = meanCosine,
            Warning = Warn(meanCosine, rank, norm),
        };
    }

    /// <summary>The probe in a few words, for a progress line.</summary>
    public string ToWords()
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{(OrganAccuracy is { } organ ? $"organ kNN {organ:0.00}, " : "")}rank {EffectiveRank:0.0}");
        return Warning is null ? text : $"{text}; {Warning}";
    }

    private static string? Warn(double cosine, double rank, double norm) =>
        norm < 1e-6 ? "collapsed: all embeddings are zero"
        : cosine > CollapsedCosine ? string.Create(CultureInfo.InvariantCulture, $"collapsed: all embeddings point the same way (mean cosine {cosine:0.00000})")
        : rank < CollapsedRank ? string.Create(CultureInfo.InvariantCulture, $"nearly collapsed: the embeddings lie on a line (effective rank {rank:0.0})")
        : null;

    private static double RankOf(Tensor unit)
    {
        var values = linalg.svdvals(unit - unit.mean([0], keepdim: true)).data<double>().ToArray();
        var sum = values.Sum();
        return sum <= 1e-12 ? 1 : Math.Exp(-values.Select(value => value / sum).Where(share => share > 0).Sum(share => share * Math.Log(share)));
    }

    private static (double Cosine, double Uniformity) OverPairs(double[,] cosines)
    {
        var (sum, kernel, pairs) = (0.0, 0.0, 0L);
        for (var i = 0; i < cosines.GetLength(0); i++)
        {
            for (var j = 0; j < i; j++)
            {
                sum += cosines[i, j];
                kernel += Math.Exp(-4 * (1 - cosines[i, j]));            // squared distance = 2 − 2 cos
                pairs++;
            }
        }

        return (sum / pairs, Math.Log(kernel / pairs));
    }

    private static double? Adjacent(double[,] cosines, IReadOnlyList<SliceRecord> slices)
    {
        var at = slices.Select((slice, i) => (slice, i)).ToDictionary(pair => (pair.slice.Scan, pair.slice.Index), pair => pair.i);
        var distances = slices
            .Select((slice, i) => at.TryGetValue((slice.Scan, slice.Index + 1), out var next) ? 2 - (2 * cosines[i, next]) : double.NaN)
            .Where(double.IsFinite)
            .ToList();
        return distances.Count > 0 ? distances.Average() : null;
    }

    private static double? Vote(double[,] cosines, IReadOnlyList<SliceRecord> slices, Func<SliceRecord, int> label, bool otherScansOnly)
    {
        var scans = slices.Select(slice => slice.Scan).Distinct().Count();
        if (scans < 2 || slices.Select(label).Distinct().Count() < 2)
        {
            return null;
        }

        var right = 0;
        for (var i = 0; i < slices.Count; i++)
        {
            var self = i;
            var winner = Enumerable.Range(0, slices.Count)
                .Where(j => j != self && (!otherScansOnly || slices[j].Scan != slices[self].Scan))
                .OrderByDescending(j => cosines[self, j])
                .Take(Neighbours)
                .GroupBy(j => label(slices[j]))
                .OrderByDescending(group => group.Count())
                .ThenByDescending(group => group.Sum(j => cosines[self, j]))
                .First();
            right += winner.Key == label(slices[i]) ? 1 : 0;
        }

        return (double)right / slices.Count;
    }

    private static double Largest(IReadOnlyList<SliceRecord> slices, Func<SliceRecord, int> label) =>
        (double)slices.GroupBy(label).Max(group => group.Count()) / slices.Count;

    private static double[,] Square(double[] values, int n)
    {
        var square = new double[n, n];
        Buffer.BlockCopy(values, 0, square, 0, values.Length * sizeof(double));
        return square;
    }
}
