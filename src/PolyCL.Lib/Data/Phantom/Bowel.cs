using System.Numerics;
using PolyCL.Core;

namespace PolyCL.Data.Phantom;

/// <summary>Colon with gas and faeces in its pouches, and loops of small bowel.</summary>
internal sealed class Bowel : IPart
{
    private readonly Patient patient;
    private readonly List<Loop> colon = [];
    private readonly List<Loop> small = [];
    private readonly float shift;

    public Bowel(Patient patient)
    {
        this.patient = patient;
        var random = patient.Random("bowel");
        shift = (float)random.NextDouble(0, 500);
        DrawColon(ref random);
        DrawSmall(ref random);
    }

    public void Paint(SliceCanvas canvas)
    {
        foreach (var loop in small)
        {
            PaintLoop(canvas, loop, 1.7f, 3.4f);
        }

        foreach (var loop in colon)
        {
            PaintLoop(canvas, loop, 2.1f, 5.5f);
        }
    }

    private void PaintLoop(SliceCanvas canvas, Loop loop, float wall, float pouches)
    {
        var plane = canvas.Distance;
        plane.Begin();
        plane.Add(loop.Tube);
        if (plane.Empty)
        {
            return;
        }

        plane.Roughen(pouches, pouches > 4 ? 19 : 15, shift);
        plane.Fill(new Paint(patient.Hu.Fat + 30, Opacity: 0.85f), inset: -0.8f, limit: canvas.Abdomen);
        plane.Fill(new Paint(patient.Hu.Gut, Texture: 10, Grain: 5), limit: canvas.Abdomen);
        if (loop.Collapsed)
        {
            plane.Fill(new Paint(patient.Hu.Gut - 16, Texture: 26, Grain: 3.2f), inset: 2.6f, limit: canvas.Abdomen);
            return;
        }

        plane.Fill(loop.Contents, inset: wall, limit: canvas.Abdomen);
        if (loop.Bubbles)
        {
            PaintBubbles(canvas, wall);
        }

        plane.FillAbove(new Paint(-960), wall, loop.GasLevel, canvas.Abdomen);
    }

    /// <summary>Small pockets of gas in faeces.</summary>
    private static void PaintBubbles(SliceCanvas canvas, float wall)
    {
        var texture = canvas.Texture(5.2f);
        canvas.Distance.FillWhere(
            canvas.Abdomen, wall + 1.5f, (x, y) => Math.Clamp((texture.Coarse(x, y) - 0.30f) * 4.5f, 0, 0.85f), new Paint(-620, Texture: 260, Grain: 5));
    }

    private void DrawColon(ref RandomStream random)
    {
        float Jitter(ref RandomStream r, double size) => (float)(size * r.NextNormal());
        var hang = (float)random.NextDouble(-55, 25);
        var side = Jitter(ref random, 5);
        Vector3 At(float x, float y, float z) => patient.Warp.At(x, y, z);
        Vector3[] path =
        [
            At(-80, 0, -188), At(-90, 14, -165), At(-98 + side, 24, -130), At(-99 + side, 26, -100), At(-94, 16, -78), At(-82, -18, -66),
            At(-66, -52, -64), At(-34, -66, -66 + (hang / 2)),
            At(0, -68, -62 + hang), At(38, -66, -44 + hang), At(72, -56, -6 + (hang / 3)), At(96, -36, 36), At(106, -6, 44),
            At(106, 26, 14), At(103, 38, -24), At(104 - side, 36, -70), At(102, 28, -115), At(94, 12, -150), At(76, -6, -180), At(44, -26, -196),
            At(14, -20, -204), At(-8, 8, -214), At(2, 30, -226), At(0, 40, -250),
        ];
        float[] radii =
        [
            22, 26, 24, 22, 21, 20, 20, 19, 19, 19, 19, 19, 18, 15, 14, 13, 13, 13, 14, 14, 14, 13, 14, 15,
        ];
        var stretch = (float)random.NextDouble(0.75, 1.18);
        for (var i = 0; i < radii.Length; i++)
        {
            radii[i] *= stretch * (float)random.NextDouble(0.85, 1.12);
        }

        for (var i = 0; i + 1 < path.Length; i++)
        {
            // Segments overlap by one point, so that the curve stays smooth; each has its own contents.
            var from = Math.Max(0, i - 1);
            var to = Math.Min(path.Length, i + 3);
            var whole = new Tube(path.AsSpan(from, to - from), radii.AsSpan(from, to - from), 6);
            var start = (i - from) * 6;
            var tube = new Tube(whole.Points.AsSpan(start, 7), whole.Radii.AsSpan(start, 7));
            var transverse = i is >= 5 and <= 12;
            var u = random.NextDouble();
            var collapsed = i > 12 && u < 0.4;
            var faeces = !collapsed && u > (transverse ? 0.45 : 0.2);
            colon.Add(new Loop(
                tube,
                faeces ? new Paint((float)random.NextDouble(20, 60), Texture: 32, Grain: 4) : new Paint((float)random.NextDouble(10, 35), Texture: 10, Grain: 7),
                (float)(transverse ? random.NextDouble(-0.5, 1.1) : random.NextDouble(-1.5, 0.1)), faeces, collapsed));
        }
    }

    private void DrawSmall(ref RandomStream random)
    {
        var positive = random.NextDouble() < 0.18 ? (float)random.NextDouble(120, 240) : 0;
        var crowd = 1 - (0.4f * patient.VisceralFat);
        for (var z = -250f; z < -18; z += 16)
        {
            for (var y = -66f; y < 20; y += 22)
            {
                for (var x = -74f; x < 86; x += 25)
                {
                    var p = new Vector3(x, y, z) + (new Vector3(9, 7, 6) * Normal(ref random));
                    var root = new Vector2(p.X / 42, (p.Y + 14) / 26).Length();
                    var chosen = random.NextDouble() < crowd && root > 0.75f - (0.2f * MathF.Abs(p.Z + 110) / 90);
                    var high = p.Z > -45 && (p.X < 5 || p.Y > -5);
                    var low = (p.Z < -150 && MathF.Abs(p.X) > 62) || (p.Z < -212 && (MathF.Abs(p.X) > 44 || random.NextDouble() < 0.45));
                    AddLoop(p, positive, chosen && !high && !low && p.Y < 14 - (0.25f * Math.Max(0, p.Z + 60)), ref random);
                }
            }
        }
    }

    private void AddLoop(Vector3 centre, float positive, bool chosen, ref RandomStream random)
    {
        var direction = Vector3.Normalize(Normal(ref random) * new Vector3(1, 0.8f, 0.75f));
        var half = direction * (float)random.NextDouble(12, 27);
        var bend = Vector3.Cross(direction, Vector3.Normalize(Normal(ref random))) * (float)random.NextDouble(4, 13);
        var radius = (float)random.NextDouble(8, 13);
        var u = random.NextDouble();
        var density = (float)random.NextDouble(10, 32);
        var gas = u > 0.93 ? (float)random.NextDouble(-0.4, 0.6) : -9;
        if (!chosen)
        {
            return;
        }

        var tube = new Tube(
            [patient.Warp.At(centre - half), patient.Warp.At(centre + bend), patient.Warp.At(centre + half)], [radius * 0.9f, radius, radius * 0.85f], 5);
        small.Add(new Loop(
            tube, positive > 0 && u < 0.7 ? new Paint(positive, Texture: 14, Grain: 7) : new Paint(density, Texture: 9, Grain: 5), gas, false, u < 0.6));
    }

    private static Vector3 Normal(ref RandomStream random) => new((float)random.NextNormal(), (float)random.NextNormal(), (float)random.NextNormal());

    /// <summary>A piece of bowel; gas fills it down to a share of its radius, −1 none to 1 all.</summary>
    private sealed record Loop(Tube Tube, Paint Contents, float Gas, bool Bubbles, bool Collapsed)
    {
        public float GasLevel { get; } = Tube.Points.Average(p => p.Y) + (Gas * Tube.Radii.Average());
    }
}
