namespace PolyCL.Imaging;

/// <summary>The quaternion form of an affine with orthogonal axes: (b, c, d) with a ≥ 0, and the sign of the third axis.</summary>
internal sealed record NiftiQuaternion(double[] Vector, double Factor)
{
    private const double OrthogonalTolerance = 1e-5;

    /// <summary>The quaternion form, or null when the axes are not orthogonal.</summary>
    public static NiftiQuaternion? FromAffine(Affine affine)
    {
        var spacing = affine.Spacing;
        double[] sizes = [spacing.X, spacing.Y, spacing.Z];
        var r = new double[3, 3];
        for (var i = 0; i < 9; i++)
        {
            r[i / 3, i % 3] = affine[i / 3, i % 3] / sizes[i % 3];
        }

        for (var axis = 0; axis < 3; axis++)
        {
            var next = (axis + 1) % 3;
            if (Math.Abs((r[0, axis] * r[0, next]) + (r[1, axis] * r[1, next]) + (r[2, axis] * r[2, next])) > OrthogonalTolerance)
            {
                return null;
            }
        }

        var determinant = (r[0, 0] * ((r[1, 1] * r[2, 2]) - (r[1, 2] * r[2, 1])))
            - (r[0, 1] * ((r[1, 0] * r[2, 2]) - (r[1, 2] * r[2, 0])))
            + (r[0, 2] * ((r[1, 0] * r[2, 1]) - (r[1, 1] * r[2, 0])));
        var factor = determinant < 0 ? -1.0 : 1.0;
        for (var row = 0; row < 3; row++)
        {
            r[row, 2] *= factor;
        }

        // Squares of 2a, 2b, 2c, 2d; the largest is safe to divide by.
        double[] squares =
        [
            1 + r[0, 0] + r[1, 1] + r[2, 2], 1 + r[0, 0] - r[1, 1] - r[2, 2], 1 - r[0, 0] + r[1, 1] - r[2, 2], 1 - r[0, 0] - r[1, 1] + r[2, 2],
        ];
        var largest = Array.IndexOf(squares, squares.Max());
        var twice = Math.Sqrt(squares[largest]);
        double[] q = largest switch
        {
            0 => [twice * twice, r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]],
            1 => [r[2, 1] - r[1, 2], twice * twice, r[0, 1] + r[1, 0], r[0, 2] + r[2, 0]],
            2 => [r[0, 2] - r[2, 0], r[0, 1] + r[1, 0], twice * twice, r[1, 2] + r[2, 1]],
            _ => [r[1, 0] - r[0, 1], r[0, 2] + r[2, 0], r[1, 2] + r[2, 1], twice * twice],
        };
        var length = Math.Sqrt(q.Sum(x => x * x)) * (q[0] < 0 ? -1 : 1);
        return new NiftiQuaternion([q[1] / length, q[2] / length, q[3] / length], factor);
    }
}
