module PolyCL.Tests.Sam.Video.HieraEncoderTests

open Expecto
open PolyCL.Sam.Video
open PolyCL.Tests.Sam
open PolyCL.Tests.Sam.Video.VideoFixture
open TorchSharp

let private run check =
    use _ = torch.NewDisposeScope()
    use _ = torch.no_grad ()
    use encoder = new HieraEncoder(sizes)
    fill "image_encoder" encoder
    check encoder (SamFixture.tensor (video "prompt_frame_input")) (encoder.Positions(int64 sizes.ImageSize))

let private live () =
    DisposeScopeManager.Statistics.ThreadTotalLiveCount

[<Tests>]
let tests =
    testSequenced
    <| testList "Sam.Video.HieraEncoder" [
        testCase "the four stages equal the reference"
        <| fun () ->
            run (fun encoder input positions ->
                encoder.Stages(input, positions)
                |> Array.iteri (fun i stage ->
                    SamFixture.close SamFixture.tolerance stage (video $"enc_trunk_stage{i}")))

        testCase "the feature map equals the reference"
        <| fun () ->
            run (fun encoder input positions ->
                let maps = encoder.call (input, positions)
                Expect.equal [ for map in maps -> map.shape[2] ] [ 32L; 16L; 8L ] "sides"
                SamFixture.close SamFixture.tolerance maps[2] (video "enc_fpn2"))

        testCase "a call leaves its three maps and nothing else"
        <| fun () ->
            run (fun encoder input positions ->
                for map in encoder.call (input, positions) do
                    map.Dispose()

                let before = live ()
                encoder.call (input, positions) |> ignore
                Expect.equal (live () - before) 3L "maps")
    ]
