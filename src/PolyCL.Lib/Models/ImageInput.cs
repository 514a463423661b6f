using static TorchSharp.torch;

namespace PolyCL.Models;

/// <summary>Checks a batch of slices before the first native call, whose errors would not name the sizes.</summary>
internal static class ImageInput
{
    /// <summary>Throws unless the input is [N, 1, H, W] with at least one slice of a size that the network takes.</summary>
    internal static void Check(Tensor input, NetworkOptions network)
    {
        var shape = input.shape;
        if (shape.Length != 4 || shape[0] < 1 || shape[1] != 1)
        {
            throw new ArgumentException($"{network.Backbone}: the input is [{string.Join(", ", shape)}]; it must be [N, 1, H, W].", nameof(input));
        }

        network.CheckSize(shape[2], shape[3]);
    }
}
