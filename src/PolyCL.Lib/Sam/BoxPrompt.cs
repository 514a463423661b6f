namespace PolyCL.Sam;

/// <summary>A box round an area, in pixels of the slice; pixel centres at whole numbers, so the maxima are the last pixels inside.</summary>
/// <param name="XMin">First column.</param>
/// <param name="YMin">First row.</param>
/// <param name="XMax">Last column.</param>
/// <param name="YMax">Last row.</param>
public readonly record struct BoxPrompt(double XMin, double YMin, double XMax, double YMax);
