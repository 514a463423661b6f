module PolyCL.Tests.Cli.DataCommandTests

open System.IO
open System.Text.Json
open Expecto
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Data.ScanFiles

let private shape = VolumeShape(20, 16, 20)

let private json (outcome: CommandLine.Outcome) =
    Expect.equal outcome.ExitCode 0 outcome.Errors
    use document = JsonDocument.Parse outcome.Output
    document.RootElement.Clone()

let private text (element: JsonElement) (name: string) =
    element.GetProperty(name).GetString() |> string

let private number (element: JsonElement) (name: string) = element.GetProperty(name).GetInt32()

let private expectSentence (part: string) (outcome: CommandLine.Outcome) =
    Expect.equal outcome.ExitCode 2 "exit code"
    Expect.stringContains outcome.Errors part "sentence"
    Expect.hasLength (outcome.Errors.Trim().Split '\n') 1 "one line"

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.DataCommand" [
        testCase
            "data check finds the layout and counts slices; a broken scan gives exit code 2 and does not hide the others"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                writeLits root shape 3

                let totals =
                    (json (CommandLine.run [ "data"; "check"; "--data"; root; "--json" ])).GetProperty "totals"

                Expect.equal (number totals "scans", number totals "kept_slices") (3, 15) "scans and kept slices"
                Expect.equal (number totals "kept_organ_slices") 6 "with organ"
                let table = CommandLine.run [ "data"; "check"; "--data"; root; "--quiet" ]
                Expect.stringContains table.Output "volume-2  20×16×20" "a row"
                Expect.stringContains table.Output "3 scans (3 labelled), 60 slices, 15 kept" "totals"
                File.WriteAllText(Path.Combine(root, "volume-1.nii"), "broken")
                let broken = CommandLine.run [ "data"; "check"; "--data"; root; "--quiet" ]
                Expect.equal broken.ExitCode 2 "exit code"
                Expect.stringContains broken.Output "ERROR" "error in its row"
                Expect.stringContains broken.Output "that cannot be used: 1" "count"
                Expect.stringContains broken.Output "volume-2  20×16×20" "the others")

        testCase "data audit of the LiTS and MSD minis names volume-0 with liver_0 and volume-1 with liver_131"
        <| fun () ->
            let layouts = TestData.sharedFile "data/layouts"

            let found =
                json (
                    CommandLine.run [
                        "data"
                        "audit"
                        Path.Combine(layouts, "lits-mini")
                        Path.Combine(layouts, "msd-mini")
                        "--json"
                    ]
                )

            let shared = [
                for finding in found.GetProperty("findings").EnumerateArray() do
                    if text finding "kind" = "same-scan" then
                        text finding "first", text finding "second"
            ]

            Expect.equal shared [ "volume-0", "liver_0"; "volume-1", "liver_131" ] "pairs"

        testCase "prepare makes one store and finds it again; --threads does not change it"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let root = Path.Combine(folder, "data")
                writeLits root shape 3

                let prepare out threads =
                    json (
                        CommandLine.run [
                            "prepare"
                            "--data"
                            root
                            "--out"
                            out
                            "--threads"
                            threads
                            "--size"
                            "32"
                            "--verify"
                            "--json"
                        ]
                    )

                let first = prepare (Path.Combine(folder, "a")) "1"
                let again = prepare (Path.Combine(folder, "a")) "1"
                let other = prepare (Path.Combine(folder, "b")) "4"
                Expect.equal (text again "store") (text first "store") "same file"
                Expect.hasLength (Directory.GetFiles(Path.Combine(folder, "a"))) 1 "nothing else"
                Expect.equal (text other "fingerprint") (text first "fingerprint") "fingerprint"

                Expect.sequenceEqual
                    (File.ReadAllBytes(text other "store"))
                    (File.ReadAllBytes(text first "store"))
                    "bytes"

                Expect.equal (number first "slices", number first "organ_slices") (15, 6) "slices")

        testCase "wrong arguments end in one sentence and exit code 2"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                let missing = Path.Combine(root, "missing")
                expectSentence "there is no such folder" (CommandLine.run [ "data"; "check"; "--data"; missing ])
                expectSentence "none of the known layouts" (CommandLine.run [ "data"; "audit"; root; root ])
                writeLits root shape 1

                expectSentence
                    "volume-7"
                    (CommandLine.run [ "data"; "check"; "--data"; root; "--orientation"; "volume-7=LPS" ])

                expectSentence
                    "LPX"
                    (CommandLine.run [ "data"; "check"; "--data"; root; "--orientation"; "volume-0=LPX" ])

                expectSentence
                    "give an id"
                    (CommandLine.run [ "data"; "check"; "--data"; root; "--orientation"; "LPS" ])

                expectSentence
                    "KeepShare"
                    (CommandLine.run [ "prepare"; "--data"; root; "--out"; root; "--keep"; "0" ])

                Expect.isEmpty (Directory.GetFiles(root, "*.polycl")) "no store"

                for arguments in [ [ "--dataset"; "brats" ]; [ "--preset"; "thesis" ] ] do
                    let outcome =
                        CommandLine.run ([ "prepare"; "--data"; root; "--out"; root ] @ arguments)

                    Expect.equal outcome.ExitCode 2 "exit code")
    ]
