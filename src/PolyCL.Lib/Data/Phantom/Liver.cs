using System.Numerics;
using PolyCL.Core;

namespace PolyCL.Data.Phantom;

/// <summary>Liver with portal and hepatic veins, fissure, gallbladder and lesions. Its upper surface is the diaphragm, its side the body wall.</summary>
internal sealed class Liver : IPart
{
    private static readonly float[] Heights = [-67, -56, -40, -20, 0, 22, 45, 70, 112];

    private static readonly (float X, float Y)[][] Template =
    [
        [
            (-112, 2), (-112, 4), (-114, 6), (-118, 6), (-122, 2), (-123, -4), (-121, -9), (-118, -11),
            (-116, -10), (-114, -9), (-113, -8), (-112, -6), (-112, -4), (-112, -2), (-112, -1), (-112, 0),
        ],
        [
            (-104, 8), (-104, 18), (-110, 28), (-122, 30), (-140, 6), (-138, -24), (-127, -42), (-116, -46),
            (-110, -42), (-106, -38), (-104, -32), (-102, -26), (-102, -18), (-102, -12), (-103, -6), (-103, 1),
        ],
        [
            (-88, 14), (-90, 30), (-102, 48), (-122, 50), (-148, 12), (-142, -38), (-122, -66), (-104, -74),
            (-92, -70), (-84, -64), (-80, -56), (-80, -48), (-82, -38), (-84, -26), (-85, -12), (-86, 2),
        ],
        [
            (-70, 18), (-76, 40), (-94, 66), (-120, 62), (-150, 14), (-144, -46), (-114, -86), (-80, -98),
            (-54, -94), (-38, -88), (-30, -78), (-36, -66), (-50, -54), (-62, -42), (-66, -22), (-68, 0),
        ],
        [
            (-42, 18), (-60, 46), (-86, 76), (-116, 70), (-150, 16), (-144, -48), (-112, -92), (-66, -106),
            (-28, -102), (4, -98), (30, -86), (20, -68), (-8, -52), (-30, -38), (-37, -18), (-40, 2),
        ],
        [
            (-36, 26), (-52, 58), (-82, 84), (-118, 70), (-150, 14), (-145, -50), (-112, -94), (-64, -108),
            (-20, -104), (20, -98), (60, -78), (46, -56), (8, -42), (-8, -26), (-8, 0), (-24, 2),
        ],
        [
            (-34, 26), (-50, 58), (-82, 86), (-120, 68), (-150, 12), (-145, -50), (-112, -96), (-60, -110),
            (-15, -108), (32, -100), (82, -70), (66, -46), (18, -32), (-3, -20), (-5, 2), (-19, 4),
        ],
        [
            (-30, 22), (-46, 54), (-78, 84), (-116, 66), (-150, 10), (-142, -48), (-108, -92), (-60, -106),
            (-18, -102), (24, -92), (64, -62), (52, -40), (15, -28), (0, -14), (-6, 4), (-17, 6),
        ],
        [
            (-24, 18), (-42, 48), (-72, 76), (-110, 60), (-148, 10), (-138, -44), (-102, -84), (-60, -96),
            (-22, -86), (8, -72), (30, -52), (22, -36), (4, -24), (-6, -12), (-10, 2), (-16, 8),
        ],
    ];

    private readonly Patient patient;
    private readonly ContourStack shape;
    private readonly List<Tube> portal = [];
    private readonly List<Tube> hepatic = [];
    private readonly Tube fissure;
    private readonly Tube gallbladder;
    private readonly List<Lesion> lesions = [];
    private readonly bool mottled;

    public Liver(Patient patient, Chest chest)
    {
        this.patient = patient;
        var random = patient.Random("liver");
        var scale = patient.Warp.Scale;
        var reach = (float)Math.Clamp(1 + (0.14 * random.NextNormal()), 0.72, 1.3);
        var leftLobe = (float)Math.Clamp(1 + (0.22 * random.NextNormal()), 0.5, 1.45);
        var apex = chest.Apex / scale.Z;
        float[] heights = [.. Heights.Select(z => z > 45 ? z + Math.Max(0, apex - 104) : 45 - ((45 - z) * reach))];
        shape = new ContourStack([.. heights.Select(z => z * scale.Z)], Shape(leftLobe, ref random));
        Vector3 At(float x, float y, float z) => patient.Warp.At(x, y, z > 45 ? z : 45 - ((45 - z) * reach));
        fissure = new Tube([At(-24, -92, -12), At(-22, -72, 2), At(-16, -52, 22), At(-12, -40, 34)], [4, 3.6f, 3, 1.6f], 4);
        var gall = (float)random.NextDouble(0.7, 1.25);
        var hang = (float)random.NextDouble(-14, 2);
        gallbladder = new Tube(
            [At(-40, -34, 2), At(-48, -48, -12), At(-56, -62, -26 + hang), At(-60, -70, -36 + hang)], [4 * gall, 9 * gall, 14 * gall, 12 * gall], 5);
        var stem = At(-46, -16, 26);
        portal.Add(new Tube([patient.Warp.At(-8, -22, -6), At(-24, -20, 8), stem], [7, 7, 7], 4));
        VesselTree.Grow(portal, stem, At(-78, -34, 34), 5.2f, 5, ref random);
        VesselTree.Grow(portal, stem, At(-84, 22, 18), 5.2f, 5, ref random);
        VesselTree.Grow(portal, stem, At(-66, -12, 2), 3.6f, 4, ref random);
        portal.Add(new Tube([stem, At(-26, -34, 36), At(-12, -50, 38)], [5.4f, 5, 4.6f], 4));
        VesselTree.Grow(portal, At(-12, -50, 38), At(18, -66, 36), 3.4f, 4, ref random);
        VesselTree.Grow(portal, At(-12, -50, 38), At(-20, -78, 16), 3.4f, 3, ref random);
        var hub = At(-27, -4, 80);
        VesselTree.Grow(hepatic, hub, At(-80, 22, 58), 5.4f, 5, ref random);
        VesselTree.Grow(hepatic, hub, At(-58, -42, 58), 5, 5, ref random);
        VesselTree.Grow(hepatic, hub, At(8, -48, 62), 4.4f, 4, ref random);
        mottled = random.NextDouble() < 0.3;
        DrawLesions(ref random, scale);
    }

    /// <summary>Height of the lowest point, mm.</summary>
    public float Tip => shape.Bottom;

    public int LesionCount => lesions.Count;

    public void Paint(SliceCanvas canvas)
    {
        var plane = canvas.Distance;
        var hu = patient.Hu;
        var outline = shape.At(canvas.Z);
        if (outline.Length > 0)
        {
            patient.Warp.Apply(outline, canvas.Z);
            canvas.Fill(outline, new Paint(hu.Liver, PhantomTissue.Liver, mottled ? 6 : 2.5f, mottled ? 12 : 18), canvas.Abdomen, canvas.Liver);
            Fill(canvas, portal, new Paint(hu.PortalVein, PhantomTissue.Liver), canvas.Liver);
            Fill(canvas, hepatic, new Paint(hu.HepaticVein, PhantomTissue.Liver), canvas.Liver);
            foreach (var lesion in lesions)
            {
                PaintLesion(canvas, lesion);
            }

            plane.Begin();
            plane.Add(fissure);
            plane.Roughen(1, 10);
            plane.Fill(new Paint(hu.Fat + 15, Texture: 12, Grain: 5), limit: canvas.Abdomen);
            plane.Fill(new Paint(20), inset: 2.6f, limit: canvas.Abdomen);
        }

        plane.Begin();
        plane.Add(portal[0]);
        plane.Fill(new Paint(hu.Fat + 30, Texture: 15, Grain: 6, Opacity: 0.8f), inset: -3, limit: canvas.Abdomen);
        plane.Fill(new Paint(hu.PortalVein), limit: canvas.Abdomen);
        plane.Begin();
        plane.Add(gallbladder);
        plane.Fill(new Paint(hu.Gut, PhantomTissue.Gallbladder), inset: -1.2f, limit: canvas.Abdomen);
        plane.Fill(new Paint(9, PhantomTissue.Gallbladder, 2, 10), limit: canvas.Abdomen);
    }

    private static void Fill(SliceCanvas canvas, List<Tube> tubes, in Paint paint, float[] limit)
    {
        canvas.Distance.Begin();
        foreach (var tube in tubes)
        {
            canvas.Distance.Add(tube);
        }

        canvas.Distance.Fill(paint, limit: limit);
    }

    private static void PaintLesion(SliceCanvas canvas, Lesion lesion)
    {
        var plane = canvas.Distance;
        plane.Begin();
        plane.Ellipsoid(lesion.Centre, lesion.Radii, lesion.Angle);
        if (plane.Empty)
        {
            return;
        }

        plane.Roughen(lesion.Radii.X * lesion.Lobes, lesion.Radii.X * 0.9f, lesion.Angle * 100);
        if (lesion.Rim != 0)
        {
            plane.Fill(new Paint(lesion.Hu + lesion.Rim, PhantomTissue.Lesion, 5, 6), limit: canvas.Liver);
            plane.Fill(new Paint(lesion.Hu, PhantomTissue.Lesion, 6, 7), inset: Math.Min(2.5f, lesion.Radii.X * 0.2f), limit: canvas.Liver);
        }
        else
        {
            plane.Fill(new Paint(lesion.Hu, PhantomTissue.Lesion, 5, 7), limit: canvas.Liver);
        }

        if (lesion.Radii.X > 12)
        {
            plane.Fill(new Paint((lesion.Hu * 0.5f) + 10, PhantomTissue.Lesion, 8, 8), inset: lesion.Radii.X * 0.45f, limit: canvas.Liver);
        }
    }

    private static Vector2[][] Shape(float leftLobe, ref RandomStream random)
    {
        var drift = new float[32];
        for (var i = 0; i < drift.Length; i++)
        {
            drift[i] = (float)(3.2 * random.NextNormal());
        }

        return
        [
            .. Template.Select((level, height) => level.Select((p, i) =>
            {
                // The left lobe is long or short; every outline point wanders a little, alike at neighbouring heights.
                var x = i is >= 8 and <= 12 && p.X > -30 ? -30 + ((p.X + 30) * leftLobe) : p.X;
                var fade = height == 0 ? 0.2f : 1;
                var sway = MathF.Cos((0.55f * height) + i);
                return new Vector2(x + (fade * sway * drift[i]), p.Y + (fade * sway * drift[i + 16]));
            }).ToArray()),
        ];
    }

    private void DrawLesions(ref RandomStream random, Vector3 scale)
    {
        var u = random.NextDouble();
        var count = u < 0.3 ? 0 : u < 0.55 ? 1 : 2 + random.NextInt(5);
        for (var i = 0; i < count; i++)
        {
            var low = random.NextDouble() < 0.5;
            var z = low ? random.NextDouble(-45, 10) : random.NextDouble(10, 75);
            var place = new Vector3((float)random.NextDouble(-125, low ? -75 : 10), (float)random.NextDouble(-80, 60), (float)z);
            var radius = (float)(3 + (19 * Math.Pow(random.NextDouble(), 2.2)));
            var cyst = random.NextDouble() < 0.2;
            lesions.Add(new Lesion(
                patient.Warp.At(place),
                radius * new Vector3(1, (float)random.NextDouble(0.8, 1.15), (float)random.NextDouble(0.8, 1.15)),
                (float)random.NextDouble(0, 3),
                cyst ? 0.02f : (float)random.NextDouble(0.05, 0.3),
                cyst ? 6 : patient.Hu.Lesion + (float)(6 * random.NextNormal()),
                cyst || random.NextDouble() < 0.5 ? 0 : (float)random.NextDouble(10, patient.Phase == ContrastPhase.Arterial ? 60 : 25)));
        }
    }

    private sealed record Lesion(Vector3 Centre, Vector3 Radii, float Angle, float Lobes, float Hu, float Rim);
}
