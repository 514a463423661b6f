module PolyCL.Tests.Imaging.SliceResizeTests

open System
open System.IO
open System.Text.Json
open Expecto
open FsCheck
open PolyCL.Core
open PolyCL.Imaging
open PolyCL.Tests

/// Sums of float32 products of numbers up to 300, in another order.
let private float32Sum = 1e-4f

/// torch rounds positions to float32: 1e-6 px at pixel 17, times differences of up to 500.
let private torchPosition = 1e-3f

let private bilinear antialias (image: float32[]) height width outHeight outWidth =
    let result = Array.zeroCreate<float32>(outHeight * outWidth)
    SliceResize.Bilinear(ReadOnlySpan image, height, width, result.AsSpan(), outHeight, outWidth, antialias)
    result

let private nearest (labels: byte[]) height width outHeight outWidth =
    let result = Array.zeroCreate<byte>(outHeight * outWidth)
    SliceResize.NearestExact(ReadOnlySpan labels, height, width, result.AsSpan(), outHeight, outWidth)
    result

/// A triangle of half-width max(1, in/out) around each output pixel's centre, both axes at once, in double.
let private twin antialias (image: float32[]) height width outHeight outWidth =
    let weights size outSize i =
        let scale = double size / double outSize
        let reach = if antialias then max 1.0 scale else 1.0
        let centre = (double i + 0.5) * scale - 0.5

        let raw = [| for k in 0 .. size - 1 -> max 0.0 (1.0 - abs (double k - centre) / reach) |]

        Array.map (fun w -> w / Array.sum raw) raw

    [|
        for y in 0 .. outHeight - 1 do
            let rows = weights height outHeight y

            for x in 0 .. outWidth - 1 do
                let columns = weights width outWidth x

                Seq.sum (
                    seq {
                        for r in 0 .. height - 1 do
                            for c in 0 .. width - 1 -> rows[r] * columns[c] * double image[r * width + c]
                    }
                )
                |> float32
    |]

let private expectWithin tolerance (expected: float32[]) (actual: float32[]) message =
    Expect.hasLength actual expected.Length message

    let worst =
        Array.map2 (fun (a: float32) b -> abs (a - b)) expected actual |> Array.max

    Expect.isLessThanOrEqual worst tolerance message

let private expectClose = expectWithin float32Sum

let private randomImage seed count =
    let mutable stream = RandomStream(seed, "resize", 0L, 0L)
    let image = Array.zeroCreate<float32> count

    for i in 0 .. count - 1 do
        image[i] <- float32 (stream.NextDouble(-200.0, 300.0))

    image

[<Tests>]
let tests =
    testList "Imaging.SliceResize" [
        testCase "images are Pillow's BILINEAR and torch's interpolate, labels Pillow's NEAREST"
        <| fun () ->
            use document =
                JsonDocument.Parse(File.ReadAllText(Path.Combine(TestData.golden, "resize", "resize.json")))

            let cases = document.RootElement.GetProperty("cases").EnumerateArray() |> List.ofSeq
            Expect.hasLength cases 7 "cases"

            for case in cases do
                let size (name: string) = case.GetProperty(name).GetInt32()
                let floats (name: string) = [| for v in case.GetProperty(name).EnumerateArray() -> v.GetSingle() |]
                let bytes (name: string) = [| for v in case.GetProperty(name).EnumerateArray() -> v.GetByte() |]
                let h, w, oh, ow = size "height", size "width", size "out_height", size "out_width"
                let name = $"{h}×{w} to {oh}×{ow}"
                expectClose (floats "antialiased") (bilinear true (floats "image") h w oh ow) $"{name}, antialiased"
                expectWithin torchPosition (floats "plain") (bilinear false (floats "image") h w oh ow) $"{name}, plain"
                Expect.equal (nearest (bytes "labels") h w oh ow) (bytes "nearest") $"{name}, labels"

        testProperty "the fast code is the formula"
        <| fun (seed: int64) (PositiveInt a) (PositiveInt b) (PositiveInt c) (PositiveInt d) (antialias: bool) ->
            let h, w, oh, ow = 1 + a % 20, 1 + b % 40, 1 + c % 20, 1 + d % 20
            let image = randomImage seed (h * w)
            expectClose (twin antialias image h w oh ow) (bilinear antialias image h w oh ow) $"{h}×{w} to {oh}×{ow}"

        testProperty "the same size changes nothing, a constant stays, and no value leaves the image's range"
        <| fun (seed: int64) (PositiveInt a) (PositiveInt b) (PositiveInt c) (antialias: bool) ->
            let h, w, o = 1 + a % 20, 1 + b % 40, 1 + c % 30
            let image = randomImage seed (h * w)
            Expect.equal (bilinear antialias image h w h w) image "same size"
            expectClose (Array.create (o * o) 7.5f) (bilinear antialias (Array.create (h * w) 7.5f) h w o o) "constant"
            let resized = bilinear antialias image h w o o
            Expect.isTrue (Array.min resized >= Array.min image - float32Sum) "minimum"
            Expect.isTrue (Array.max resized <= Array.max image + float32Sum) "maximum"

        testCase "halving a row averages with a triangle of half-width 2, by hand"
        <| fun () ->
            // Weights 1/4·(3, 3, 1) over 7/4 at the border; 1/8·(1, 3, 3, 1) inside.
            let row = [| 7.0f; 0.0f; 0.0f; 8.0f; 0.0f; 0.0f; 0.0f; 0.0f |]
            let halved = bilinear true row 1 8 1 4
            expectClose [| 3.0f; 3.0f; 1.0f; 0.0f |] halved "antialiased"
            expectClose [| 3.5f; 4.0f; 0.0f; 0.0f |] (bilinear false row 1 8 1 4) "two neighbours only"

        testProperty "labels are copied, never mixed"
        <| fun (seed: byte[]) (PositiveInt a) (PositiveInt b) (PositiveInt c) ->
            let h, w, o = 1 + a % 20, 1 + b % 40, 1 + c % 30

            let labels =
                Array.init (h * w) (fun i -> if seed.Length = 0 then 3uy else seed[i % seed.Length])

            let expected = [|
                for y in 0 .. o - 1 do
                    for x in 0 .. o - 1 ->
                        // floor((i + 1/2)·in/out) in whole numbers
                        labels[(2 * y + 1) * h / (2 * o) * w + (2 * x + 1) * w / (2 * o)]
            |]

            Expect.equal (nearest labels h w o o) expected "labels"

        testCase "sizes that do not fit are refused with the sizes"
        <| fun () ->
            Expect.throwsC (fun () -> bilinear true (Array.zeroCreate 11) 3 4 2 2 |> ignore) (fun e ->
                Expect.stringContains
                    e.Message
                    "3×4 image resized to 2×2 needs 12 and 4 pixels; the spans hold 11 and 4"
                    "message")

            for h, w, oh, ow in [ 0, 4, 2, 2; 3, -1, 2, 2; 3, 4, 0, 2; 3, 4, 2, 0 ] do
                Expect.throwsT<ArgumentOutOfRangeException>
                    (fun () ->
                        SliceResize.NearestExact(
                            ReadOnlySpan [| 1uy |],
                            h,
                            w,
                            (Array.zeroCreate<byte> 4).AsSpan(),
                            oh,
                            ow
                        ))
                    $"{h}×{w} to {oh}×{ow}"
    ]
