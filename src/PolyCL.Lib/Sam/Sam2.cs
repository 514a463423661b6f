using PolyCL.Core;
using PolyCL.Sam.Video;
using static TorchSharp.torch;

namespace PolyCL.Sam;

/// <summary>SAM 2: carries the mask of one slice through a sequence of slices (paper §3.3.2). Takes and gives plain arrays.</summary>
/// <remarks>
/// Memory does not grow with the number of slices. A slice is read, encoded and tracked when its turn comes, then its features are dropped; each is encoded
/// once, since the passes share only the reference slice. Of tracked slices are kept: memories within 6 slices and pointers within 15 of a slice that a pass
/// still comes to. Use from one thread at a time.
/// </remarks>
public sealed class Sam2 : IDisposable
{
    private readonly Sam2Network network;
    private readonly MapCodes codes;
    private readonly (EmbeddingCache Cache, string Network)? cache;

    private Sam2(Sam2Network network, MapCodes codes, string sha256, string? warning, (EmbeddingCache Cache, string Network)? cache)
    {
        this.cache = cache;
        this.network = network;
        this.codes = codes;
        Sha256 = sha256;
        Warning = warning;
    }

    /// <summary>SHA-256 of the weights.</summary>
    public string Sha256 { get; }

    /// <summary>What a user should know of the weight file, or null.</summary>
    public string? Warning { get; }

    /// <summary>What the weight file says its weights are, such as <see cref="TinyWeights.Label"/>; null for Meta's and others'.</summary>
    public string? ModelLabel => network.Label;

    /// <summary>The network's sizes.</summary>
    public Sam2Architecture Architecture => network.Sizes;

    /// <summary>Opens weights: Meta's SAM 2 or 2.1 file, tiny to large, as downloaded, or one of the same names.</summary>
    /// <param name="path">The file; <see cref="TinyWeights.Sam2"/> to try without a download.</param>
    /// <param name="options">How it computes; null for float32 at the weights' own slice size.</param>
    /// <param name="device">Where it computes; null for the CPU.</param>
    /// <param name="cache">Where encoded slices are kept from run to run (16 MiB each at full size); null keeps none.</param>
    /// <exception cref="WeightMismatchException">The file is absent, damaged, or of another network.</exception>
    /// <exception cref="ArgumentException">The slice size does not fit the network.</exception>
    public static Sam2 Load(string path, Sam2Options? options = null, Device? device = null, EmbeddingCache? cache = null)
    {
        OfficialWeights.MustExist(path, OfficialWeights.Sam2);
        options ??= new Sam2Options();
        var network = Sam2Network.Load(path, options, device ?? CPU);
        using var inference = inference_mode();
        var digest = ContentHash.OfFile(path);
        return new Sam2(
            network,
            network.Codes(),
            digest,
            TinyWeights.Warning(path, network.Label, OfficialWeights.Doubt(path, digest, OfficialWeights.Sam2), network.Note),
            cache is null ? null : (cache, $"SAM 2 {digest} {options.Precision} {network.Sizes.ImageSize}"));
    }

    /// <summary>Carries a mask from its slice in both directions.</summary>
    /// <param name="slices">The sequence.</param>
    /// <param name="reference">Number of the slice whose mask is given.</param>
    /// <param name="mask">[Height · Width]; every value but 0 belongs to the object.</param>
    /// <param name="options">Order, states, holes, stop rule.</param>
    /// <param name="progress">Told after each slice.</param>
    /// <param name="token">Stops between slices.</param>
    /// <returns>The masks of all slices that were come to, in the sequence's order.</returns>
    /// <exception cref="ArgumentException">There is no such slice, or the mask is empty or of another size.</exception>
    public IReadOnlyList<PropagatedMask> Propagate(
        SliceSequence slices,
        int reference,
        ReadOnlySpan<byte> mask,
        PropagationOptions? options = null,
        IProgress<ProgressReport>? progress = null,
        CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(slices);
        var given = Checked(slices, Check.InRange(reference, 0, slices.Count - 1), mask);
        options ??= new PropagationOptions();
        using var inference = inference_mode();
        using var run = new Propagation(network, codes, slices, reference, options, cache, progress, token);
        return run.Run(given);
    }

    private static byte[] Checked(SliceSequence slices, int reference, ReadOnlySpan<byte> mask)
    {
        if (mask.Length != slices.Height * slices.Width)
        {
            throw new ArgumentException($"The mask has {mask.Length} pixels; slices of {slices.Height}×{slices.Width} have {slices.Height * slices.Width}.", nameof(mask));
        }

        var given = new byte[mask.Length];
        for (var i = 0; i < given.Length; i++)
        {
            given[i] = mask[i] == 0 ? (byte)0 : (byte)1;
        }

        return given.Contains((byte)1)
            ? given
            : throw new ArgumentException($"The mask of slice {reference} is empty; there is nothing to propagate. Give a slice that shows the object.", nameof(mask));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        codes.Dispose();
        network.Dispose();
    }
}
