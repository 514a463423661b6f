module PolyCL.Tests.Imaging.WindowTests

open System
open Expecto
open FsCheck
open PolyCL.Imaging

let private apply (window: Window) (values: float32[]) =
    let copy = Array.copy values
    window.Apply(copy.AsSpan())
    copy

[<Tests>]
let tests =
    testList "Imaging.Window" [
        testCase "level 40, width 400 maps −160 to 0 and 240 to 1"
        <| fun () ->
            Expect.equal (Window.Abdomen.Low, Window.Abdomen.High) (-160.0, 240.0) "bounds"

            Expect.equal
                (apply Window.Abdomen [| -160.0f; 40.0f; 240.0f; -60.0f; 140.0f |])
                [| 0.0f; 0.5f; 1.0f; 0.25f; 0.75f |]
                "values"

        testCase "values outside are clipped, infinities too, and NaN becomes 0"
        <| fun () ->
            Expect.equal
                (apply Window.Abdomen [| -3000.0f; 3000.0f; -infinityf; infinityf; nanf |])
                [| 0.0f; 1.0f; 0.0f; 1.0f; 0.0f |]
                "values"

        testProperty "order is kept and everything lies in 0 to 1"
        <| fun (values: float32[]) (level: int16) (PositiveInt width) ->
            let sorted = values |> Array.filter (Single.IsNaN >> not) |> Array.sort
            let shown = apply (Window(float level, float width)) sorted
            Expect.equal shown (Array.sort shown) "order"
            Expect.isTrue (Array.forall (fun v -> v >= 0.0f && v <= 1.0f) shown) "range"

        testCase "a width of 0 or less, or a level that is not finite, is refused"
        <| fun () ->
            for level, width in
                [
                    40.0, 0.0
                    40.0, -1.0
                    40.0, nan
                    40.0, infinity
                    nan, 400.0
                    infinity, 400.0
                ] do
                Expect.throwsT<ArgumentOutOfRangeException>
                    (fun () -> Window(level, width) |> ignore)
                    $"level {level}, width {width}"
    ]
