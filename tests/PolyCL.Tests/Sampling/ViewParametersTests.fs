module PolyCL.Tests.Sampling.ViewParametersTests

open System
open Expecto
open PolyCL.Sampling
open PolyCL.Tests.Sampling.SliceTables

let private draw (options: ViewOptions) seed epoch slice view =
    ViewParameters.Draw(options, seed, epoch, slice, view)

let private many options count =
    Array.init count (fun i -> draw options 3L (int64 (i / 50)) (i % 50) (i % 2))

/// Ten equal bins of values said to be uniform in [low, high).
let private expectUniform name low high (values: float[]) =
    let bins = values |> Array.map (fun v -> int (10.0 * (v - low) / (high - low)))
    let expected = Map [ for i in 0..9 -> i, 0.1 ]
    expectSubset (Set.ofArray bins) (set [ 0..9 ]) $"{name} in range"
    Expect.isLessThan (chiSquare expected bins) (chiSquareLimit 9) $"{name} chi-square"

[<Tests>]
let tests =
    testList "Sampling.ViewParameters" [
        testProperty "crops lie in the slice and every number in its range"
        <| fun (seed: int64) (epoch: int64) (slice: uint16) ->
            for view in [ 0; 1 ] do
                let v = draw (ViewOptions()) seed epoch (int slice) view
                Expect.isTrue (v.Left >= 0.0 && v.Left + v.Width <= 1.0 + 1e-12) "columns"
                Expect.isTrue (v.Top >= 0.0 && v.Top + v.Height <= 1.0 + 1e-12) "rows"
                let area, aspect = v.Width * v.Height, v.Width / v.Height
                Expect.isTrue (area >= 0.08 - 1e-12 && area <= 1.0) "area"
                Expect.isTrue (aspect >= 0.75 - 1e-12 && aspect <= 4.0 / 3.0 + 1e-12) "aspect"
                Expect.isTrue (v.Brightness >= 0.76 && v.Brightness < 1.24) "brightness"
                Expect.isTrue (v.Contrast >= 0.76 && v.Contrast < 1.24) "contrast"

        testCase
            "area, log aspect, place, brightness and contrast are uniform where every crop fits (chi-square, 0.1 %)"
        <| fun () ->
            let views = many (ViewOptions(MaximumArea = 0.5)) 10_000

            views
            |> Array.map (fun v -> v.Width * v.Height)
            |> expectUniform "area" 0.08 0.5

            views
            |> Array.map (fun v -> log (v.Width / v.Height))
            |> expectUniform "log aspect" -(log (4.0 / 3.0)) (log (4.0 / 3.0))

            views
            |> Array.map (fun v -> v.Left / (1.0 - v.Width))
            |> expectUniform "left" 0.0 1.0

            views
            |> Array.map (fun v -> v.Top / (1.0 - v.Height))
            |> expectUniform "top" 0.0 1.0

            views |> Array.map _.Brightness |> expectUniform "brightness" 0.76 1.24
            views |> Array.map _.Contrast |> expectUniform "contrast" 0.76 1.24

        testCase "half the views are flipped and half take contrast first (normal approximation, 0.1 %)"
        <| fun () ->
            let views = many (ViewOptions()) 10_000
            // 3.29 standard deviations of 50.
            for name, count in
                [
                    "flip", views |> Array.filter _.Flip |> Array.length
                    "contrast first", views |> Array.filter _.ContrastFirst |> Array.length
                ] do
                Expect.isLessThan (abs (count - 5_000)) 165 name

            Expect.all (many (ViewOptions(FlipShare = 0.0)) 200) (_.Flip >> not) "never"
            Expect.all (many (ViewOptions(FlipShare = 1.0)) 200) _.Flip "always"

        testCase "views, slices, epochs and seeds differ; the same again is the same"
        <| fun () ->
            let options = ViewOptions()

            let all = [
                for seed in 1L .. 2L do
                    for epoch in 0L .. 1L do
                        for slice in 0..2 do
                            for view in 0..1 -> draw options seed epoch slice view
            ]

            Expect.hasLength (List.distinct all) all.Length "different"
            Expect.equal (draw options 1L 1L 2 1) (draw options 1L 1L 2 1) "again"

        testCase "the authors' variant changes only the positive, once for all epochs"
        <| fun () ->
            let options = ViewOptions.Authors
            Expect.equal (draw options 1L 4L 7 0) ViewParameters.Identity "anchor"
            Expect.notEqual (draw options 1L 4L 7 1) ViewParameters.Identity "positive"
            Expect.equal (draw options 1L 0L 7 1) (draw options 1L 9L 7 1) "epochs"
            Expect.notEqual (draw options 1L 0L 7 1) (draw options 1L 0L 8 1) "slices"

        testCase "nothing changes where no change is allowed"
        <| fun () ->
            let still =
                ViewOptions(MinimumArea = 1.0, MaximumAspect = 1.0, FlipShare = 0.0, Brightness = 0.0, Contrast = 0.0)

            for slice in 0..20 do
                let view = draw still 1L 0L slice 1

                Expect.equal view (ViewParameters(0.0, 0.0, 1.0, 1.0, false, 1.0, 1.0, view.ContrastFirst)) "view"

        testCase "a smallest crop larger than the largest is refused"
        <| fun () ->
            Expect.throwsC
                (fun () -> draw (ViewOptions(MinimumArea = 0.5, MaximumArea = 0.2)) 1L 0L 0 0 |> ignore)
                (fun e -> Expect.stringContains e.Message "MinimumArea is 0.5 and MaximumArea 0.2" "message")
    ]
