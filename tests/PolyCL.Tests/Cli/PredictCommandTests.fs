module PolyCL.Tests.Cli.PredictCommandTests

open System.IO
open Expecto
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Training.TrainingRuns

let private shape = VolumeShape(24, 20, 4)

/// Air round a body, each voxel changed by its place.
let private scan change =
    let voxels =
        Array.init (24 * 20 * 4) (fun i -> change i (if i % 24 < 8 then -1000.0f else float32 (i % 90)))

    Volume.FromArray(shape, Affine.Diagonal(Spacing(2, 1, 3)), voxels)

let private predict folder model volume =
    let image, mask = Path.Combine(folder, "ct.nii"), Path.Combine(folder, "mask.nii")
    NiftiWriter.Write(image, volume)
    File.Delete mask

    let outcome =
        CommandLine.run [
            "predict"
            "--model"
            model
            "--image"
            image
            "--out"
            mask
            "--threads"
            "1"
            "--quiet"
        ]

    outcome, image, mask

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.PredictCommand" [
        testCase "a voxel that is no number is air; values that are no HU are warned of; a scan of NaN alone is refused"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let model = segmenterFile folder ignore

                let run change =
                    let outcome, _, mask = predict folder model (scan change)
                    Expect.equal outcome.ExitCode 0 outcome.Errors
                    outcome.Errors.TrimEnd(), File.ReadAllBytes mask

                let odd, found = run (fun i hu -> if i < 200 then nanf else hu)

                Expect.equal
                    odd
                    "polycl: warning: 200 of 1920 voxels are no numbers (NaN or infinite); they were read as air, -1000 HU."
                    "counted"

                let nothing, asAir = run (fun i hu -> if i < 200 then -1000.0f else hu)
                Expect.equal nothing "" "nothing odd"
                Expect.equal found asAir "the same mask as with air"
                let shifted, _ = run (fun _ hu -> hu + 1024.0f)

                Expect.equal
                    shifted
                    "polycl: warning: not HU? values are 24 to 1113; a CT has air near -1000."
                    "not HU"

                let refused, image, mask = predict folder model (scan (fun _ _ -> nanf))
                Expect.equal (refused.ExitCode, File.Exists mask) (2, false) "refused"

                Expect.equal
                    (refused.Errors.TrimEnd())
                    $"polycl: {image}: voxels: none of the 1920 voxels is a number (NaN or infinite); convert the scan again from its source."
                    "sentence")

        testCase "a network that answers NaN is to blame, not logits: predict writes nothing, evaluate scores nothing"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let model = segmenterFile folder overflowing
                let outcome, _, mask = predict folder model (scan (fun _ hu -> hu))
                Expect.equal (outcome.ExitCode, outcome.Output, File.Exists mask) (2, "", false) "predict"

                Expect.stringStarts
                    outcome.Errors
                    $"polycl: {model}: the output is not finite, although all weights and pixels are"
                    "predict"

                let data = Path.Combine(folder, "data")
                SmallData.dataset data 2 |> ignore

                let scored =
                    CommandLine.run [
                        yield! [
                            "evaluate"
                            "--model"
                            model
                            "--data"
                            data
                            "--part"
                            "all"
                            "--threads"
                            "1"
                        ]
                        yield! [ "--results"; Path.Combine(folder, "results"); "--quiet" ]
                    ]

                Expect.equal (scored.ExitCode, scored.Output) (2, "") scored.Errors
                Expect.equal (scored.Errors.TrimEnd()) (outcome.Errors.TrimEnd()) "the same sentence")
    ]
