using PolyCL.Core;
using static TorchSharp.torch;

namespace PolyCL.Models;

/// <summary>Moves a pre-trained encoder's weights into another network's encoder.</summary>
internal static class EncoderTransfer
{
    private const string HeadPrefix = "projHead.";

    internal static int Copy(ContrastiveEncoder source, Encoder target)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var from = source.state_dict().Where(entry => !entry.Key.StartsWith(HeadPrefix, StringComparison.Ordinal)).ToDictionary();
        var to = target.state_dict()
            .Where(entry => !target.OwnHeads.Any(head => entry.Key.StartsWith(head + ".", StringComparison.Ordinal)))
            .ToDictionary();
        var missing = to.Keys.Except(from.Keys).ToList();
        var unexpected = from.Keys.Except(to.Keys).ToList();
        var wrong = to.Where(entry => from.TryGetValue(entry.Key, out var other) && !entry.Value.shape.SequenceEqual(other.shape))
            .Select(entry => entry.Key)
            .ToList();
        if (missing.Count + unexpected.Count + wrong.Count > 0)
        {
            throw new WeightMismatchException(
                $"The pre-trained encoder does not fit: {missing.Count} tensors missing, {unexpected.Count} unexpected, {wrong.Count} of another shape. Build both networks with the same widths.",
                null,
                missing,
                unexpected,
                wrong);
        }

        foreach (var (name, tensor) in to)
        {
            tensor.copy_(from[name]);
        }

        return to.Count;
    }
}
