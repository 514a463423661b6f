using static TorchSharp.torch;

namespace PolyCL.Models.Fused;

/// <summary>The handles of the gradients that the last backward on this thread gave to autograd.</summary>
/// <remarks>
/// Autograd keeps its own reference; ours only holds the memory. It cannot be let go before the backward returns, and would stay until the
/// user's scope closes, so the next backward lets it go: otherwise all gradients of a step would be in memory together.
/// </remarks>
internal static class GradientHandles
{
    [ThreadStatic]
    private static List<Tensor>? handles;

    /// <summary>Moves the gradients to the caller's scope and remembers them.</summary>
    internal static List<Tensor> Keep(List<Tensor> gradients)
    {
        handles = gradients;
        foreach (var gradient in gradients)
        {
            gradient?.MoveToOuterDisposeScope();
        }

        return gradients;
    }

    /// <summary>Disposes what the last backward left.</summary>
    internal static void Release()
    {
        foreach (var gradient in handles ?? [])
        {
            gradient?.Dispose();
        }

        handles = null;
    }
}
