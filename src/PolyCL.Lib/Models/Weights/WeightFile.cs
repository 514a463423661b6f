using PolyCL.Core;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Weights;

/// <summary>Reads and writes weight files: .safetensors and PyTorch's .pth/.pt, zip or older. Nothing in a file is ever executed.</summary>
public static class WeightFile
{
    /// <summary>Opens a weight file; the kind is told by its content, not its name.</summary>
    /// <returns>The tensors by name, read on demand; dispose it when done.</returns>
    /// <exception cref="WeightMismatchException">The file is absent, damaged, of another kind, or would need code to be run.</exception>
    public static WeightSet Read(string path)
    {
        Check.NotBlank(path);
        var source = new WeightSource(path);
        try
        {
            return Open(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Writes a network's parameters and buffers as .safetensors: whole or not at all, the same bytes for the same content.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="source">The network; its state dictionary's names are kept.</param>
    /// <param name="metadata">Texts to keep with the weights, such as profile and seed.</param>
    /// <exception cref="ArgumentException">A number format has no place in .safetensors.</exception>
    /// <exception cref="IOException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string path, Module source, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        Write(path, source.state_dict(), metadata);
    }

    /// <summary>Writes tensors as .safetensors; they may lie on any device and be strided.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="tensors">Tensors by name; they stay the caller's.</param>
    /// <param name="metadata">Texts to keep with the weights.</param>
    /// <inheritdoc cref="Write(string, Module, IReadOnlyDictionary{string, string}?)"/>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        Check.NotBlank(path);
        ArgumentNullException.ThrowIfNull(tensors);
        SafetensorsWriter.Write(path, tensors, metadata ?? new Dictionary<string, string>());
    }

    /// <summary>Writes tensors as a state dictionary that <c>torch.load</c> reads: whole or not at all, the same bytes for the same content.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="tensors">Tensors by name; they stay the caller's.</param>
    /// <exception cref="ArgumentException">A number format has no place in .pth.</exception>
    /// <exception cref="IOException">The disk is full or the folder cannot be written.</exception>
    public static void WriteTorch(string path, IReadOnlyDictionary<string, Tensor> tensors)
    {
        Check.NotBlank(path);
        ArgumentNullException.ThrowIfNull(tensors);
        TorchArchiveWriter.Write(path, tensors);
    }

    private static WeightSet Open(WeightSource source)
    {
        Span<byte> start = stackalloc byte[TorchStream.StartBytes];
        start = start[..(int)Math.Min(start.Length, source.Length)];
        source.Read(0, start);
        if (start.IsEmpty)
        {
            throw source.Problem("is empty; copy or download it again.");
        }

        if (start.StartsWith("PK"u8))
        {
            return TorchArchive.Read(source);
        }

        if (TorchStream.Begins(start))
        {
            return TorchStream.Read(source);
        }

        if (start.Length > 8 && start[8] == '{')
        {
            return SafetensorsReader.Read(source);
        }

        throw source.Problem(Guess(start));
    }

    /// <summary>What the file probably is, and how to mend it.</summary>
    private static string Guess(ReadOnlySpan<byte> start) => start switch
    {
        [0x80, <= 5, ..] => "is a bare Python pickle, not a file of torch.save; save it in PyTorch: torch.save(model.state_dict(), path).",
        [(byte)'<', ..] => "is a web page, not weights; download the file itself.",
        _ when start.StartsWith("version https://"u8) => "is a Git LFS pointer, not weights; fetch the file itself with 'git lfs pull'.",
        _ => "is neither .safetensors nor a .pth of PyTorch; give one of these.",
    };
}
