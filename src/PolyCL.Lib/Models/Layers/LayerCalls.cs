using System.Diagnostics.CodeAnalysis;
using PolyCL.Arithmetic;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Layers;

/// <summary>Calls torch's layers in the number format asked for: in bfloat16 the operands are cast and the result is widened to float32 again.</summary>
internal static class LayerCalls
{
    [ThreadStatic]
    private static bool asLayers;

    /// <summary>Runs a pass in which convolutions are called as torch's layers, hooks and all, whatever the route: for counting, where values do not matter.</summary>
    internal static void AsLayers(Action pass)
    {
        asLayers = true;
        try
        {
            pass();
        }
        finally
        {
            asLayers = false;
        }
    }

    /// <summary>A convolution by the route that this machine's arithmetic asks for.</summary>
    internal static Tensor Apply(this Conv2d layer, Tensor x, ComputePrecision precision = ComputePrecision.Full) => (precision, asLayers ? ArithmeticRoute.Direct : MachineArithmetic.Route) switch
    {
        (ComputePrecision.Full, ArithmeticRoute.Direct) when Primitives.AreTorchs => layer.call(x),
        (ComputePrecision.Full, var route) => CheckedConvolution.Forward(route, x, layer.weight, layer.bias, layer.stride, layer.padding!, layer.groups),
        (_, var route) => Widen(CheckedConvolution.Forward(route, Narrow(x), Narrow(layer.weight), Narrow(layer.bias), layer.stride, layer.padding!, layer.groups)),
    };

    /// <summary>A transposed convolution, likewise.</summary>
    internal static Tensor Apply(this ConvTranspose2d layer, Tensor x, ComputePrecision precision = ComputePrecision.Full) => (precision, asLayers ? ArithmeticRoute.Direct : MachineArithmetic.Route) switch
    {
        (ComputePrecision.Full, ArithmeticRoute.Direct) when Primitives.AreTorchs => layer.call(x),
        (ComputePrecision.Full, var route) => CheckedConvolution.Transposed(route, x, layer.weight, layer.bias, layer.stride, layer.padding!),
        (_, var route) => Widen(CheckedConvolution.Transposed(route, Narrow(x), Narrow(layer.weight), Narrow(layer.bias), layer.stride, layer.padding!)),
    };

    internal static Tensor Apply(this Linear layer, Tensor x, ComputePrecision precision) => precision == ComputePrecision.Full
        ? layer.call(x)
        : Widen(functional.linear(Narrow(x), Narrow(layer.weight), Narrow(layer.bias)));

    /// <summary>Batch norm; where a batch holds one value per channel, which has no spread, the running statistics stand in and stay as they are.</summary>
    internal static Tensor Apply(this BatchNorm2d layer, Tensor x) => !layer.training || x.shape[0] * x.shape[2] * x.shape[3] > 1
        ? layer.call(x)
        : functional.batch_norm(x, layer.running_mean, layer.running_var, layer.weight, layer.bias, training: false, eps: layer.eps);

    [return: NotNullIfNotNull(nameof(x))]
    internal static Tensor? Narrow(Tensor? x) => x?.to_type(ScalarType.BFloat16);

    internal static Tensor Widen(Tensor x) => x.to_type(ScalarType.Float32);
}
