using PolyCL.Core;
using PolyCL.Data.Phantom;
using PolyCL.Sam.Video;
using static TorchSharp.torch;

namespace PolyCL.Sam.Training;

/// <summary>Draws short sequences from phantom scans: a slice that shows the organ, and others at even distances on either side of it.</summary>
/// <remarks>Towards its ends a scan shows no organ, so some sequences leave it: the network learns to say that it is gone.</remarks>
internal sealed class SequenceSource
{
    /// <summary>Pixels of the organ from which a slice may be prompted, as a share of the slice.</summary>
    private const double LeastShare = 0.002;

    private const string Purpose = "sam2-sequences";

    /// <summary>Distances in slices between neighbours of a sequence; the first is drawn twice as often as each other.</summary>
    private static readonly int[] Steps = [1, 1, 2, 3];

    /// <summary>Share of sequences that follow the liver; without the other organs the network finds the liver whatever the mask.</summary>
    private const double LiverShare = 0.6;

    private static readonly PhantomTissue[] Others = [PhantomTissue.Spleen, PhantomTissue.KidneyLeft, PhantomTissue.KidneyRight, PhantomTissue.Stomach];

    private readonly (FollowedOrgan Organ, int[] Prompts)[] livers;
    private readonly (FollowedOrgan Organ, int[] Prompts)[] others;
    private readonly Sam2Architecture sizes;
    private readonly long seed;

    /// <param name="scans">The scans.</param>
    /// <param name="sizes">The network's sizes.</param>
    /// <param name="seed">The recipe's seed.</param>
    public SequenceSource(IReadOnlyList<TinyScan> scans, Sam2Architecture sizes, long seed)
    {
        (this.sizes, this.seed) = (sizes, seed);
        (livers, others) = (Usable([PhantomTissue.Liver]), Usable(Others));

        (FollowedOrgan, int[])[] Usable(PhantomTissue[] organs) =>
            [.. scans.SelectMany(scan => organs.Select(organ => new FollowedOrgan(scan, organ))).Select(organ => (organ, Prompts(organ))).Where(entry => entry.Item2.Length > 0)];
    }

    /// <summary>The sequences of a step; the tensors belong to the caller's scope.</summary>
    /// <param name="step">Which step, from 0.</param>
    /// <param name="count">Sequences.</param>
    /// <param name="length">Slices of each.</param>
    public SequenceBatch Draw(int step, int count, int length)
    {
        using var scope = NewDisposeScope();
        var common = new RandomStream(seed, Purpose, step, count);
        var prompted = common.NextInt(length);
        // Most scans are longer than the farthest pointer; kept slices of some are fewer.
        var slices = Math.Min(length + common.NextInt(2 * Sam2Architecture.MostPointers), Sam2Architecture.MostPointers);
        var drawn = Enumerable.Range(0, count).Select(i => Sequence(step, i, length, prompted)).ToList();
        var (pixels, masks) = (new List<Tensor>(), new List<float[]>());
        for (var position = 0; position < length; position++)
        {
            foreach (var (organ, numbers) in drawn)
            {
                var scan = organ.Scan;
                pixels.Add(SliceInput.Pixels(scan.Grey(numbers[position]), scan.Height, scan.Width, sizes.ImageSize, CPU));
                masks.Add(SliceInput.Mask(organ.Mask(numbers[position]), scan.Height, scan.Width, sizes.ImageSize));
            }
        }

        var given = masks.GetRange(prompted * count, count);
        return new SequenceBatch(
            length,
            prompted,
            slices,
            cat(pixels).MoveToOuterDisposeScope(),
            Maps(masks, sizes.ImageSize).MoveToOuterDisposeScope(),
            Sam2Network.Enlarge(Maps([.. given.Select(mask => SliceInput.LowLogits(mask, sizes))], sizes.LowSize), sizes)
                .gt(0.0).to_type(ScalarType.Float32).MoveToOuterDisposeScope());
    }

    private (FollowedOrgan Organ, int[] Slices) Sequence(int step, int position, int length, int prompted)
    {
        var stream = new RandomStream(seed, Purpose, step, position);
        var pool = others.Length == 0 || stream.NextDouble() < LiverShare ? livers : others;
        var (organ, prompts) = pool[stream.NextInt(pool.Length)];
        var centre = prompts[stream.NextInt(prompts.Length)];
        var stride = Steps[stream.NextInt(Steps.Length)] * (stream.NextInt(2) == 0 ? 1 : -1);
        return (organ, [.. Enumerable.Range(0, length).Select(i => Math.Clamp(centre + ((i - prompted) * stride), 0, organ.Scan.Slices - 1))]);
    }

    private static int[] Prompts(FollowedOrgan organ) =>
        [.. organ.Slices.Where(slice => organ.Mask(slice).AsSpan().Count((byte)1) >= LeastShare * organ.Scan.Height * organ.Scan.Width)];

    /// <summary>The maps in torch's own memory: an array lies anywhere, and products of matrices there differ in the last bits from run to run.</summary>
    private static Tensor Maps(List<float[]> maps, int size)
    {
        using var array = tensor(maps.SelectMany(map => map).ToArray(), [maps.Count, 1, size, size]);
        return array.clone();
    }
}
