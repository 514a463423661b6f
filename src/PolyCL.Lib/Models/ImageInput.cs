using static TorchSharp.torch;

namespace PolyCL.Models;

/// <summary>Checks a batch of slices before the first native call, whose errors would not name the sizes.</summary>
internal static class ImageInput
{
    /// <summary>Throws unless the input is [N, 1, H, W] with H and W multiples of <paramref name="divisor"/> and at least twice it.</summary>
    internal static void Check(Tensor input, int divisor, string network)
    {
        var shape = input.shape;
        if (shape.Length != 4 || shape[1] != 1)
        {
            throw new ArgumentException($"{network}: the input is [{string.Join(", ", shape)}]; it must be [N, 1, H, W].", nameof(input));
        }

        if (shape[0] < 1 || shape[2] % divisor != 0 || shape[3] % divisor != 0 || shape[2] < 2 * divisor || shape[3] < 2 * divisor)
        {
            throw new ArgumentException(
                $"{network}: slices of {shape[2]}×{shape[3]} do not fit; height and width must be multiples of {divisor}, at least {2 * divisor}. Resize or pad them.",
                nameof(input));
        }
    }
}
