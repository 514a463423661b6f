namespace PolyCL.Sam.Training;

/// <summary>The pixels of training slices.</summary>
/// <param name="Matrix">Pixels along the longer side of the phantom's slices.</param>
/// <param name="Prepared">Rows and columns to which slices are prepared, as for a segmentation network; null leaves them as they are.</param>
public readonly record struct TinyGrid(int Matrix, int? Prepared = null);
