using PolyCL.Core;
using PolyCL.Data.Phantom;
using PolyCL.Sam.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Training;

/// <summary>Slices, boxes and true masks of one step; the tensors belong to the caller's scope.</summary>
/// <param name="Images">Normalised images [N, 3, S, S].</param>
/// <param name="Corners">Boxes in the model's image, <see cref="Prompts"/> of each slice one after the other [N · P, 2, 2].</param>
/// <param name="Truth">Share of each mask pixel that is organ [N · P, 1, S / 4, S / 4].</param>
internal sealed record SamBatch(Tensor Images, Tensor Corners, Tensor Truth)
{
    /// <summary>Boxes of each slice, P: the decoder costs little beside the encoder.</summary>
    internal const int Prompts = 4;

    /// <summary>One pixel of the mask is so many of the model's image.</summary>
    private const int MaskStride = 4;

    /// <summary>Share of slices without the organ, with boxes round nothing and an empty truth.</summary>
    private const double AbsentShare = 0.1;

    /// <summary>Share of boxes round another organ, where the slice shows one: without them the network finds the liver whatever the box.</summary>
    private const double OtherShare = 0.4;

    /// <summary>Least pixels of another organ.</summary>
    private const int OtherPixels = 6;

    /// <summary>Share of the liver's boxes that are round the true mask and then moved; the others are round degraded masks.</summary>
    private const double MovedShare = 0.35;

    /// <summary>Shares of a box's side by which its sides are moved: inwards, outwards.</summary>
    private const double MostInward = 0.1, MostOutward = 0.4;

    private static readonly PhantomTissue[] OtherOrgans =
        [PhantomTissue.Spleen, PhantomTissue.KidneyLeft, PhantomTissue.KidneyRight, PhantomTissue.Stomach, PhantomTissue.Aorta, PhantomTissue.Gallbladder];

    /// <summary>Draws the slices and boxes of a step.</summary>
    /// <param name="scans">Where slices come from.</param>
    /// <param name="imageSize">Pixels along one side of the model's image, S.</param>
    /// <param name="count">Slices, N.</param>
    /// <param name="seed">The recipe's seed.</param>
    /// <param name="step">The step.</param>
    internal static SamBatch Draw(IReadOnlyList<TinyScan> scans, int imageSize, int count, long seed, int step)
    {
        List<Tensor> images = [], corners = [], truths = [];
        for (var i = 0; i < count; i++)
        {
            var random = new RandomStream(seed, "sam-batch", step, i);
            var scan = scans[random.NextInt(scans.Count)];
            var slice = Slice(scan, ref random);
            var image = new SamImage(scan.Height, scan.Width, imageSize);
            images.Add(image.Input(image.Resized(scan.Grey(slice)), CPU));
            var others = OtherOrgans.Where(organ => scan.Tissues(slice).Count((byte)organ) >= OtherPixels).ToList();
            List<BoxPrompt> boxes = [];
            while (boxes.Count < Prompts)
            {
                var other = others.Count > 0 && random.NextDouble() < OtherShare;
                ReadOnlySpan<byte> truth = other ? scan.Mask(slice, others[random.NextInt(others.Count)]) : scan.Mask(slice);
                boxes.Add(Box(truth, scan, mayDegrade: !other, ref random));
                truths.Add(TruthOf(truth, image));
            }

            corners.Add(image.Corners(boxes, CPU));
        }

        return new SamBatch(cat(images), cat(corners), cat(truths));
    }

    /// <summary>A slice with the organ, or sometimes one without where the scan has any.</summary>
    private static int Slice(TinyScan scan, ref RandomStream random)
    {
        var absent = scan.OrganSlices.Count == 0 || random.NextDouble() < AbsentShare;
        var slices = absent ? [.. Enumerable.Range(0, scan.Slices).Except(scan.OrganSlices)] : scan.OrganSlices;
        slices = slices.Count > 0 ? slices : scan.OrganSlices;
        return slices[random.NextInt(slices.Count)];
    }

    /// <summary>A box round the true mask and moved, or round a degraded mask.</summary>
    private static BoxPrompt Box(ReadOnlySpan<byte> truth, TinyScan scan, bool mayDegrade, ref RandomStream random) =>
        mayDegrade && (random.NextDouble() >= MovedShare || !truth.Contains((byte)1))
            ? BoxPrompt.Of(DegradedMask.Draw(truth, scan.Height, scan.Width, ref random), scan.Height, scan.Width)[0]
            : Moved(BoxPrompt.Of(truth, scan.Height, scan.Width)[0], scan, ref random);

    /// <summary>The box with each side moved by its own share of the box; how far at most differs from box to box.</summary>
    private static BoxPrompt Moved(BoxPrompt box, TinyScan scan, ref RandomStream random)
    {
        var loose = random.NextDouble();
        var (width, height) = ((box.XMax - box.XMin) * loose, (box.YMax - box.YMin) * loose);
        return new BoxPrompt(
            Math.Max(box.XMin - (random.NextDouble(-MostInward, MostOutward) * width), 0),
            Math.Max(box.YMin - (random.NextDouble(-MostInward, MostOutward) * height), 0),
            Math.Min(box.XMax + (random.NextDouble(-MostInward, MostOutward) * width), scan.Width - 1),
            Math.Min(box.YMax + (random.NextDouble(-MostInward, MostOutward) * height), scan.Height - 1));
    }

    /// <summary>The true mask at the size of the decoder's masks [1, 1, S / 4, S / 4].</summary>
    private static Tensor TruthOf(ReadOnlySpan<byte> mask, SamImage image)
    {
        using var scope = NewDisposeScope();
        var full = mask.ToArray();
        full.AsSpan().Replace((byte)1, byte.MaxValue);
        var whole = tensor(image.Resized(full)).view(1, 1, image.Rows, image.Columns).to_type(ScalarType.Float32) / ((double)byte.MaxValue);
        return functional.avg_pool2d(functional.pad(whole, [0, image.Size - image.Columns, 0, image.Size - image.Rows]), MaskStride).MoveToOuterDisposeScope();
    }
}
