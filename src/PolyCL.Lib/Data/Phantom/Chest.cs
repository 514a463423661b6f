using System.Numerics;
using PolyCL.Core;

namespace PolyCL.Data.Phantom;

/// <summary>The diaphragm with its two domes, the lungs with their vessels above it, mediastinum, oesophagus and the base of the heart.</summary>
internal sealed class Chest : IPart
{
    private readonly Patient patient;
    private readonly Vector3 scale;
    private readonly float rightApex;
    private readonly float leftApex;
    private readonly Vector2 rightCentre;
    private readonly Vector2 leftCentre;
    private readonly List<Tube> vessels = [];
    private readonly Vector3 heart;
    private readonly Vector3 heartRadii;
    private readonly float heartAngle;
    private readonly Tube oesophagus;

    public Chest(Patient patient)
    {
        this.patient = patient;
        scale = patient.Warp.Scale;
        var random = patient.Random("chest");
        rightApex = (float)(104 + (5 * random.NextNormal())) * scale.Z;
        leftApex = rightApex - ((float)random.NextDouble(6, 18) * scale.Z);
        rightCentre = new Vector2((float)random.NextDouble(-66, -56), (float)random.NextDouble(-18, -6)) * new Vector2(scale.X, scale.Y);
        leftCentre = new Vector2((float)random.NextDouble(56, 66), (float)random.NextDouble(-12, 2)) * new Vector2(scale.X, scale.Y);
        heart = new Vector3((float)random.NextDouble(22, 34) * scale.X, (float)random.NextDouble(-36, -26) * scale.Y, 148 * scale.Z);
        heartRadii = new Vector3((float)random.NextDouble(56, 66), (float)random.NextDouble(44, 52), 62) * scale;
        heartAngle = (float)random.NextDouble(-0.55, -0.3);
        oesophagus = new Tube(
            [patient.Warp.At(2, 18, 220), patient.Warp.At(0, 16, 120), patient.Warp.At(8, 8, 85), patient.Warp.At(28, 2, 66)], [9, 9, 9, 10], 4);
        foreach (var side in new[] { -1, 1 })
        {
            for (var i = 0; i < 26; i++)
            {
                var root = new Vector3(side * 38 * scale.X, (float)random.NextDouble(0, 25), (float)random.NextDouble(135, 170) * scale.Z);
                var end = new Vector3(
                    side * (float)random.NextDouble(45, 118) * scale.X, (float)random.NextDouble(-70, 70), (float)random.NextDouble(40, 120) * scale.Z);
                Branch(root, end, (float)random.NextDouble(2.4, 3.8), 3, ref random);
            }
        }
    }

    /// <summary>Height of the right dome of the diaphragm, mm.</summary>
    public float Apex => rightApex;

    /// <summary>Height of the diaphragm over a place, mm.</summary>
    public float Dome(float x, float y)
    {
        var right = rightApex - Fall(x - rightCentre.X, y - rightCentre.Y, -1);
        var left = leftApex - Fall(x - leftCentre.X, y - leftCentre.Y, 1);
        var middle = (84 * scale.Z) - (70 * (Square((x - 10) / (58 * scale.X)) + Square((y + 30) / (56 * scale.Y))));
        return Math.Max(middle, Math.Max(right, left));
    }

    public void Paint(SliceCanvas canvas)
    {
        if (canvas.Z < -40 * scale.Z)
        {
            return;
        }

        var muscle = canvas.Load(new Paint(patient.Hu.Muscle, Opacity: 0.7f));
        var air = canvas.Load(new Paint(-868, Texture: 28, Grain: 9));
        var bend = canvas.Texture(48);
        for (var row = 0; row < canvas.Height; row++)
        {
            for (var column = 0; column < canvas.Width; column++)
            {
                var at = (row * canvas.Width) + column;
                if (canvas.Cavity[at] > 0)
                {
                    PaintPixel(canvas, at, column, row, muscle, air, bend);
                }
            }
        }

        foreach (var tube in vessels)
        {
            canvas.Distance.Begin();
            canvas.Distance.Add(tube);
            canvas.Distance.Fill(new Paint(patient.Hu.PortalVein * 0.8f), limit: canvas.Lung);
        }

        PaintHeart(canvas);
        canvas.Distance.Begin();
        canvas.Distance.Add(oesophagus);
        canvas.Distance.Fill(new Paint(patient.Hu.Gut));
        canvas.Distance.Fill(new Paint(20, Texture: 60, Grain: 6), inset: 5);
    }

    private void PaintPixel(SliceCanvas canvas, int at, int column, int row, in Brush muscle, in Brush air, TexturePlane bend)
    {
        float x = canvas.X(column), y = canvas.Y(row);
        var above = canvas.Z - Dome(x, y) + (9 * bend.At(x, y));
        var share = Math.Clamp(0.5f + (above / (1.6f * canvas.Step)), 0, 1);
        canvas.Chest[at] = share * canvas.Cavity[at];
        canvas.Abdomen[at] = (1 - share) * canvas.Cavity[at];
        if (share < 1 && above > -4 && canvas.Z > 0)
        {
            canvas.Mix(at, column, row, canvas.Cavity[at], muscle);
        }

        // No lung in the mediastinum nor behind the spine.
        var middle = MathF.Sqrt(Square((x - 3) / (25 * scale.X)) + Square(Math.Min(0, y - 26) / (36 * scale.Y)));
        var lung = canvas.Chest[at] * Math.Clamp(0.5f + ((middle - 1) * 25 / canvas.Step), 0, 1);
        if (lung > 0)
        {
            canvas.Lung[at] = lung;
            canvas.Mix(at, column, row, lung, air);
        }
    }

    private void PaintHeart(SliceCanvas canvas)
    {
        var plane = canvas.Distance;
        plane.Begin(8);
        plane.Ellipsoid(heart, heartRadii, heartAngle);
        if (plane.Empty)
        {
            return;
        }

        plane.Roughen(4, 34);
        plane.Fill(new Paint(patient.Hu.Fat + 6, Texture: 6), inset: -7, limit: canvas.Chest);
        plane.Fill(new Paint(Lerp(patient.Hu.Muscle, patient.Hu.PortalVein, 0.5f), Texture: 4), limit: canvas.Chest);
        plane.Begin();
        var (sin, cos) = MathF.SinCos(heartAngle);
        foreach (var (u, v, size) in new[] { (0.36f, 0.14f, 0.44f), (-0.34f, -0.18f, 0.46f), (-0.5f, 0.2f, 0.36f) })
        {
            var shift = new Vector3((u * heartRadii.X * cos) - (v * heartRadii.Y * sin), (u * heartRadii.X * sin) + (v * heartRadii.Y * cos), 0);
            plane.Ellipsoid(heart + shift, heartRadii * new Vector3(size, size * 1.15f, 0.8f), heartAngle);
        }

        plane.Roughen(5, 24);
        plane.Fill(new Paint(Lerp(patient.Hu.PortalVein, patient.Hu.Aorta, 0.45f), Texture: 6), limit: canvas.Chest);
    }

    /// <summary>How far the dome has fallen at a distance from its apex; steep at the back and the sides, gentle in front.</summary>
    private float Fall(float x, float y, int side)
    {
        var outward = x * side > 0;
        var u = x / ((outward ? 70 : 78) * scale.X);
        var v = y / ((y < 0 ? 88 : 74) * scale.Y);
        var r = MathF.Sqrt((u * u) + (v * v));
        return 68 * scale.Z * r * r * (0.55f + (0.45f * r));
    }

    private void Branch(Vector3 from, Vector3 to, float radius, int depth, ref RandomStream random)
    {
        var bend = new Vector3((float)random.NextNormal(), (float)random.NextNormal(), (float)random.NextNormal()) * (0.09f * Vector3.Distance(from, to));
        vessels.Add(new Tube([from, ((from + to) / 2) + bend, to], [radius, radius * 0.75f, radius * 0.5f], 3));
        if (depth == 0)
        {
            return;
        }

        for (var i = 0; i < 2; i++)
        {
            var start = Vector3.Lerp(from, to, (float)random.NextDouble(0.35, 0.8));
            var direction = new Vector3((float)random.NextNormal(), (float)random.NextNormal(), (float)random.NextNormal() - 0.5f);
            var length = Vector3.Distance(from, to) * 0.45f;
            Branch(start, start + (Vector3.Normalize(Vector3.Normalize(to - from) + (0.7f * direction)) * length), radius * 0.6f, depth - 1, ref random);
        }
    }

    private static float Square(float value) => value * value;

    private static float Lerp(float a, float b, float t) => a + ((b - a) * t);
}
