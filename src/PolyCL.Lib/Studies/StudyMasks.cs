using PolyCL.Imaging;
using PolyCL.Sam;

namespace PolyCL.Studies;

/// <summary>The masks of one row of Tables 4–7 in one test scan, for pictures: kept slices, from the feet up.</summary>
public sealed record StudyMasks
{
    /// <summary>Label of the row.</summary>
    public required string Row { get; init; }

    /// <summary>Id of the scan.</summary>
    public required string Scan { get; init; }

    /// <summary>Kept slices.</summary>
    public required int Slices { get; init; }

    /// <summary>Rows and columns of a slice.</summary>
    public required int Size { get; init; }

    /// <summary>Spacing of that grid, mm.</summary>
    public required Spacing Spacing { get; init; }

    /// <summary>[Slices, Size, Size], 0 to 1.</summary>
    public required float[] Pixels { get; init; }

    /// <summary>[Slices, Size, Size], 0 or 1.</summary>
    public required byte[] Truth { get; init; }

    /// <summary>The segmenter's masks, or the truth for an upper bound; [Slices, Size, Size], 0 or 1.</summary>
    public required byte[] Coarse { get; init; }

    /// <summary>What SAM or SAM 2 made of them, or the same in a row without; [Slices, Size, Size], 0 or 1.</summary>
    public required byte[] Masks { get; init; }

    /// <summary>The boxes that SAM was asked with in each slice; empty without SAM.</summary>
    public required IReadOnlyList<IReadOnlyList<BoxPrompt>> Boxes { get; init; }

    /// <summary>The slices whose mask was given to SAM 2; empty without it.</summary>
    public required IReadOnlyList<int> References { get; init; }

    /// <summary>How the masks were made, with profile, data and seed, in one line.</summary>
    public required string Provenance { get; init; }
}
