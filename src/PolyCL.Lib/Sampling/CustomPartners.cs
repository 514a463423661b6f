using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using PolyCL.Core;
using PolyCL.Data;

namespace PolyCL.Sampling;

/// <summary>Partners by the user's predicates; candidate sets are found at an anchor's first draw and shared where equal.</summary>
internal sealed class CustomPartners : PartnerSource
{
    private readonly SliceTable table;
    private readonly Side positive;
    private readonly Side negative;
    private readonly bool fallback;

    public CustomPartners(CustomStrategy strategy, StrategyOptions options, IReadOnlyList<SliceRecord> slices, SliceTable table)
    {
        this.table = table;
        fallback = options.Partnerless == PartnerlessRule.Fallback;
        SliceRecord[] records = [.. table.Ordered.Select(slice => slices[slice])];
        positive = new(strategy.Positive, strategy.PositiveWeight, records);
        negative = new(strategy.Negative, strategy.NegativeWeight, records);
    }

    public override PartnerState StateOf(int slice)
    {
        var rank = table.RankOf(slice);
        var own = positive.Any(rank);
        return new(own, negative.Any(rank), own || !fallback ? null : FallbackKind.PositiveIsAnchor, null);
    }

    public override int Positive(int anchor, ref RandomStream stream)
    {
        var rank = positive.Draw(table.RankOf(anchor), ref stream);
        return rank < 0 ? anchor : table.Ordered[rank];
    }

    public override int Negative(int anchor, ref RandomStream stream) => table.Ordered[negative.Draw(table.RankOf(anchor), ref stream)];

    public override string? Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        positive.AddTo(hash);
        negative.AddTo(hash);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>One of the two predicates over the pool, in ranks.</summary>
    private sealed class Side(
        Func<SliceRecord, SliceRecord, bool> may, Func<SliceRecord, SliceRecord, double>? weight, SliceRecord[] records)
    {
        private readonly RankRuns?[] sets = new RankRuns?[records.Length];
        private readonly ConcurrentDictionary<RankRuns, RankRuns> shared = new();

        /// <summary>Whether an anchor has a candidate; looks near the anchor first.</summary>
        public bool Any(int anchor)
        {
            for (var step = 1; step < records.Length; step++)
            {
                if (IsCandidate(anchor, anchor - step) || IsCandidate(anchor, anchor + step))
                {
                    return true;
                }
            }

            return false;
        }

        /// <summary>The rank of a candidate, or −1 when there is none.</summary>
        public int Draw(int anchor, ref RandomStream stream) =>
            weight is null ? SetOf(anchor).DrawExcept(anchor, ref stream) : DrawWeighted(anchor, ref stream);

        /// <summary>Adds every anchor's candidates and, with weights, how often each is drawn.</summary>
        public void AddTo(IncrementalHash hash)
        {
            var weights = new double[weight is null ? 0 : records.Length];
            for (var anchor = 0; anchor < records.Length; anchor++)
            {
                SetOf(anchor).AddTo(hash);
                for (var rank = 0; rank < weights.Length; rank++)
                {
                    weights[rank] = rank != anchor && may(records[anchor], records[rank]) ? WeightOf(anchor, rank) : 0;
                }

                hash.AppendData(MemoryMarshal.AsBytes<double>(weights));
            }
        }

        private bool IsCandidate(int anchor, int rank) =>
            (uint)rank < (uint)records.Length && may(records[anchor], records[rank]) && (weight is null || WeightOf(anchor, rank) > 0);

        private RankRuns SetOf(int anchor) => Volatile.Read(ref sets[anchor]) ?? Build(anchor);

        /// <summary>Two threads may build the same set at once; both get equal ones.</summary>
        private RankRuns Build(int anchor)
        {
            var made = RankRuns.Where(records.Length, rank => may(records[anchor], records[rank]));
            made = shared.GetOrAdd(made, made);
            Volatile.Write(ref sets[anchor], made);
            return made;
        }

        private int DrawWeighted(int anchor, ref RandomStream stream)
        {
            var total = 0.0;
            for (var rank = 0; rank < records.Length; rank++)
            {
                total += rank != anchor && may(records[anchor], records[rank]) ? WeightOf(anchor, rank) : 0;
            }

            var left = stream.NextDouble() * total;
            var chosen = -1;
            for (var rank = 0; rank < records.Length && left >= 0; rank++)
            {
                if (rank != anchor && may(records[anchor], records[rank]) && WeightOf(anchor, rank) is > 0 and var share)
                {
                    // The last candidate stays chosen should rounding leave a remainder.
                    chosen = rank;
                    left -= share;
                }
            }

            return chosen;
        }

        private double WeightOf(int anchor, int rank)
        {
            var value = weight!(records[anchor], records[rank]);
            return double.IsFinite(value) && value >= 0
                ? value
                : throw new ArgumentException(FormattableString.Invariant(
                    $"The weight of {records[rank]} for {records[anchor]} is {value}; give a finite number, 0 or above."));
        }
    }
}
