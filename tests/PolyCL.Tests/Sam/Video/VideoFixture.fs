/// The SAM 2 fixtures: their sizes and weights.
module PolyCL.Tests.Sam.Video.VideoFixture

open System
open Expecto
open PolyCL.Models.Weights
open PolyCL.Sam
open PolyCL.Sam.Video
open PolyCL.Tests.Sam
open TorchSharp

/// Tracked slices: memories are stored as bfloat16, and one flipped rounding moves later logits by up to 2e-4 (README of the fixtures).
let tracked = 1e-3

/// The sizes of sam2-tiny-video and sam2-tiny-long (config.json there).
let sizes =
    Sam2Architecture(
        Name = "tiny-video",
        ImageSize = 128,
        Width = 8,
        Stages = [| 1; 2; 3; 2 |],
        GlobalBlocks = [| 4 |],
        Windows = [| 8; 4; 6; 3 |],
        Dim = 32,
        MemoryDim = 8,
        MemoryLayers = 2,
        MemoryMlp = 64
    )

/// A file of sam2-tiny-video.
let video (name: string) = $"sam2-tiny-video/{name}.npy"

/// Fills a part of the network with the weights under its name in the whole.
let fill (part: string) (target: torch.nn.Module) =
    use file = WeightFile.Read(SamFixture.tinySam2 ())

    let report =
        WeightLoader.Load(target, file, WeightLoadOptions(StripPrefix = part + ".", Partial = true))

    Expect.isEmpty report.Missing $"{part}: all weights are in the file"
    Expect.isEmpty report.WrongShape $"{part}: shapes"
    target.eval ()

/// A fixture: folder, prompted slice, and the slices' rows and columns.
type Case = {
    Folder: string
    Prompted: int
    Height: int
    Width: int
    Count: int
}

let videoCase = {
    Folder = "sam2-tiny-video"
    Prompted = 4
    Height = 96
    Width = 112
    Count = 9
}

let longCase = {
    Folder = "sam2-tiny-long"
    Prompted = 3
    Height = 64
    Width = 80
    Count = 20
}

/// The whole network with the weights of sam2-tiny-video, strictly; `overrides` replaces entries by those of sam2-tiny-long.
let network overrides =
    let network = new Sam2Network(sizes)
    use file = WeightFile.Read(SamFixture.tinySam2 ())
    WeightLoader.Load(network, file) |> ignore

    if overrides then
        use _ = torch.no_grad ()

        for key in
            [
                "sam_mask_decoder.pred_obj_score_head.layers.2.weight"
                "sam_mask_decoder.pred_obj_score_head.layers.2.bias"
            ] do
            use values = SamFixture.tensor $"sam2-tiny-long/override__{key}.npy"
            network.state_dict().[key].copy_ values |> ignore

    network.eval ()
    network

/// A tracker over the slices of a case, with what it needs.
type Tracking(network: Sam2Network, case: Case, fillHoles) =
    let _, frames = SamFixture.bytes $"{case.Folder}/frames_u8.npy"
    let _, mask = SamFixture.bytes $"{case.Folder}/mask.npy"
    let codes = network.Codes()
    let tracker = new SliceTracker(network, codes, case.Count, fillHoles)
    let area = case.Height * case.Width

    member _.Tracker = tracker
    member _.Codes = codes

    /// Encodes a slice for the body.
    member _.With slice (body: SliceFeatures -> 'a) =
        use input =
            SliceInput.Pixels(
                ReadOnlySpan(frames, slice * area, area),
                case.Height,
                case.Width,
                network.Sizes.ImageSize,
                torch.CPU
            )

        use features = network.Encode(input, codes)
        body features

    /// Takes the given mask of the prompted slice, encoded already.
    member _.PromptOn features =
        tracker.Prompt(case.Prompted, features, ReadOnlySpan mask, case.Height, case.Width)

    member this.Prompt() = this.With case.Prompted this.PromptOn

    member this.Track reverse slice =
        this.With slice (fun features -> tracker.Track(slice, features, reverse))

    member this.Forward() = [ for slice in case.Prompted + 1 .. case.Count - 1 -> this.Track false slice ]

    member this.Reverse() = [ for slice in case.Prompted - 1 .. -1 .. 0 -> this.Track true slice ]

    interface IDisposable with
        member _.Dispose() =
            tracker.Dispose()
            codes.Dispose()

/// Largest difference between tracked slices and an array [slices, h, w] of the same order.
let difference (ours: float32[] list) (relative: string) =
    let shape, expected = SamFixture.floats relative
    Expect.equal (List.sumBy Array.length ours) expected.Length $"{relative}: {shape}"

    Array.map2 (fun (a: float32) b -> abs (a - b)) (Array.concat ours) expected
    |> Array.max
    |> float

/// Fails unless tracked slices are within the tolerance of tracked slices.
let expectTracked (ours: float32[] list) (relative: string) =
    Expect.isLessThanOrEqual (difference ours relative) tracked relative

let low (slices: TrackedSlice list) = [ for slice in slices -> slice.LowLogits ]

let full (case: Case) (slices: TrackedSlice list) = [ for slice in slices -> slice.Logits(case.Height, case.Width) ]

/// Fails unless a stored memory is within the tolerance, or one bfloat16 step (at most 1/128 of the value), of an array.
let expectMemory (memory: torch.Tensor) (relative: string) =
    use _ = torch.NewDisposeScope()
    let expected = SamFixture.tensor relative
    let error = (memory.to_type torch.float32 - expected).abs()
    let excess = error - expected.abs () * (1.0 / 128.0).ToScalar()
    Expect.isLessThanOrEqual (excess.max().ToDouble()) tracked relative
