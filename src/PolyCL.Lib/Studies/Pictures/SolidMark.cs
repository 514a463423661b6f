using ScottPlot;
using SkiaSharp;

namespace PolyCL.Studies.Pictures;

/// <summary>A mark without the dashes that the chart library leaves in its brush after a dashed line; SVG has none for marks.</summary>
internal sealed class SolidMark(MarkerShape shape) : IMarker
{
    private readonly IMarker mark = shape.GetMarker();

    public void Render(SKCanvas canvas, Paint paint, Pixel center, float size, MarkerStyle markerStyle)
    {
        paint.SKPathEffect = null!;
        mark.Render(canvas, paint, center, size, markerStyle);
    }
}
