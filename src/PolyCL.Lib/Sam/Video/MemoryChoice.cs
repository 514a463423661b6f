namespace PolyCL.Sam.Video;

/// <summary>A memory to look up: of which slice, and which entry of the temporal table marks it.</summary>
internal readonly record struct MemoryRef(int Slice, int TemporalIndex);

/// <summary>An object pointer to look up: of which slice, and how far that is.</summary>
internal readonly record struct PointerRef(int Slice, int Distance);

/// <summary>Which memories and object pointers a slice is joined with, by slice number alone.</summary>
/// <param name="Memories">The prompted slice, then the neighbours on the side already visited, farthest first.</param>
/// <param name="Pointers">The prompted slice, then the neighbours, nearest first.</param>
/// <remarks>Source: official sam2_base module; a slice tracked by the other pass in the same state counts like any other.</remarks>
internal sealed record MemoryChoice(IReadOnlyList<MemoryRef> Memories, IReadOnlyList<PointerRef> Pointers)
{
    private const int Neighbours = Sam2Architecture.MemorySlots - 1;

    /// <summary>Chooses for a slice.</summary>
    /// <param name="slice">The slice to be tracked.</param>
    /// <param name="reverse">True towards slice 0.</param>
    /// <param name="prompted">The slice whose mask was given.</param>
    /// <param name="slices">Slices in all.</param>
    /// <param name="isTracked">Whether a slice has been tracked.</param>
    public static MemoryChoice Of(int slice, bool reverse, int prompted, int slices, Func<int, bool> isTracked)
    {
        var back = reverse ? 1 : -1;
        List<MemoryRef> memories = [new(prompted, Neighbours)];
        for (var distance = Neighbours; distance >= 1; distance--)
        {
            if (isTracked(slice + (back * distance)))
            {
                memories.Add(new(slice + (back * distance), distance - 1));
            }
        }

        List<PointerRef> pointers = [];
        if ((prompted - slice) * back >= 0)
        {
            pointers.Add(new(prompted, Math.Abs(slice - prompted)));
        }

        for (var distance = 1; distance <= FarthestPointer(slices); distance++)
        {
            if (isTracked(slice + (back * distance)))
            {
                pointers.Add(new(slice + (back * distance), distance));
            }
        }

        return new MemoryChoice(memories, pointers);
    }

    /// <summary>The longest distance of a pointer, by which distances are divided.</summary>
    public static int FarthestPointer(int slices) => Math.Min(slices, Sam2Architecture.MostPointers) - 1;

    /// <summary>Whether a pass that comes to <paramref name="next"/> and goes on can still look up the pointer or the memory of a slice.</summary>
    public static bool Reaches(int next, bool reverse, int slice, bool memory)
    {
        var distance = reverse ? slice - next : next - slice;
        return distance <= (memory ? Neighbours : Sam2Architecture.MostPointers - 1);
    }
}
