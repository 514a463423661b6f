module PolyCL.Tests.Metrics.PaperCodeTests

open System
open System.Text.Json
open Expecto
open PolyCL.Imaging
open PolyCL.Metrics
open PolyCL.Tests.Metrics.MetricsFixture

/// The authors' sums run in float32.
let private float32Sum = 2e-7

let private hausdorff (prediction: byte[]) (truth: byte[]) height width =
    let probabilities = prediction |> Array.map float32
    PaperCode.Hausdorff(ReadOnlySpan probabilities, ReadOnlySpan truth, height, width)

let private expectUntruncated (expected: double) (actual: PaperDistance) name =
    match expected with
    | -1.0 -> Expect.equal actual.Kind PaperDistanceKind.Skipped name
    | e when Double.IsInfinity e -> Expect.equal actual.Kind PaperDistanceKind.Fails name
    | e ->
        Expect.equal actual.Kind PaperDistanceKind.Measured name
        Expect.isLessThanOrEqual (abs (actual.Px - e)) 1e-12 $"{name}: {actual.Px} against {e}"

let private authorsPairs = [
    for name, pair in pairs.Value do
        match pair.TryGetProperty "authors" with
        | true, authors -> name, pair, authors
        | _ -> ()
]

/// The eleven slices of the authors' evaluation.
let private evaluation =
    lazy
        (let inputs = arrays "evaluate_inputs.npz"
         let probabilities = inputs["pred"].Values |> Array.map float32
         let truth = inputs["gt"].Values |> Array.map byte
         ScanEvaluator.Evaluate(ReadOnlySpan probabilities, ReadOnlySpan truth, 11, 40, 40, Spacing(1, 1, 1)))

let private scan name pair =
    let slices, height, width = dimensions pair
    let prediction = mask $"{name}.pred" |> Array.map float32
    let truth = mask $"{name}.gt"
    ScanEvaluator.Evaluate(ReadOnlySpan prediction, ReadOnlySpan truth, slices, height, width, Spacing(1, 1, 1))

let private expectMean (expected: double) (actual: Nullable<double>) name =
    if Double.IsNaN expected then
        Expect.equal actual (Nullable()) name
    else
        Expect.isLessThanOrEqual (abs (actual.Value - expected)) float32Sum $"{name}: {actual.Value} against {expected}"

[<Tests>]
let tests =
    testList "Metrics.PaperCode" [
        testCase "Dice of every 2-D pair is the authors', to the last bit of their float32"
        <| fun () ->
            Expect.hasLength authorsPairs 15 "pairs"

            for name, _, authors in authorsPairs do
                let dice = PaperCode.Dice(MaskCounts.Of(mask $"{name}.pred", mask $"{name}.gt"))
                Expect.equal (float32 dice) (float32 (field authors "dice_score")) name

        testCase "Hausdorff of every 2-D pair is the authors', both ways round, whole pixels exact"
        <| fun () ->
            for name, pair, authors in authorsPairs do
                let _, height, width = dimensions pair
                let prediction, truth = mask $"{name}.pred", mask $"{name}.gt"
                let ours = hausdorff prediction truth height width
                expectUntruncated (numbers authors "hausdorff_untruncated" |> List.head) ours name

                expectUntruncated
                    (numbers authors "hausdorff_untruncated_swapped" |> List.head)
                    (hausdorff truth prediction height width)
                    $"{name} swapped"

                match authors.GetProperty "hausdorff" with
                | raises when raises.ValueKind = JsonValueKind.Object ->
                    Expect.equal ours.Kind PaperDistanceKind.Fails $"{name}: the authors' code stops"
                | _ ->
                    match numbers authors "hausdorff" with
                    | [ -1.0 ] -> Expect.equal ours.Kind PaperDistanceKind.Skipped name
                    | [ whole ] -> Expect.equal (double ours.WholePx) whole name
                    | other -> failtest $"{name}: {other}"

        testCase "a probability map is contoured at 0.9 and rounded for Dice"
        <| fun () ->
            let soft = arrays "soft_contours.npz"
            let golden = json.Value.GetProperty "soft"
            let probabilities = soft["prob"].Values |> Array.map float32
            let truth = soft["gt"].Values |> Array.map byte

            let ours =
                PaperCode.Hausdorff(ReadOnlySpan probabilities, ReadOnlySpan truth, 32, 40)

            Expect.equal (double ours.WholePx) (numbers golden "hausdorff" |> List.head) "whole pixels"
            let exact = numbers golden "hausdorff_untruncated" |> List.head
            // The stored map is float64, ours float32.
            Expect.isLessThanOrEqual (abs (ours.Px - exact)) 1e-5 "before truncation"
            let rounded = probabilities |> Array.map (fun p -> if p > 0.5f then 1uy else 0uy)
            let ofRounded = numbers golden "hausdorff_untruncated_of_rounded" |> List.head
            expectUntruncated ofRounded (hausdorff rounded truth 32 40) "rounded"
            let dice = PaperCode.Dice(MaskCounts.Of(rounded, truth))
            Expect.equal (float32 dice) (float32 (field golden "dice_score")) "Dice"

        testCase "each slice of the evaluation has the authors' values"
        <| fun () ->
            let golden =
                json.Value.GetProperty("authors_evaluate_per_slice").EnumerateArray()
                |> Array.ofSeq

            Expect.hasLength golden 11 "slices"

            for ours, golden in Seq.zip evaluation.Value.Slices golden do
                let name = $"slice {ours.Slice}"
                Expect.equal (float32 ours.PaperDice) (float32 (field golden "dice_score")) name
                expectUntruncated (numbers golden "hausdorff_untruncated" |> List.head) ours.PaperHausdorff name

                Expect.isLessThanOrEqual
                    (abs (ours.Dice - field golden "dice_no_smooth_rounded"))
                    1e-7
                    $"{name}: plain Dice"

                let monai = field golden "monai_hd_rounded"

                if Double.IsFinite monai then
                    Expect.isLessThanOrEqual (abs (ours.HausdorffPx.Value - monai)) (1e-6 * (1.0 + monai)) name
                else
                    Expect.equal ours.HausdorffPx (Nullable()) name

        testCase "the evaluation gives the authors' numbers for batches of 1, 2, 4, 10 and 11"
        <| fun () ->
            let golden = json.Value.GetProperty "authors_evaluate_by_batch_size"

            for size in [ 1; 2; 4; 10; 11 ] do
                let ours = PaperCode.Summarize(evaluation.Value.Slices, size)
                let golden = golden.GetProperty(string size)
                expectMean (field golden "dice_score") ours.Dice $"Dice, batch {size}"
                expectMean (numbers golden "hausdorff" |> List.head) ours.HausdorffPx $"Hausdorff, batch {size}"
                Expect.equal (ours.N + ours.LeftOut) ((11 + size - 1) / size) $"every batch of {size} is counted"

        testCase "3-D pairs give the authors' numbers for batches of 1 and 10"
        <| fun () ->
            let volumes =
                pairs.Value
                |> List.filter (fun (_, pair) -> fst (pair.TryGetProperty "authors_evaluate"))

            Expect.hasLength volumes 5 "volumes"

            for name, pair in volumes do
                let scores = scan name pair

                for size in [ 1; 10 ] do
                    let golden = pair.GetProperty("authors_evaluate").GetProperty(string size)
                    let ours = PaperCode.Summarize(scores.Slices, size)
                    expectMean (field golden "dice") ours.Dice $"{name}: Dice, batch {size}"

                    expectMean
                        (numbers golden "hausdorff" |> List.head)
                        ours.HausdorffPx
                        $"{name}: Hausdorff, batch {size}"

        testCase "misses, empty truths and perfect slices are left out of the Hausdorff, and counted"
        <| fun () ->
            let ours = PaperCode.Summarize evaluation.Value.Slices
            // Of eleven slices two have both masks empty, two are one-sided, one is perfect.
            Expect.equal (ours.N, ours.LeftOut) (6, 5) "counts"

        testCase "a slice on which the authors' code stops takes its batch out of the Hausdorff, not out of Dice"
        <| fun () ->
            let pair = pairs.Value |> List.find (fun (name, _) -> name = "gt_full_frame") |> snd
            let failing = (scan "gt_full_frame" pair).Slices[0]
            let good = evaluation.Value.Slices[0]
            let ours = PaperCode.Summarize([| good; failing; good |], 1)
            Expect.equal (ours.N, ours.LeftOut, ours.HausdorffPx) (2, 1, Nullable 4.0) "batch 1"
            let ours = PaperCode.Summarize([| good; failing; good |], 2)
            Expect.equal (ours.N, ours.LeftOut, ours.HausdorffPx) (1, 1, Nullable 4.0) "batch 2"
            let mean = ((good.PaperDice + failing.PaperDice) / 2.0 + good.PaperDice) / 2.0
            Expect.floatClose Accuracy.veryHigh ours.Dice.Value mean "Dice of both batches"

        testCase "no slice gives no mean; a batch size of 0 is refused"
        <| fun () ->
            let ours = PaperCode.Summarize([||], 1)
            Expect.equal (ours.Dice, ours.HausdorffPx, ours.N, ours.LeftOut) (Nullable(), Nullable(), 0, 0) "nothing"

            Expect.throwsT<ArgumentOutOfRangeException>
                (fun () -> PaperCode.Summarize([||], 0) |> ignore)
                "batch size 0"
    ]
