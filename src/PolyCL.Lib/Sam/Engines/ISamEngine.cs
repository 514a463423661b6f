using PolyCL.Sam.Modules;

namespace PolyCL.Sam.Engines;

/// <summary>What computes SAM's numbers: plain arrays in and out, one slice at a time.</summary>
internal interface ISamEngine : IDisposable
{
    /// <summary>Size of the network, such as <c>vit_b</c>.</summary>
    string Name { get; }

    /// <summary>What the weight file says its weights are, or null.</summary>
    string? Label { get; }

    /// <summary>Digest of the weights.</summary>
    string Sha256 { get; }

    /// <summary>Pixels along one side of the model's image.</summary>
    int ImageSize { get; }

    /// <summary>What besides weights and image decides the embedding, such as the number format.</summary>
    string Arithmetic { get; }

    /// <summary>Encodes an image.</summary>
    /// <param name="image">How the slice lies in the model's image.</param>
    /// <param name="resized">Its grey levels there [Rows, Columns].</param>
    /// <returns>The embedding, flat.</returns>
    float[] Embed(SamImage image, byte[] resized);

    /// <summary>Decodes boxes.</summary>
    /// <param name="embedding">From <see cref="Embed"/>.</param>
    /// <param name="image">How the slice lies in the model's image.</param>
    /// <param name="boxes">At least one box, in pixels of the slice.</param>
    /// <param name="bestOfThree">See <see cref="SamOptions.BestOfThree"/>.</param>
    SliceMasks Decode(float[] embedding, SamImage image, IReadOnlyList<BoxPrompt> boxes, bool bestOfThree);
}
