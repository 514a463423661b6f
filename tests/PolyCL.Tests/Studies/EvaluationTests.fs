module PolyCL.Tests.Studies.EvaluationTests

open System
open System.IO
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Studies
open PolyCL.Training
open PolyCL.Tests
open PolyCL.Tests.Training.TrainingRuns

let private store folder data =
    SliceStoreBuilder.OpenOrBuild(
        data,
        PrepareOptions(Size = 32),
        Path.Combine(folder, "stores"),
        0,
        null,
        CancellationToken.None
    )

let private copy (data: string) source target =
    for kind in [ "volume"; "segmentation" ] do
        File.Copy(Path.Combine(data, $"{kind}-{source}.nii"), Path.Combine(data, $"{kind}-{target}.nii"))

let private brief =
    FineTuneOptions(Network = network, LabelFraction = 1.0, Epochs = 1, BatchSize = 8, Seed = 5L)

let private evaluate (run: RunResult) store part =
    use predictor = Predictor.Open(run.WeightsPath(), compute)
    Evaluation.Of(predictor, store, part, null, CancellationToken.None)

[<Tests>]
let tests =
    testSequenced
    <| testList "Studies.Evaluation" [
        testCase "a test scan whose voxels were trained on is refused under its other name; on other data it is listed"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let data = Path.Combine(folder, "data")
                SmallData.dataset data 4 |> ignore
                copy data 0 7
                use slices = store folder (DatasetReader.Open(DatasetKind.Lits, data))

                let split =
                    ScanSplit.Given([ "volume-0"; "volume-1" ], [ "volume-2" ], [ "volume-3"; "volume-7" ])

                let run = fineTune brief null (slices, split) (Path.Combine(folder, "runs"))

                Expect.throwsC (fun () -> evaluate run slices "test" |> ignore) (fun e ->
                    Expect.isTrue (e :? DatasetException) $"type of {e}"
                    Expect.stringContains e.Message "volume-7" "which")

                Expect.isEmpty (evaluate run slices "validation").SeenScans "volume-2 is new"

                // Another hospital's folder that holds one of the training scans.
                let elsewhere = Path.Combine(folder, "elsewhere")
                Directory.CreateDirectory elsewhere |> ignore

                for kind in [ "volume"; "segmentation" ] do
                    File.Copy(Path.Combine(data, $"{kind}-1.nii"), Path.Combine(elsewhere, $"{kind}-41.nii"))
                    File.Copy(Path.Combine(data, $"{kind}-3.nii"), Path.Combine(elsewhere, $"{kind}-43.nii"))

                use others = store folder (DatasetReader.Open(DatasetKind.Lits, elsewhere))
                let scores = evaluate run others "all"
                Expect.equal (List.ofSeq scores.SeenScans) [ "volume-41" ] "seen"
                Expect.hasLength scores.Scans 2 "all are scored")

        testCase "an encoder that saw a scan under another name is refused for a split that tests it"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let data = Path.Combine(folder, "data")
                SmallData.dataset data 4 |> ignore
                use first = store folder (DatasetReader.Open(DatasetKind.Lits, data))

                let split test =
                    ScanSplit.Given([ "volume-0"; "volume-1" ], [ "volume-2" ], [ test ])

                let runs = Path.Combine(folder, "runs")

                let encoder =
                    pretrain (pretraining PolyCL.Sampling.Strategy.Scan) (first, split "volume-3") runs

                copy data 1 9
                use second = store folder (DatasetReader.Open(DatasetKind.Lits, data))

                Expect.throwsC
                    (fun () -> fineTune brief (encoder.WeightsPath()) (second, split "volume-9") runs |> ignore)
                    (fun e ->
                        Expect.isTrue (e :? DatasetException) $"type of {e}"
                        Expect.stringContains e.Message "'volume-9' among them" "which")

                fineTune brief (encoder.WeightsPath()) (second, split "volume-3") runs |> ignore)

        testCase "an evaluation is stored beside its run, read back the same, and made anew for other weights"
        <| fun () ->
            withStore (fun folder data ->
                let run = fineTune brief null data folder

                let make run =
                    StoredEvaluation.Make(run, fst data, "test", compute, null, CancellationToken.None)

                let made = make run
                Expect.equal (SettingsJson.ToText(make run)) (SettingsJson.ToText made) "read back, seconds included"

                Expect.hasLength (Directory.GetFiles(run.Folder, "evaluation-*.json")) 1 "one file"

                let other =
                    FineTuneOptions(Network = network, LabelFraction = 1.0, Epochs = 1, BatchSize = 8, Seed = 6L)

                let second = make (fineTune other null data folder)
                Expect.notEqual second.Identity made.Identity "identity"
                Expect.equal second.Evaluation.Seed 6L "seed")
    ]
