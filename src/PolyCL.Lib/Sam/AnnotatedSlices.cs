using PolyCL.Core;

namespace PolyCL.Sam;

/// <summary>The slices of a mask that show the organ, and which of them is the reference.</summary>
internal sealed class AnnotatedSlices
{
    private readonly string path;
    private readonly byte[] mask;
    private readonly int plane;

    /// <param name="path">The mask's file, for messages.</param>
    /// <param name="mask">[slices · plane] of 0 and 1; at least one 1.</param>
    /// <param name="plane">Pixels of a slice.</param>
    public AnnotatedSlices(string path, byte[] mask, int plane)
    {
        this.path = path;
        this.mask = mask;
        this.plane = plane;
        Numbers = [.. Enumerable.Range(0, mask.Length / plane).Where(slice => Of(slice).Contains((byte)1))];
    }

    /// <summary>Their numbers, ascending; at least one.</summary>
    public IReadOnlyList<int> Numbers { get; }

    /// <summary>The mask of a slice.</summary>
    public ReadOnlySpan<byte> Of(int slice) => mask.AsSpan(slice * plane, plane);

    /// <summary>The reference slice of a rule.</summary>
    /// <exception cref="ScanFormatException">There are several slices and no rule, or the asked one shows nothing.</exception>
    public int Reference(ReferenceRule rule, int index) => rule switch
    {
        ReferenceRule.Middle => Numbers[Numbers.Count / 2],
        ReferenceRule.LargestArea => Numbers.MaxBy(slice => Of(slice).Count((byte)1)),
        ReferenceRule.Index => Numbers.Contains(index)
            ? index
            : throw Problem($"slice {index}, counted from the feet from 0, shows nothing; the mask has slices {Numbers[0]} to {Numbers[^1]}."),
        _ => Numbers.Count == 1
            ? Numbers[0]
            : throw Problem($"{Numbers.Count} slices ({Numbers[0]} to {Numbers[^1]}) have a mask; give one slice alone, or name the reference: middle, largest or a number."),
    };

    /// <summary>Throws unless there is more than the reference slice.</summary>
    public void MustBeSeveral()
    {
        if (Numbers.Count == 1)
        {
            throw Problem("only one slice has a mask, so the labelled range is that slice; give the mask of the whole scan, or take the stop rule.");
        }
    }

    private ScanFormatException Problem(string problem) => new(path, "voxels", problem);
}
