using System.Numerics;

namespace PolyCL.Data.Phantom;

/// <summary>Skin, subcutaneous fat, the muscles of the wall with their fat planes, and the cavity filled with fat.</summary>
internal sealed class Trunk : IPart
{
    private const int Points = 160;
    private static readonly Profile HalfWidth = new(
        (-290, 62), (-235, 84), (-190, 102), (-150, 113), (-105, 120), (-60, 124), (0, 128), (50, 130), (100, 126), (140, 120), (200, 108));

    private static readonly Profile Front = new(
        (-290, 58), (-230, 66), (-190, 72), (-150, 75), (-100, 80), (-50, 84), (0, 88), (50, 89), (100, 86), (140, 81), (200, 72));

    private static readonly Profile Back = new(
        (-290, 50), (-230, 74), (-190, 74), (-150, 66), (-100, 64), (-50, 68), (0, 72), (50, 76), (100, 78), (140, 78), (200, 76));

    private readonly Patient patient;
    private readonly float[] wobble = new float[12];
    private readonly Vector3 scale;
    private readonly float lean;

    public Trunk(Patient patient)
    {
        this.patient = patient;
        scale = patient.Warp.Scale;
        var random = patient.Random("trunk");
        for (var i = 0; i < wobble.Length; i++)
        {
            wobble[i] = (float)random.NextNormal();
        }

        lean = (float)(0.03 * random.NextNormal());
    }

    /// <summary>The inner outline of the wall at a height; point i lies at angle 2π i / n, 0 left, π/2 back.</summary>
    public Vector2[] Cavity(float z)
    {
        var t = z / scale.Z;
        var belly = 1 + (0.16f * (patient.VisceralFat - 0.35f) * Profile.Step(60, -40, t) * Profile.Step(-190, -110, t));
        float a = HalfWidth.At(t) * scale.X, f = Front.At(t) * scale.Y * belly, b = Back.At(t) * (0.4f + (0.6f * scale.Y));
        var outline = new Vector2[Points];
        for (var i = 0; i < Points; i++)
        {
            var angle = MathF.Tau * i / Points;
            var (sin, cos) = MathF.SinCos(angle);
            var power = 2 / (sin < 0 ? 2.3f : 2.55f);
            var bend = 1 + (0.012f * wobble[0] * MathF.Cos((2 * angle) + wobble[1])) + (0.01f * wobble[2] * MathF.Cos((3 * angle) + wobble[3] + (t / 90)))
                + (0.006f * wobble[4] * MathF.Cos((5 * angle) + wobble[5] - (t / 70)));
            outline[i] = bend * new Vector2(
                a * MathF.CopySign(MathF.Pow(MathF.Abs(cos), power), cos), (sin < 0 ? f : b) * MathF.CopySign(MathF.Pow(MathF.Abs(sin), power), sin));
            outline[i].Y += lean * outline[i].X;
        }

        return outline;
    }

    /// <summary>Thickness of the wall's muscles at each point of the cavity outline.</summary>
    public float[] Thickness(float z, Vector2[] cavity)
    {
        var t = z / scale.Z;
        float chest = Profile.Step(-30, 55, t), pelvis = Profile.Step(-100, -160, t), m = patient.Muscle;
        var thickness = new float[Points];
        for (var i = 0; i < Points; i++)
        {
            var x = MathF.Abs(cavity[i].X) / scale.X;
            var front = Profile.Step(25, -25, cavity[i].Y);
            var rectus = Profile.Step(3, 14, x) * Profile.Step(66, 50, x);
            var flank = Profile.Step(70, 100, x);
            var anterior = 3 + (m * ((9.5f * rectus) + (13 * flank)));
            anterior = Lerp(anterior, 9 + (3 * m * flank) + (4 * m * rectus), chest);
            anterior = Lerp(anterior, 3 + (m * ((10 * rectus) + (17 * flank))), pelvis);
            var spine = MathF.Exp(-MathF.Pow((x - 34) / 24, 2));
            var posterior = 13 + (m * ((13 * spine) + (6 * flank)));
            posterior = Lerp(posterior, 12 + (m * ((15 * spine) + (8 * flank))), chest);
            posterior = Lerp(posterior, 10 + (m * (30 * MathF.Exp(-MathF.Pow((x - 62) / 42, 2)))), pelvis);
            thickness[i] = Lerp(posterior, anterior, front) + (pelvis * m * 22 * Profile.Step(50, 92, x) * Profile.Step(80, 0, MathF.Abs(cavity[i].Y - 12)))
                + (44 * Profile.Step(-195, -265, t) * Profile.Step(16, 62, x) * Profile.Step(105, 20, MathF.Abs(cavity[i].Y - 4)));
        }

        return Smooth(thickness, 3);
    }

    /// <summary>Outward unit normals of an outline.</summary>
    public static Vector2[] Normals(Vector2[] outline)
    {
        var normals = new Vector2[outline.Length];
        for (var i = 0; i < outline.Length; i++)
        {
            var along = outline[(i + 2) % outline.Length] - outline[(i + outline.Length - 2) % outline.Length];
            normals[i] = Vector2.Normalize(new Vector2(along.Y, -along.X));
        }

        return normals;
    }

    /// <summary>Outline of the skin at a height, the widest extent of the body.</summary>
    public Vector2[] Skin(float z)
    {
        var cavity = Cavity(z);
        return Skin(z, cavity, Normals(cavity), Thickness(z, cavity));
    }

    public void Paint(SliceCanvas canvas)
    {
        var z = canvas.Z;
        var hu = patient.Hu;
        var cavity = Cavity(z);
        var normals = Normals(cavity);
        var thickness = Thickness(z, cavity);
        var skin = Skin(z, cavity, normals, thickness);
        canvas.Cover(cavity, canvas.Cavity);
        canvas.Fill(skin, new Paint(15), hidden: canvas.Cavity);
        canvas.Fill(Offset(skin, Normals(skin), -1.9f), new Paint(hu.Fat, Texture: 7, Grain: 5, Ridge: 34), hidden: canvas.Cavity);
        var infiltration = Math.Max(0, patient.Age - 45) * 0.25f;
        var muscle = new Paint(hu.Muscle, Texture: 5 + (0.7f * infiltration), Grain: 4, Ridge: -12 - (2 * infiltration));
        canvas.Fill(Offset(cavity, normals, thickness, 1), muscle, record: canvas.Wall, hidden: canvas.Cavity);
        PaintPlanes(canvas, cavity, normals, thickness);
        canvas.Fill(cavity, new Paint(hu.Fat + 3, Texture: 9, Grain: 8, Ridge: 30));
        Array.Copy(canvas.Cavity, canvas.Abdomen, canvas.Cavity.Length);
        for (var at = 0; at < canvas.Wall.Length; at++)
        {
            canvas.Wall[at] = Math.Max(canvas.Wall[at], canvas.Cavity[at]);
        }
    }

    private Vector2[] Skin(float z, Vector2[] cavity, Vector2[] normals, float[] thickness)
    {
        var t = z / scale.Z;
        var low = Profile.Step(-20, -110, t);
        var fat = new float[Points];
        for (var i = 0; i < Points; i++)
        {
            var x = cavity[i].X / (HalfWidth.At(t) * scale.X);
            var front = Profile.Step(30, -30, cavity[i].Y);
            var side = x * x;
            var anterior = Lerp(0.75f, 1.15f, low) * (1 - (0.35f * side));
            var posterior = Lerp(0.6f, 1f, low) + (0.5f * low * MathF.Exp(-MathF.Pow((MathF.Abs(x) - 0.62f) / 0.25f, 2)));
            fat[i] = 2.5f + (patient.Fat * Lerp(posterior, anterior, front));
        }

        // The skin does not follow each muscle: fat fills the hollows between them.
        var even = Smooth((float[])thickness.Clone(), 60);
        for (var i = 0; i < Points; i++)
        {
            fat[i] = Math.Max(2.3f, fat[i] + even[i] - thickness[i]);
        }

        fat = Smooth(fat, 4);
        var skin = new Vector2[Points];
        var lowest = 0f;
        for (var i = 0; i < Points; i++)
        {
            skin[i] = cavity[i] + (normals[i] * (thickness[i] + fat[i]));
            lowest = Math.Max(lowest, skin[i].Y);
        }

        // The back lies on the table: it is flattened, and the hollow over the spine stays shallow.
        var level = lowest * 0.93f;
        for (var i = 0; i < Points; i++)
        {
            if (skin[i].Y > level)
            {
                skin[i].Y = level + ((skin[i].Y - level) * 0.7f);
            }
        }

        for (var pass = 0; pass < 4; pass++)
        {
            var old = (Vector2[])skin.Clone();
            for (var i = 0; i < Points; i++)
            {
                skin[i] = (old[(i + Points - 1) % Points] + (2 * old[i]) + old[(i + 1) % Points]) / 4;
            }
        }

        return skin;
    }

    /// <summary>Thin fat between the three layers of the flank, behind the straight muscle, and between the gluteal muscles.</summary>
    private void PaintPlanes(SliceCanvas canvas, Vector2[] cavity, Vector2[] normals, float[] thickness)
    {
        var t = canvas.Z / scale.Z;
        var chest = Profile.Step(-30, 40, t);
        var pelvis = Profile.Step(-105, -150, t);
        var fat = patient.Hu.Fat;
        foreach (var (share, width) in new[] { (0.36f, 0.45f), (0.68f, 0.6f) })
        {
            canvas.Distance.Begin();
            for (var i = 0; i < Points; i++)
            {
                var j = (i + 1) % Points;
                var lateral = MathF.Abs(cavity[i].X) > (chest > 0.5f ? 60 : 84) * scale.X && cavity[i].Y < (share < 0.5f ? 22 : 40);
                if (lateral && thickness[i] > 7)
                {
                    var where = Lerp(share + (0.06f * MathF.Sin((i * 0.21f) + (t / 30))), 0.56f, chest);
                    var radius = width * (1 + chest) * (1 + (2 * pelvis));
                    Line(canvas, cavity[i] + (normals[i] * thickness[i] * where), cavity[j] + (normals[j] * thickness[j] * where), radius);
                }
            }

            // Uneven fat: the lines swell, thin out and break.
            canvas.Distance.Roughen(0.9f, 13);
            canvas.Distance.Fill(new Paint(fat + 25, null, Opacity: 0.7f));
        }

        if (pelvis > 0)
        {
            canvas.Distance.Begin();
            for (var i = 0; i < Points; i++)
            {
                var j = (i + 1) % Points;
                if (MathF.Abs(cavity[i].X) > 30 && cavity[i].Y > 10)
                {
                    var where = 0.35f + (0.3f * Profile.Step(20, 75, cavity[i].Y)) + (0.05f * MathF.Sin((i * 0.17f) - (t / 25)));
                    Line(canvas, cavity[i] + (normals[i] * thickness[i] * where), cavity[j] + (normals[j] * thickness[j] * where), 1.4f * pelvis);
                }
            }

            canvas.Distance.Roughen(1.1f, 16);
            canvas.Distance.Fill(new Paint(fat + 10, null, Opacity: 0.9f));
        }
    }

    private static void Line(SliceCanvas canvas, Vector2 a, Vector2 b, float radius) =>
        canvas.Distance.Capsule(new Vector3(a, canvas.Z), new Vector3(b, canvas.Z), radius, radius);

    private static Vector2[] Offset(Vector2[] outline, Vector2[] normals, float by) => [.. outline.Select((p, i) => p + (normals[i] * by))];

    private static Vector2[] Offset(Vector2[] outline, Vector2[] normals, float[] by, float share) =>
        [.. outline.Select((p, i) => p + (normals[i] * by[i] * share))];

    private static float[] Smooth(float[] values, int passes)
    {
        for (var pass = 0; pass < passes; pass++)
        {
            var old = (float[])values.Clone();
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (old[(i + values.Length - 1) % values.Length] + (2 * old[i]) + old[(i + 1) % values.Length]) / 4;
            }
        }

        return values;
    }

    private static float Lerp(float a, float b, float t) => a + ((b - a) * t);
}
