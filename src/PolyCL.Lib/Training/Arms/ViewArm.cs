using PolyCL.Data;
using PolyCL.Losses;
using PolyCL.Models;
using PolyCL.Sampling;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training.Arms;

/// <summary>SimCLR and SupCon: two views of each anchor find each other, or the views of their label, among all views of the minibatch.</summary>
internal sealed class ViewArm(PretrainOptions options, ContrastiveEncoder encoder, ViewPairs views, SliceStore store) : PretrainArm
{
    /// <inheritdoc/>
    public override Module Network => encoder;

    /// <inheritdoc/>
    public override void BeginStep(long step) => encoder.SetDropoutKey(options.Seed, step);

    /// <inheritdoc/>
    public override Tensor Loss(Minibatch batch, Minibatch next)
    {
        var (one, two) = views.Render(batch);
        var first = encoder.call(one);                                   // [M, E]
        var second = encoder.call(two);
        if (options.Selection.Strategy == Strategy.SimClr)
        {
            return ContrastiveLoss.NtXent(first, second, options.ResolvedTemperature, options.Selection.Rule == SelectionRule.AuthorsCode);
        }

        var labels = batch.Anchors.ToArray().Select(slice => store.Slices[slice].ContainsOrgan ? 1L : 0L).ToArray();
        return ContrastiveLoss.SupCon([first, second], tensor(labels, device: first.device), options.ResolvedTemperature);
    }
}
