using PolyCL.Sam.Modules;
using PolyCL.Sam.Video;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Training;

/// <summary>Tracks a batch of sequences as <see cref="SliceTracker"/> tracks one, with gradients, and scores what is found on the way.</summary>
/// <remarks>
/// The order is a propagation's: the prompted slice, forward to the end, then backward from it in the same state. Memories are of the network's own
/// masks, chosen by its own estimates. Each slice scores the best of its masks, the estimates of all, and whether the organ is there (paper of SAM 2, appendix D).
/// </remarks>
internal sealed class SequenceTracking(Sam2Network network)
{
    /// <summary>The mean loss of a batch's slices: a fresh scalar that the caller owns.</summary>
    internal Tensor Loss(SequenceBatch batch)
    {
        using var scope = NewDisposeScope();
        using var codes = network.Codes();
        using var bank = new MemoryBank(batch.Slices);
        using var all = network.Encode(batch.Pixels, codes);
        List<Tensor> losses = [Prompt(batch, all, codes, bank)];
        for (var position = batch.Prompted + 1; position < batch.Length; position++)
        {
            losses.Add(Track(batch, position, reverse: false, all, codes, bank));
        }

        for (var position = batch.Prompted - 1; position >= 0; position--)
        {
            losses.Add(Track(batch, position, reverse: true, all, codes, bank));
        }

        return stack(losses).mean().MoveToOuterDisposeScope();
    }

    private Tensor Prompt(SequenceBatch batch, SliceFeatures all, MapCodes codes, MemoryBank bank)
    {
        using var scope = NewDisposeScope();
        var (slices, masks) = (all.Part(batch.Prompted * batch.Count, batch.Count), batch.MasksAt(batch.Prompted));
        using (slices)
        {
            var seen = network.Look(slices.Map, slices.Fine, codes, masks);
            Remember(batch.Prompted, slices, seen, batch.Remembered, bank, isPrompt: true);
            return Score(seen, masks).MoveToOuterDisposeScope();
        }
    }

    private Tensor Track(SequenceBatch batch, int position, bool reverse, SliceFeatures all, MapCodes codes, MemoryBank bank)
    {
        using var scope = NewDisposeScope();
        using var slices = all.Part(position * batch.Count, batch.Count);
        var tokens = network.Gather(bank, bank.Choose(position, reverse), batch.Slices, codes);
        var seen = network.Look(network.Join(slices, tokens, codes), slices.Fine, codes, mask: null);
        Remember(position, slices, seen, mask: null, bank, isPrompt: false);
        return Score(seen, batch.MasksAt(position)).MoveToOuterDisposeScope();
    }

    /// <summary>Remembers slices by their best masks, or by given ones.</summary>
    private void Remember(int position, SliceFeatures slices, DecodedMasks seen, Tensor? mask, MemoryBank bank, bool isPrompt)
    {
        using var scope = NewDisposeScope();
        var best = seen.Qualities.detach().argmax(1, keepdim: true);                                      // [N, 1]
        var there = seen.ObjectScores!.detach().gt(0.0).to_type(ScalarType.Float32);                 // [N, 1]
        var absent = 1.0 - there;
        var token = Chosen(seen.Tokens).squeeze(1);                                                        // [N, dim]
        var pointer = (network.Pointer(token) * there) + (network.NoPointer() * absent);
        var shown = mask ?? network.Enlarge(Chosen(seen.Logits)).sigmoid() * there.unsqueeze(-1).unsqueeze(-1);
        bank.Put(position, network.Remember(slices.Map, shown, mask is null ? absent : zeros_like(absent)), pointer, isPrompt);

        Tensor Chosen(Tensor ofMasks) => ofMasks.take_along_dim(best.reshape([-1, 1, .. Enumerable.Repeat(1L, (int)ofMasks.dim() - 2)]), 1);
    }

    /// <summary>The loss of one position: a fresh scalar.</summary>
    private Tensor Score(DecodedMasks seen, Tensor masks)
    {
        using var scope = NewDisposeScope();
        var truth = functional.avg_pool2d(masks, network.Sizes.ImageSize / network.Sizes.LowSize);         // [N, 1, S/4, S/4]
        var present = masks.amax([1, 2, 3]);                                                               // [N]
        var each = MaskLoss.OfEach(seen.Logits, truth);                                                    // [N, K]
        var quality = (seen.Qualities - MaskLoss.Overlap(seen.Logits, truth)).pow(2.0).mean([1]);
        var ofPresent = ((each.amin([1]) + quality) * present).sum() / present.sum().clamp_min(1.0);
        var score = functional.binary_cross_entropy_with_logits(seen.ObjectScores!.squeeze(1), present);
        return (ofPresent + score).MoveToOuterDisposeScope();
    }
}
