using static TorchSharp.torch;

namespace PolyCL.Models.Fused;

/// <summary>Between torch's view of maps, [N, C, H, W] with channels-last strides, and the kernels', contiguous [N, H, W, C].</summary>
internal static class Maps
{
    /// <summary>[N, H, W, C] of any content.</summary>
    internal static Tensor Rent(ScalarType type, int images, int height, int width, int channels) => TensorPool.Rent(type, images, height, width, channels);

    /// <summary>As large as another map in the kernels' order.</summary>
    internal static Tensor RentLike(Tensor inner, ScalarType type) => TensorPool.Rent(type, inner.shape);

    /// <summary>The kernels' view; a copy when the strides are others.</summary>
    internal static Tensor Inner(Tensor outer)
    {
        using var view = outer.permute(0, 2, 3, 1);
        return view.contiguous();
    }

    /// <summary>Torch's view.</summary>
    internal static Tensor Outer(Tensor inner) => inner.permute(0, 3, 1, 2);
}
