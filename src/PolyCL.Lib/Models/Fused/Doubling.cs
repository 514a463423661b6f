namespace PolyCL.Models.Fused;

/// <summary>Where each of 2n up-sampled positions lies between n source positions, corners aligned.</summary>
internal sealed class Doubling
{
    internal Doubling(int source)
    {
        var count = 2 * source;
        First = new int[count];
        Second = new int[count];
        Share = new float[count];
        // In float32 as torch does it, so that both paths cut at the same places.
        var scale = (float)(source - 1) / (count - 1);
        for (var i = 0; i < count; i++)
        {
            var position = scale * i;
            First[i] = Math.Min((int)position, source - 1);
            Second[i] = Math.Min(First[i] + 1, source - 1);
            Share[i] = Math.Clamp(position - First[i], 0f, 1f);
        }
    }

    /// <summary>Source position at or before the up-sampled one.</summary>
    internal int[] First { get; }

    /// <summary>The one after it, or the last.</summary>
    internal int[] Second { get; }

    /// <summary>Weight of the second.</summary>
    internal float[] Share { get; }
}
