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

    /// <inheritdoc/>
    public void Dispose()
    {
        Map.Dispose();
        Fine.Level0.Dispose();
        Fine.Level1.Dispose();
    }
}
