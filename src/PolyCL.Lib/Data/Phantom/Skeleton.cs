using System.Numerics;

namespace PolyCL.Data.Phantom;

/// <summary>Vertebrae with canal, arch and processes, discs, ribs with cartilage, breastbone.</summary>
internal sealed class Skeleton : IPart
{
    private static readonly Profile SpineDepth = new(
        (-300, 50), (-255, 60), (-215, 62), (-180, 46), (-150, 34), (-104, 25), (-69, 24), (-30, 26), (0, 28), (60, 36), (120, 44), (220, 46));

    private static readonly float[] Levels = [-139, -104, -69, -34, 0, 31, 60, 88, 115, 141, 167, 192, 217];
    private readonly Patient patient;
    private readonly Trunk trunk;
    private readonly Vector3 scale;
    private readonly float shift;
    private readonly float size;
    private readonly float calcified;

    public Skeleton(Patient patient, Trunk trunk)
    {
        this.patient = patient;
        this.trunk = trunk;
        scale = patient.Warp.Scale;
        var random = patient.Random("skeleton");
        shift = (float)random.NextDouble(-12, 12);
        size = (float)(1 + (0.05 * random.NextNormal()));
        calcified = (float)Math.Clamp((patient.Age - 40) / 40 * random.NextDouble(), 0, 1);
    }

    /// <summary>Middle of the vertebral body at a height (y, mm).</summary>
    public float Depth(float z) => SpineDepth.At(z / scale.Z) * scale.Y;

    private Paint Marrow => new(patient.Hu.Marrow, Texture: 55, Grain: 3.2f);

    public void Paint(SliceCanvas canvas)
    {
        PaintRibs(canvas);
        if (canvas.Z > -160 * scale.Z)
        {
            PaintVertebra(canvas);
        }
    }

    private void PaintVertebra(SliceCanvas canvas)
    {
        // Position between the middles of two neighbouring vertebrae; the disc lies half-way.
        var t = (canvas.Z - shift) / scale.Z;
        var index = 0;
        while (index < Levels.Length - 2 && t > Levels[index + 1])
        {
            index++;
        }

        var pitch = Levels[index + 1] - Levels[index];
        var place = (t - Levels[index]) / pitch;
        place = place < 0 ? place + 1 : place;
        var phase = place > 0.5f ? place - 1 : place; // 0 middle of a body, ±0.5 middle of a disc
        var lumbar = Profile.Step(60, 0, t);
        var depth = Depth(canvas.Z);
        float w = (16.5f + (7 * lumbar)) * size * scale.X, h = (15.5f + (2 * lumbar)) * size, waist = 1 - (0.08f * MathF.Cos(MathF.Tau * phase));
        var disc = MathF.Abs(phase) > 0.5f - (0.06f + (0.06f * lumbar));
        var body = ContourStack.Smooth(Ring(depth, [
            (0, -1), (-0.6f, -0.9f), (-0.95f, -0.4f), (-1, 0.2f), (-0.8f, 0.8f), (-0.35f, 0.92f), (0, 0.8f),
            (0.35f, 0.92f), (0.8f, 0.8f), (1, 0.2f), (0.95f, -0.4f), (0.6f, -0.9f)], w * waist, h * waist));
        PaintArch(canvas, depth, w, h, phase, lumbar);
        if (disc)
        {
            canvas.Fill(body, new Paint(98, Texture: 12, Grain: 6));
            var inner = ContourStack.Smooth(
                Ring(depth + 1, [(0, -1), (-0.9f, -0.5f), (-0.9f, 0.4f), (0, 0.8f), (0.9f, 0.4f), (0.9f, -0.5f)], w * 0.6f, h * 0.6f));
            canvas.Fill(inner, new Paint(76, Texture: 10, Grain: 6));
        }
        else
        {
            var endplate = MathF.Abs(phase) > 0.5f - (0.09f + (0.07f * lumbar));
            canvas.Fill(body, new Paint(patient.Hu.Cortex));
            Vector2[] inner = [.. body.Select(p => new Vector2(p.X * (1 - (1.25f / w)), depth + ((p.Y - depth) * (1 - (1.25f / h)))))];
            canvas.Fill(inner, endplate ? new Paint(patient.Hu.Cortex * 0.75f, Texture: 90, Grain: 5) : Marrow);
            if (!endplate && MathF.Abs(phase) < 0.12f)
            {
                canvas.Distance.Begin();
                canvas.Distance.Capsule(new Vector3(0, depth + (h * 0.35f), canvas.Z), new Vector3(0, depth + (h * 0.85f), canvas.Z), 1.2f, 2.4f);
                canvas.Distance.Fill(new Paint(60), inset: 0);
            }
        }
    }

    private void PaintArch(SliceCanvas canvas, float depth, float w, float h, float phase, float lumbar)
    {
        var z = canvas.Z;
        var canal = depth + h + (6.5f * size);
        var rear = canal + (10 * size);
        float tip = rear + ((13 + (5 * lumbar)) * size), half = (11 + (2.5f * lumbar)) * size;
        var plane = canvas.Distance;
        plane.Begin();
        void Bone(float x0, float y0, float x1, float y1, float r0, float r1)
        {
            plane.Capsule(new Vector3(x0, y0, z), new Vector3(x1, y1, z), r0, r1);
            plane.Capsule(new Vector3(-x0, y0, z), new Vector3(-x1, y1, z), r0, r1);
        }

        var pedicle = phase > -0.12f && phase < 0.3f;
        if (pedicle)
        {
            Bone(half + 3, depth + (h * 0.7f), half + 2, canal + 5, 4.6f, 4.6f);
        }

        if (phase is > 0.02f and < 0.24f)
        {
            // Transverse processes: outward in the loins, backward in the chest, where they meet the rib.
            Bone(half + 2, canal + 4, half + 10 + (20 * lumbar), canal + 12 - (6 * lumbar), 4.5f, 3);
        }

        if (phase < 0.22f)
        {
            Bone(half, canal + 6, 1, rear + 2, 3.6f, 3.8f);
            Bone(0, rear + 2, 0, tip, 3.2f, 4.2f);
        }
        else
        {
            Bone(0, rear + 7, 0, tip - 2, 2, 3);
        }

        if (phase is < -0.18f or > 0.26f)
        {
            Bone(half + 4, canal + 4, half + 6, canal + 9, 5.2f, 4.4f);
        }

        plane.Fill(new Paint(patient.Hu.Cortex));
        plane.Fill(new Paint(patient.Hu.Marrow + 120, Texture: 60, Grain: 3), inset: 1.9f);
        if (phase is < -0.18f or > 0.26f)
        {
            plane.Begin();
            Bone(half + 1.5f, canal + 7.5f, half + 8, canal + 5, 0.6f, 0.6f); // gap of the facet joint
            plane.Fill(new Paint(90));
            plane.Begin();
            Bone(half + 4, canal - 3, half + 6, canal - 4, 3, 2.6f); // nerve root in the fat of the foramen
            plane.Fill(new Paint(patient.Hu.Fat + 10), inset: -2);
            plane.Fill(new Paint(32));
        }

        plane.Begin();
        plane.Ellipsoid(new Vector3(0, canal, z), new Vector3(half, 8.2f * size, 50));
        plane.Fill(new Paint(-50, Texture: 20, Grain: 5));
        plane.Fill(new Paint(26 + (10 * (1 - lumbar)), Texture: 3), inset: 1.8f);
    }

    private void PaintRibs(SliceCanvas canvas)
    {
        var t = canvas.Z / scale.Z;
        if (t < -70)
        {
            return;
        }

        var cavity = trunk.Cavity(canvas.Z);
        var normals = Trunk.Normals(cavity);
        var plane = canvas.Distance;
        plane.Begin();
        for (var level = 5; level < Levels.Length; level++)
        {
            float drop = level == 5 ? 75 : level == 6 ? 95 : 118, end = level == 5 ? 0.34f : level == 6 ? 0.5f : level == 7 ? 0.66f : 0.74f;
            var along = 0.07f + (0.69f * (Levels[level] + 6 + (shift / 2) - t) / drop);
            if (along > 0.085f && along < end)
            {
                var taper = Math.Clamp((end - along) * 14, 0.35f, 1);
                Rib(plane, cavity, normals, canvas.Z, along, 8.5f * taper, 3.7f * MathF.Sqrt(taper), 4.4f);
            }
        }

        plane.Fill(new Paint(patient.Hu.Cortex));
        plane.Fill(new Paint(patient.Hu.Marrow + 10, Texture: 60, Grain: 3), inset: 1.2f);
        plane.Begin();
        for (var level = 7; level < Levels.Length; level++)
        {
            var along = 0.755f + (0.2f * (t - (Levels[level] - 108)) / 62);
            if (along > 0.75f && along < 0.96f)
            {
                Rib(plane, cavity, normals, canvas.Z, along, 8, 4.6f, 5);
            }
        }

        plane.Fill(new Paint(140 + (180 * calcified), Texture: 60 * calcified, Grain: 5));
        plane.Fill(new Paint(92 + (40 * calcified), Texture: 40 + (160 * calcified), Grain: 6), inset: 1.4f);
        if (t > 78)
        {
            plane.Begin();
            var front = cavity[cavity.Length * 3 / 4];
            var wide = t > 104 ? 15 : 6;
            plane.Capsule(new Vector3(-wide, front.Y - 6, canvas.Z), new Vector3(wide, front.Y - 6, canvas.Z), 5, 5);
            plane.Fill(new Paint(patient.Hu.Cortex * 0.8f));
            plane.Fill(new Paint(patient.Hu.Marrow * 0.8f, Texture: 50, Grain: 4), inset: 1.5f);
        }
    }

    /// <summary>A rib's oblique section on both sides, bent along the wall; <paramref name="along"/> is 0 at the spine and 1 at the breastbone.</summary>
    private static void Rib(DistancePlane plane, Vector2[] cavity, Vector2[] normals, float z, float along, float half, float radius, float depth)
    {
        foreach (var side in new[] { -1, 1 })
        {
            Vector3 Place(float offset)
            {
                // Index 0 is left, a quarter of the way round the back; walk from the back to the front on either side.
                var n = cavity.Length;
                var step = Vector2.Distance(cavity[0], cavity[n / 2]) * MathF.PI / 2 / n;
                var at = (n / 4f) - (side * ((along * n / 2) + (offset / step)));
                var i = (((int)MathF.Floor(at) % n) + n) % n;
                var share = at - MathF.Floor(at);
                var p = Vector2.Lerp(cavity[i] + (normals[i] * depth), cavity[(i + 1) % n] + (normals[(i + 1) % n] * depth), share);
                return new Vector3(p, z);
            }

            plane.Capsule(Place(-half), Place(0), radius * 0.8f, radius);
            plane.Capsule(Place(0), Place(half), radius, radius * 0.8f);
        }
    }

    private static Vector2[] Ring(float depth, ReadOnlySpan<(float X, float Y)> points, float w, float h)
    {
        var ring = new Vector2[points.Length];
        for (var i = 0; i < ring.Length; i++)
        {
            ring[i] = new Vector2(points[i].X * w, depth + (points[i].Y * h));
        }

        return ring;
    }
}
