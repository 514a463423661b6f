module PolyCL.Tests.Sam.Video.PositionCodesTests

open System
open Expecto
open PolyCL.Sam.Video
open PolyCL.Tests.Sam
open PolyCL.Tests.Sam.Video.VideoFixture
open TorchSharp

/// A sine in float32 against one in double.
let private rounding = 1e-6

[<Tests>]
let tests =
    testList "Sam.Video.PositionCodes" [
        testCase "the sine codes of the feature map and of a memory equal the reference"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            SamFixture.close SamFixture.tolerance (PositionCodes.Sine(32, 8)) (video "enc_pos2")
            SamFixture.close SamFixture.tolerance (PositionCodes.Sine(8, 8)) (video "maskmem_pos_enc")

        testCase "token 10 of a map of 4 lies in column 2 and row 2, token 9 in column 1"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let struct (cosine, sine) = PositionCodes.Rotary(8, 4)

            let check (token: int64) (column: float) (row: float) =
                [ column; column * 0.01; row; row * 0.01 ]
                |> List.iteri (fun pair angle ->
                    let at (table: torch.Tensor) = table[token, int64 pair].ToDouble()
                    Expect.isLessThan (abs (at cosine - cos angle)) rounding "cosine"
                    Expect.isLessThan (abs (at sine - sin angle)) rounding "sine")

            check 10L 2.0 2.0
            check 9L 1.0 2.0

        testCase "numbers become sines, then cosines, two channels to a frequency"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let code = PositionCodes.OfNumbers([| 0.5; 1.0 |], 8)
            Expect.equal code.shape [| 2L; 8L |] "shape"
            let frequencies = [ 1.0; 1.0; 0.01; 0.01 ]

            frequencies
            |> List.iteri (fun i f ->
                Expect.isLessThan (abs (code[0L, int64 i].ToDouble() - sin (0.5 * f))) rounding "sine"
                Expect.isLessThan (abs (code[1L, int64 (i + 4)].ToDouble() - cos f)) rounding "cosine")
    ]
