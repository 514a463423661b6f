using static TorchSharp.torch;

namespace PolyCL.Sam.Video;

/// <summary>What depends on the map's size alone: made once for a network and a slice size, used for every slice.</summary>
internal sealed class MapCodes : IDisposable
{
    /// <summary>Makes the codes.</summary>
    /// <param name="sizes">The network's sizes.</param>
    /// <param name="hiera">Hiera's position table; owned from here on.</param>
    /// <param name="dense">The prompt encoder's code of the map; owned from here on.</param>
    public MapCodes(Sam2Architecture sizes, Tensor hiera, Tensor dense)
    {
        using var scope = NewDisposeScope();
        var device = hiera.device;
        var (cosine, sine) = PositionCodes.Rotary(sizes.Dim, sizes.Grid);
        Hiera = hiera.DetachFromDisposeScope();
        Dense = dense.DetachFromDisposeScope();
        Map = Tokens(PositionCodes.Sine(sizes.Dim, sizes.Grid));
        Memory = Tokens(PositionCodes.Sine(sizes.MemoryDim, sizes.Grid));
        Cosine = cosine.to(device).DetachFromDisposeScope();
        Sine = sine.to(device).DetachFromDisposeScope();

        Tensor Tokens(Tensor map) => map.flatten(2).transpose(1, 2).contiguous().to(device).DetachFromDisposeScope();
    }

    /// <summary>Hiera's position table, [1, S/4, S/4, width].</summary>
    public Tensor Hiera { get; }

    /// <summary>The prompt encoder's code of the map, [1, dim, S/16, S/16].</summary>
    public Tensor Dense { get; }

    /// <summary>Sine code of the map's tokens, [1, T, dim].</summary>
    public Tensor Map { get; }

    /// <summary>Sine code of a memory's tokens, [1, T, memoryDim].</summary>
    public Tensor Memory { get; }

    /// <summary>Cosines of the rotary angles, [T, dim / 2].</summary>
    public Tensor Cosine { get; }

    /// <summary>Sines of the rotary angles, [T, dim / 2].</summary>
    public Tensor Sine { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var code in new[] { Hiera, Dense, Map, Memory, Cosine, Sine })
        {
            code.Dispose();
        }
    }
}
