module PolyCL.Tests.Sam.PillowResizeTests

open System
open Expecto
open PolyCL.Sam

let private resize (source: byte[]) (height, width) (outHeight, outWidth) filter =
    PillowResize.Resize(source, height, width, outHeight, outWidth, filter)

let private golden (name: string) filter (height, width) (outHeight, outWidth) =
    testCase $"{name} {height}×{width} to {outHeight}×{outWidth} is Pillow's, byte for byte"
    <| fun () ->
        let _, source = SamFixture.bytes $"resize/in_{height}x{width}.npy"

        let _, expected =
            SamFixture.bytes $"resize/{name}_{height}x{width}_to_{outHeight}x{outWidth}.npy"

        Expect.equal (resize source (height, width) (outHeight, outWidth) filter) expected "bytes"

[<Tests>]
let tests =
    testList "Sam.PillowResize" [
        for name, filter in [ "bilinear", PillowFilter.Bilinear; "bicubic", PillowFilter.Bicubic ] do
            golden name filter (100, 120) (48, 56)
            golden name filter (33, 77) (64, 64)
            golden name filter (64, 64) (128, 128)

        testProperty "an even image stays even, at any size"
        <| fun (value: byte) (a: byte) (b: byte) (c: byte) (d: byte) ->
            let sizes = (1 + int a % 40, 1 + int b % 40), (1 + int c % 40, 1 + int d % 40)
            let (height, width), target = sizes

            for filter in [ PillowFilter.Bilinear; PillowFilter.Bicubic ] do
                let result =
                    resize (Array.create (height * width) value) (height, width) target filter

                Expect.all result ((=) value) "all pixels"

        testCase "the same size gives the same bytes"
        <| fun () ->
            let source = Array.init 35 (fun i -> byte (i * 7))
            Expect.equal (resize source (5, 7) (5, 7) PillowFilter.Bicubic) source "bytes"

        testCase "a source of another length is refused"
        <| fun () ->
            Expect.throwsT<ArgumentException>
                (fun () -> resize (Array.zeroCreate 9) (2, 5) (4, 4) PillowFilter.Bilinear |> ignore)
                "9 bytes for 2×5"
    ]
