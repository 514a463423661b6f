namespace PolyCL.Data.Phantom;

/// <summary>A part of the body that paints its section into a slice; unchanging once made.</summary>
internal interface IPart
{
    void Paint(SliceCanvas canvas);
}
