using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>How a NIfTI file is read.</summary>
public sealed record NiftiReadOptions
{
    /// <summary>The defaults.</summary>
    public static NiftiReadOptions Default { get; } = new();

    /// <summary>Refuses files with more voxel bytes than this; 8 GiB unless told otherwise.</summary>
    public long MaximumBytes { get; init => field = Check.Positive(value, nameof(MaximumBytes)); } = 8L << 30;

    /// <summary>The true axis order when the file's own is missing or wrong; spacing then comes from pixdim (from the sform where pixdim is 0), the origin is voxel (0, 0, 0).</summary>
    public Orientation? Orientation { get; init; }

    /// <summary>The true affine when the file's own is missing or wrong; wins over <see cref="Orientation"/>.</summary>
    public Affine? Affine { get; init; }
}
