using System.Numerics;

namespace PolyCL.Data.Phantom;

/// <summary>Aorta with plaques, lower caval vein, iliac and renal vessels, the arteries and veins of the mesentery.</summary>
internal sealed class GreatVessels : IPart
{
    private readonly Patient patient;
    private readonly Tube aorta;
    private readonly List<Tube> arteries = [];
    private readonly List<Tube> veins = [];
    private readonly List<Tube> flattened = [];
    private readonly List<Tube> lowerVeins = [];
    private readonly List<Tube> portalVeins = [];
    private readonly List<(Vector3 Place, float Radius)> plaques = [];

    public GreatVessels(Patient patient)
    {
        this.patient = patient;
        var random = patient.Random("vessels");
        float wide = (float)(1 + (0.08 * random.NextNormal()) + (0.003 * (patient.Age - 55))), swing = (float)random.NextDouble(-6, 8);
        Vector3 At(float x, float y, float z) => patient.Warp.At(x, y, z);
        aorta = new Tube(
            [At(16, 34, 230), At(17, 24, 150), At(13, 14, 90), At(6, 2, 40), At(5 + (swing / 2), -3, 0), At(6 + swing, -7, -50), At(2, -5, -104)],
            [12.5f * wide, 12 * wide, 11.5f * wide, 11 * wide, 9.8f * wide, 9 * wide, 8.6f * wide], 5);
        foreach (var side in new[] { -1, 1 })
        {
            arteries.Add(new Tube(
                [At(2, -2, -102), At(side * 16, 0, -125), At(side * 34, 6, -152), At(side * 52, -2, -190), At(side * 62, -26, -235), At(side * 66, -48, -280)],
                [6.5f * wide, 6, 5.6f, 5, 4.8f, 4.6f], 4));
            arteries.Add(new Tube([At(side * 34, 6, -152), At(side * 42, 24, -178), At(side * 48, 38, -215)], [3.6f, 3.2f, 2.6f], 3));
            arteries.Add(new Tube([At(6, 0, -8), At(side * 24, 10, -12), At(side * 44, 24, -18)], [3, 2.8f, 2.6f], 3));
            lowerVeins.Add(new Tube(
                [At(-14, 8, -112), At((side * 18) - 6, 14, -140), At(side * 40, 16, -165), At(side * 54, 6, -195),
                    At(side * 58, -16, -235), At(side * 60, -40, -280)],
                [8.5f, 7.5f, 7, 6.5f, 6.2f, 6], 4));
            lowerVeins.Add(new Tube([At(side * 40, 16, -165), At(side * 48, 32, -195)], [4.5f, 3.5f], 2));
        }

        // Three tubes side by side: the vein is wider than deep.
        var flat = (float)random.NextDouble(2, 5.5);
        foreach (var side in new[] { -1, 0, 1 })
        {
            var dx = side * flat;
            var dy = side * flat * 0.3f;
            flattened.Add(new Tube(
                [
                    At(-14 + dx, 8 + dy, -112), At(-19 + dx, 6 + dy, -70), At(-21 + dx, 4 + dy, -20), At(-25 + dx, 2 + dy, 20), At(-27 + dx, 0 - dy, 60),
                    At(-24 + dx, -6 - dy, 92), At(-16 + dx, -12, 118),
                ],
                [7.5f, 7.8f, 8.2f, 9, 10, 11, 12], 4));
        }

        veins.Add(new Tube([At(-18, 6, -14), At(6, -10, -10), At(28, 10, -10), At(44, 24, -14)], [5, 4, 4.6f, 4.4f], 4));
        veins.Add(new Tube([At(-20, 6, -20), At(-38, 22, -26)], [5, 4.4f], 2));
        arteries.Add(new Tube([At(5, -6, 2), At(4, -20, -6), At(2, -26, -40), At(-8, -26, -85)], [4, 3.8f, 3.2f, 2.4f], 4)); // superior mesenteric
        arteries.Add(new Tube([At(5, -4, 16), At(4, -16, 18), At(-18, -20, 20), At(-34, -24, 22)], [4, 3.4f, 2.8f, 2.4f], 4)); // coeliac, hepatic
        arteries.Add(new Tube([At(4, -16, 18), At(30, -8, 22), At(60, 8, 26), At(88, 18, 28)], [3, 2.6f, 2.4f, 2.2f], 4)); // splenic
        portalVeins.Add(new Tube([At(-10, -30, -90), At(-9, -30, -40), At(-8, -24, -8)], [3.6f, 5, 6.4f], 4)); // superior mesenteric
        portalVeins.Add(new Tube([At(92, 20, 26), At(62, 10, 18), At(28, -8, 8), At(-6, -20, -4)], [4, 4.6f, 5.2f, 5.8f], 4)); // splenic
        if (patient.Age > 48)
        {
            var count = (int)((patient.Age - 48) * random.NextDouble(0, 0.9));
            for (var i = 0; i < count; i++)
            {
                var j = random.NextInt(aorta.Points.Length);
                var angle = random.NextDouble(0, Math.Tau);
                var out2 = new Vector3((float)Math.Cos(angle), (float)Math.Sin(angle), 0) * (aorta.Radii[j] - 0.8f);
                plaques.Add((aorta.Points[j] + out2, (float)random.NextDouble(0.9, 2.1)));
            }
        }

        for (var i = 0; i < 110; i++)
        {
            AddTwig(ref random);
        }
    }

    public void Paint(SliceCanvas canvas)
    {
        var hu = patient.Hu;
        Fill(canvas, lowerVeins, new Paint(hu.LowerVein, Texture: 4, Grain: 9));
        Fill(canvas, flattened, new Paint(hu.CavalVein, Texture: 8, Grain: 12));
        Fill(canvas, veins, new Paint(hu.CavalVein, Texture: 8, Grain: 12));
        Fill(canvas, portalVeins, new Paint(hu.PortalVein));
        Fill(canvas, arteries, new Paint(hu.Aorta - 8));
        Fill(canvas, [aorta], new Paint(hu.Aorta, PhantomTissue.Aorta, 3, 8));
        var plane = canvas.Distance;
        plane.Begin();
        foreach (var (place, radius) in plaques)
        {
            plane.Ellipsoid(place, new Vector3(radius * 1.3f, radius, radius * 3));
        }

        plane.Fill(new Paint(700, PhantomTissue.Aorta));
    }

    private static void Fill(SliceCanvas canvas, List<Tube> tubes, in Paint paint)
    {
        canvas.Distance.Begin();
        foreach (var tube in tubes)
        {
            canvas.Distance.Add(tube);
        }

        canvas.Distance.Fill(paint, limit: canvas.Cavity);
    }

    /// <summary>A small vessel in the fat of the mesentery.</summary>
    private void AddTwig(ref Core.RandomStream random)
    {
        var root = new Vector3((float)random.NextDouble(-14, 10), (float)random.NextDouble(-34, -20), (float)random.NextDouble(-190, 20));
        var angle = random.NextDouble(-0.3, Math.PI + 0.3);
        var length = (float)random.NextDouble(25, 70);
        var end = root + new Vector3((float)Math.Cos(angle) * length, -(float)Math.Sin(angle) * length * 0.55f, (float)random.NextDouble(-45, 10));
        var middle = ((root + end) / 2) + new Vector3(0, (float)random.NextDouble(-8, 8), (float)random.NextDouble(-6, 6));
        var tube = new Tube([patient.Warp.At(root), patient.Warp.At(middle), patient.Warp.At(end)], [1.9f, 1.5f, 1], 4);
        (random.NextInt(2) == 0 ? arteries : portalVeins).Add(tube);
    }
}
