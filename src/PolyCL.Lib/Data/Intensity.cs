namespace PolyCL.Data;

/// <summary>How windowed HU become pixel values.</summary>
public enum Intensity
{
    /// <summary>0 to 1 over the window (paper §4.2).</summary>
    Window,

    /// <summary>(HU + 3055) / 8866 after the window, so 0.3265 to 0.3716 for 40/400; the authors' pretraining slices.</summary>
    AuthorsPretraining,

    /// <summary>The same over whole HU, resized in whole HU and rounded to 16-bit floats; the authors' fine-tuning slices.</summary>
    AuthorsFineTuning,
}
