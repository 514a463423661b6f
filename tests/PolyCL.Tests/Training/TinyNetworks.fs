/// Every network in a size that trains in a blink.
module PolyCL.Tests.Training.TinyNetworks

open Expecto
open PolyCL.Models

/// Small enough for a second, with everything its kind has: batch norm, dropout, several sizes of output.
let tiny (kind: BackboneKind) : NetworkOptions =
    match kind with
    | BackboneKind.UNet -> UNetOptions(Widths = [| 8; 8; 16; 16; 16 |])
    | BackboneKind.UNetResidual -> UNetOptions(Widths = [| 8; 8; 16; 16; 16 |], ResidualBlocks = true)
    | BackboneKind.ResUNet
    | BackboneKind.PtResUNet -> ResUNetOptions(Widths = [| 16; 16; 16; 32; 32 |], LastWidth = 16)
    | BackboneKind.TransUNet ->
        TransUNetOptions(
            ImageSize = 32,
            StemWidth = 32,
            Units = [| 1; 1; 1 |],
            Hidden = 32,
            Mlp = 64,
            Heads = 4,
            Layers = 2,
            DecoderWidths = [| 8; 8; 8; 8 |]
        )
    | BackboneKind.NnUNet -> NnUNetOptions.Of(NnUNetPlan.ForSlices(32, 8, 32))
    | other -> failtest $"no tiny {other}"
