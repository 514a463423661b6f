using System.Numerics;

namespace PolyCL.Data.Phantom;

/// <summary>Kidneys with cortex, medulla and sinus in their fat, the fascia around, and the adrenal glands.</summary>
internal sealed class Kidneys : IPart
{
    private readonly Patient patient;
    private readonly Kidney[] kidneys;
    private readonly List<Tube> adrenals = [];

    public Kidneys(Patient patient)
    {
        this.patient = patient;
        var random = patient.Random("kidneys");
        kidneys = new Kidney[2];
        for (var i = 0; i < 2; i++)
        {
            var side = i == 0 ? -1 : 1;
            var centre = patient.Warp.At(
                side * (float)random.NextDouble(54, 62), (float)random.NextDouble(25, 33), (side < 0 ? -34 : -18) + (float)(9 * random.NextNormal()));
            var size = (float)Math.Clamp(1 + (0.08 * random.NextNormal()), 0.8, 1.2);
            var cysts = random.NextDouble() < (patient.Age - 40) / 90 ? 1 : 0;
            var cyst = new Vector3(side * (float)random.NextDouble(14, 28), (float)random.NextDouble(-22, 18), (float)random.NextDouble(-35, 35));
            kidneys[i] = new Kidney(side, centre, size, (float)random.NextDouble(6, 18), centre + cyst, cysts * (float)random.NextDouble(4, 14));
            Vector3 At(float x, float y, float z) => patient.Warp.At(side * x, y, z);
            var z = side < 0 ? 18 : 8;
            adrenals.Add(new Tube([At(side < 0 ? 32 : 30, 12, z), At(34, 22, z - 4), At(36, 34, z - 10)], [2.2f, 2.4f, 1.6f], 3));
            adrenals.Add(new Tube([At(34, 22, z - 4), At(42, 30, z - 12)], [2.2f, 1.6f], 2));
        }
    }

    /// <summary>The fat around the kidneys, which lies behind the organs in front.</summary>
    public void PaintFat(SliceCanvas canvas)
    {
        var plane = canvas.Distance;
        foreach (var kidney in kidneys)
        {
            var rim = 2.5f + (kidney.Fat * (0.3f + (0.7f * patient.VisceralFat)));
            plane.Begin(rim + 3);
            Locate(plane, canvas.Z, kidney);
            plane.Roughen(5, 40);
            plane.Fill(new Paint(patient.Hu.Fat, Texture: 5, Ridge: 20), inset: -rim, limit: canvas.Abdomen);
        }
    }

    public void Paint(SliceCanvas canvas)
    {
        var plane = canvas.Distance;
        foreach (var kidney in kidneys)
        {
            PaintKidney(canvas, plane, kidney);
        }

        plane.Begin();
        foreach (var tube in adrenals)
        {
            plane.Add(tube);
        }

        plane.Fill(new Paint(patient.Hu.Fat + 5), inset: -2.5f, limit: canvas.Abdomen);
        plane.Fill(new Paint((patient.Hu.Muscle + patient.Hu.Spleen) / 2), limit: canvas.Abdomen);
    }

    private void PaintKidney(SliceCanvas canvas, DistancePlane plane, Kidney kidney)
    {
        var label = kidney.Side < 0 ? PhantomTissue.KidneyRight : PhantomTissue.KidneyLeft;
        plane.Begin(4);
        var centre = Locate(plane, canvas.Z, kidney);
        if (plane.Empty)
        {
            return;
        }

        plane.Roughen(1.7f, 19);
        plane.Fill(new Paint(patient.Hu.Fat + 6, Texture: 5), inset: -1.8f, limit: canvas.Abdomen);
        plane.Fill(new Paint(patient.Hu.KidneyCortex, label, 4, 8), limit: canvas.Abdomen);
        PaintMedulla(canvas, plane, centre, label, kidney);

        // The sinus opens to the middle and the front.
        var hilum = centre + (new Vector3(-kidney.Side * 0.85f, -0.5f, 0) * 17 * kidney.Size);
        plane.Begin();
        plane.Ellipsoid(hilum, new Vector3(17, 9, 26) * kidney.Size, kidney.Side * 0.55f);
        plane.Roughen(4, 9);
        plane.Fill(new Paint(patient.Hu.Fat + 12, Texture: 10, Grain: 5), limit: canvas.Abdomen);
        plane.Begin();
        plane.Ellipsoid(hilum + new Vector3(-kidney.Side * 3, -2, 0), new Vector3(9, 4.5f, 16) * kidney.Size, kidney.Side * 0.6f);
        plane.Roughen(3, 8);
        plane.Fill(new Paint(8, Texture: 4, Grain: 6), limit: canvas.Abdomen);
        plane.Begin();
        plane.Capsule(hilum + new Vector3(-kidney.Side * 18, -10, 6), hilum + new Vector3(kidney.Side * 6, 4, -4), 2.6f, 2);
        plane.Capsule(hilum + new Vector3(-kidney.Side * 18, -12, 12), hilum + new Vector3(kidney.Side * 4, 0, 18), 3, 2);
        plane.Fill(new Paint(patient.Hu.CavalVein), limit: canvas.Abdomen);
        if (kidney.CystRadius > 0)
        {
            plane.Begin();
            plane.Ellipsoid(kidney.Cyst, new Vector3(kidney.CystRadius));
            plane.Fill(new Paint(7, label), limit: canvas.Abdomen);
        }

        plane.Begin();
        var ureter = new Vector3(kidney.Centre.X - (kidney.Side * 22), kidney.Centre.Y - 12, canvas.Z);
        if (canvas.Z < kidney.Centre.Z - 15)
        {
            plane.Capsule(ureter, ureter, 2, 2);
            plane.Fill(new Paint(30), limit: canvas.Abdomen);
        }
    }

    /// <summary>Joins a kidney; its long axis leans: the upper pole lies further in and further back.</summary>
    private static Vector3 Locate(DistancePlane plane, float z, Kidney kidney)
    {
        var lift = (z - kidney.Centre.Z) / 55;
        var centre = kidney.Centre + new Vector3(-kidney.Side * 7 * lift, 5 * lift, 0);
        var radii = new Vector3(30, 24, 56) * kidney.Size;
        plane.Ellipsoid(centre, radii, kidney.Side * 0.75f);
        return centre;
    }

    /// <summary>Pyramids: dark wedges between columns of cortex, seen until the medium has reached the medulla.</summary>
    private void PaintMedulla(SliceCanvas canvas, DistancePlane plane, Vector3 centre, PhantomTissue label, Kidney kidney)
    {
        if (patient.Hu.KidneyCortex - patient.Hu.KidneyMedulla < 8)
        {
            return;
        }

        plane.Begin();
        for (var ring = -2; ring <= 2; ring++)
        {
            // The section shrinks towards the poles, and the pyramids with it.
            var size = kidney.Size * MathF.Sqrt(1 - Square(ring * 15 / 56f));
            for (var i = 0; i < 7; i++)
            {
                var angle = (kidney.Side > 0 ? 0 : MathF.PI) + ((i - 3) * 0.62f) + (0.3f * (ring & 1));
                var out1 = new Vector3(MathF.Cos(angle), MathF.Sin(angle), 0);
                var at = centre + new Vector3(out1.X * 15.5f * size, out1.Y * 13 * size, ring * 15 * kidney.Size);
                plane.Capsule(at, at - (out1 * 8 * size) + new Vector3(0, 0, ring), 5.2f * size, 2.4f * size);
            }
        }

        plane.Fill(new Paint(patient.Hu.KidneyMedulla, label), limit: canvas.Abdomen);
    }

    private static float Square(float value) => value * value;

    private sealed record Kidney(int Side, Vector3 Centre, float Size, float Fat, Vector3 Cyst, float CystRadius);
}
