module PolyCL.Tests.Metrics.ScoreSummaryTests

open System
open System.Text.Json
open Expecto
open PolyCL.Imaging
open PolyCL.Metrics

/// A scan of 2×2×2 voxels; each slice is given by the number of its pixels that are set, in order.
let private scan (prediction: int list) (truth: int list) =
    let bits counts =
        counts
        |> List.collect (fun n -> List.init 4 (fun i -> if i < n then 1 else 0))
        |> Array.ofList

    ScanEvaluator.Evaluate(
        ReadOnlySpan(bits prediction |> Array.map float32),
        ReadOnlySpan(bits truth |> Array.map byte),
        prediction.Length,
        2,
        2,
        Spacing(1, 1, 1)
    )

let private perfect = scan [ 1; 2 ] [ 1; 2 ]
let private missed = scan [ 0; 0 ] [ 2; 0 ]
let private spurious = scan [ 0; 1 ] [ 0; 0 ]
let private empty = scan [ 0; 0 ] [ 0; 0 ]
let private mixed = scan [ 1; 1 ] [ 3; 0 ]

[<Tests>]
let tests =
    testList "Metrics.ScoreSummary" [
        testCase "means over scans; undefined distances are left out and counted"
        <| fun () ->
            let ours = ScoreSummary.Of [| perfect; missed; spurious; empty; mixed |]
            Expect.equal ours.Scans 5 "scans"
            // Dice: 1, 0, 0, 1, 2·1/(2+3).
            Expect.floatClose Accuracy.veryHigh ours.Volume.Dice.Value (2.4 / 5.0) "Dice over all five"
            Expect.equal (ours.Volume.N, ours.Volume.LeftOut) (2, 3) "scans with and without distances"
            Expect.equal ours.Volume.HausdorffMm (Nullable((0.0 + 1.0) / 2.0)) "Hausdorff over the two"

        testCase "means over slices; n and left_out add up to all slices, missed and spurious are parts of left_out"
        <| fun () ->
            let slice = (ScoreSummary.Of [| perfect; missed; spurious; empty; mixed |]).Slice
            Expect.equal (slice.N, slice.LeftOut, slice.Missed, slice.Spurious) (3, 7, 1, 2) "counts"
            // With pixels: 1, 1, 0 (missed), 0 (spurious), 2·1/(1+3), 0 (spurious).
            Expect.floatClose Accuracy.veryHigh slice.Dice.Value (2.5 / 6.0) "Dice where a mask has pixels"
            Expect.floatClose Accuracy.veryHigh slice.DiceAll.Value (6.5 / 10.0) "Dice over all ten"
            Expect.equal slice.HausdorffPx (Nullable(1.0 / 3.0)) "Hausdorff over the three"

        testCase "the spread is the sample standard deviation, null below two values"
        <| fun () ->
            let two = ScoreSummary.Of [| perfect; missed |]
            Expect.floatClose Accuracy.veryHigh two.Volume.Sd.Dice.Value (sqrt 0.5) "of 1 and 0"
            Expect.equal two.Volume.Sd.HausdorffMm (Nullable()) "of one distance"
            Expect.equal (perfect.Row().Volume.Sd.Dice) (Nullable()) "of one scan"

        testCase "nothing gives null means and zero counts"
        <| fun () ->
            let none = ScoreSummary.Of [||]

            Expect.equal
                (none.Volume.Dice, none.Slice.Dice, none.PaperCode.Dice)
                (Nullable(), Nullable(), Nullable())
                "means"

            Expect.equal (none.Volume.LeftOut, none.Slice.LeftOut, none.PaperCode.LeftOut) (0, 0, 0) "counts"

        testCase "batches of the paper's evaluation run on from scan to scan"
        <| fun () ->
            let together = ScoreSummary.Of([| scan [ 1 ] [ 1 ]; scan [ 2; 0 ] [ 1; 1 ] |], 2)
            let dice = [| 1.0; 3.0 / 4.0; 1.0 / 2.0 |]

            Expect.floatClose
                Accuracy.veryHigh
                together.PaperCode.Dice.Value
                (((dice[0] + dice[1]) / 2.0 + dice[2]) / 2.0)
                "first slice of the second scan joins the first scan"

        testCase "the JSON has the fixed names, null for what is undefined, and comes back the same"
        <| fun () ->
            let options =
                JsonSerializerOptions(PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower)

            let ours = ScoreSummary.Of [| missed |]
            let text = JsonSerializer.Serialize(ours, options)
            use document = JsonDocument.Parse text

            let has (part: string) (names: string list) =
                let keys = [ for p in document.RootElement.GetProperty(part).EnumerateObject() -> p.Name ]
                Expect.containsAll keys names part

            has "volume" [
                "dice"
                "hausdorff_mm"
                "hd95_mm"
                "assd_mm"
                "surface_dice_2mm"
                "n"
                "left_out"
            ]

            has "slice" [
                "dice"
                "dice_all"
                "hausdorff_px"
                "hd95_px"
                "n"
                "left_out"
                "missed"
                "spurious"
            ]

            has "paper_code" [ "dice"; "hausdorff_px"; "n"; "left_out" ]
            has "volume" [ "sd" ]

            Expect.equal
                (document.RootElement.GetProperty("volume").GetProperty("hausdorff_mm").ValueKind)
                JsonValueKind.Null
                "undefined"

            Expect.equal (JsonSerializer.Deserialize<ScoreSummary>(text, options)) ours "round trip"
    ]
