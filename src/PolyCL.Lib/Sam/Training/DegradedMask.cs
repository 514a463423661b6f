using PolyCL.Core;

namespace PolyCL.Sam.Training;

/// <summary>Masks as weak networks draw them: parts missing, thinned, shifted, with false areas elsewhere.</summary>
/// <remarks>
/// Of four faults each combination but none is equally likely: what lies on one side of a line through the organ is lost; the edge is eroded by
/// 3 to 15 % of the organ's size; the whole is shifted by up to 25 % of it in each direction; one to three ellipses with radii of 5 to 25 % of it appear anywhere. The
/// size is the root of the area.
/// </remarks>
internal static class DegradedMask
{
    /// <summary>Size in shares of a slice's side that is taken where there is no organ.</summary>
    private const double AbsentSize = 0.3;

    /// <summary>Draws a degraded copy of a mask; of an empty one, false areas alone.</summary>
    /// <param name="truth">[height · width] of 0 and 1.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="random">Gives the numbers.</param>
    /// <returns>A mask of 0 and 1 that is not empty.</returns>
    internal static byte[] Draw(ReadOnlySpan<byte> truth, int height, int width, ref RandomStream random)
    {
        var area = truth.Count((byte)1);
        var size = area > 0 ? Math.Sqrt(area) : AbsentSize * Math.Max(height, width);
        var mask = truth.ToArray();
        var faults = area > 0 ? 1 + random.NextInt(15) : 8;
        if ((faults & 1) != 0)
        {
            mask = Cut(mask, width, area, ref random);
        }

        if ((faults & 2) != 0)
        {
            mask = Eroded(mask, height, width, random.NextDouble(0.03, 0.15) * size);
        }

        if ((faults & 4) != 0)
        {
            mask = Shifted(mask, height, width, random.NextDouble(-0.25, 0.25) * size, random.NextDouble(-0.25, 0.25) * size);
        }

        if ((faults & 8) != 0)
        {
            for (var blobs = 1 + random.NextInt(3); blobs > 0; blobs--)
            {
                AddEllipse(mask, height, width, size, ref random);
            }
        }

        return mask.Contains((byte)1) ? mask : truth.ToArray();
    }

    /// <summary>Keeps one side of a line of any direction through a pixel of the organ.</summary>
    private static byte[] Cut(byte[] mask, int width, int area, ref RandomStream random)
    {
        var angle = random.NextDouble(0, 2 * Math.PI);
        var through = Position(mask, random.NextInt(area));
        var (row, column) = Math.DivRem(through, width);
        return [.. mask.Select((value, i) => ((i / width) - row) * Math.Sin(angle) + (((i % width) - column) * Math.Cos(angle)) >= 0 ? value : (byte)0)];
    }

    /// <summary>The place of the n-th 1.</summary>
    private static int Position(byte[] mask, int n)
    {
        var place = Array.IndexOf(mask, (byte)1);
        for (; n > 0; n--)
        {
            place = Array.IndexOf(mask, (byte)1, place + 1);
        }

        return place;
    }

    /// <summary>Keeps the pixels that have no background within a radius, outside of the slice not counted.</summary>
    private static byte[] Eroded(byte[] mask, int height, int width, double radius)
    {
        var reach = (int)radius;
        var result = mask.ToArray();
        for (var i = 0; i < mask.Length; i++)
        {
            var (row, column) = Math.DivRem(i, width);
            for (var y = Math.Max(row - reach, 0); result[i] != 0 && y <= Math.Min(row + reach, height - 1); y++)
            {
                for (var x = Math.Max(column - reach, 0); x <= Math.Min(column + reach, width - 1); x++)
                {
                    var (dy, dx) = (y - row, x - column);
                    if (mask[(y * width) + x] == 0 && (dy * dy) + (dx * dx) <= radius * radius)
                    {
                        result[i] = 0;
                        break;
                    }
                }
            }
        }

        return result;
    }

    private static byte[] Shifted(byte[] mask, int height, int width, double rows, double columns)
    {
        var result = new byte[mask.Length];
        var (dy, dx) = ((int)Math.Round(rows), (int)Math.Round(columns));
        for (var y = Math.Max(dy, 0); y < Math.Min(height + dy, height); y++)
        {
            for (var x = Math.Max(dx, 0); x < Math.Min(width + dx, width); x++)
            {
                result[(y * width) + x] = mask[((y - dy) * width) + x - dx];
            }
        }

        return result;
    }

    private static void AddEllipse(byte[] mask, int height, int width, double size, ref RandomStream random)
    {
        var (y0, x0) = (random.NextInt(height), random.NextInt(width));
        var (ry, rx) = (Math.Max(random.NextDouble(0.05, 0.25) * size, 1), Math.Max(random.NextDouble(0.05, 0.25) * size, 1));
        for (var i = 0; i < mask.Length; i++)
        {
            var (dy, dx) = (((i / width) - y0) / ry, ((i % width) - x0) / rx);
            if ((dy * dy) + (dx * dx) <= 1)
            {
                mask[i] = 1;
            }
        }
    }
}
