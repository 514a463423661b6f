namespace PolyCL.Data.Phantom;

/// <summary>A quantity along the body: straight lines between given heights, constant beyond.</summary>
internal sealed class Profile(params (float Z, float Value)[] points)
{
    public float At(float z)
    {
        if (z <= points[0].Z)
        {
            return points[0].Value;
        }

        for (var i = 1; i < points.Length; i++)
        {
            if (z < points[i].Z)
            {
                var t = (z - points[i - 1].Z) / (points[i].Z - points[i - 1].Z);
                return points[i - 1].Value + (t * (points[i].Value - points[i - 1].Value));
            }
        }

        return points[^1].Value;
    }

    /// <summary>0 below <paramref name="from"/>, 1 above <paramref name="to"/>, smooth in between; from may exceed to.</summary>
    public static float Step(float from, float to, float value)
    {
        var t = Math.Clamp((value - from) / (to - from), 0, 1);
        return t * t * (3 - (2 * t));
    }
}
