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

        testCase "one scan with a wrong checksum: named by prepare and audit, and left out with --exclude"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let set = TestData.sharedFile "cases/07-crc-in-set/set"
                let prepare = [ "prepare"; "--data"; set; "--out"; folder; "--size"; "32" ]
                let damaged = Path.Combine(set, "s0001", "ct.nii.gz")

                let crc =
                    $"Scan 's0001': {damaged}: gzip: the checksum is wrong: 24928 bytes inflate"

                for arguments in [ prepare; [ "data"; "audit"; set; set ] ] do
                    let outcome = CommandLine.run (arguments @ [ "--quiet" ])
                    expectSentence crc outcome
                    Expect.stringContains outcome.Errors "To go on without it, exclude s0001." "way on"

                let made = json (CommandLine.run (prepare @ [ "--exclude"; "s0001"; "--json" ]))

                Expect.equal
                    [ for scan in made.GetProperty("scans").EnumerateArray() -> text scan "id" ]
                    [ "s0000"; "s0002" ]
                    "scans"

                Expect.equal
                    [
                        for id in made.GetProperty("excluded").EnumerateArray() -> string (id.GetString())
                    ]
                    [ "s0001" ]
                    "recorded"

                for option in [ [ "--exclude"; "s0001" ]; [ "--exclude-a"; "s0001"; "--exclude-b"; "s0001" ] ] do
                    let found =
                        json (CommandLine.run ([ "data"; "audit"; set; set; "--json" ] @ option))

                    Expect.equal (number found "scans") 4 "scans of A and B"

                expectSentence "--exclude s9" (CommandLine.run [ "data"; "audit"; set; set; "--exclude"; "s9" ])
                expectSentence "'s9' is to be excluded" (CommandLine.run (prepare @ [ "--exclude"; "s9" ]))

                expectSentence
                    "exclude s0001"
                    (CommandLine.run [ "data"; "audit"; set; set; "--exclude-a"; "s0001"; "--quiet" ]))

        testCase
            "what is not HU is a warning on standard error of prepare, with --json too, and again when the store is found"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                for name, range in [ "low9758", "-9758 to 700"; "unit", "0 to 1"; "plus1024", "14 to 1724" ] do
                    let root = TestData.sharedFile $"cases/30-not-hu/{name}"
                    let warning = $"not HU? values are {range}; a CT has air near -1000"
                    let checked' = CommandLine.run [ "data"; "check"; "--data"; root; "--quiet" ]
                    Expect.stringContains checked'.Output warning "check"

                    for more in [ []; [ "--json" ] ] do
                        let outcome =
                            CommandLine.run (
                                [ "prepare"; "--data"; root; "--out"; folder; "--size"; "32"; "--quiet" ] @ more
                            )

                        Expect.equal outcome.ExitCode 0 outcome.Errors
                        Expect.equal (outcome.Errors.TrimEnd()) $"polycl: warning: volume-0: {warning}." name)

        testCase "NaN is air in a store, counted by check and prepare; a scan of NaN alone is refused by both"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let root = Path.Combine(folder, "data")
                let place = affine "LPS" [ 1.0; 1.0; 2.0 ]

                let prepare value =
                    let values = voxels 1 shape |> Array.map float32
                    // In a slice that is kept, and wider than a pixel of the store.
                    for i in 0..99 do
                        values[10 * shape.X * shape.Y + i] <- value

                    writePair root 1 shape (10, 19) "volume-0.nii" "segmentation-0.nii"
                    write (Path.Combine(root, "volume-0.nii")) (Volume.FromArray(shape, place, values))

                    CommandLine.run [
                        "prepare"
                        "--data"
                        root
                        "--out"
                        folder
                        "--size"
                        "16"
                        "--json"
                        "--quiet"
                        "--window-width"
                        "4000"
                    ]

                let odd = prepare nanf

                let counted =
                    "100 of 6400 voxels are no numbers (NaN or infinite); they were read as air, -1000 HU"

                Expect.stringContains odd.Errors $"polycl: warning: volume-0: {counted}." "prepare"

                Expect.stringContains
                    (CommandLine.run [ "data"; "check"; "--data"; root; "--quiet" ]).Output
                    counted
                    "check"

                let air = prepare -1000.0f
                Expect.equal air.Errors "" "nothing odd"
                Expect.equal (text (json odd) "fingerprint") (text (json air) "fingerprint") "the same voxels"

                let bits (outcome: CommandLine.Outcome) =
                    use store = PolyCL.Data.SliceStore.Open(text (json outcome) "store")
                    let pixels = Array.zeroCreate<float32>(store.Size * store.Size)

                    [
                        for slice in 0 .. store.Slices.Count - 1 do
                            store.CopyPixels(slice, System.Span pixels)
                            yield! pixels
                    ]

                Expect.equal (bits odd) (bits air) "the same pixels"
                let nothing = TestData.sharedFile "cases/29-nan-voxels/allnan"

                let refused =
                    CommandLine.run [ "prepare"; "--data"; nothing; "--out"; folder; "--quiet" ]

                expectSentence "none of the 12288 voxels is a number" refused
                let seen = CommandLine.run [ "data"; "check"; "--data"; nothing; "--quiet" ]
                Expect.equal seen.ExitCode 2 "check"
                Expect.stringContains seen.Output "none of the 12288 voxels is a number" "check")

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
