using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Data;

/// <summary>How scans become slices. The defaults are the paper's (§4.2).</summary>
public sealed record PrepareOptions
{
    /// <summary>Window 40/400 as 0–1, 256×256 antialiased, middle 30 %, canonical order.</summary>
    public static PrepareOptions Paper { get; } = new();

    /// <summary>As <see cref="Paper"/>, with slices taken in file order.</summary>
    public static PrepareOptions AsStored { get; } = new() { Order = SliceOrder.AsStored };

    /// <summary>What the authors' script makes for pretraining: file order, values 0.3265 to 0.3716, the wider range of partners kept.</summary>
    public static PrepareOptions Authors { get; } = new()
    {
        Order = SliceOrder.AsStored,
        Intensity = Intensity.AuthorsPretraining,
        KeptRange = KeptRange.Partners,
    };

    /// <summary>What the authors' script makes for fine-tuning: file order, whole HU, 16-bit floats, the range of anchors.</summary>
    public static PrepareOptions AuthorsFineTuning { get; } = new() { Order = SliceOrder.AsStored, Intensity = Intensity.AuthorsFineTuning };

    /// <summary>The HU range shown.</summary>
    public Window Window { get; init => field = value.Width > 0 ? value : throw new ArgumentException("The window has no width; give one.", nameof(Window)); }
        = Window.Abdomen;

    /// <summary>Rows and columns of a slice, pixels.</summary>
    public int Size { get; init => field = Check.InRange(value, 8, 4096, nameof(Size)); } = 256;

    /// <summary>Share of slices kept, from the middle; 1 keeps all.</summary>
    public double KeepShare { get; init => field = Check.Share(value, nameof(KeepShare)); } = 0.3;

    /// <summary>Which middle range is kept.</summary>
    public KeptRange KeptRange { get; init => field = Known(value, nameof(KeptRange)); } = KeptRange.Anchors;

    /// <summary>Axis order of the slices.</summary>
    public SliceOrder Order { get; init => field = Known(value, nameof(Order)); } = SliceOrder.Canonical;

    /// <summary>Shrinks with a filter as wide as the scale (as Pillow); otherwise mixes two neighbours.</summary>
    public bool Antialias { get; init; } = true;

    /// <summary>Counts every label value above 0 as organ (LiTS and MSD: 2 is tumour); otherwise only 1. A scan with an organ class ignores it.</summary>
    public bool TumourIsOrgan { get; init; } = true;

    /// <summary>How HU become pixel values.</summary>
    public Intensity Intensity { get; init => field = Known(value, nameof(Intensity)); } = Intensity.Window;

    /// <summary>The preset of a name: <c>paper</c>, <c>as-stored</c>, <c>authors</c> or <c>authors-fine-tuning</c>.</summary>
    /// <exception cref="ArgumentException">There is no such preset.</exception>
    public static PrepareOptions Preset(string name) => name switch
    {
        "paper" => Paper,
        "as-stored" => AsStored,
        "authors" => Authors,
        "authors-fine-tuning" => AuthorsFineTuning,
        _ => throw new ArgumentException($"Preset '{name}' is unknown; give paper, as-stored, authors or authors-fine-tuning.", nameof(name)),
    };

    /// <summary>Slices Start … Stop − 1 that are kept of <paramref name="n"/>; empty when Stop ≤ Start.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is zero or negative.</exception>
    public (int Start, int Stop) KeptOf(int n) =>
        KeepShare >= 1 ? (0, Check.Positive(n))
        : KeptRange == KeptRange.Partners ? MiddleSlices.PartnerRange(n, KeepShare)
        : MiddleSlices.Range(n, KeepShare);

    /// <summary>Slices Start … Stop − 1 that may be anchors of <paramref name="n"/>; part of what is kept.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is zero or negative.</exception>
    public (int Start, int Stop) AnchorsOf(int n) => KeepShare >= 1 ? (0, Check.Positive(n)) : MiddleSlices.Range(n, KeepShare);

    private static T Known<T>(T value, string name)
        where T : struct, Enum =>
        Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(name, $"{name} is {value}; give one of {string.Join(", ", Enum.GetNames<T>())}.");
}
