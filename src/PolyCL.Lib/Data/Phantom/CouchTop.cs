using System.Numerics;

namespace PolyCL.Data.Phantom;

/// <summary>The table under the patient: curved shells of carbon fibre, empty or with foam inside.</summary>
internal readonly struct CouchTop(int form)
{
    public void Paint(SliceCanvas canvas, Body body)
    {
        if (form == 0)
        {
            return;
        }

        var back = body.Rear + 9;
        if (form == 2)
        {
            Vector2[] outline = new Vector2[80];
            for (var i = 0; i < 40; i++)
            {
                var x = -205 + (i * 410 / 39f);
                outline[i] = new Vector2(x, Curve(x, back, 30));
                outline[79 - i] = new Vector2(x * 0.98f, Curve(x, back + 34, 24));
            }

            canvas.Fill(outline, new Paint(150));
            Vector2[] inner = [.. outline.Select((p, i) => p + new Vector2(p.X > 200 ? -3 : p.X < -200 ? 3 : 0, i < 40 ? 2.8f : -2.8f))];
            canvas.Fill(inner, new Paint(-955, Texture: 8, Grain: 8));
            return;
        }

        Arc(canvas, back, 44, 190, 1.5f, 160);
        Arc(canvas, back + 30, 40, 200, 1.3f, 60);
    }

    /// <summary>A trough: deepest under the spine.</summary>
    private static float Curve(float x, float deepest, float rise) => deepest - (rise * MathF.Pow(MathF.Abs(x) / 205, 2.2f)) + 4;

    private static void Arc(SliceCanvas canvas, float deepest, float rise, float half, float radius, float hu)
    {
        canvas.Distance.Begin();
        for (var i = 0; i < 48; i++)
        {
            float a = half * ((i / 24f) - 1), b = half * (((i + 1) / 24f) - 1);
            canvas.Distance.Capsule(
                new Vector3(a, Curve(a, deepest, rise), canvas.Z), new Vector3(b, Curve(b, deepest, rise), canvas.Z), radius, radius);
        }

        canvas.Distance.Fill(new Paint(hu));
    }
}
