module PolyCL.Tests.Cli.MetricsCommandTests

open System.IO
open System.Text.Json
open Expecto
open PolyCL.Imaging
open PolyCL.Tests

let private write folder name (voxels: byte[]) =
    let path = Path.Combine(folder, name)
    NiftiWriter.Write(path, Volume.FromArray(VolumeShape(4, 3, 2), Affine.Diagonal(Spacing(2, 1, 3)), voxels))
    path

let private mask at =
    Array.init 24 (fun i -> if List.contains i at then 1uy else 0uy)

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.MetricsCommand" [
        testCase "--json prints the fixed shape on standard output and nothing else"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let p, t =
                    write folder "p.nii" (mask [ 0; 1 ]), write folder "t.nii" (mask [ 0; 2; 12 ])

                let outcome = CommandLine.run [ "metrics"; p; t; "--json" ]
                Expect.equal (outcome.ExitCode, outcome.Errors) (0, "") "exit"
                use document = JsonDocument.Parse outcome.Output

                let value (part: string) (key: string) =
                    document.RootElement.GetProperty(part).GetProperty(key)

                Expect.floatClose Accuracy.veryHigh (value "volume" "dice" |> _.GetDouble()) 0.4 "Dice: 2·1/(2+3)"
                Expect.equal (value "volume" "hausdorff_mm" |> _.GetDouble()) 3.0 "the slice above, 3 mm"
                Expect.equal (value "slice" "hausdorff_px" |> _.GetDouble()) 1.0 "one column, in pixels"
                Expect.equal (value "slice" "missed" |> _.GetInt32()) 1 "the second slice is missed"
                // The first slice's distance of 0.8 px is truncated to 0, so it is left out as well.
                Expect.equal (value "paper_code" "left_out" |> _.GetInt32()) 2 "left out")

        testCase "an empty prediction has null distances, counted"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let p, t = write folder "p.nii" (mask []), write folder "t.nii" (mask [ 0 ])
                let outcome = CommandLine.run [ "metrics"; p; t; "--json" ]
                use document = JsonDocument.Parse outcome.Output
                let volume = document.RootElement.GetProperty "volume"
                Expect.equal (volume.GetProperty("hd95_mm").ValueKind) JsonValueKind.Null "HD95"
                Expect.equal (volume.GetProperty("left_out").GetInt32()) 1 "left out"
                Expect.stringContains (CommandLine.run [ "metrics"; p; t ]).Output "not defined" "in words")

        testCase "the text names every unit"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let p, t =
                    write folder "p.nii" (mask [ 0; 1 ]), write folder "t.nii" (mask [ 0; 2; 12 ])

                let text = (CommandLine.run [ "metrics"; p; t ]).Output

                for part in
                    [
                        "Dice                 0.4000"
                        "Hausdorff            3.0000 mm"
                        "Hausdorff            1.0000 px"
                    ] do
                    Expect.stringContains text part "line")

        testCase "wrong input is one sentence and exit code 2"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let p = write folder "p.nii" (mask [ 0; 1 ])
                let missing = Path.Combine(folder, "missing.nii")
                let outcome = CommandLine.run [ "metrics"; p; missing; "--json" ]
                Expect.equal (outcome.ExitCode, outcome.Output) (2, "") "exit"
                use document = JsonDocument.Parse outcome.Errors
                let error = document.RootElement.GetProperty "error"
                Expect.equal (error.GetProperty("file").GetString()) missing "file"
                let outcome = CommandLine.run [ "metrics"; p; p; "--batch"; "0" ]
                Expect.equal outcome.ExitCode 2 "batch 0"
                Expect.stringContains outcome.Errors "0; it must be above 0" "the value and the range"
                Expect.equal (CommandLine.run [ "metrics"; p ]).ExitCode 2 "one file only")
    ]
