using System.CommandLine;
using PolyCL.Core;
using PolyCL.Sam;
using PolyCL.Training;

namespace PolyCL.Cli;

/// <summary>The options that name SAM's weights and say how it is asked.</summary>
internal sealed class SamArguments
{
    private readonly Option<string?> weights = new("--sam") { Description = "SAM's weight file as Meta publishes it, such as sam_vit_b_01ec64.pth; without it a small network trained on phantoms.", HelpName = "FILE" };
    private readonly Option<string?> decoder = new("--decoder") { Description = "SAM's decoder as an ONNX file, when --sam is an encoder as an ONNX file.", HelpName = "FILE" };
    private readonly BoxArguments boxes = new();
    private readonly Option<string> precision = PrecisionArgument.Create("Image encoder in fp32 or bf16.");
    private readonly Option<int> chunk = new("--chunk") { Description = "Rows of patches attended at a time; 0 for all. Changes memory and time alone.", HelpName = "ROWS", DefaultValueFactory = _ => 8 };
    private readonly Option<string?> cache = new("--cache") { Description = "Keep image embeddings in this folder for later runs.", HelpName = "DIR" };
    private readonly Option<double> cacheSize = new("--cache-size") { Description = "GiB that the embeddings may take; the oldest go first.", HelpName = "GIB", DefaultValueFactory = _ => 8 };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        Option[] options = [weights, decoder, precision, chunk, cache, cacheSize];
        boxes.AddTo(command);
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Opens SAM as the command line says.</summary>
    public SamRefiner Load(ParseResult parse, ComputeOptions compute)
    {
        var bytes = (long)(Check.Positive(parse.GetValue(cacheSize), "--cache-size") * (1L << 30));
        var kept = parse.GetValue(cache) is { } folder ? new EmbeddingCache(folder, bytes) : null;
        var device = compute.Open();
        var (file, second) = (parse.GetValue(weights) ?? TinyWeights.Sam, parse.GetValue(decoder));
        return (second, file.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)) switch
        {
            ({ } graph, true) => SamRefiner.LoadOnnx(file, graph, Options(parse), compute.DeviceName(), kept),
            (null, false) => SamRefiner.Load(file, Options(parse), device, kept),
            (null, true) => throw new ArgumentException($"--sam {file} is an ONNX encoder; give its decoder with --decoder."),
            _ => throw new ArgumentException($"--decoder belongs to an ONNX encoder, to be named by --sam; {file} holds the whole network."),
        };
    }

    private SamOptions Options(ParseResult parse) => boxes.Options(parse) with
    {
        Precision = PrecisionArgument.Of(parse, precision),
        ChunkRows = parse.GetValue(chunk),
    };
}
