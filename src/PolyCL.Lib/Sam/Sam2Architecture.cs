using PolyCL.Core;

namespace PolyCL.Sam;

/// <summary>The sizes of a SAM 2 network; the defaults are those of sam2.1_hiera_tiny.</summary>
/// <remarks>Source: the official configurations (facebookresearch/sam2). What a file of weights does not show, such as the windows, stands here.</remarks>
public sealed record Sam2Architecture
{
    /// <summary>Hiera's stride: one token of the feature map for 16×16 pixels.</summary>
    internal const int Stride = 16;

    /// <summary>Slots for memories: one for prompted slices and six for neighbours.</summary>
    internal const int MemorySlots = 7;

    /// <summary>Most slices whose object pointers are looked up, the present one counted.</summary>
    internal const int MostPointers = 16;

    /// <summary>sam2.1_hiera_tiny: 38,962,754 parameters.</summary>
    public static Sam2Architecture Tiny { get; } = new();

    /// <summary>sam2.1_hiera_small: 46,060,610 parameters.</summary>
    public static Sam2Architecture Small { get; } = new() { Name = "hiera_small", Stages = [1, 2, 11, 2], GlobalBlocks = [7, 10, 13] };

    /// <summary>sam2.1_hiera_base_plus: 80,850,434 parameters.</summary>
    public static Sam2Architecture BasePlus { get; } = new()
    {
        Name = "hiera_base_plus",
        Width = 112,
        Heads = 2,
        Stages = [2, 3, 16, 3],
        GlobalBlocks = [12, 16, 20],
        BackgroundSize = 14,
    };

    /// <summary>sam2.1_hiera_large: 224,446,898 parameters.</summary>
    public static Sam2Architecture Large { get; } = new()
    {
        Name = "hiera_large",
        Width = 144,
        Heads = 2,
        Stages = [2, 6, 36, 4],
        GlobalBlocks = [23, 33, 43],
        Windows = [8, 4, 16, 8],
    };

    /// <summary>Name in results and messages.</summary>
    public string Name { get; init => field = Check.NotBlank(value, nameof(Name)); } = "hiera_tiny";

    /// <summary>Rows and columns to which a slice is resized, pixels; a multiple of 32.</summary>
    public int ImageSize { get; init => field = Check.Positive(value, nameof(ImageSize)); } = 1024;

    /// <summary>Channels of Hiera's first stage; each further stage has twice as many.</summary>
    public int Width { get; init => field = Check.Positive(value, nameof(Width)); } = 96;

    /// <summary>Attention heads of the first stage; each further stage has twice as many.</summary>
    public int Heads { get; init => field = Check.Positive(value, nameof(Heads)); } = 1;

    /// <summary>Blocks of the four stages.</summary>
    public IReadOnlyList<int> Stages { get; init => field = Four(value, nameof(Stages)); } = [1, 2, 7, 2];

    /// <summary>Numbers of the blocks that attend over the whole map.</summary>
    public IReadOnlyList<int> GlobalBlocks { get; init => field = value ?? throw new ArgumentNullException(nameof(GlobalBlocks)); } = [5, 7, 9];

    /// <summary>Sides of the windows of the four stages, tokens; a stage's first block still uses the window of the stage before.</summary>
    public IReadOnlyList<int> Windows { get; init => field = Four(value, nameof(Windows)); } = [8, 4, 14, 7];

    /// <summary>Side of the position table that is stretched over the whole map.</summary>
    public int BackgroundSize { get; init => field = Check.Positive(value, nameof(BackgroundSize)); } = 7;

    /// <summary>Channels of the feature map; a multiple of 8.</summary>
    public int Dim { get; init => field = Check.Positive(value, nameof(Dim)); } = 256;

    /// <summary>Channels of a memory; a divisor of <see cref="Dim"/>.</summary>
    public int MemoryDim { get; init => field = Check.Positive(value, nameof(MemoryDim)); } = 64;

    /// <summary>Layers of the memory attention.</summary>
    public int MemoryLayers { get; init => field = Check.Positive(value, nameof(MemoryLayers)); } = 4;

    /// <summary>Inner width of the memory attention's linear layers.</summary>
    public int MemoryMlp { get; init => field = Check.Positive(value, nameof(MemoryMlp)); } = 2048;

    /// <summary>Inner width of the mask decoder's linear layers.</summary>
    public int DecoderMlp { get; init => field = Check.Positive(value, nameof(DecoderMlp)); } = 2048;

    /// <summary>Blocks in which the memory encoder joins mask and features.</summary>
    public int FuserLayers { get; init => field = Check.Positive(value, nameof(FuserLayers)); } = 2;

    /// <summary>True in SAM 2.1: a term of its own in the memory of a slice without the object. Files of SAM 2.0 lack it.</summary>
    public bool MarksAbsence { get; init; } = true;

    /// <summary>True in SAM 2.1: object pointers carry their distance. Files of SAM 2.0 lack it.</summary>
    public bool PointersHavePositions { get; init; } = true;

    /// <summary>Side of the feature map, tokens.</summary>
    internal int Grid => ImageSize / Stride;

    /// <summary>Side of the masks before they are enlarged, pixels.</summary>
    internal int LowSize => ImageSize / 4;

    /// <summary>Throws unless the sizes go together.</summary>
    /// <exception cref="ArgumentException">A size does not divide another.</exception>
    public void Validate()
    {
        if (ImageSize % 32 != 0)
        {
            throw new ArgumentException($"SAM 2: slices of {ImageSize}×{ImageSize} do not fit; give a multiple of 32.");
        }

        if (Width % Heads != 0 || Dim % 8 != 0 || Dim % MemoryDim != 0)
        {
            throw new ArgumentException(
                $"SAM 2: width {Width} with {Heads} heads, {Dim} channels with memories of {MemoryDim} do not fit; heads must divide the width, 8 and the memory's channels the {Dim}.");
        }

        if ((ImageSize / 4) % Windows[0] != 0)
        {
            throw new ArgumentException($"SAM 2: windows of {Windows[0]} do not tile the {ImageSize / 4} tokens of a {ImageSize}-pixel slice; give another size.");
        }

        if (GlobalBlocks.Any(block => block < 0 || block >= Stages.Sum()))
        {
            throw new ArgumentException($"SAM 2: global blocks [{string.Join(", ", GlobalBlocks)}] are not all among the {Stages.Sum()} blocks.");
        }
    }

    private static IReadOnlyList<int> Four(IReadOnlyList<int> values, string name)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values.Count == 4 && values.All(value => value > 0)
            ? values
            : throw new ArgumentException($"{name} are [{string.Join(", ", values)}]; give four numbers above 0.", name);
    }
}
