module PolyCL.Tests.Metrics.ScanEvaluatorTests

open System
open Expecto
open PolyCL.Imaging
open PolyCL.Metrics
open PolyCL.Tests.Metrics.MetricsFixture

let private evaluate (probabilities: float32[]) (truth: byte[]) (slices, height, width) (sz, sy, sx) =
    ScanEvaluator.Evaluate(ReadOnlySpan probabilities, ReadOnlySpan truth, slices, height, width, Spacing(sx, sy, sz))

let private volumes =
    lazy
        [
            for name, pair in pairs.Value do
                match numbers pair "spacing" with
                | [ sz; sy; sx ] ->
                    let prediction = mask $"{name}.pred" |> Array.map float32
                    name, pair, evaluate prediction (mask $"{name}.gt") (dimensions pair) (sz, sy, sx)
                | _ -> ()
        ]

let private expectPx (expected: double) (actual: Nullable<double>) name =
    if Double.IsNaN expected then
        Expect.equal actual (Nullable()) name
    else
        Expect.isLessThanOrEqual (abs (actual.Value - expected)) (1e-6 * (1.0 + expected)) name

let private cube = Array.create<float32> 8 1.0f

[<Tests>]
let tests =
    testList "Metrics.ScanEvaluator" [
        testCase "the volume's scores are MONAI's, mm"
        <| fun () ->
            Expect.hasLength volumes.Value 5 "volumes"

            for name, pair, ours in volumes.Value do
                let monai = pair.GetProperty "monai"

                let finite key =
                    let v = field monai key in if Double.IsFinite v then v else nan

                expectPx (field monai "dice_not_ignore_empty") (Nullable ours.Volume.Dice) $"{name}: Dice"
                expectPx (finite "hd") ours.Volume.HausdorffMm $"{name}: Hausdorff"
                expectPx (finite "hd95") ours.Volume.Hd95Mm $"{name}: HD95"
                expectPx (finite "assd") ours.Volume.AssdMm $"{name}: ASSD"
                let surface = field (monai.GetProperty "nsd") "2.0"
                // Both empty is 1 here and NaN in MONAI.
                let expected = if Double.IsNaN surface then 1.0 else surface
                expectPx expected (Nullable ours.Volume.SurfaceDice2Mm) $"{name}: surface Dice"

        testCase "each slice's scores are MONAI's in 2-D, px, and the authors'"
        <| fun () ->
            for name, pair, ours in volumes.Value do
                let slices = pair.GetProperty("slices").EnumerateArray() |> Array.ofSeq
                Expect.hasLength ours.Slices slices.Length name

                for ours, golden in Seq.zip ours.Slices slices do
                    let name = $"{name}, slice {ours.Slice}"

                    Expect.equal
                        (ours.Counts.Prediction, ours.Counts.Truth)
                        (int64 (field golden "n_pred"), int64 (field golden "n_gt"))
                        name

                    expectPx (field golden "dice_monai") (Nullable ours.Dice) name
                    expectPx (field golden "hd_px") ours.HausdorffPx name
                    expectPx (field golden "hd95_px") ours.Hd95Px name
                    Expect.equal (float32 ours.PaperDice) (float32 (field golden "authors_dice")) name

                    match numbers golden "authors_hausdorff" with
                    | [ -1.0 ] -> Expect.equal ours.PaperHausdorff.Kind PaperDistanceKind.Skipped name
                    | golden -> Expect.equal [ double ours.PaperHausdorff.WholePx ] golden name

        testCase "empty masks: both 1, one 0, no distance"
        <| fun () ->
            let none = Array.zeroCreate<float32> 8
            let ones = Array.create 8 1uy
            let zeros = Array.zeroCreate<byte> 8

            let at prediction truth =
                (evaluate prediction truth (2, 2, 2) (1, 1, 1)).Volume

            for prediction, truth, share in [ none, zeros, 1.0; none, ones, 0.0; cube, zeros, 0.0 ] do
                let volume = at prediction truth
                Expect.equal (volume.Dice, volume.SurfaceDice2Mm) (share, share) "shares"

                Expect.equal
                    [ volume.HausdorffMm; volume.Hd95Mm; volume.AssdMm ]
                    (List.replicate 3 (Nullable()))
                    "distances"

        testCase "a probability of exactly 0.5 is background, the next above is organ"
        <| fun () ->
            let probabilities = [| 0.5f; MathF.BitIncrement 0.5f; 0.0f; 1.0f |]
            let ours = evaluate probabilities [| 1uy; 1uy; 0uy; 0uy |] (1, 2, 2) (1, 1, 1)
            Expect.equal ours.Volume.Counts (MaskCounts(2, 2, 1)) "counts"

        testCase "the spacing's axes are columns, rows, slices"
        <| fun () ->
            let apart index =
                let truth = Array.zeroCreate<byte> 8
                truth[index] <- 1uy
                let prediction = Array.zeroCreate<float32> 8
                prediction[0] <- 1.0f
                (evaluate prediction truth (2, 2, 2) (5, 3, 2)).Volume.HausdorffMm.Value

            Expect.equal (apart 1, apart 2, apart 4) (2.0, 3.0, 5.0) "one column, one row, one slice apart"

        testCase "values that are no probabilities are refused, with the value"
        <| fun () ->
            for value, text in [ 1.5f, "1.5"; -0.1f, "-0.1"; nanf, "NaN" ] do
                let probabilities = Array.copy cube
                probabilities[3] <- value

                Expect.throwsC
                    (fun () -> evaluate probabilities (Array.create 8 1uy) (2, 2, 2) (1, 1, 1) |> ignore)
                    (fun e -> Expect.stringContains e.Message $"Value 3 of the probabilities is {text}" "message")

        testCase "arrays that do not fit the size are refused"
        <| fun () ->
            for slices, height, width, text in
                [ 2, 2, 3, "12 voxels; 8"; 0, 2, 2, "slices is 0"; 1, 2, 2, "4 voxels; 8" ] do
                Expect.throwsC
                    (fun () ->
                        ScanEvaluator.Evaluate(
                            ReadOnlySpan cube,
                            ReadOnlySpan(Array.create 8 1uy),
                            slices,
                            height,
                            width,
                            Spacing(1, 1, 1)
                        )
                        |> ignore)
                    (fun e -> Expect.stringContains e.Message text $"{slices}×{height}×{width}")
    ]
