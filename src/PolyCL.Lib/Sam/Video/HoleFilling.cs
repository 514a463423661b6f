namespace PolyCL.Sam.Video;

/// <summary>Fills small holes of a mask of logits, as the official predictor does with its compiled extension.</summary>
internal static class HoleFilling
{
    /// <summary>Logit of a filled pixel.</summary>
    private const float Filled = 0.1f;

    /// <summary>Gives each background component (8-connected, logits of 0 and below) of at most <paramref name="area"/> pixels the logit 0.1.</summary>
    public static void Fill(Span<float> logits, int height, int width, int area)
    {
        var background = new byte[logits.Length];
        for (var i = 0; i < background.Length; i++)
        {
            background[i] = logits[i] > 0 ? (byte)0 : (byte)1;
        }

        var components = MaskComponents.Of(background, height, width);
        var areas = new int[components.Count + 1];
        foreach (var label in components.Labels)
        {
            areas[label]++;
        }

        for (var i = 0; i < logits.Length; i++)
        {
            if (components.Labels[i] is var label && label > 0 && areas[label] <= area)
            {
                logits[i] = Filled;
            }
        }
    }
}
