using System.Numerics;

namespace PolyCL.Data.Phantom;

/// <summary>The long muscles of the back, psoas, iliacus, the square muscle of the loins and the crura of the diaphragm.</summary>
internal sealed class DeepMuscles : IPart
{
    private readonly Patient patient;
    private readonly Skeleton skeleton;
    private readonly List<Tube> tubes = [];
    private readonly Vector3 scale;

    public DeepMuscles(Patient patient, Skeleton skeleton)
    {
        (this.patient, this.skeleton) = (patient, skeleton);
        scale = patient.Warp.Scale;
        var m = MathF.Sqrt(patient.Muscle);
        foreach (var side in new[] { -1, 1 })
        {
            Add(
                side,
                [(26, 30, 20), (32, 32, -30), (38, 32, -70), (46, 30, -110), (58, 18, -160), (72, -8, -215), (82, -30, -280)],
                [5 * m, 11 * m, 16 * m, 20 * m, 20 * m, 18 * m, 17 * m]);
            Add(side, [(58, 56, 18), (66, 57, -30), (72, 57, -70), (78, 56, -108)], [8 * m, 9 * m, 12 * m, 10 * m]);
            Add(side, [(62, 52, -30), (84, 48, -70), (92, 46, -104)], [5 * m, 7 * m, 7 * m]);
            Add(side, [(98, 18, -108), (94, 18, -140), (92, 8, -175), (84, -12, -215), (84, -30, -280)], [5 * m, 12 * m, 16 * m, 14 * m, 12 * m]);
            Add(side, [(84, 34, -120), (80, 36, -150), (80, 20, -180)], [5 * m, 11 * m, 10 * m]);
            Add(side, [(62, -14, -222), (60, 4, -232), (60, 18, -262), (58, 20, -300)], [3, 7 * m, 10 * m, 10 * m]);
            Add(side, [(9, 24, 85), (13, 16, 40), (13 - (2 * side), 10, 0), (14, 6, -45)], [4, 5.5f, 5, 2.5f]);
        }
    }

    public void Paint(SliceCanvas canvas)
    {
        PaintBack(canvas);
        canvas.Distance.Begin();
        foreach (var tube in tubes)
        {
            canvas.Distance.Add(tube);
        }

        var age = Math.Max(0, patient.Age - 50);
        canvas.Distance.Roughen(3.4f, 26);
        canvas.Distance.Fill(new Paint(patient.Hu.Muscle, Texture: 5, Grain: 5, Ridge: -8 - age), limit: canvas.Cavity);
    }

    private void PaintBack(SliceCanvas canvas)
    {
        var t = canvas.Z / scale.Z;
        if (t < -225)
        {
            return;
        }

        var depth = skeleton.Depth(canvas.Z);
        var low = Profile.Step(-130, -215, t);
        float w = (62 - (12 * Profile.Step(40, 120, t)) - (28 * low)) * scale.X * MathF.Sqrt(patient.Muscle), top = depth + 28;
        var rear = 96 * scale.Y;
        var age = Math.Max(0, patient.Age - 40) * 1.1f;
        foreach (var side in new[] { -1, 1 })
        {
            Vector2[] belly =
            [
                new(side * 4, rear - 6), new(side * 5, top + 6), new(side * 18, top), new(side * 0.55f * w, top - 3), new(side * 0.95f * w, top + 4),
                new(side * w, top + 18), new(side * 0.75f * w, rear - 4), new(side * 0.4f * w, rear), new(side * 14, rear - 1),
            ];
            canvas.Fill(ContourStack.Smooth(belly), new Paint(patient.Hu.Muscle, Texture: 6, Grain: 4, Ridge: -12 - age), canvas.Wall);
            canvas.Distance.Begin();
            var bend = side * (0.33f + (0.05f * MathF.Sin(t / 23))) * w;
            Line(canvas, side * 0.22f * w, top + 3, bend, (top + rear) / 2, 0.5f + (0.01f * age));
            Line(canvas, bend, (top + rear) / 2, side * 0.30f * w, rear - 3, 0.5f + (0.012f * age));
            Line(canvas, side * 0.74f * w, top + 6, side * 0.60f * w, (top + rear) / 2, 0.4f);
            canvas.Distance.Roughen(0.5f, 9);
            canvas.Distance.Fill(new Paint(patient.Hu.Fat + 20, null, Opacity: 0.75f), limit: canvas.Wall);
        }
    }

    private static void Line(SliceCanvas canvas, float x0, float y0, float x1, float y1, float radius) =>
        canvas.Distance.Capsule(new Vector3(x0, y0, canvas.Z), new Vector3(x1, y1, canvas.Z), radius, radius);

    private void Add(int side, ReadOnlySpan<(float X, float Y, float Z)> points, ReadOnlySpan<float> radii)
    {
        var places = new Vector3[points.Length];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = new Vector3(side * points[i].X, points[i].Y, points[i].Z) * scale;
        }

        tubes.Add(new Tube(places, radii, 3));
    }
}
