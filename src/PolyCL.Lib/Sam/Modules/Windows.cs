using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>A map of tokens cut into square windows, and put together again.</summary>
internal static class Windows
{
    /// <summary>Fills a map with zeros at the bottom and right to whole windows and cuts it. The zeros take part as tokens, as in SAM's training.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="side">Tokens along one side of a window.</param>
    /// <returns>[N · rows · columns, side, side, C].</returns>
    public static Tensor Cut(Tensor x, int side)
    {
        var (height, width) = (x.shape[1], x.shape[2]);
        var (rows, columns) = (Count(height, side), Count(width, side));
        var filled = functional.pad(x, [0, 0, 0, (columns * side) - width, 0, (rows * side) - height]);
        return filled.unflatten(2, columns, side).unflatten(1, rows, side).transpose(2, 3).flatten(0, 2);
    }

    /// <summary>Puts windows together and leaves off what was filled in.</summary>
    /// <param name="windows">[N · rows · columns, s, s, C]; s is the side of the cut, or less where a network has pooled since.</param>
    /// <param name="map">The map that was cut, [N, H, W, …].</param>
    /// <param name="side">Side of the cut.</param>
    /// <param name="height">Rows of the result.</param>
    /// <param name="width">Columns of the result.</param>
    /// <returns>[N, height, width, C].</returns>
    public static Tensor Join(Tensor windows, Tensor map, int side, long height, long width) => windows
        .unflatten(0, [map.shape[0], Count(map.shape[1], side), Count(map.shape[2], side)])
        .transpose(2, 3).flatten(3, 4).flatten(1, 2).narrow(1, 0, height).narrow(2, 0, width);

    private static long Count(long tokens, int side) => (tokens + side - 1) / side;
}
