using PolyCL.Data;

namespace PolyCL.Studies.Masks;

/// <summary>The kept slices of one scan in memory, from the feet up.</summary>
internal sealed class ScanSlices
{
    private ScanSlices(StoredScan scan, int size)
    {
        (Scan, Size) = (scan, size);
        Pixels = new float[scan.SliceCount * Area];
        Truth = new byte[scan.SliceCount * Area];
    }

    /// <summary>The scan.</summary>
    public StoredScan Scan { get; }

    /// <summary>Rows and columns of a slice.</summary>
    public int Size { get; }

    /// <summary>Slices.</summary>
    public int Count => Scan.SliceCount;

    /// <summary>Pixels of a slice.</summary>
    public int Area => Size * Size;

    /// <summary>[Count · Area], 0 to 1.</summary>
    public float[] Pixels { get; }

    /// <summary>[Count · Area], 0 or 1.</summary>
    public byte[] Truth { get; }

    /// <summary>Reads a scan's slices.</summary>
    public static ScanSlices Read(SliceStore store, StoredScan scan)
    {
        var slices = new ScanSlices(scan, store.Size);
        for (var slice = 0; slice < slices.Count; slice++)
        {
            store.CopyPixels(scan.FirstSlice + slice, slices.Of(slices.Pixels, slice));
            store.CopyMask(scan.FirstSlice + slice, slices.Of(slices.Truth, slice));
        }

        return slices;
    }

    /// <summary>One slice of an array over all slices.</summary>
    public Span<T> Of<T>(T[] values, int slice) => values.AsSpan(slice * Area, Area);
}
