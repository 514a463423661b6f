using PolyCL.Core;

namespace PolyCL.Sampling;

/// <summary>Slices in scan order, those of one scan side by side: any scan, all others and all but one slice are ranges with at most one hole.</summary>
internal sealed class SliceSection
{
    private readonly int[] items;
    private readonly int[] start;      // start[scan] … start[scan + 1]: the scan's items
    private readonly int[] scans;      // scans with at least one item
    private readonly int[] scanIndex;  // where a scan stands, or would stand, in scans

    /// <summary>Indexes slices already ordered by scan.</summary>
    public SliceSection(int[] items, ReadOnlySpan<int> scanOfItem, int scanCount)
    {
        this.items = items;
        start = new int[scanCount + 1];
        foreach (var scan in scanOfItem)
        {
            start[scan + 1]++;
        }

        scanIndex = new int[scanCount];
        var filled = new List<int>();
        for (var scan = 0; scan < scanCount; scan++)
        {
            scanIndex[scan] = filled.Count;
            if (start[scan + 1] > 0)
            {
                filled.Add(scan);
            }

            start[scan + 1] += start[scan];
        }

        scans = [.. filled];
    }

    public int Count => items.Length;

    public int ScanCount => scans.Length;

    public int CountIn(int scan) => start[scan + 1] - start[scan];

    /// <summary>Items in the scope of a scan, without the one at <paramref name="except"/> (−1: none).</summary>
    public int CountOf(ScanScope scope, int scan, int except) => scope switch
    {
        ScanScope.Everywhere => Count - (except < 0 ? 0 : 1),
        ScanScope.Same => CountIn(scan) - (except < 0 ? 0 : 1),
        _ => Count - CountIn(scan),
    };

    /// <summary>A uniform draw from the scope of a scan; the scope must not be empty.</summary>
    public int DrawBySlice(ScanScope scope, int scan, int except, ref RandomStream stream) => scope switch
    {
        ScanScope.Everywhere => DrawFrom(0, Count, except, ref stream),
        ScanScope.Same => DrawFrom(start[scan], start[scan + 1], except, ref stream),
        _ => DrawOutside(scan, ref stream),
    };

    /// <summary>A uniform scan of those that have an item in the scope, then a uniform item of it.</summary>
    public int DrawScanFirst(ScanScope scope, int scan, int except, ref RandomStream stream)
    {
        if (scope == ScanScope.Same)
        {
            return DrawFrom(start[scan], start[scan + 1], except, ref stream);
        }

        // The anchor's scan is no choice when it is outside the scope or would offer nothing but the anchor.
        var skip = scope == ScanScope.Others ? CountIn(scan) > 0 : except >= 0 && CountIn(scan) == 1;
        var index = stream.NextInt(scans.Length - (skip ? 1 : 0));
        var chosen = scans[skip && index >= scanIndex[scan] ? index + 1 : index];
        return DrawFrom(start[chosen], start[chosen + 1], chosen == scan ? except : -1, ref stream);
    }

    private int DrawFrom(int first, int end, int except, ref RandomStream stream)
    {
        if (except < 0)
        {
            return items[first + stream.NextInt(end - first)];
        }

        var rank = first + stream.NextInt(end - first - 1);
        return items[rank >= except ? rank + 1 : rank];
    }

    private int DrawOutside(int scan, ref RandomStream stream)
    {
        var rank = stream.NextInt(Count - CountIn(scan));
        return items[rank >= start[scan] ? rank + CountIn(scan) : rank];
    }
}
