using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>Random Fourier code of points in the unit square. Key: <c>positional_encoding_gaussian_matrix</c> [2, C / 2], row 0 for x.</summary>
internal sealed class PositionCode : Module<Tensor, Tensor>
{
    private readonly Tensor positional_encoding_gaussian_matrix;

    public PositionCode(int width) : base(nameof(PositionCode))
    {
        positional_encoding_gaussian_matrix = zeros(2, width / 2);
        positional_encoding_gaussian_matrix.DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>Codes points.</summary>
    /// <param name="input">[.., 2], x and y in [0, 1].</param>
    /// <returns>[.., C]: sines, then cosines.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var angles = functional.linear((input * 2.0) - 1.0, positional_encoding_gaussian_matrix.t()) * (2 * Math.PI);
        return cat([angles.sin(), angles.cos()], dim: -1).MoveToOuterDisposeScope();
    }
}
