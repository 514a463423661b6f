/// The SAM 2 fixtures: their sizes and weights.
module PolyCL.Tests.Sam.Video.VideoFixture

open Expecto
open PolyCL.Models.Weights
open PolyCL.Sam
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

let weights = "sam2-tiny-video/weights.pt"

/// A file of sam2-tiny-video.
let video (name: string) = $"sam2-tiny-video/{name}.npy"

/// Fills a part of the network with the weights under its name in the whole.
let fill (part: string) (target: torch.nn.Module) =
    use file = WeightFile.Read(SamFixture.path weights)
    let report = WeightLoader.Load(target, file, WeightLoadOptions(StripPrefix = part + ".", Partial = true))
    Expect.isEmpty report.Missing $"{part}: all weights are in the file"
    Expect.isEmpty report.WrongShape $"{part}: shapes"
    target.eval ()
