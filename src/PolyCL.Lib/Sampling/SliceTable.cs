using PolyCL.Core;
using PolyCL.Data;

namespace PolyCL.Sampling;

/// <summary>Index tables over a pool of slices, made in one pass, from which every set of the strategies is drawn in O(1) without allocation.</summary>
internal sealed class SliceTable
{
    private readonly SliceSection all;
    private readonly SliceSection present;
    private readonly SliceSection absent;
    private readonly Place[] places;

    /// <summary>Checks and indexes the pool.</summary>
    /// <exception cref="ArgumentException">A position lies outside the list of slices or occurs twice.</exception>
    /// <exception cref="DatasetException">The pool is empty.</exception>
    public SliceTable(IReadOnlyList<SliceRecord> slices, IReadOnlyList<int> pool)
    {
        Ordered = Order(slices, pool);
        places = new Place[slices.Count];
        Array.Fill(places, new Place(-1, 0, 0, false));
        var scanOfItem = new int[Ordered.Length];
        var labels = new bool[Ordered.Length];
        var ranks = new int[2];
        var scan = -1;
        for (var rank = 0; rank < Ordered.Length; rank++)
        {
            var record = slices[Ordered[rank]];
            scan += rank == 0 || slices[Ordered[rank - 1]].Scan != record.Scan ? 1 : 0;
            scanOfItem[rank] = scan;
            labels[rank] = record.ContainsOrgan;
            places[Ordered[rank]] = new(scan, rank, ranks[record.ContainsOrgan ? 1 : 0]++, record.ContainsOrgan);
        }

        ScanCount = scan + 1;
        all = new(Ordered, scanOfItem, ScanCount);
        present = Section(label: true);
        absent = Section(label: false);

        SliceSection Section(bool label) => new(
            [.. Ordered.Where((_, rank) => labels[rank] == label)], [.. scanOfItem.Where((_, rank) => labels[rank] == label)], ScanCount);
    }

    /// <summary>The pool in the order of scan and axial index.</summary>
    public int[] Ordered { get; }

    /// <summary>Scans with a slice in the pool.</summary>
    public int ScanCount { get; }

    /// <summary>Slices of the pool that show the organ.</summary>
    public int OrganSlices => present.Count;

    /// <summary>Where a slice stands in <see cref="Ordered"/>.</summary>
    public int RankOf(int slice) => places[slice].Rank;

    /// <summary>Scans of the pool by (every slice shows the organ, none does, only one slice).</summary>
    public (int AllOrgan, int WithoutOrgan, int OfOneSlice) ScanKinds()
    {
        var scans = Enumerable.Range(0, ScanCount);
        return (ScanCount - absent.ScanCount, ScanCount - present.ScanCount, scans.Count(scan => all.CountIn(scan) == 1));
    }

    /// <summary>How many slices of the pool are in an anchor's set.</summary>
    public int Count(PartnerSet set, int anchor)
    {
        if (set.Itself)
        {
            return 1;
        }

        ref readonly var place = ref places[anchor];
        return SectionOf(set.Label, in place).CountOf(set.Scan, place.Scan, Except(set, in place));
    }

    /// <summary>Draws from an anchor's set, which must not be empty.</summary>
    public int Draw(PartnerSet set, int anchor, PartnerDraw draw, ref RandomStream stream)
    {
        if (set.Itself)
        {
            return anchor;
        }

        ref readonly var place = ref places[anchor];
        var section = SectionOf(set.Label, in place);
        return draw == PartnerDraw.ScanFirst
            ? section.DrawScanFirst(set.Scan, place.Scan, Except(set, in place), ref stream)
            : section.DrawBySlice(set.Scan, place.Scan, Except(set, in place), ref stream);
    }

    private SliceSection SectionOf(LabelScope label, in Place place) =>
        label == LabelScope.Any ? all : place.Organ == (label == LabelScope.Same) ? present : absent;

    /// <summary>The anchor's rank in the set's section, or −1 when the anchor is not in the set anyway.</summary>
    private static int Except(PartnerSet set, in Place place) => set switch
    {
        { Scan: ScanScope.Others } or { Label: LabelScope.Other } => -1,
        { Label: LabelScope.Any } => place.Rank,
        _ => place.LabelRank,
    };

    private static int[] Order(IReadOnlyList<SliceRecord> slices, IReadOnlyList<int> pool)
    {
        ArgumentNullException.ThrowIfNull(slices);
        ArgumentNullException.ThrowIfNull(pool);
        if (pool.Count == 0)
        {
            throw new DatasetException("The training pool holds no slice; put scans into the training split, or keep a larger share of each scan.");
        }

        var ordered = pool.ToArray();
        foreach (var slice in ordered)
        {
            if ((uint)slice >= (uint)slices.Count)
            {
                throw new ArgumentException(
                    $"The pool holds slice {slice}; the list of slices has {slices.Count}. Give positions in that list.", nameof(pool));
            }
        }

        Array.Sort(ordered, (a, b) => (slices[a].Scan, slices[a].Index, a).CompareTo((slices[b].Scan, slices[b].Index, b)));
        for (var rank = 1; rank < ordered.Length; rank++)
        {
            if (ordered[rank] == ordered[rank - 1])
            {
                throw new ArgumentException($"The pool holds slice {ordered[rank]} twice; list each slice once.", nameof(pool));
            }
        }

        return ordered;
    }

    private readonly record struct Place(int Scan, int Rank, int LabelRank, bool Organ);
}
