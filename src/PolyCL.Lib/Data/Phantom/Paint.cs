namespace PolyCL.Data.Phantom;

/// <summary>What a shape is filled with.</summary>
/// <param name="Hu">Mean HU.</param>
/// <param name="Tissue">Label of the shape; null leaves the label below as it is.</param>
/// <param name="Texture">Amplitude of a smooth texture, HU.</param>
/// <param name="Grain">Feature size of the texture, mm.</param>
/// <param name="Ridge">HU added along thin random sheets (septa, strands), 0 for none.</param>
/// <param name="Opacity">0 to 1; below 1 mixes with what lies below.</param>
internal readonly record struct Paint(
    float Hu, PhantomTissue? Tissue = PhantomTissue.Other, float Texture = 0, float Grain = 10, float Ridge = 0, float Opacity = 1);
