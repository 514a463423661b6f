using System.Runtime.InteropServices;
using System.Security.Cryptography;
using PolyCL.Core;

namespace PolyCL.Sampling;

/// <summary>A set of ranks kept as runs of consecutive ones; equal sets are equal objects to a dictionary.</summary>
internal sealed class RankRuns : IEquatable<RankRuns>
{
    private readonly int[] first;   // first rank of each run
    private readonly int[] before;  // ranks in earlier runs; one entry more than runs
    private readonly int hash;

    private RankRuns(int[] first, int[] before)
    {
        this.first = first;
        this.before = before;
        var code = new HashCode();
        for (var run = 0; run < first.Length; run++)
        {
            code.Add(first[run]);
            code.Add(before[run + 1]);
        }

        hash = code.ToHashCode();
    }

    /// <summary>Ranks in the set.</summary>
    public int Count => before[^1];

    /// <summary>The ranks below <paramref name="count"/> that fulfil the predicate.</summary>
    public static RankRuns Where(int count, Func<int, bool> predicate)
    {
        var first = new List<int>();
        var before = new List<int> { 0 };
        var inside = false;
        for (var rank = 0; rank < count; rank++)
        {
            var now = predicate(rank);
            if (now && !inside)
            {
                first.Add(rank);
                before.Add(before[^1]);
            }

            before[^1] += now ? 1 : 0;
            inside = now;
        }

        return new([.. first], [.. before]);
    }

    /// <summary>A uniform draw from the set without one rank; −1 when nothing is left.</summary>
    public int DrawExcept(int rank, ref RandomStream stream)
    {
        var run = Array.BinarySearch(first, rank);
        run = run < 0 ? ~run - 1 : run;
        var inside = run >= 0 && rank - first[run] < before[run + 1] - before[run];
        var size = Count - (inside ? 1 : 0);
        if (size == 0)
        {
            return -1;
        }

        var k = stream.NextInt(size);
        return this[inside && k >= before[run] + rank - first[run] ? k + 1 : k];
    }

    /// <summary>Writes the set's runs in a fixed form, for a digest.</summary>
    public void AddTo(IncrementalHash hash)
    {
        hash.AppendData(MemoryMarshal.AsBytes<int>([first.Length]));
        hash.AppendData(MemoryMarshal.AsBytes<int>(first));
        hash.AppendData(MemoryMarshal.AsBytes<int>(before));
    }

    /// <inheritdoc/>
    public bool Equals(RankRuns? other) =>
        other is not null && first.AsSpan().SequenceEqual(other.first) && before.AsSpan().SequenceEqual(other.before);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RankRuns);

    /// <inheritdoc/>
    public override int GetHashCode() => hash;

    /// <summary>The k-th rank of the set, from 0.</summary>
    private int this[int k]
    {
        get
        {
            var run = Array.BinarySearch(before, 0, first.Length, k);
            run = run < 0 ? ~run - 1 : run;
            return first[run] + k - before[run];
        }
    }
}
