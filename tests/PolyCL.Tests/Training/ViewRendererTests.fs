module PolyCL.Tests.Training.ViewRendererTests

open System
open Expecto
open PolyCL.Core
open PolyCL.Sampling
open PolyCL.Training

let private noise seed count =
    let mutable stream = RandomStream(seed, "test-image")
    Array.init count (fun _ -> float32 (stream.NextDouble()))

let private render (source: float32[]) size (view: ViewParameters) =
    let destination = Array.create source.Length nanf
    ViewRenderer.Render(ReadOnlySpan source, size, &view, Span destination)
    destination

let private view left top width height flip brightness contrast contrastFirst =
    ViewParameters(left, top, width, height, flip, brightness, contrast, contrastFirst)

/// The definition, pixel by pixel in double.
let private twin (source: float32[]) size (v: ViewParameters) =
    let sample x y =
        let at start extent i =
            min (float (size - 1)) (max 0.0 (start * float size + (float i + 0.5) * extent - 0.5))

        let sx = at v.Left v.Width (if v.Flip then size - 1 - x else x)
        let sy = at v.Top v.Height y

        let pixel x y =
            float source[(min y (size - 1)) * size + min x (size - 1)]

        let x0, y0 = int sx, int sy
        let fx, fy = sx - float x0, sy - float y0

        (1.0 - fy) * ((1.0 - fx) * pixel x0 y0 + fx * pixel (x0 + 1) y0)
        + fy * ((1.0 - fx) * pixel x0 (y0 + 1) + fx * pixel (x0 + 1) (y0 + 1))

    let clip value = min 1.0 (max 0.0 value)
    let bright = Array.map (fun p -> clip (p * v.Brightness))

    let contrasted pixels =
        let mean = Array.average pixels
        pixels |> Array.map (fun p -> clip ((p - mean) * v.Contrast + mean))

    let cropped = Array.init (size * size) (fun i -> sample (i % size) (i / size))

    if v.ContrastFirst then
        bright (contrasted cropped)
    else
        contrasted (bright cropped)

/// Float32 rounding of a handful of operations on values up to 1.
let private few = 2e-6

let private largestGap (a: float32[]) (b: float[]) =
    Array.map2 (fun x y -> abs (float x - y)) a b |> Array.max

[<Tests>]
let tests =
    testList "Training.ViewRenderer" [
        testCase "the whole slice without changes is the slice, bit for bit"
        <| fun () ->
            for size in [ 1; 2; 7; 32; 33 ] do
                let image = noise 1L (size * size)
                Expect.equal (render image size ViewParameters.Identity) image $"size {size}"

        testCase "a flip mirrors columns; two flips are the slice again"
        <| fun () ->
            let size = 19
            let image = noise 2L (size * size)
            let flip = view 0.0 0.0 1.0 1.0 true 1.0 1.0 false
            let once = render image size flip
            Expect.equal once (image |> Array.chunkBySize size |> Array.collect Array.rev) "once"
            Expect.equal (render once size flip) image "twice"

        testProperty "any view is its definition computed pixel by pixel"
        <| fun (seed: int64) (slice: uint8) ->
            for size in [ 5; 24 ] do
                let image = noise seed (size * size)
                let v = ViewParameters.Draw(ViewOptions(), seed, 0L, int slice, 1)
                let rendered = render image size v
                Expect.isLessThan (largestGap rendered (twin image size v)) few $"{v}"
                Expect.all rendered (fun p -> p >= 0.0f && p <= 1.0f) "range"

        testCase "strong changes clip to 0 and 1 after each step, so their order matters"
        <| fun () ->
            let size = 16
            let image = noise 3L (size * size)

            for contrastFirst in [ false; true ] do
                let v = view 0.0 0.0 1.0 1.0 false 1.9 1.8 contrastFirst
                let rendered = render image size v
                Expect.isLessThan (largestGap rendered (twin image size v)) few "twin"
                Expect.equal (Array.min rendered, Array.max rendered) (0.0f, 1.0f) "clipped"

            let order first =
                render image size (view 0.0 0.0 1.0 1.0 false 1.9 1.8 first)

            Expect.notEqual (order false) (order true) "order"

        testCase "the left half of a ramp becomes the same ramp at half the slope"
        <| fun () ->
            let size = 64
            let ramp = Array.init (size * size) (fun i -> float32 (i % size) / 64.0f)
            let rendered = render ramp size (view 0.0 0.25 0.5 0.5 false 1.0 1.0 false)

            for x in 1 .. size - 1 do
                let expected = ((float x + 0.5) * 0.5 - 0.5) / 64.0

                Expect.floatClose
                    { absolute = few; relative = 0.0 }
                    (float rendered[5 * size + x])
                    expected
                    $"column {x}"

        testCase "contrast keeps the mean and scales the spread"
        <| fun () ->
            let image = noise 4L 1024 |> Array.map (fun p -> 0.4f + 0.2f * p)
            let rendered = render image 32 (view 0.0 0.0 1.0 1.0 false 1.0 0.8 false)
            let mean = Array.averageBy float image
            Expect.floatClose { absolute = few; relative = 0.0 } (Array.averageBy float rendered) mean "mean"

            let spread pixels =
                pixels |> Array.averageBy (fun p -> (float p - mean) ** 2.0) |> sqrt

            Expect.floatClose { absolute = 1e-5; relative = 0.0 } (spread rendered / spread image) 0.8 "spread"

        testCase "short spans, writing over the source and crops outside the slice are refused"
        <| fun () ->
            let image = noise 5L 64
            let identity = ViewParameters.Identity

            let refused name action =
                Expect.throwsT<ArgumentException> action name

            refused "short" (fun () -> ViewRenderer.Render(ReadOnlySpan image, 9, &identity, Span(Array.zeroCreate 81)))
            refused "overlap" (fun () -> ViewRenderer.Render(ReadOnlySpan image, 8, &identity, Span image))

            for left, width in [ 0.6, 0.5; -0.1, 0.5; 0.0, 0.0; nan, 0.5 ] do
                refused $"{left}, {width}" (fun () ->
                    render image 8 (view left 0.0 width 1.0 false 1.0 1.0 false) |> ignore)
    ]
