module PolyCL.Tests.Metrics.ScanPairTests

open System
open System.IO
open System.Text.Json
open Expecto
open PolyCL.Core
open PolyCL.Imaging
open PolyCL.Metrics
open PolyCL.Tests
open PolyCL.Tests.Imaging

let private shape = VolumeShape(4, 3, 5)

let private affine =
    Affine.FromRows [|
        -2.0
        0.0
        0.0
        10.0
        0.0
        -1.0
        0.0
        20.0
        0.0
        0.0
        3.0
        30.0
        0.0
        0.0
        0.0
        1.0
    |]

/// A mask with a few voxels in no symmetric place.
let private voxels at =
    Array.init 60 (fun i -> if List.contains i at then 1uy else 0uy)

let private prediction = voxels [ 0; 1; 13; 25; 26 ]
let private truth = voxels [ 0; 1; 13; 14; 38 ]

let private write folder name (volume: Volume) =
    let path = Path.Combine(folder, name)
    NiftiWriter.Write(path, volume)
    path

let private volume (values: 'a[]) = Volume.FromArray(shape, affine, values)

let private row (pair: ScanPair) = pair.Evaluate().Row()

let private read (predicted: string) (actual: string) = ScanPair.Read(predicted, actual)

[<Tests>]
let tests =
    testList "Metrics.ScanPair" [
        testCase "the real pair gives the published numbers, per volume and per slice"
        <| fun () ->
            let folder = "data/ct/chaos-donor/"

            let pair =
                read
                    (TestData.sharedFile (folder + "sample_seg.nii.gz"))
                    (TestData.sharedFile (folder + "liver.nii.gz"))

            use golden =
                JsonDocument.Parse(File.ReadAllText(TestData.sharedFile (folder + "metrics.json")))

            let field (name: string) =
                golden.RootElement.GetProperty("volume").GetProperty(name).GetDouble()

            let ours = pair.Evaluate()

            let close (expected: double) (actual: double) message =
                Expect.isLessThanOrEqual (abs (actual - expected)) (1e-12 * max 1.0 expected) $"{message}: {actual}"

            close (field "dice") ours.Volume.Dice "Dice"
            close (field "hd_mm") ours.Volume.HausdorffMm.Value "Hausdorff"
            close (field "hd95_mm") ours.Volume.Hd95Mm.Value "HD95"
            close (field "assd_mm") ours.Volume.AssdMm.Value "ASSD"
            Expect.isEmpty pair.Warnings "one grid"

            let slices = [
                for row in golden.RootElement.GetProperty("slices").EnumerateArray() ->
                    [| for v in row.EnumerateArray() -> v |]
            ]

            Expect.isGreaterThan slices.Length 70 "slices"

            for golden in slices do
                let slice = ours.Slices[golden[0].GetInt32()]

                Expect.equal
                    (slice.Counts.Truth, slice.Counts.Prediction)
                    (golden[1].GetInt64(), golden[2].GetInt64())
                    $"slice {slice.Slice}: pixels"

                // Stored with six digits; null where a mask is empty.
                match golden[4].ValueKind with
                | JsonValueKind.Null -> Expect.equal slice.HausdorffPx (Nullable()) $"slice {slice.Slice}: no distance"
                | _ ->
                    Expect.isLessThanOrEqual
                        (abs (slice.Dice - golden[3].GetDouble()))
                        6e-7
                        $"slice {slice.Slice}: Dice"

                    Expect.isLessThanOrEqual
                        (abs (slice.HausdorffPx.Value - golden[4].GetDouble()))
                        6e-7
                        $"slice {slice.Slice}: Hausdorff"

        testCase "the storage order of either file changes nothing"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let straight =
                    read (write folder "p.nii" (volume prediction)) (write folder "t.nii" (volume truth))
                    |> row

                for letters in [ "RAS"; "SPL"; "AIR" ] do
                    let turned = (volume prediction).Reorient(Orientation.Parse letters)

                    let pair =
                        read (write folder $"{letters}.nii.gz" turned) (Path.Combine(folder, "t.nii"))

                    Expect.equal (row pair) straight $"prediction as {letters}"
                    Expect.isEmpty pair.Warnings letters
                    let turned = (volume truth).Reorient(Orientation.Parse letters)

                    let pair =
                        read (Path.Combine(folder, "p.nii")) (write folder $"{letters}.nii.gz" turned)

                    Expect.equal (row pair) straight $"truth as {letters}")

        testCase "255, several labels, one label, and probabilities that are announced all mean the same mask"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let t = write folder "t.nii" (volume truth)
                let plain = row (read (write folder "p.nii" (volume prediction)) t)
                let as255 = prediction |> Array.map (fun v -> int16 v * 255s)
                let pair = read (write folder "255.nii" (volume as255)) t
                Expect.equal (row pair) plain "255"
                Expect.stringContains (Seq.exactlyOne pair.Warnings) "0 and 255" "said"
                let labels = prediction |> Array.mapi (fun i v -> int v * (2 + i % 2))
                let pair = read (write folder "labels.nii" (volume labels)) t
                Expect.equal (row pair) plain "several labels"
                Expect.stringContains (Seq.exactlyOne pair.Warnings) "several labels" "warned"

                let one =
                    prediction |> Array.mapi (fun i v -> if v = 1uy then 7.0 else double (i % 3))

                let only7 = truth |> Array.map (fun v -> 7uy * v)

                let pair =
                    ScanPair.Read(
                        write folder "7.nii" (volume one),
                        write folder "t7.nii" (volume only7),
                        ScanPairOptions(Label = 7)
                    )

                Expect.equal (row pair) plain "label 7"

                let soft =
                    prediction
                    |> Array.mapi (fun i v -> if v = 1uy then 0.95f else float32 (i % 6) / 10.0f)

                let soft = write folder "soft.nii" (volume soft)

                Expect.throwsC (fun () -> read soft t |> ignore) (fun e ->
                    Expect.stringContains e.Message "--prob" "not unless asked")

                let options = ScanPairOptions(Probabilities = true)
                let pair = ScanPair.Read(soft, t, options)
                Expect.equal (row pair).Volume plain.Volume "told so"
                Expect.isEmpty pair.Warnings "told so")

        testCase "the spacing is the truth's; voxels in another place are reported"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let t = write folder "t.nii" (volume truth)
                let moved = affine.ToRows()
                moved[3] <- moved[3] + 5.0
                let moved = Volume.FromArray(shape, Affine.FromRows moved, prediction)
                let pair = read (write folder "moved.nii" moved) t
                Expect.equal (pair.Spacing, pair.Shape) (Spacing(2, 1, 3), shape) "grid"
                Expect.stringContains (Seq.exactlyOne pair.Warnings) "up to 5 mm" "warned"
                let plain = row (read (write folder "p.nii" (volume prediction)) t)
                Expect.equal (row pair) plain "compared voxel by voxel")

        testCase "a file without orientation is taken as stored like the other"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let p = write folder "p.nii" (volume prediction)
                let t = write folder "t.nii" (volume truth)
                let plain = row (read p t)
                let blind = Path.Combine(folder, "blind.nii")
                let bytes = File.ReadAllBytes p
                Array.fill bytes 252 4 0uy // qform_code and sform_code
                File.WriteAllBytes(blind, bytes)
                let pair = read blind t
                Expect.equal (row pair) plain "the same"
                Expect.stringContains (Seq.exactlyOne pair.Warnings) "names no orientation" "warned"
                let pair = read t blind
                Expect.stringContains (Seq.exactlyOne pair.Warnings) "names no orientation" "the truth, too")

        testCase "what cannot be compared is refused in one sentence that names the file"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let p, t =
                    write folder "p.nii" (volume prediction), write folder "t.nii" (volume truth)

                let smaller = Volume.FromArray(VolumeShape(4, 3, 4), affine, prediction[..47])

                let refused (predicted: string) (actual: string) (text: string) =
                    try
                        read predicted actual |> ignore
                        failtest $"{text}: accepted"
                    with :? ScanFormatException as e ->
                        Expect.stringContains e.Message text "message"
                        Expect.isFalse (e.Message.Contains '\n') "one line"

                refused (write folder "small.nii" smaller) t "4×3×4 voxels in LPS order"
                let logits = prediction |> Array.map (fun v -> float32 v * 3.5f - 1.0f)
                let logits = write folder "logits.nii" (volume logits)
                refused logits t "2.5 in 5"

                Expect.throwsC
                    (fun () -> ScanPair.Read(logits, t, ScanPairOptions(Probabilities = true)) |> ignore)
                    (fun e -> Expect.stringContains e.Message "60 of 60 values are no probabilities" "logits")

                let soft = truth |> Array.map (fun v -> float32 v * 0.7f)
                refused p (write folder "soft.nii" (volume soft)) "5 of 60 voxels hold no whole number (0.7 in 5)"
                let holes = truth |> Array.map (fun v -> if v = 1uy then nan else 0.0)
                refused (write folder "nan.nii" (volume holes)) t "NaN in 5"
                refused p (write folder "nan.nii" (volume holes)) "NaN in 5")

        testCase "one mask in any type and scaling scores alike, as prediction and as truth"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let p, t =
                    write folder "p.nii" (volume prediction), write folder "t.nii" (volume truth)

                let plain = row (read p t)

                let forms (name: string) (mask: byte[]) = [
                    write folder $"{name}-99999.nii" (volume (mask |> Array.map (fun v -> float32 v * 0.99999f)))
                    write folder $"{name}-eps.nii" (volume (mask |> Array.map (fun v -> float v + 1e-7)))
                    HeaderBytes.write folder $"{name}-255.nii" (volume (mask |> Array.map ((*) 255uy))) [
                        HeaderBytes.At.slope, HeaderBytes.singles [ 1.0 / 255.0; 0.0 ]
                    ]
                    HeaderBytes.write
                        folder
                        $"{name}-inter.nii"
                        (volume (mask |> Array.map (fun v -> int16 (int v * 65534 - 32767))))
                        [ HeaderBytes.At.slope, HeaderBytes.singles [ 1.0 / 65534.0; 0.5 ] ]
                ]

                for form in forms "p" prediction do
                    Expect.equal (row (read form t)) plain form

                for form in forms "t" truth do
                    Expect.equal (row (read p form)) plain form)

        testCase "a label that neither file has is refused with the labels there are; one file may lack it"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let p = write folder "p.nii" (volume (prediction |> Array.map ((*) 3uy)))
                let t = write folder "t.nii" (volume truth)

                Expect.throwsC (fun () -> ScanPair.Read(p, t, ScanPairOptions(Label = 7)) |> ignore) (fun e ->
                    Expect.stringContains e.Message "no voxel has label 7, the only label is 1" "truth"
                    Expect.stringContains e.Message "p.nii the only label is 3" "prediction")

                let pair = ScanPair.Read(p, t, ScanPairOptions(Label = 1))
                Expect.equal (row pair).Volume.Dice (Nullable 0.0) "label 1 is missed wholly")

        testCase "on a tilted grid mm are measured along the true axes"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let tilted =
                    Affine.FromRows [|
                        -0.5
                        0.0
                        0.0
                        0.0
                        0.0
                        -0.5
                        1.2
                        0.0
                        0.0
                        0.0
                        5.0
                        0.0
                        0.0
                        0.0
                        0.0
                        1.0
                    |]

                let one name at =
                    write
                        folder
                        name
                        (Volume.FromArray(shape, tilted, Array.init 60 (fun i -> if i = at then 1uy else 0uy)))

                // Two rows and three slices on: 3·1.2 - 2·0.5 = 2.6 mm and 15 mm. By the spacings alone it would be 15.46.
                let found =
                    (row (read (one "p.nii" 0) (one "t.nii" (3 * 12 + 2 * 4)))).Volume.HausdorffMm

                Expect.floatClose Accuracy.medium found.Value (sqrt (2.6 * 2.6 + 15.0 * 15.0)) "Hausdorff")

        testCase "micrometres are mm in the end"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let plain =
                    row (read (write folder "p.nii" (volume prediction)) (write folder "t.nii" (volume truth)))

                let micron =
                    affine.ToRows()
                    |> Array.mapi (fun i v -> if i < 12 then v * 1000.0 else v)
                    |> Affine.FromRows

                let form name (mask: byte[]) =
                    HeaderBytes.write folder name (Volume.FromArray(shape, micron, mask)) [
                        HeaderBytes.At.units, [| 3uy |]
                    ]

                let found = row (read (form "pm.nii" prediction) (form "tm.nii" truth))
                Expect.equal found.Volume.HausdorffMm plain.Volume.HausdorffMm "Hausdorff"
                Expect.equal found.Volume.AssdMm plain.Volume.AssdMm "ASSD")
    ]
