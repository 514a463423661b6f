namespace PolyCL.Imaging;

/// <summary>What a NIfTI header says, checked.</summary>
public sealed record NiftiHeader
{
    /// <summary>The file that holds the header.</summary>
    public required string Path { get; init; }

    /// <summary>The file that holds the voxels; the same unless the file is a pair .hdr + .img.</summary>
    public required string DataPath { get; init; }

    /// <summary>1 or 2.</summary>
    public required int Version { get; init; }

    /// <summary>True when the numbers are stored with the high byte first.</summary>
    public required bool BigEndian { get; init; }

    /// <summary>True when the file is compressed with gzip, whatever its name.</summary>
    public required bool Compressed { get; init; }

    /// <summary>Sizes as stored, one to seven of them, trailing ones kept.</summary>
    public required IReadOnlyList<long> Dimensions { get; init; }

    /// <summary>Stored voxel type.</summary>
    public required VoxelType StoredType { get; init; }

    /// <summary>pixdim of each stored dimension, as stored: in <see cref="Unit"/> for the first three. <see cref="Spacing"/> is what counts.</summary>
    public required IReadOnlyList<double> PixelSizes { get; init; }

    /// <summary>The unit in which the file states lengths; <see cref="Affine"/> and <see cref="Spacing"/> are in mm whatever it is.</summary>
    public required LengthUnit Unit { get; init; }

    /// <summary>Distance between voxels along the first three axes, mm: from the affine, as every command uses it.</summary>
    public Spacing Spacing => Affine.Spacing;

    /// <summary>What is odd about the geometry and how it was understood, one phrase each; none for a header without contradictions.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Code of the quaternion form; 0 is none.</summary>
    public required int QFormCode { get; init; }

    /// <summary>Code of the matrix form; 0 is none.</summary>
    public required int SFormCode { get; init; }

    /// <summary>Voxel index to mm, RAS+: the sform when its code is above 0 and it spans space, else the qform, else axes L, A, S around the middle.</summary>
    public required Affine Affine { get; init; }

    /// <summary>False when the file holds neither sform nor qform and the caller gave no geometry.</summary>
    public required bool OrientationKnown { get; init; }

    /// <summary>Factor from stored value to value; 1 when the stored slope is 0 or not finite.</summary>
    public required double Slope { get; init; }

    /// <summary>Added after the factor; 0 when the stored slope is 0 or not finite.</summary>
    public required double Intercept { get; init; }

    /// <summary>First byte of the voxels in <see cref="DataPath"/> (after decompression).</summary>
    public required long VoxelOffset { get; init; }

    /// <summary>Voxels in all dimensions.</summary>
    public long VoxelCount => Dimensions.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>Short name: NIfTI-1 or NIfTI-2, with "pair" and "gzip" where they apply.</summary>
    public string Format =>
        $"NIfTI-{Version}{(Path == DataPath ? "" : " pair")}{(Compressed ? " gzip" : "")}";
}
