namespace PolyCL.Sam.Modules;

/// <summary>Sizes of a mask decoder and which of the two generations it is.</summary>
/// <param name="Width">Channels of the image embedding and width of a token, C.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="MlpWidth">Width inside a layer's map.</param>
/// <param name="IouWidth">Width inside the head that predicts the masks' quality.</param>
/// <param name="Sam2">
/// True for SAM 2: a token and head for whether the object is there, quality through a sigmoid, features of finer maps added while upscaling,
/// other names in the layers' maps.
/// </param>
internal sealed record MaskDecoderOptions(int Width = 256, int Heads = 8, int MlpWidth = 2048, int IouWidth = 256, bool Sam2 = false);
