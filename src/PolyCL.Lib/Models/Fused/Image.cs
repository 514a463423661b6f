using System.Runtime.CompilerServices;

namespace PolyCL.Models.Fused;

/// <summary>A batch of feature maps in [N, H, W, C] order.</summary>
internal readonly unsafe struct Image<T>(T* data, int height, int width, int channels)
    where T : unmanaged
{
    internal T* Data { get; } = data;

    internal int Height { get; } = height;

    internal int Width { get; } = width;

    internal int Channels { get; } = channels;

    internal int Blocks => Channels / ConvTile.Lanes;

    /// <summary>Pixel 0 of a row, at the first of a block's channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal T* Row(int image, int row, int block = 0)
        => Data + ((((long)image * Height) + row) * Width * Channels) + (block * ConvTile.Lanes);
}
