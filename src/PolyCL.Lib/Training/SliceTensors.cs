using PolyCL.Data;
using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>The slices of a training on its device: all of them at once when they fit, else batch by batch from the store, one batch ahead.</summary>
/// <remarks>Pixels are kept as float32, exactly as the store gives them; masks as bytes.</remarks>
internal sealed class SliceTensors : IDisposable
{
    private readonly SliceStore store;
    private readonly Device device;
    private readonly int[] rows;
    private readonly Tensor? pixels;
    private readonly Tensor? masks;
    private int[] announced = [];
    private Task<float[]>? ahead;

    /// <summary>Loads the slices when they fit.</summary>
    /// <param name="store">The store.</param>
    /// <param name="slices">Slices that will be asked for.</param>
    /// <param name="device">Where batches are wanted.</param>
    /// <param name="withMasks">Whether masks will be asked for.</param>
    /// <param name="residentBytes">Limit for keeping all slices on the device.</param>
    public SliceTensors(SliceStore store, IReadOnlyList<int> slices, Device device, bool withMasks, long residentBytes)
    {
        this.store = store;
        this.device = device;
        rows = new int[store.Slices.Count];
        Area = store.Size * store.Size;
        if ((long)slices.Count * Area * (sizeof(float) + (withMasks ? 1 : 0)) > residentBytes)
        {
            return;
        }

        IsResident = true;
        Array.Fill(rows, -1);
        for (var row = 0; row < slices.Count; row++)
        {
            rows[slices[row]] = row;
        }

        pixels = Load<float>(slices, ScalarType.Float32, store.CopyPixels);
        masks = withMasks ? Load<byte>(slices, ScalarType.Byte, store.CopyMask) : null;
    }

    private delegate void CopySlice<T>(int slice, Span<T> destination);

    /// <summary>True when all slices lie on the device.</summary>
    public bool IsResident { get; }

    private int Area { get; }

    /// <summary>Pixels of some slices, 0 to 1.</summary>
    /// <returns>float [N, 1, S, S].</returns>
    public Tensor Pixels(ReadOnlySpan<int> slices)
    {
        if (pixels is null)
        {
            var values = slices.SequenceEqual(announced) && ahead is not null ? ahead.GetAwaiter().GetResult() : Read(slices.ToArray());
            using var flat = tensor(values, [slices.Length, 1, store.Size, store.Size]);
            return flat.to(device);
        }

        using var scope = NewDisposeScope();
        return Pick(pixels, slices).unsqueeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>Masks of some slices, 0 or 1.</summary>
    /// <returns>float [N, 1, S, S].</returns>
    public Tensor Masks(ReadOnlySpan<int> slices)
    {
        using var scope = NewDisposeScope();
        if (masks is not null)
        {
            return Pick(masks, slices).to_type(ScalarType.Float32).unsqueeze(1).MoveToOuterDisposeScope();
        }

        var values = new byte[slices.Length * Area];
        for (var i = 0; i < slices.Length; i++)
        {
            store.CopyMask(slices[i], values.AsSpan(i * Area, Area));
        }

        return tensor(values, [slices.Length, 1, store.Size, store.Size]).to(device).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Starts reading the pixels of a later batch on another thread; does nothing when the slices are resident.</summary>
    public void Announce(int[] slices)
    {
        if (IsResident)
        {
            return;
        }

        announced = slices;
        ahead = Task.Run(() => Read(slices));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ahead?.Wait();
        pixels?.Dispose();
        masks?.Dispose();
    }

    private float[] Read(int[] slices)
    {
        var values = new float[slices.Length * Area];
        for (var i = 0; i < slices.Length; i++)
        {
            store.CopyPixels(slices[i], values.AsSpan(i * Area, Area));
        }

        return values;
    }

    private Tensor Pick(Tensor all, ReadOnlySpan<int> slices)
    {
        var indices = new long[slices.Length];
        for (var i = 0; i < indices.Length; i++)
        {
            indices[i] = rows[slices[i]] is >= 0 and var row
                ? row
                : throw new ArgumentException($"Slice {slices[i]} of {store.Path} was not loaded for this training; name it among the slices that will be asked for.", nameof(slices));
        }

        using var index = tensor(indices, device: device);
        return all.index_select(0, index);
    }

    private Tensor Load<T>(IReadOnlyList<int> slices, ScalarType type, CopySlice<T> copy)
        where T : unmanaged
    {
        var result = empty([slices.Count, store.Size, store.Size], type, device);
        var one = new T[Area];
        for (var row = 0; row < slices.Count; row++)
        {
            using var scope = NewDisposeScope();
            copy(slices[row], one);
            result[row].copy_(frombuffer(one, type).reshape(store.Size, store.Size));
        }

        return result.DetachFromDisposeScope();
    }
}
