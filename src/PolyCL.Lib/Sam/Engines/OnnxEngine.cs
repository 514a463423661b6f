using PolyCL.Core;
using PolyCL.Sam.Modules;

namespace PolyCL.Sam.Engines;

/// <summary>SAM as a pair of ONNX files: the decoder of Meta's export script and one of the usual exports of the encoder.</summary>
internal sealed class OnnxEngine : ISamEngine
{
    private const string EncoderRole = "SAM's image encoder";
    private const string DecoderRole = "SAM's mask decoder as Meta's script exports it";
    private const int Colours = 3;
    private const int Corners = 2;

    private readonly OnnxGraph encoder;
    private readonly OnnxGraph decoder;
    private readonly long[] embeddingShape;
    private readonly bool normalises;

    private OnnxEngine(OnnxGraph encoder, OnnxGraph decoder, string sha256)
    {
        this.encoder = encoder;
        this.decoder = decoder;
        Sha256 = sha256;
        encoder.MustHave(EncoderRole, [[3, 4]], [4]);
        // Embedding, points, labels, mask, whether there is a mask, size of the slice; masks, qualities.
        decoder.MustHave(DecoderRole, [[4], [3], [2], [4], [1], [1]], [4, 2]);
        normalises = encoder.Input(0).Count == 3;
        var (embedding, mask) = (decoder.Input(0), decoder.Input(3));
        if (embedding.Skip(1).Any(size => size < 1) || embedding[2] != embedding[3] || mask[2] != 4 * embedding[2] || mask[3] != mask[2])
        {
            throw new WeightMismatchException(
                $"The ONNX file is not {DecoderRole}: its embedding is [{string.Join("×", embedding)}] and its mask [{string.Join("×", mask)}]; the mask must be four times as large.");
        }

        embeddingShape = [1, embedding[1], embedding[2], embedding[3]];
        ImageSize = SamArchitecture.Patch * embedding[2];
    }

    public string Name => "onnx";

    public string? Label => null;

    public string Sha256 { get; }

    public int ImageSize { get; }

    public string Arithmetic => "onnx";

    /// <summary>Opens both files.</summary>
    /// <param name="encoderPath">Image in, normalised and padded [1, 3, S, S] or plain grey levels [H, W, 3]; embedding out.</param>
    /// <param name="decoderPath">Embedding and points in; masks and qualities out.</param>
    /// <param name="device">"cpu", "cuda" or "cuda:N".</param>
    /// <exception cref="WeightMismatchException">A file is absent, damaged or has other inputs and outputs.</exception>
    internal static OnnxEngine Load(string encoderPath, string decoderPath, string device)
    {
        var encoder = OnnxGraph.Open(encoderPath, EncoderRole, device);
        OnnxGraph? decoder = null;
        try
        {
            decoder = OnnxGraph.Open(decoderPath, DecoderRole, device);
            return new OnnxEngine(encoder, decoder, ContentHash.OfText(string.Join('\n', Files(encoderPath).Append(decoderPath).Select(ContentHash.OfFile))));
        }
        catch
        {
            encoder.Dispose();
            decoder?.Dispose();
            throw;
        }
    }

    public float[] Embed(SamImage image, byte[] resized)
    {
        var input = normalises
            ? (resized.SelectMany(grey => Enumerable.Repeat((float)grey, Colours)).ToArray(), [image.Rows, image.Columns, Colours])
            : (image.InputValues(resized), new long[] { 1, Colours, image.Size, image.Size });
        var (values, shape) = encoder.Run([input], outputs: 1)[0];
        return shape.SequenceEqual(embeddingShape)
            ? values
            : throw new WeightMismatchException(
                $"The ONNX encoder gives an embedding of [{string.Join("×", shape)}], the decoder takes [{string.Join("×", embeddingShape)}]; give two files of one network.");
    }

    public SliceMasks Decode(float[] embedding, SamImage image, IReadOnlyList<BoxPrompt> boxes, bool bestOfThree)
    {
        var union = new byte[image.Height * image.Width];
        var qualities = new float[boxes.Count];
        for (var i = 0; i < boxes.Count; i++)
        {
            // The graph takes one box a run.
            var results = decoder.Run(
                [
                    (embedding, embeddingShape),
                    (image.CornerValues([boxes[i]]), [1, Corners, 2]),
                    ([(float)PromptLabel.TopLeft, (float)PromptLabel.BottomRight], [1, Corners]),
                    (new float[16 * embeddingShape[2] * embeddingShape[3]], [1, 1, 4 * embeddingShape[2], 4 * embeddingShape[3]]),
                    ([0], [1]),
                    ([image.Height, image.Width], [2]),
                ],
                outputs: 2);
            var (logits, quality) = (results[0].Values, results[1].Values);
            var mask = Choose(results[0].Shape, quality, union.Length, bestOfThree);
            qualities[i] = quality[mask];
            var chosen = logits.AsSpan(mask * union.Length, union.Length);
            for (var pixel = 0; pixel < union.Length; pixel++)
            {
                union[pixel] |= chosen[pixel] > 0 ? (byte)1 : (byte)0;
            }
        }

        return new SliceMasks(union, qualities);
    }

    /// <summary>Of four masks the one for clear prompts or the best alternative; a graph exported for a single mask has chosen itself.</summary>
    private static int Choose(long[] shape, float[] quality, int pixels, bool bestOfThree)
    {
        var masks = (int)shape[1];
        if (masks is not (1 or 4) || quality.Length != masks || shape.Aggregate((product, size) => product * size) != (long)masks * pixels)
        {
            throw new WeightMismatchException($"The ONNX decoder gives masks of [{string.Join("×", shape)}] and {quality.Length} qualities; 1 or 4 masks of the slice's size are needed.");
        }

        return bestOfThree && masks == 4 ? Array.IndexOf(quality, quality.AsSpan(1).ToArray().Max(), 1) : 0;
    }

    /// <summary>An encoder's file and, for those over 2 GB, the files of its weights beside it.</summary>
    private static IEnumerable<string> Files(string path) =>
        Directory.EnumerateFiles(Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path) + "*").Order(StringComparer.Ordinal);

    public void Dispose()
    {
        encoder.Dispose();
        decoder.Dispose();
    }
}
