module PolyCL.Tests.Cli.TrainingCommandTests

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open System.Threading
open Expecto
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Cli

let private data folder =
    let root = Path.Combine(folder, "data")
    SmallData.dataset root 8 |> ignore
    root

let private common folder = [
    "--data"
    Path.Combine(folder, "data")
    "--dataset"
    "lits"
    "--size"
    "32"
    "--results"
    Path.Combine(folder, "results")
    "--profile"
    "smoke"
    "--split"
    "5/1/2"
    "--threads"
    "1"
    "--quiet"
    "--json"
]

let private succeed arguments =
    let outcome = CommandLine.run arguments
    Expect.equal outcome.ExitCode 0 $"exit code of {List.head arguments}; errors: {outcome.Errors}"
    use document = JsonDocument.Parse outcome.Output
    document.RootElement.Clone()

let private text (name: string) (element: JsonElement) =
    element.GetProperty(name).GetString() |> string

let private refuse (word: string) arguments =
    let outcome = CommandLine.run arguments
    Expect.equal outcome.ExitCode 2 $"exit code; errors: {outcome.Errors}"
    Expect.hasLength (outcome.Errors.TrimEnd().Split '\n') 1 $"one line: {outcome.Errors}"
    Expect.stringContains outcome.Errors word "message"

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.Training" [
        testCase "--backbone names the network; a fine-tuning takes its encoder's, and refuses another"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                data folder |> ignore
                let short = [ "--epochs"; "1" ]

                let encoder =
                    succeed ([ "pretrain"; "--backbone"; "nnunet" ] @ short @ common folder)

                let tune = [ "finetune"; "--encoder"; text "folder" encoder ]
                let model = succeed (tune @ short @ common folder)
                let config = File.ReadAllText(Path.Combine(text "folder" model, "config.json"))
                Expect.stringContains config "\"backbone\": \"nnunet\"" "network of the encoder's card"
                let again = succeed (tune @ [ "--backbone"; "nnunet" ] @ short @ common folder)
                Expect.equal (text "run" again) (text "run" model) "the same run"
                refuse "that of a nnU-Net" (tune @ [ "--backbone"; "resunet" ] @ common folder)
                refuse "--weights FILE" ([ "pretrain"; "--backbone"; "pt-resunet" ] @ common folder)
                let file = Path.Combine(folder, "data", "volume-0.nii")
                refuse "starts from no such file" ([ "pretrain"; "--weights"; file ] @ common folder)
                let odd = common folder |> List.map (fun word -> if word = "32" then "36" else word)
                refuse "cannot be halved" ([ "pretrain"; "--backbone"; "nnunet" ] @ odd))

        testCase "--protocol native trains nnU-Net by its own protocol, at its own rate, and refuses another network"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                data folder |> ignore
                let native = [ "finetune"; "--protocol"; "native"; "--epochs"; "1" ] @ common folder
                let model = succeed (native @ [ "--backbone"; "nnunet" ])
                Expect.stringEnds (text "arm" model) "nnU-Net's own protocol" "arm"
                Expect.equal (text "profile" model) "smoke, changed" "not the profile's own"
                let config = File.ReadAllText(Path.Combine(text "folder" model, "config.json"))
                Expect.stringContains config "\"protocol\": \"native\"" "protocol"
                Expect.stringContains config "\"learning_rate\": 0.01," "rate"
                refuse "the network is a U-Net" native)

        testCase "pretrain, finetune, evaluate and predict work on each other's results"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let root = data folder
                let encoder = succeed ("pretrain" :: "--strategy" :: "mixed" :: common folder)
                Expect.equal (text "arm" encoder) "PolyCL-M" "arm"

                let model =
                    succeed (
                        "finetune"
                        :: "--encoder"
                        :: text "folder" encoder
                        :: "--label-fraction"
                        :: "0.4"
                        :: common folder
                    )

                Expect.equal (model.GetProperty("scans").GetInt32()) 2 "labelled scans"

                let evaluation =
                    succeed [
                        "evaluate"
                        "--model"
                        text "folder" model
                        "--data"
                        root
                        "--dataset"
                        "lits"
                        "--results"
                        Path.Combine(folder, "results")
                        "--quiet"
                        "--json"
                    ]

                Expect.equal (text "part" evaluation) "test" "part"
                Expect.equal (evaluation.GetProperty("scans").GetArrayLength()) 2 "test scans"
                let volume = evaluation.GetProperty("scores").GetProperty("volume")

                Expect.equal
                    (volume.GetProperty("n").GetInt32() + volume.GetProperty("left_out").GetInt32())
                    2
                    "counted"

                Expect.stringStarts (text "profile" evaluation) "smoke" "profile"

                let image, mask =
                    Path.Combine(root, "volume-3.nii"), Path.Combine(folder, "mask.nii.gz")

                let prediction =
                    succeed [
                        "predict"
                        "--model"
                        text "folder" model
                        "--image"
                        image
                        "--out"
                        mask
                        "--quiet"
                        "--json"
                    ]

                let scan, written = NiftiReader.Read image, NiftiReader.Read mask
                Expect.equal written.Shape scan.Shape "shape"
                Expect.equal written.Affine scan.Affine "affine"
                Expect.equal written.StoredType VoxelType.UInt8 "type"
                Expect.equal (prediction.GetProperty("slices").GetInt32()) 24 "slices")

        testCase "a process killed at any time is resumed by the same line, with the same weights"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                data folder |> ignore
                let line = "pretrain" :: "--epochs" :: "6" :: common folder
                let unbroken = succeed line
                Directory.Delete(text "folder" unbroken, true)
                let mutable stream = PolyCL.Core.RandomStream(3L, "kills")
                let mutable kills = 0
                let mutable finished = false
                let results = Path.Combine(folder, "results")

                let written () =
                    if Directory.Exists results then
                        [
                            for file in DirectoryInfo(results).EnumerateFiles("*", SearchOption.AllDirectories) ->
                                file.FullName, file.LastWriteTimeUtc
                        ]
                    else
                        []

                // Waits until the process has changed its files some times, in the middle of a write or after one, or has ended.
                let afterChanges (running: Process) (count: int) =
                    let mutable last = written ()
                    let mutable left = count

                    let done' () =
                        let now =
                            try
                                written ()
                            with :? IOException ->
                                // A file went while it was looked at.
                                last

                        if now <> last then
                            last <- now
                            left <- left - 1

                        running.HasExited || left <= 0

                    Expect.isTrue (SpinWait.SpinUntil(done', TimeSpan.FromMinutes 20L)) "it writes or ends"
                    running.HasExited

                while not finished do
                    use running = CommandLine.start line
                    let output = running.StandardOutput.ReadToEndAsync()

                    if kills < 3 && not (afterChanges running (1 + stream.NextInt 4)) then
                        running.Kill()
                        running.WaitForExit()
                        kills <- kills + 1
                    else
                        running.WaitForExit()
                        Expect.equal running.ExitCode 0 "exit code"
                        finished <- true
                        use document = JsonDocument.Parse output.Result

                        Expect.equal
                            (text "weights_digest" document.RootElement)
                            (text "weights_digest" unbroken)
                            "weights")

        testCase "wrong data, options and models end in one sentence and exit code 2"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let root = data folder
                let noData = [ "pretrain"; "--results"; folder; "--quiet" ]
                refuse "--data" noData
                refuse "no such" ([ "pretrain"; "--data"; Path.Combine(folder, "nowhere"); "--dataset"; "lits" ])

                refuse
                    "100/5/25"
                    ([
                        "pretrain"
                        "--data"
                        root
                        "--results"
                        folder
                        "--split"
                        "most"
                        "--quiet"
                    ])

                refuse "Epochs is 0" ([ "pretrain"; "--data"; root; "--results"; folder; "--epochs"; "0"; "--quiet" ])

                refuse
                    "LabelFraction"
                    ([
                        "finetune"
                        "--data"
                        root
                        "--results"
                        folder
                        "--label-fraction"
                        "1.5"
                        "--quiet"
                    ])

                refuse
                    "CUDA"
                    ([
                        "finetune"
                        "--data"
                        root
                        "--results"
                        folder
                        "--device"
                        "cuda:7"
                        "--quiet"
                    ])

                let scan = Path.Combine(root, "volume-0.nii")
                refuse "volume-0.nii" ([ "evaluate"; "--model"; scan; "--data"; root; "--quiet" ])

                refuse
                    "missing.safetensors"
                    ([
                        "predict"
                        "--model"
                        Path.Combine(folder, "missing.safetensors")
                        "--image"
                        scan
                        "--out"
                        "m.nii"
                    ])

                Expect.isFalse (File.Exists "m.nii") "nothing written")
    ]
