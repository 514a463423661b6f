using static TorchSharp.torch;

namespace PolyCL.Models.Weights;

/// <summary>The tensors of one weight file: names, shapes and formats are known, the numbers are read when asked for.</summary>
/// <remarks>
/// Keeps the file open, so that a tensor's bytes go straight into its memory and a file of several gigabytes costs no second copy. Dispose when
/// done. Every position was checked against the file's length on opening.
/// </remarks>
public sealed class WeightSet : IDisposable
{
    private readonly WeightSource source;
    private readonly Dictionary<string, WeightEntry> byName;

    internal WeightSet(WeightSource source, IReadOnlyList<WeightEntry> entries, IReadOnlyDictionary<string, string> metadata)
    {
        this.source = source;
        Entries = entries;
        Metadata = metadata;
        byName = new Dictionary<string, WeightEntry>(entries.Count, StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (!byName.TryAdd(entry.FullName, entry))
            {
                throw source.Problem($"holds two tensors named '{entry.FullName}'; save it with different names.");
            }
        }

        BySection = entries.ToLookup(entry => entry.Section, StringComparer.Ordinal);
        Sections = [.. BySection.Select(section => section.Key)];
    }

    /// <summary>The file.</summary>
    public string Path => source.Path;

    /// <summary>All tensors, in the file's order.</summary>
    public IReadOnlyList<WeightEntry> Entries { get; }

    /// <summary>What the file says besides tensors: .safetensors metadata, or the plain values of a .pth (<c>epoch</c> → <c>12</c>).</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Paths of the dictionaries that hold tensors, such as <c>state_dict</c>; the outermost is the empty text.</summary>
    public IReadOnlyList<string> Sections { get; }

    /// <summary>Finds a tensor by its full name.</summary>
    /// <returns>The entry, or null.</returns>
    public WeightEntry? Find(string fullName) => byName.GetValueOrDefault(fullName);

    /// <summary>Reads one tensor as stored: its own number format, contiguous, on the CPU, without gradient.</summary>
    /// <param name="fullName">Section and name joined by a dot.</param>
    /// <returns>A fresh tensor that the caller owns.</returns>
    /// <exception cref="ArgumentException">There is no such tensor.</exception>
    /// <exception cref="Core.WeightMismatchException">The file cannot be read any more.</exception>
    public Tensor ReadTensor(string fullName) =>
        Read(Find(fullName) ?? throw new ArgumentException($"Weight file '{Path}' has no tensor '{fullName}'.", nameof(fullName)));

    internal ILookup<string, WeightEntry> BySection { get; }

    internal Tensor Read(WeightEntry entry) => source.Read(entry);

    /// <inheritdoc/>
    public void Dispose() => source.Dispose();
}
