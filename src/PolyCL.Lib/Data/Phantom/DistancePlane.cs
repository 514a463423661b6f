using System.Numerics;

namespace PolyCL.Data.Phantom;

/// <summary>The distance of each pixel to a shape joined from capsules and ellipsoids, in mm, negative inside.</summary>
internal sealed class DistancePlane
{
    private const float Far = 1e6f;
    private readonly SliceCanvas canvas;
    private readonly float[] distance;
    private int firstColumn, lastColumn, firstRow, lastRow;
    private float pad;

    public DistancePlane(SliceCanvas canvas)
    {
        this.canvas = canvas;
        distance = new float[canvas.Hu.Length];
        Array.Fill(distance, Far);
        (firstColumn, lastColumn, firstRow, lastRow) = (0, -1, 0, -1);
    }

    /// <summary>True when nothing reaches this slice.</summary>
    public bool Empty => lastRow < firstRow;

    /// <summary>Starts a new shape; <paramref name="reach"/> is how far outside it paint may go, mm.</summary>
    public void Begin(float reach = 3)
    {
        for (var row = firstRow; row <= lastRow; row++)
        {
            distance.AsSpan((row * canvas.Width) + firstColumn, lastColumn - firstColumn + 1).Fill(Far);
        }

        (firstColumn, lastColumn, firstRow, lastRow) = (int.MaxValue, -1, int.MaxValue, -1);
        pad = reach + (1.5f * canvas.Step);
    }

    /// <summary>Joins all segments of a tube.</summary>
    public void Add(Tube tube)
    {
        for (var i = 1; i < tube.Points.Length; i++)
        {
            Capsule(tube.Points[i - 1], tube.Points[i], tube.Radii[i - 1], tube.Radii[i]);
        }
    }

    /// <summary>Joins a segment with a radius that changes evenly along it.</summary>
    public void Capsule(Vector3 a, Vector3 b, float radiusA, float radiusB)
    {
        var radius = Math.Max(radiusA, radiusB) + pad;
        if (Math.Min(a.Z, b.Z) - radius > canvas.Z || Math.Max(a.Z, b.Z) + radius < canvas.Z)
        {
            return;
        }

        Box(Math.Min(a.X, b.X) - radius, Math.Max(a.X, b.X) + radius, Math.Min(a.Y, b.Y) - radius, Math.Max(a.Y, b.Y) + radius, out var c, out var r);
        var along = b - a;
        var scale = 1 / Math.Max(1e-6f, along.LengthSquared());
        for (var row = r.First; row <= r.Last; row++)
        {
            for (var column = c.First; column <= c.Last; column++)
            {
                var p = new Vector3(canvas.X(column), canvas.Y(row), canvas.Z);
                var t = Math.Clamp(Vector3.Dot(p - a, along) * scale, 0, 1);
                var near = a + (along * t);
                var thickness = radiusA + ((radiusB - radiusA) * t);
                var d = Vector3.Distance(p, near) - thickness;
                var at = (row * canvas.Width) + column;
                distance[at] = Math.Min(distance[at], d);
            }
        }
    }

    /// <summary>Joins an ellipsoid turned by an angle about the long axis of the body.</summary>
    public void Ellipsoid(Vector3 centre, Vector3 radii, float angle = 0)
    {
        var reach = Math.Max(radii.X, radii.Y) + pad;
        var dz = canvas.Z - centre.Z;
        if (MathF.Abs(dz) > radii.Z + pad)
        {
            return;
        }

        Box(centre.X - reach, centre.X + reach, centre.Y - reach, centre.Y + reach, out var c, out var r);
        var (sin, cos) = MathF.SinCos(angle);
        for (var row = r.First; row <= r.Last; row++)
        {
            for (var column = c.First; column <= c.Last; column++)
            {
                float x = canvas.X(column) - centre.X, y = canvas.Y(row) - centre.Y;
                var q = new Vector3((x * cos) + (y * sin), (y * cos) - (x * sin), dz) / radii;
                var k0 = q.Length();
                var k1 = (q / radii).Length();
                var d = k1 < 1e-6f ? -Math.Min(radii.X, radii.Y) : k0 * (k0 - 1) / k1;
                var at = (row * canvas.Width) + column;
                distance[at] = Math.Min(distance[at], d);
            }
        }
    }

    /// <summary>Makes the surface uneven: adds a smooth random distance.</summary>
    public void Roughen(float amplitude, float grain, float shift = 0)
    {
        var texture = canvas.Texture(grain);
        for (var row = firstRow; row <= lastRow; row++)
        {
            for (var column = firstColumn; column <= lastColumn; column++)
            {
                var at = (row * canvas.Width) + column;
                if (distance[at] < 3 * (pad + amplitude))
                {
                    distance[at] += amplitude * texture.Coarse(canvas.X(column) + shift, canvas.Y(row));
                }
            }
        }
    }

    /// <summary>Paints where the distance is below −<paramref name="inset"/>.</summary>
    public void Fill(in Paint paint, float inset = 0, float[]? limit = null) => FillAbove(paint, inset, float.PositiveInfinity, limit);

    /// <summary>Paints the part in front of y = <paramref name="level"/> (above it, in a patient on the back): gas over fluid.</summary>
    public void FillAbove(in Paint paint, float inset, float level, float[]? limit = null)
    {
        var brush = canvas.Load(paint);
        for (var row = firstRow; row <= lastRow; row++)
        {
            var part = Math.Clamp(0.5f + ((level - canvas.Y(row)) / canvas.Step), 0, 1);
            for (var column = firstColumn; part > 0 && column <= lastColumn; column++)
            {
                var at = (row * canvas.Width) + column;
                var share = part * Math.Clamp(0.5f - ((distance[at] + inset) / canvas.Step), 0, 1);
                if (share > 0)
                {
                    canvas.Mix(at, column, row, share * (limit?[at] ?? 1), brush);
                }
            }
        }
    }

    /// <summary>Paints with a share that depends on the place.</summary>
    public void FillWhere(float[] limit, float inset, Func<float, float, float> shareAt, in Paint paint)
    {
        var brush = canvas.Load(paint with { Tissue = null });
        for (var row = firstRow; row <= lastRow; row++)
        {
            for (var column = firstColumn; column <= lastColumn; column++)
            {
                var at = (row * canvas.Width) + column;
                if (distance[at] < -inset && limit[at] > 0)
                {
                    canvas.Mix(at, column, row, limit[at] * shareAt(canvas.X(column), canvas.Y(row)), brush);
                }
            }
        }
    }

    private void Box(float x0, float x1, float y0, float y1, out (int First, int Last) columns, out (int First, int Last) rows)
    {
        columns = (canvas.Column(x0), canvas.Column(x1));
        rows = (canvas.Row(y0), canvas.Row(y1));
        (firstColumn, lastColumn) = (Math.Min(firstColumn, columns.First), Math.Max(lastColumn, columns.Last));
        (firstRow, lastRow) = (Math.Min(firstRow, rows.First), Math.Max(lastRow, rows.Last));
    }
}
