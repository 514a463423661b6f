using System.Numerics;

namespace PolyCL.Data.Phantom;

/// <summary>Iliac wings, sacrum, sockets and heads of the hips, bladder and rectum.</summary>
internal sealed class Pelvis : IPart
{
    // Points of the iliac wing's section from the sacroiliac joint forward, at falling heights: x and y of 5 points, then thickness.
    private static readonly ContourStack Wing = new(
        [-262, -240, -215, -185, -150, -122, -106, -100],
        [
            [new(62, 28), new(70, 20), new(74, 8), new(74, -6), new(70, -20)],
            [new(60, 38), new(70, 24), new(80, 8), new(86, -8), new(88, -24)],
            [new(52, 58), new(66, 44), new(82, 22), new(94, 0), new(98, -24)],
            [new(44, 72), new(60, 58), new(82, 34), new(102, 6), new(112, -26)],
            [new(42, 74), new(60, 64), new(86, 44), new(110, 16), new(120, -20)],
            [new(58, 68), new(74, 60), new(94, 44), new(112, 22), new(122, 0)],
            [new(84, 56), new(92, 50), new(102, 40), new(110, 30), new(116, 20)],
            [new(96, 46), new(98, 44), new(102, 40), new(106, 36), new(108, 34)],
        ]);

    private readonly Patient patient;
    private readonly Skeleton skeleton;
    private readonly Vector3 scale;
    private readonly Vector3 bladder;
    private readonly Vector3 bladderRadii;
    private readonly float rectumGas;

    public Pelvis(Patient patient, Skeleton skeleton)
    {
        (this.patient, this.skeleton) = (patient, skeleton);
        scale = patient.Warp.Scale;
        var random = patient.Random("pelvis");
        bladderRadii = new Vector3((float)random.NextDouble(30, 48), (float)random.NextDouble(22, 34), (float)random.NextDouble(22, 46));
        bladder = patient.Warp.At(0, (float)random.NextDouble(-34, -26), -285 + bladderRadii.Z);
        rectumGas = (float)random.NextDouble(-1.4, 0.3);
    }

    public void Paint(SliceCanvas canvas)
    {
        var t = canvas.Z / scale.Z;
        if (t > -95)
        {
            return;
        }

        PaintWings(canvas, t);
        PaintSacrum(canvas, t);
        PaintHips(canvas, t);
        var plane = canvas.Distance;
        plane.Begin();
        plane.Ellipsoid(bladder, bladderRadii);
        plane.Roughen(2, 30);
        plane.Fill(new Paint(patient.Hu.Gut), inset: -2.4f, limit: canvas.Cavity);
        plane.Fill(new Paint(6, Texture: 2), limit: canvas.Cavity);
        if (t < -222)
        {
            var y = (skeleton.Depth(canvas.Z) - 26) * Profile.Step(-330, -225, t);
            plane.Begin();
            plane.Capsule(new Vector3(-3, y, canvas.Z), new Vector3(5, y, canvas.Z), 15, 15);
            plane.Roughen(2, 12);
            plane.Fill(new Paint(patient.Hu.Gut));
            plane.Fill(new Paint(25, Texture: 40, Grain: 5), inset: 3.5f);
            plane.FillAbove(new Paint(-950), 3.5f, y + (15 * rectumGas));
        }
    }

    private void PaintWings(SliceCanvas canvas, float t)
    {
        if (t > Wing.Top || t < Wing.Bottom)
        {
            return;
        }

        var outline = Wing.At(t);
        // The stack gives a closed smooth curve; only the part from the first to the last of the five points is bone.
        var count = (outline.Length / 5 * 4) + 1;
        var thick = 4 + (3 * Profile.Step(-180, -240, t)) + (1.5f * Profile.Step(-125, -104, t));
        var plane = canvas.Distance;
        plane.Begin();
        foreach (var side in new[] { -1, 1 })
        {
            for (var i = 1; i < count; i++)
            {
                float a = Bulge(i - 1, count, thick, t), b = Bulge(i, count, thick, t);
                plane.Capsule(Place(outline[i - 1], side, canvas.Z), Place(outline[i], side, canvas.Z), a, b);
            }
        }

        plane.Roughen(0.8f, 12);
        plane.Fill(new Paint(patient.Hu.Cortex));
        plane.Fill(new Paint(patient.Hu.Marrow + 20, Texture: 70, Grain: 4), inset: 1.5f);
    }

    /// <summary>The wing is thick at the joint and at its front end, thin between.</summary>
    private static float Bulge(int i, int count, float thick, float t)
    {
        var s = i / (float)(count - 1);
        return thick * (0.62f + (0.75f * Profile.Step(-104, -140, t) * MathF.Pow(MathF.Abs((2 * s) - 1), 2)));
    }

    private Vector3 Place(Vector2 p, int side, float z) => new(p.X * side * scale.X, p.Y * scale.Y, z);

    private void PaintSacrum(SliceCanvas canvas, float t)
    {
        if (t > -150)
        {
            return;
        }

        var depth = skeleton.Depth(canvas.Z);
        var narrow = Profile.Step(-185, -262, t);
        var onset = Profile.Step(-150, -168, t);
        float w = (28 + (27 * onset) - (43 * narrow)) * scale.X, front = -18 + (10 * narrow), back = 30 - (20 * narrow), slim = 1 - (0.75f * narrow);
        Vector2[] outline =
        [
            new(0, depth + front), new(-0.45f * w, depth + front + 2), new(-w, depth + (4 * slim)), new(-0.95f * w, depth + (16 * slim)),
            new(-0.5f * w, depth + back - 4), new(0, depth + back + 6), new(0.5f * w, depth + back - 4), new(0.95f * w, depth + (16 * slim)), new(w, depth + (4 * slim)),
            new(0.45f * w, depth + front + 2),
        ];
        var curve = ContourStack.Smooth(outline);
        canvas.Fill(curve, new Paint(patient.Hu.Cortex * 0.85f));
        Vector2[] inner = [.. curve.Select(p => new Vector2(p.X * (1 - (1.8f / w)), depth + 5 + ((p.Y - depth - 5) * (1 - (1.8f / (20 - (8 * narrow)))))))];
        canvas.Fill(inner, new Paint(patient.Hu.Marrow - 10, Texture: 60, Grain: 4));
        if (t > -235)
        {
            var plane = canvas.Distance;
            plane.Begin();
            plane.Ellipsoid(new Vector3(0, depth + (back * 0.62f), canvas.Z), new Vector3(11, 5.5f, 40));
            if (MathF.Abs(MathF.IEEERemainder(t + 190, 26)) < 7)
            {
                foreach (var side in new[] { -1, 1 })
                {
                    var from = new Vector3(side * 0.42f * w, depth + front + 6, canvas.Z);
                    plane.Capsule(from, new Vector3(side * 0.38f * w, depth + (back * 0.4f), canvas.Z), 2.8f, 2.4f);
                }
            }

            plane.Fill(new Paint(patient.Hu.Cortex * 0.6f), inset: -1);
            plane.Fill(new Paint(0, Texture: 30, Grain: 4));
        }
    }

    private void PaintHips(SliceCanvas canvas, float t)
    {
        if (t > -228)
        {
            return;
        }

        var plane = canvas.Distance;
        plane.Begin();
        foreach (var side in new[] { -1, 1 })
        {
            // The socket: roof above the head, front and rear column and the inner wall beside it.
            plane.Ellipsoid(new Vector3(side * 86, 2, -236) * scale, new Vector3(27, 27, 14));
            Vector3 At(float x, float y) => new(side * x * scale.X, y * scale.Y, canvas.Z);
            plane.Capsule(At(64, -22), At(60, -4), 7, 4);
            plane.Capsule(At(60, -4), At(61, 14), 3, 3.4f);
            plane.Capsule(At(61, 14), At(74, 36), 5, 9);
        }

        plane.Roughen(1.5f, 14);

        plane.Fill(new Paint(patient.Hu.Cortex));
        plane.Fill(new Paint(patient.Hu.Marrow + 40, Texture: 60, Grain: 4), inset: 1.6f);
        plane.Begin();
        foreach (var side in new[] { -1, 1 })
        {
            plane.Ellipsoid(new Vector3(side * 89, 3, -268) * scale, new Vector3(24, 24, 24));
        }

        plane.Fill(new Paint(20), inset: -2);
        plane.Fill(new Paint(patient.Hu.Cortex));
        plane.Fill(new Paint(patient.Hu.Marrow + 90, Texture: 70, Grain: 4), inset: 1.4f);
    }
}
