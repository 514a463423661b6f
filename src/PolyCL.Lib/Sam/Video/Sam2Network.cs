using PolyCL.Core;
using PolyCL.Models;
using PolyCL.Models.Layers;
using PolyCL.Models.Weights;
using PolyCL.Sam.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Video;

/// <summary>SAM 2 and 2.1 for one object in a sequence of slices: the parts, and the steps in which the tracker uses them.</summary>
/// <remarks>Names are those of the official weights. Source: official sam2_base module.</remarks>
internal sealed class Sam2Network : Module
{
    /// <summary>Logit everywhere in a slice without the object.</summary>
    internal const double Absent = -1024;

    /// <summary>A mask m, 0 to 1, enters the memory encoder as 20·m − 10; the given mask has such logits too.</summary>
    internal const double MaskScale = 20, MaskOffset = -10;

    private static readonly PromptLabel[] NoPoint = [PromptLabel.Padding, PromptLabel.Padding];

    private readonly Parameter maskmem_tpos_enc;
    private readonly Parameter no_mem_embed;
    private readonly Parameter no_mem_pos_enc;
    private readonly Parameter no_obj_ptr;
    private readonly Parameter? no_obj_embed_spatial;
    private readonly HieraEncoder image_encoder;
    private readonly Conv2d mask_downsample;
    private readonly MemoryAttention memory_attention;
    private readonly MemoryEncoder memory_encoder;
    private readonly PromptEncoder sam_prompt_encoder;
    private readonly MaskDecoder sam_mask_decoder;
    private readonly Mlp obj_ptr_proj;
    private readonly Linear? obj_ptr_tpos_proj;

    /// <param name="sizes">The sizes.</param>
    /// <param name="precision">Number format of the products in the memory attention.</param>
    /// <exception cref="ArgumentException">The sizes do not go together.</exception>
    public Sam2Network(Sam2Architecture sizes, ComputePrecision precision = ComputePrecision.Full) : base("SAM 2")
    {
        sizes.Validate();
        Sizes = sizes;
        maskmem_tpos_enc = Small(Sam2Architecture.MemorySlots, 1, 1, sizes.MemoryDim);
        no_mem_embed = Small(1, 1, sizes.Dim);
        no_mem_pos_enc = Small(1, 1, sizes.Dim);
        no_obj_ptr = Small(1, sizes.Dim);
        no_obj_embed_spatial = sizes.MarksAbsence ? Small(1, sizes.MemoryDim) : null;
        image_encoder = new HieraEncoder(sizes);
        mask_downsample = Conv2d(1, 1, kernel_size: 4, stride: 4);
        memory_attention = new MemoryAttention(sizes, precision);
        memory_encoder = new MemoryEncoder(sizes);
        sam_prompt_encoder = new PromptEncoder(sizes.Dim, sizes.Grid, sizes.ImageSize);
        sam_mask_decoder = new MaskDecoder(new MaskDecoderOptions(Width: sizes.Dim, MlpWidth: sizes.DecoderMlp, Sam2: true));
        obj_ptr_proj = new Mlp(sizes.Dim, sizes.Dim, sizes.Dim, depth: 3);
        obj_ptr_tpos_proj = sizes.PointersHavePositions ? Linear(sizes.Dim, sizes.MemoryDim) : null;
        RegisterComponents();
        eval();
    }

    /// <summary>The sizes.</summary>
    internal Sam2Architecture Sizes { get; }

    /// <summary>What the weight file says its weights are, or null; see <see cref="TinyWeights"/>.</summary>
    internal string? Label { get; init; }

    /// <summary>What was done to make the weight file fit, such as names shortened, as one text; null for nothing.</summary>
    internal string? Note { get; private set; }

    /// <summary>Where the parameters lie.</summary>
    internal Device Device => no_obj_ptr.device;

    /// <summary>Builds the network that a weight file is of, and fills it.</summary>
    /// <param name="path">Meta's file, or one of the same names: .pt, .pth or .safetensors, alone or with a training state.</param>
    /// <param name="options">How it computes.</param>
    /// <param name="device">Where it computes.</param>
    /// <exception cref="WeightMismatchException">The file cannot be read, is of another network, or has weights that are not finite.</exception>
    /// <exception cref="ArgumentException">The slice size does not fit the network.</exception>
    internal static Sam2Network Load(string path, Sam2Options options, Device device)
    {
        using var scope = NewDisposeScope();
        using var weights = WeightFile.Read(path);
        var sizes = Sam2Weights.Architecture(weights);
        var network = new Sam2Network(sizes with { ImageSize = options.ImageSize ?? sizes.ImageSize }, options.Precision) { Label = TinyWeights.LabelOf(weights) };
        try
        {
            network.Note = WeightLoader.Load(network, weights, new WeightLoadOptions { AllowNarrowing = true }).NoteOn(path);
            network.to(device);
            if (options.Precision == ComputePrecision.BFloat16)
            {
                network.image_encoder.to(ScalarType.BFloat16);
            }

            foreach (var parameter in network.parameters())
            {
                parameter.requires_grad = false;
            }

            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Writes the weights as .safetensors, with the sizes beside, so that <see cref="Load"/> builds the same network.</summary>
    /// <exception cref="IOException">The disk is full or the folder cannot be written.</exception>
    internal void Save(string path) =>
        WeightFile.Write(path, this, new Dictionary<string, string> { [Sam2Weights.MetadataKey] = SettingsJson.ToLine(Sizes) });

    /// <summary>The codes that depend on the sizes alone; the caller owns them.</summary>
    internal MapCodes Codes() => new(Sizes, image_encoder.Positions(Sizes.ImageSize), sam_prompt_encoder.DenseCode());

    /// <summary>Encodes prepared slices, [N, 3, S, S]; the caller owns the result.</summary>
    internal SliceFeatures Encode(Tensor input, MapCodes codes)
    {
        using var scope = NewDisposeScope();
        var maps = image_encoder.call(input.to_type(codes.Hiera.dtype), codes.Hiera);
        var (fine, middle, map) = (Wide(maps[0]), Wide(maps[1]), Wide(maps[2]));
        return new SliceFeatures(map, sam_mask_decoder.Narrow(fine, middle));

        static Tensor Wide(Tensor map) => map.to_type(ScalarType.Float32);
    }

    /// <summary>Looks for the object in maps.</summary>
    /// <param name="map">The feature maps, joined with memories or, for given masks, as they are: [N, dim, h, w].</param>
    /// <param name="fine">The slices' finer maps.</param>
    /// <param name="codes">The codes.</param>
    /// <param name="mask">The given masks, 0 or 1, [N, 1, S, S]; null while tracking.</param>
    /// <returns>The single mask for a given mask, else the three alternatives, before the object test; the caller owns the tensors.</returns>
    internal DecodedMasks Look(Tensor map, FineMaps fine, MapCodes codes, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var tokens = sam_prompt_encoder.Tokens(zeros(map.shape[0], NoPoint.Length, 2, device: map.device), NoPoint);
        var dense = sam_prompt_encoder.Dense(mask is null ? null : mask_downsample.Apply(mask));
        var seen = sam_mask_decoder.Run(map, codes.Dense, tokens, dense, fine);
        var (first, count) = mask is null ? (1, 3) : (0, 1);
        return new DecodedMasks(Part(seen.Logits), Part(seen.Qualities), Part(seen.Tokens), seen.ObjectScores!.MoveToOuterDisposeScope());

        Tensor Part(Tensor ofMasks) => ofMasks.narrow(1, first, count).MoveToOuterDisposeScope();
    }

    /// <summary>Looks for the object in the map of one slice and picks the best mask.</summary>
    /// <param name="map">The feature map, joined with memories or, for the given mask, as it is: [1, dim, h, w].</param>
    /// <param name="features">The slice, for its finer maps.</param>
    /// <param name="codes">The codes.</param>
    /// <param name="mask">The given mask, 0 or 1, [1, 1, S, S]; null while tracking.</param>
    internal DecodedSlice Decode(Tensor map, SliceFeatures features, MapCodes codes, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var seen = Look(map, features.Fine, codes, mask);
        var score = seen.ObjectScores!.ToSingle();
        var qualities = seen.Qualities.cpu().data<float>().ToArray();
        var best = Array.IndexOf(qualities, qualities.Max());
        var pointer = score > 0 ? Pointer(seen.Tokens.select(1, best)) : NoPointer();
        return new DecodedSlice(
            (score > 0 ? seen.Logits.contiguous() : full_like(seen.Logits, Absent)).MoveToOuterDisposeScope(),
            qualities,
            best,
            score,
            pointer.MoveToOuterDisposeScope());
    }

    /// <summary>The pointers of slices with the object, [N, dim], from the tokens of their masks, [N, dim].</summary>
    internal Tensor Pointer(Tensor token) => obj_ptr_proj.call(token);

    /// <summary>The pointer of a slice without the object, [1, dim].</summary>
    internal Tensor NoPointer() => no_obj_ptr.clone();

    /// <summary>Makes the memories of slices.</summary>
    /// <param name="map">The feature maps, before memory attention, [N, dim, h, w].</param>
    /// <param name="mask">The masks, 0 to 1, [N, 1, S, S].</param>
    /// <param name="absent">1 for slices without the object, else 0, [N, 1].</param>
    /// <returns>[N, memoryDim, h, w] in float32.</returns>
    internal Tensor Remember(Tensor map, Tensor mask, Tensor absent)
    {
        using var scope = NewDisposeScope();
        var memory = memory_encoder.call(map, (mask * MaskScale) + MaskOffset);
        return (no_obj_embed_spatial is null ? memory : memory + (absent * no_obj_embed_spatial).unsqueeze(-1).unsqueeze(-1)).MoveToOuterDisposeScope();
    }

    /// <summary>Enlarges mask logits, [N, K, S/4, S/4], to the network's size, [N, K, S, S].</summary>
    internal Tensor Enlarge(Tensor low) => Enlarge(low, Sizes);

    /// <inheritdoc cref="Enlarge(Tensor)"/>
    internal static Tensor Enlarge(Tensor low, Sam2Architecture sizes) =>
        functional.interpolate(low, size: [sizes.ImageSize, sizes.ImageSize], mode: InterpolationMode.Bilinear, align_corners: false);

    /// <summary>The chosen memories and pointers as tokens.</summary>
    /// <param name="bank">Where they lie.</param>
    /// <param name="choice">Which they are.</param>
    /// <param name="slices">Slices in all, by which the distances are scaled.</param>
    /// <param name="codes">The codes.</param>
    internal MemoryTokens Gather(MemoryBank bank, MemoryChoice choice, int slices, MapCodes codes)
    {
        using var scope = NewDisposeScope();
        var (values, positions) = (new List<Tensor>(), new List<Tensor>());
        foreach (var memory in choice.Memories)
        {
            values.Add(bank.Memory(memory.Slice).to_type(ScalarType.Float32).flatten(2).transpose(1, 2));   // [N, T, memoryDim]
            positions.Add(codes.Memory + maskmem_tpos_enc[memory.TemporalIndex]);
        }

        var parts = Sizes.Dim / Sizes.MemoryDim;                                 // tokens of a pointer
        long pointerTokens = 0;
        if (choice.Pointers.Count > 0)
        {
            pointerTokens = choice.Pointers.Count * parts;
            values.Add(stack([.. choice.Pointers.Select(pointer => bank.Pointer(pointer.Slice))], 1).reshape(-1, pointerTokens, Sizes.MemoryDim));
            positions.Add(PointerPositions(choice.Pointers, slices, parts));
        }

        return new MemoryTokens(cat(values, 1).MoveToOuterDisposeScope(), cat(positions, 1).MoveToOuterDisposeScope(), pointerTokens);
    }

    /// <summary>Joins a slice's map with memories.</summary>
    /// <returns>[N, dim, h, w].</returns>
    internal Tensor Join(SliceFeatures features, MemoryTokens memory, MapCodes codes)
    {
        using var scope = NewDisposeScope();
        var map = features.Map.flatten(2).transpose(1, 2);
        var joined = memory_attention.Join(map, codes, memory.Values, memory.Positions, memory.PointerTokens);
        return joined.transpose(1, 2).reshape(features.Map.shape).MoveToOuterDisposeScope();
    }

    private Tensor PointerPositions(IReadOnlyList<PointerRef> pointers, int slices, int parts)
    {
        if (obj_ptr_tpos_proj is null)
        {
            return zeros(1, pointers.Count * parts, Sizes.MemoryDim, device: Device);
        }

        double farthest = MemoryChoice.FarthestPointer(slices);
        var code = PositionCodes.OfNumbers([.. pointers.Select(pointer => pointer.Distance / farthest)], Sizes.Dim);
        return obj_ptr_tpos_proj.call(code.to(Device)).repeat_interleave(parts, 0).unsqueeze(0);
    }

    /// <summary>A parameter of normal numbers of spread 0.02.</summary>
    private static Parameter Small(params long[] shape)
    {
        var parameter = new Parameter(randn(shape) * 0.02);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
