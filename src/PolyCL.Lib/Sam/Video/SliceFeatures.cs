using PolyCL.Sam.Modules;
using static TorchSharp.torch;

namespace PolyCL.Sam.Video;

/// <summary>What the image encoder makes of one slice; owns its tensors.</summary>
/// <param name="map">The feature map, [1, dim, S/16, S/16]; owned from here on.</param>
/// <param name="fine">The finer maps, ready for the mask decoder; owned from here on.</param>
internal sealed class SliceFeatures(Tensor map, FineMaps fine) : IDisposable
{
    /// <summary>The feature map, [1, dim, S/16, S/16].</summary>
    public Tensor Map { get; } = map.DetachFromDisposeScope();

    /// <summary>The finer maps.</summary>
    public FineMaps Fine { get; } = new(fine.Level0.DetachFromDisposeScope(), fine.Level1.DetachFromDisposeScope());

    /// <inheritdoc/>
    public void Dispose()
    {
        Map.Dispose();
        Fine.Level0.Dispose();
        Fine.Level1.Dispose();
    }
}
