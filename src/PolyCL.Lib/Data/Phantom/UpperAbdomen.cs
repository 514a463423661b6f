using System.Numerics;

namespace PolyCL.Data.Phantom;

/// <summary>Spleen, pancreas, stomach with fluid and gas, and duodenum.</summary>
internal sealed class UpperAbdomen : IPart
{
    private readonly Patient patient;
    private readonly ContourStack spleen;
    private readonly Tube stomach;
    private readonly Tube duodenum;
    private readonly Tube pancreas;
    private readonly float gas;
    private readonly float duodenalGas;
    private readonly Paint contents;
    private readonly bool mottledSpleen;

    public UpperAbdomen(Patient patient)
    {
        this.patient = patient;
        var random = patient.Random("upper-abdomen");
        spleen = Spleen(ref random, patient.Warp.Scale.Z);
        float Jitter(ref Core.RandomStream r, double size) => (float)(size * r.NextNormal());
        float fill = (float)random.NextDouble(0.62, 1.12), dx = Jitter(ref random, 5), dy = Jitter(ref random, 5), low = Jitter(ref random, 9);
        Vector3 At(float x, float y, float z) => patient.Warp.At(x, y, z);
        stomach = new Tube(
            [
                At(54, 26, 86), At(56 + dx, 14 + dy, 72), At(62 + dx, -10 + dy, 50), At(60 + dx, -34 + dy, 26), At(44 + dx, -52 + dy, 4 + low),
                At(18, -56 + dy, -10 + low), At(-10, -48, -14 + (low / 2)), At(-28, -36, -10),
            ],
            [24 * fill, 34 * fill, 33 * fill, 29 * fill, 25 * fill, 20 * fill, 14, 9], 5);
        duodenum = new Tube(
            [At(-28, -36, -10), At(-44, -26, -8), At(-48, -6, -22), At(-46, 0, -52), At(-34, 2, -70), At(0, -12, -74), At(24, -8, -62), At(32, -18, -46)],
            [9, 12, 12, 12, 12, 11, 11, 11], 5);
        pancreas = new Tube(
            [At(-30, -12, -52), At(-30, -16, -28), At(-18, -26, -10), At(2, -30, 0), At(28, -20, 10), At(56, 0, 18), At(80, 14, 24)],
            [9, 15, 12, 9, 10.5f, 11, 8], 5);
        gas = (float)random.NextDouble(-58, -8) * patient.Warp.Scale.Y;
        duodenalGas = (float)random.NextDouble(-60, -26) * patient.Warp.Scale.Y;
        var u = random.NextDouble();
        contents = u < 0.2 ? new Paint((float)random.NextDouble(110, 260), PhantomTissue.Stomach, 12, 9)
            : u < 0.6 ? new Paint((float)random.NextDouble(4, 25), PhantomTissue.Stomach, 4, 9)
            : new Paint((float)random.NextDouble(20, 50), PhantomTissue.Stomach, 45, 5);
        mottledSpleen = patient.Phase == ContrastPhase.Arterial;
    }

    public void Paint(SliceCanvas canvas)
    {
        var plane = canvas.Distance;
        var hu = patient.Hu;
        plane.Begin();
        plane.Add(pancreas);
        plane.Roughen(4, 8);
        plane.Fill(new Paint(hu.Fat + 12), inset: -2, limit: canvas.Abdomen);
        plane.Fill(new Paint(hu.Pancreas, Texture: 8, Grain: 5, Ridge: -45 - (0.8f * Math.Max(0, patient.Age - 50))), limit: canvas.Abdomen);

        plane.Begin();
        plane.Add(duodenum);
        plane.Roughen(2.5f, 10);
        plane.Fill(new Paint(hu.Fat + 10), inset: -1.5f, limit: canvas.Abdomen);
        plane.Fill(new Paint(hu.Gut, Texture: 8, Grain: 5), limit: canvas.Abdomen);
        plane.Fill(new Paint(22, Texture: 14, Grain: 6), inset: 3, limit: canvas.Abdomen);
        plane.FillAbove(new Paint(-900), 3, duodenalGas, canvas.Abdomen);

        var outline = spleen.At(canvas.Z);
        if (outline.Length > 0)
        {
            patient.Warp.Apply(outline, canvas.Z);
            canvas.Fill(outline, new Paint(hu.Spleen, PhantomTissue.Spleen, mottledSpleen ? 38 : 3, mottledSpleen ? 13 : 14), canvas.Abdomen);
        }

        plane.Begin();
        plane.Add(stomach);
        plane.Roughen(3.5f, 26);
        plane.Fill(new Paint(hu.Fat + 14), inset: -2, limit: canvas.Abdomen);
        plane.Fill(new Paint(hu.Gut, PhantomTissue.Stomach, 6, 7), limit: canvas.Abdomen);
        plane.Roughen(2.2f, 9, 40); // folds of the lining
        plane.Fill(contents, inset: 4.2f, limit: canvas.Abdomen);
        plane.FillAbove(new Paint(-970, PhantomTissue.Stomach), 4.2f, gas, canvas.Abdomen);
    }

    private static ContourStack Spleen(ref Core.RandomStream random, float scaleZ)
    {
        var length = (float)random.NextDouble(0.75, 1.2);
        var thick = (float)random.NextDouble(0.7, 1.2);
        float[] heights = [-22, -12, 12, 40, 66, 100];
        (float X, float Y)[][] levels =
        [
            [(112, 30), (114, 33), (119, 32), (122, 26), (121, 20), (117, 19), (114, 22), (112, 26)],
            [(96, 50), (106, 60), (126, 46), (140, 18), (128, -4), (118, 4), (110, 22), (102, 38)],
            [(76, 62), (98, 78), (130, 56), (148, 10), (130, -24), (114, -14), (105, 16), (92, 42)],
            [(62, 66), (92, 84), (132, 56), (148, 5), (130, -32), (112, -22), (101, 15), (82, 46)],
            [(60, 62), (90, 80), (128, 54), (145, 8), (126, -22), (108, -14), (96, 18), (76, 44)],
            [(62, 56), (86, 72), (116, 50), (128, 12), (114, -14), (100, -8), (90, 18), (72, 42)],
        ];
        for (var i = 0; i < heights.Length; i++)
        {
            heights[i] = (55 + ((heights[i] - 55) * (heights[i] < 55 ? length : 1))) * scaleZ;
        }

        return new ContourStack(
            heights,
            [
                .. levels.Select(level => level.Select((p, i) =>
                {
                    // The hollow side moves in or out: a thin or a thick spleen.
                    var inner = i >= 5 ? (thick - 1) * -14 : 0;
                    return new Vector2(p.X + inner, p.Y + (0.3f * inner));
                }).ToArray()),
            ]);
    }
}
