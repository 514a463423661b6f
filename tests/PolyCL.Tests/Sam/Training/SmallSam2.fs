/// A SAM 2 small enough to be trained in a test.
module PolyCL.Tests.Sam.Training.SmallSam2

open PolyCL.Sam

/// About 200,000 weights, for slices of 64×64.
let sizes =
    Sam2Architecture(
        Name = "small",
        ImageSize = 64,
        Width = 8,
        Stages = [| 1; 1; 1; 1 |],
        GlobalBlocks = [| 2 |],
        Windows = [| 8; 4; 4; 2 |],
        Dim = 32,
        MemoryDim = 8,
        MemoryLayers = 1,
        MemoryMlp = 32,
        DecoderMlp = 32,
        FuserLayers = 1
    )
