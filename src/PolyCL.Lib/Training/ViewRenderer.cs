using System.Numerics;
using System.Runtime.Intrinsics;
using PolyCL.Core;
using PolyCL.Sampling;

namespace PolyCL.Training;

/// <summary>Makes the pixels of a view: crop, bilinear enlargement to the slice's size, flip, brightness and contrast.</summary>
/// <remarks>The same result on every machine: sums are taken in a fixed order and no operation is fused.</remarks>
public static class ViewRenderer
{
    private const int StackLimit = 1024;

    /// <summary>Renders one view of a slice.</summary>
    /// <param name="source">The slice, [size, size] row by row, values 0 to 1.</param>
    /// <param name="size">Pixels along each side; above 0.</param>
    /// <param name="view">What to show.</param>
    /// <param name="destination">Receives [size, size] values, 0 to 1; must not overlap the source.</param>
    /// <exception cref="ArgumentException">A span is too short, they overlap, or the crop does not lie within the slice.</exception>
    public static void Render(ReadOnlySpan<float> source, int size, in ViewParameters view, Span<float> destination)
    {
        Check.Positive(size);
        var pixels = checked(size * size);
        if (source.Length < pixels || destination.Length < pixels)
        {
            throw new ArgumentException(
                $"A view of {size}×{size} pixels needs {pixels} in both spans; they hold {source.Length} and {destination.Length}.");
        }

        source = source[..pixels];
        destination = destination[..pixels];
        if (source.Overlaps(destination))
        {
            throw new ArgumentException("The view is written over the slice it is made from; give another span.", nameof(destination));
        }

        CheckCrop(view);
        Resample(source, size, view, destination);
        if (view.ContrastFirst)
        {
            Scale(destination, (float)view.Contrast, aroundMean: true);
            Scale(destination, (float)view.Brightness, aroundMean: false);
        }
        else
        {
            Scale(destination, (float)view.Brightness, aroundMean: false);
            Scale(destination, (float)view.Contrast, aroundMean: true);
        }
    }

    /// <summary>Output pixel i lies at (start + (i + 0.5)·extent/size − 0.5) of the source, edges repeated.</summary>
    private static void Resample(ReadOnlySpan<float> source, int size, in ViewParameters view, Span<float> destination)
    {
        Span<int> columns = size <= StackLimit ? stackalloc int[size] : new int[size];
        Span<float> shares = size <= StackLimit ? stackalloc float[size] : new float[size];
        Span<float> line = size <= StackLimit ? stackalloc float[size + 1] : new float[size + 1];
        for (var x = 0; x < size; x++)
        {
            (columns[x], shares[x]) = Place(view.Left, view.Width, view.Flip ? size - 1 - x : x, size);
        }

        for (var y = 0; y < size; y++)
        {
            var (row, share) = Place(view.Top, view.Height, y, size);
            var upper = source.Slice(row * size, size);
            Mix(upper, row + 1 < size ? source.Slice((row + 1) * size, size) : upper, share, line);
            line[size] = line[size - 1];
            var target = destination.Slice(y * size, size);
            for (var x = 0; x < target.Length; x++)
            {
                var left = line[columns[x]];
                target[x] = left + ((line[columns[x] + 1] - left) * shares[x]);
            }
        }
    }

    /// <summary>The source pixel before an output pixel and the next one's share, 0 to 1.</summary>
    private static (int Index, float Share) Place(double start, double extent, int i, int size)
    {
        var at = Math.Clamp((start * size) + ((i + 0.5) * extent) - 0.5, 0, size - 1);
        var index = (int)at;
        return (index, (float)(at - index));
    }

    private static void Mix(ReadOnlySpan<float> upper, ReadOnlySpan<float> lower, float share, Span<float> line)
    {
        var x = 0;
        var weight = new Vector<float>(share);
        for (; x <= upper.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var top = new Vector<float>(upper[x..]);
            (top + ((new Vector<float>(lower[x..]) - top) * weight)).CopyTo(line[x..]);
        }

        for (; x < upper.Length; x++)
        {
            line[x] = upper[x] + ((lower[x] - upper[x]) * share);
        }
    }

    /// <summary>Multiplies values, or their distances from the mean, and clips to [0, 1]; a factor of 1 changes nothing.</summary>
    private static void Scale(Span<float> values, float factor, bool aroundMean)
    {
        if (factor == 1)
        {
            return;
        }

        var offset = aroundMean ? (1 - factor) * Mean(values) : 0;
        var x = 0;
        for (; x <= values.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var scaled = (new Vector<float>(values[x..]) * factor) + new Vector<float>(offset);
            Vector.Min(Vector.Max(scaled, Vector<float>.Zero), Vector<float>.One).CopyTo(values[x..]);
        }

        for (; x < values.Length; x++)
        {
            values[x] = Math.Min(Math.Max((values[x] * factor) + offset, 0), 1);
        }
    }

    /// <summary>Eight partial sums in double, always in this order.</summary>
    private static float Mean(ReadOnlySpan<float> values)
    {
        var low = Vector256<double>.Zero;
        var high = Vector256<double>.Zero;
        var x = 0;
        for (; x <= values.Length - Vector256<float>.Count; x += Vector256<float>.Count)
        {
            var (first, second) = Vector256.Widen(Vector256.Create(values[x..]));
            low += first;
            high += second;
        }

        var lanes = low + high;
        var sum = lanes[0] + lanes[1] + lanes[2] + lanes[3];
        for (; x < values.Length; x++)
        {
            sum += values[x];
        }

        return (float)(sum / values.Length);
    }

    private static void CheckCrop(in ViewParameters view)
    {
        // A hair above 1 is the rounding of left + width.
        const double Whole = 1 + 1e-9;
        if (!(view.Left >= 0 && view.Top >= 0 && view.Width > 0 && view.Height > 0 && view.Left + view.Width <= Whole && view.Top + view.Height <= Whole))
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"The crop {view.Width} × {view.Height} at ({view.Left}, {view.Top}) does not lie within the slice; shares must stay between 0 and 1."));
        }
    }
}
