using PolyCL.Sam.Modules;
using static TorchSharp.torch;

namespace PolyCL.Sam.Video;

/// <summary>What the image encoder makes of slices, one while tracking; owns its tensors.</summary>
/// <param name="map">The feature maps, [N, dim, S/16, S/16]; owned from here on.</param>
/// <param name="fine">The finer maps, ready for the mask decoder; owned from here on.</param>
internal sealed class SliceFeatures(Tensor map, FineMaps fine) : IDisposable
{
    /// <summary>The feature maps, [N, dim, S/16, S/16].</summary>
    public Tensor Map { get; } = map.DetachFromDisposeScope();

    /// <summary>The finer maps.</summary>
    public FineMaps Fine { get; } = new(fine.Level0.DetachFromDisposeScope(), fine.Level1.DetachFromDisposeScope());

    /// <summary>Some of the slices; the caller owns the result.</summary>
    public SliceFeatures Part(long first, long count) =>
        new(Map.narrow(0, first, count), new FineMaps(Fine.Level0.narrow(0, first, count), Fine.Level1.narrow(0, first, count)));

    /// <summary>The maps from <see cref="ToArray"/>.</summary>
    public static SliceFeatures Of(float[] values, Sam2Architecture sizes, Device device)
    {
        using var scope = NewDisposeScope();
        var (grid, next) = (sizes.Grid, 0);
        var map = Take(sizes.Dim, grid);
        var fine = Take(sizes.Dim / 8, 4 * grid);
        return new SliceFeatures(map, new FineMaps(fine, Take(sizes.Dim / 4, 2 * grid)));

        Tensor Take(int channels, int side)
        {
            var part = values.AsSpan(next, channels * side * side).ToArray();
            next += part.Length;
            return tensor(part, [1, channels, side, side], device: device);
        }
    }

    /// <summary>All maps, one after the other.</summary>
    public float[] ToArray() => [.. new[] { Map, Fine.Level0, Fine.Level1 }.SelectMany(Values)];

    private static float[] Values(Tensor map)
    {
        using var here = map.cpu().contiguous();
        return here.data<float>().ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Map.Dispose();
        Fine.Level0.Dispose();
        Fine.Level1.Dispose();
    }
}
