/// Every row of Tables 1–3 is a value that trains.
module PolyCL.Tests.Studies.TableRowTests

open System
open System.Collections.Generic
open System.IO
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Models
open PolyCL.Sampling
open PolyCL.Studies
open PolyCL.Training
open PolyCL.Tests
open PolyCL.Tests.Training.TrainingRuns

/// (backbone, model) of each row, as the paper prints them.
let private labels () =
    PaperTables.All
    |> Seq.filter (fun score -> score.Table <= 3)
    |> Seq.map (fun score -> score.Backbone, score.Model)
    |> Seq.distinct
    |> List.ofSeq

/// The row's network in the smoke profile; where it needs ImageNet weights, with a file under torchvision's names.
let private networkOf (row: TableRow) size (folder: string) : NetworkOptions =
    match ProfileSettings.Network(Profile.Smoke, row.Backbone, size) with
    | :? ResUNetOptions as options when row.NeedsImageNetWeights ->
        withImageNet (Path.Combine(folder, "resnet18.safetensors")) options
    | options -> options

/// Pre-trains a row that says so, notes its weights and gives them.
let private pretrain
    (finished: Dictionary<TableRow, string>)
    (row: TableRow)
    network
    (store: SliceStore, split)
    folder
    =
    match row.Strategy with
    | strategy when strategy.HasValue ->
        let options =
            PretrainOptions(
                Selection = StrategyOptions(Strategy = strategy.Value),
                Network = network,
                EmbeddingSize = 16,
                Epochs = 1,
                BatchSize = 12
            )

        let result =
            Pretraining.Run(
                options,
                TrainingData(store, split),
                RunPlace(folder, compute, "smoke"),
                null,
                quiet,
                CancellationToken.None
            )

        Expect.isTrue (Double.IsFinite result.Loss) $"{row}: loss of pre-training"
        finished[row] <- result.WeightsPath()
        Some(result.WeightsPath())
    | _ -> None

[<Tests>]
let tests =
    testSequenced
    <| testList "Studies.TableRow" [
        testCase "every row of Tables 1 to 3 is pre-trained and fine-tuned in the smoke profile's network"
        <| fun () ->
            let labels = labels ()
            Expect.hasLength labels 20 "15 pre-trained rows and 5 from scratch"

            TestData.withTempFolder (fun folder ->
                let store, split = SmallData.store folder
                use _ = store
                let finished = Dictionary()

                for backbone, model in labels do
                    let row = TableRow.Of(backbone, model)
                    let network = networkOf row store.Size folder
                    Expect.equal network.Kind row.Backbone $"{backbone}, {model}: network"
                    let encoder = pretrain finished row network (store, split) folder

                    let options =
                        FineTuneOptions(Network = network, LabelFraction = 0.2, Epochs = 1, BatchSize = 8)

                    let result =
                        FineTuning.Run(
                            options,
                            Option.toObj encoder,
                            TrainingData(store, split),
                            RunPlace(folder, compute, "smoke"),
                            quiet,
                            CancellationToken.None
                        )

                    Expect.isTrue (Double.IsFinite result.Loss) $"{backbone}, {model}: loss"
                    Expect.isTrue (File.Exists(result.WeightsPath())) $"{backbone}, {model}: weights"

                Expect.hasLength finished 15 "pre-trained rows")

        testCase "only the row with ImageNet weights asks for a file"
        <| fun () ->
            let asking = [
                for backbone, model in labels () do
                    if TableRow.Of(backbone, model).NeedsImageNetWeights then
                        model
            ]

            Expect.equal asking [ "PT ResU-Net" ] "rows"

        testCase "a label that no table has is refused by name"
        <| fun () ->
            for backbone, model in [ "none", "U-Net++"; "U-Net", "BarlowTwins"; "VGG", "SimCLR" ] do
                Expect.throwsC (fun () -> TableRow.Of(backbone, model) |> ignore) (fun e ->
                    Expect.isTrue (e :? ArgumentException) "type"
                    Expect.stringContains e.Message model "label named")
    ]
