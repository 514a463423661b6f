namespace PolyCL.Imaging;

/// <summary>Where each voxel index grows to: three letters, one of each pair R/L, A/P, S/I, such as LPS.</summary>
/// <remarks>The default value is RAS.</remarks>
public readonly record struct Orientation
{
    private const string World = "RASLPI";
    private readonly string? letters;

    private Orientation(string letters) => this.letters = letters == "RAS" ? null : letters;

    /// <summary>Left, back, head: the canonical order of slices; row = front to back, column = right to left, slices from the feet up.</summary>
    public static Orientation Lps => new("LPS");

    /// <summary>Right, front, head: the order in which NIfTI gives positions.</summary>
    public static Orientation Ras => default;

    private string Letters => letters ?? "RAS";

    /// <summary>Reads three letters, such as "LPS" or "rai".</summary>
    /// <exception cref="ArgumentException">Not one letter of each pair R/L, A/P, S/I.</exception>
    public static Orientation Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var upper = text.Trim().ToUpperInvariant();
        var seen = 0;
        foreach (var letter in upper)
        {
            var index = World.IndexOf(letter, StringComparison.Ordinal);
            seen |= index < 0 ? 8 : 1 << (index % 3);
        }

        return upper.Length == 3 && seen == 7
            ? new Orientation(upper)
            : throw new ArgumentException($"Orientation '{text}' is unknown; give one letter of each pair R/L, A/P and S/I, such as LPS.", nameof(text));
    }

    /// <summary>The closest axis order of an affine, which may be oblique or sheared.</summary>
    /// <remarks>
    /// Each axis of the nearest rotation (polar factor of the direction matrix) takes, in storage order, the world axis in which it moves
    /// most among those still free; the same rule as nibabel's io_orientation.
    /// </remarks>
    public static Orientation FromAffine(Affine affine)
    {
        ArgumentNullException.ThrowIfNull(affine);
        var rotation = NearestRotation(affine);
        Span<char> result = stackalloc char[3];
        Span<bool> taken = stackalloc bool[3];
        for (var axis = 0; axis < 3; axis++)
        {
            var best = -1;
            for (var row = 0; row < 3; row++)
            {
                if (!taken[row] && (best < 0 || Math.Abs(rotation[row, axis]) > Math.Abs(rotation[best, axis])))
                {
                    best = row;
                }
            }

            taken[best] = true;
            result[axis] = World[rotation[best, axis] < 0 ? best + 3 : best];
        }

        return new Orientation(new string(result));
    }

    /// <summary>The three letters.</summary>
    public override string ToString() => Letters;

    /// <summary>World axis (0 = R/L, 1 = A/P, 2 = S/I) along which voxel axis <paramref name="axis"/> runs.</summary>
    internal int WorldAxis(int axis) => World.IndexOf(Letters[axis], StringComparison.Ordinal) % 3;

    /// <summary>True when the index grows to the right, front or head.</summary>
    internal bool Positive(int axis) => World.IndexOf(Letters[axis], StringComparison.Ordinal) < 3;

    /// <summary>Polar factor of the direction cosines by Newton's iteration X ← (X + X⁻ᵀ) / 2, which converges for every invertible matrix.</summary>
    private static double[,] NearestRotation(Affine affine)
    {
        var spacing = affine.Spacing;
        var x = new double[3, 3];
        for (var row = 0; row < 3; row++)
        {
            x[row, 0] = affine[row, 0] / spacing.X;
            x[row, 1] = affine[row, 1] / spacing.Y;
            x[row, 2] = affine[row, 2] / spacing.Z;
        }

        for (var step = 0; step < 60; step++)
        {
            var next = new double[3, 3];
            var determinant = 0.0;
            for (var row = 0; row < 3; row++)
            {
                int r1 = (row + 1) % 3, r2 = (row + 2) % 3;
                for (var column = 0; column < 3; column++)
                {
                    int c1 = (column + 1) % 3, c2 = (column + 2) % 3;
                    next[row, column] = (x[r1, c1] * x[r2, c2]) - (x[r1, c2] * x[r2, c1]);
                }

                determinant += row == 0 ? (x[0, 0] * next[0, 0]) + (x[0, 1] * next[0, 1]) + (x[0, 2] * next[0, 2]) : 0;
            }

            var change = 0.0;
            for (var row = 0; row < 3; row++)
            {
                for (var column = 0; column < 3; column++)
                {
                    next[row, column] = 0.5 * (x[row, column] + (next[row, column] / determinant));
                    change = Math.Max(change, Math.Abs(next[row, column] - x[row, column]));
                }
            }

            x = next;
            if (change < 1e-15)
            {
                break;
            }
        }

        return x;
    }
}
