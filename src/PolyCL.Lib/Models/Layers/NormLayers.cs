using TorchSharp.Modules;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Layers;

/// <summary>Makes affine norms with weights of 1 and biases of 0; TorchSharp 0.107 leaves those of its group norm as the memory was.</summary>
internal static class NormLayers
{
    internal static GroupNorm Group(int groups, int channels, double epsilon = 1e-5)
    {
        var norm = GroupNorm(groups, channels, epsilon);
        init.ones_(norm.weight);
        init.zeros_(norm.bias);
        return norm;
    }

    internal static InstanceNorm2d Instance(int channels)
    {
        var norm = InstanceNorm2d(channels, affine: true);
        init.ones_(norm.weight);
        init.zeros_(norm.bias);
        return norm;
    }
}
