namespace PolyCL.Sam;

/// <summary>The filters of Pillow's resize that the SAM models were trained with.</summary>
internal enum PillowFilter
{
    /// <summary>Triangle of half-width 1: SAM's image preparation.</summary>
    Bilinear,

    /// <summary>Cubic with a = −0.5 and half-width 2: SAM 2's video frames.</summary>
    Bicubic,
}
