namespace PolyCL.Data.Phantom;

/// <summary>Paint made ready for one slice.</summary>
internal readonly struct Brush(in Paint paint, TexturePlane? texture, TexturePlane? ridge)
{
    private readonly TexturePlane? texture = texture;
    private readonly TexturePlane? ridge = ridge;
    private readonly float amplitude = paint.Texture;
    private readonly float ridgeHu = paint.Ridge;

    public float Hu { get; } = paint.Hu;

    public float Opacity { get; } = paint.Opacity;

    /// <summary>The label, or 255 to leave the label below.</summary>
    public byte Tissue { get; } = (byte?)paint.Tissue ?? 255;

    public bool Textured { get; } = texture is not null || ridge is not null;

    public float ValueAt(float x, float y)
    {
        var value = Hu;
        if (texture is not null)
        {
            value += amplitude * texture.At(x, y);
        }

        if (ridge is not null)
        {
            value += ridgeHu * Math.Max(0, 1 - (MathF.Abs(ridge.Coarse(x, y)) * 9));
        }

        return value;
    }
}
