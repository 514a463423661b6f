using Microsoft.ML.OnnxRuntime;
using PolyCL.Core;

namespace PolyCL.Sam.Engines;

/// <summary>An open ONNX file whose inputs and outputs are bound by position and rank: their names differ between exports.</summary>
internal sealed class OnnxGraph : IDisposable
{
    private readonly InferenceSession session;
    private readonly string path;

    private OnnxGraph(InferenceSession session, string path)
    {
        this.session = session;
        this.path = path;
    }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="role">What it should be, for messages.</param>
    /// <param name="device">"cpu", "cuda" or "cuda:N".</param>
    /// <exception cref="WeightMismatchException">The file is absent or no ONNX file that this runtime can run.</exception>
    internal static OnnxGraph Open(string path, string role, string device)
    {
        if (!File.Exists(Check.NotBlank(path)))
        {
            throw new WeightMismatchException($"ONNX file '{Path.GetFullPath(path)}' does not exist; give the file of {role}.", path);
        }

        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        try
        {
            if (device.StartsWith("cuda", StringComparison.Ordinal))
            {
                options.AppendExecutionProvider_CUDA(device.Length > 5 ? int.Parse(device[5..], System.Globalization.CultureInfo.InvariantCulture) : 0);
            }

            return new OnnxGraph(new InferenceSession(path, options), path);
        }
        catch (OnnxRuntimeException e)
        {
            throw new WeightMismatchException($"ONNX file '{path}' cannot be opened: {FirstLine(e)} Give the file of {role}.", path);
        }
    }

    /// <summary>Sizes of an input's dimensions; −1 where the graph takes any.</summary>
    internal IReadOnlyList<int> Input(int position) => session.InputMetadata[session.InputNames[position]].Dimensions;

    /// <summary>Checks the number of inputs, the rank of each, and the rank of the first outputs; all must be float32.</summary>
    /// <param name="role">What the file should be, for messages.</param>
    /// <param name="inputs">Allowed ranks of each input.</param>
    /// <param name="outputs">Rank of each output that is used.</param>
    /// <exception cref="WeightMismatchException">They differ.</exception>
    internal void MustHave(string role, int[][] inputs, int[] outputs)
    {
        var given = Ranks(session.InputNames, session.InputMetadata);
        var made = Ranks(session.OutputNames, session.OutputMetadata);
        if (given.Count != inputs.Length || given.Zip(inputs).Any(pair => !pair.Second.Contains(pair.First))
            || made.Count < outputs.Length || !made.Take(outputs.Length).SequenceEqual(outputs))
        {
            throw new WeightMismatchException(
                $"ONNX file '{path}' is not {role}: its inputs are {Describe(session.InputNames, session.InputMetadata)}, its outputs "
                + $"{Describe(session.OutputNames, session.OutputMetadata)}; needed are float inputs of ranks {string.Join(", ", inputs.Select(ranks => string.Join(" or ", ranks)))} "
                + $"and outputs of ranks {string.Join(", ", outputs)}.",
                path);
        }
    }

    /// <summary>Runs the graph.</summary>
    /// <param name="inputs">Numbers and shape of each input, in order.</param>
    /// <param name="outputs">How many outputs are wanted, from the first.</param>
    /// <returns>Numbers and shape of each output.</returns>
    /// <exception cref="WeightMismatchException">The graph does not take these shapes.</exception>
    internal IReadOnlyList<(float[] Values, long[] Shape)> Run(IReadOnlyList<(float[] Values, long[] Shape)> inputs, int outputs)
    {
        var values = inputs.Select(input => OrtValue.CreateTensorValueFromMemory(input.Values, input.Shape)).ToList();
        try
        {
            using var options = new RunOptions();
            using var results = session.Run(options, session.InputNames, values, [.. session.OutputNames.Take(outputs)]);
            return [.. results.Select(result => (result.GetTensorDataAsSpan<float>().ToArray(), result.GetTensorTypeAndShape().Shape))];
        }
        catch (OnnxRuntimeException e)
        {
            throw new WeightMismatchException(
                $"ONNX file '{path}' cannot run on inputs of {string.Join(", ", inputs.Select(input => $"[{string.Join("×", input.Shape)}]"))}: {FirstLine(e)}", path);
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }

    /// <summary>The rank of each, or −1 for what is no float32 tensor.</summary>
    private static List<int> Ranks(IReadOnlyList<string> names, IReadOnlyDictionary<string, NodeMetadata> metadata) =>
        [.. names.Select(name => metadata[name] is { IsTensor: true } node && node.ElementType == typeof(float) ? node.Dimensions.Length : -1)];

    private static string Describe(IReadOnlyList<string> names, IReadOnlyDictionary<string, NodeMetadata> metadata) =>
        string.Join(", ", names.Select(name => metadata[name].IsTensor
            ? $"{name} {metadata[name].ElementType.Name} [{string.Join("×", metadata[name].Dimensions.Select(size => size < 0 ? "?" : $"{size}"))}]"
            : name));

    private static string FirstLine(OnnxRuntimeException e) => e.Message.Split('\n')[0].Trim();

    public void Dispose() => session.Dispose();
}
