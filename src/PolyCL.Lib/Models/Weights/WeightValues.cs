using PolyCL.Core;
using TorchSharp;
using static TorchSharp.torch;

namespace PolyCL.Models.Weights;

/// <summary>Reads tensors in a network's number format, and refuses those that are not finite: a network with one of them answers NaN.</summary>
internal static class WeightValues
{
    /// <summary>Reads a tensor in another format and shape of the same number of elements.</summary>
    /// <param name="weights">The file.</param>
    /// <param name="entry">Its tensor.</param>
    /// <param name="type">The format wanted.</param>
    /// <param name="shape">The shape wanted.</param>
    /// <param name="fault">What is wrong with the numbers, or null.</param>
    /// <returns>A fresh tensor that the caller owns.</returns>
    internal static Tensor Read(WeightSet weights, WeightEntry entry, ScalarType type, long[] shape, out string? fault)
    {
        using var scope = NewDisposeScope();
        var values = weights.Read(entry);
        var converted = values.to_type(type).reshape(shape);
        fault = Fault(values, converted);
        return converted.MoveToOuterDisposeScope();
    }

    /// <summary>Refuses tensors with faults, by their names in the file.</summary>
    internal static void ThrowIfAny(IReadOnlyList<(WeightEntry Entry, string Fault)> faults, string path)
    {
        if (faults.Count > 0)
        {
            var named = WeightNames.Some([.. faults.Select(fault => $"'{fault.Entry.FullName}' {fault.Fault}")]);
            throw new WeightMismatchException(
                $"Weight file '{path}' has weights that are not finite: {named}. "
                + "A network with them answers NaN; give a file saved before its training failed.",
                path);
        }
    }

    private static string? Fault(Tensor values, Tensor converted)
    {
        if (!WeightTypes.IsFloating(values.dtype) || AllFinite(converted))
        {
            return null;
        }

        var (nan, infinite) = (Count(values.isnan()), Count(values.isinf()));
        return nan > 0 ? $"(NaN in {nan} of {values.numel()} numbers)"
            : infinite > 0 ? $"(infinite in {infinite} of {values.numel()} numbers)"
            : WeightTypes.IsFloating(converted.dtype) ? $"(numbers beyond {WeightTypes.Name(converted.dtype)})"
            : null;
    }

    private static bool AllFinite(Tensor values) => WeightTypes.IsFloating(values.dtype) && values.isfinite().all().ToBoolean();

    private static long Count(Tensor flags) => flags.sum().ToInt64();
}
