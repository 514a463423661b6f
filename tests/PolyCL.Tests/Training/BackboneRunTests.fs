/// Every network goes through pre-training, fine-tuning, prediction and resuming, in a tiny size.
module PolyCL.Tests.Training.BackboneRunTests

open System
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
open PolyCL.Tests.Training.TinyNetworks
open PolyCL.Tests.Training.TrainingRuns

let private pretraining strategy network =
    PretrainOptions(
        Selection = StrategyOptions(Strategy = strategy),
        Network = network,
        EmbeddingSize = 16,
        Epochs = 2,
        BatchSize = 6,
        LearningRate = 1e-3,
        Seed = 5L
    )

let private fineTuning network =
    FineTuneOptions(Network = network, LabelFraction = 0.4, Epochs = 2, BatchSize = 4, LearningRate = 5e-3, Seed = 5L)

let private pretrain network (store: SliceStore, split) results =
    Pretraining.Run(
        pretraining Strategy.Mixed network,
        TrainingData(store, split),
        RunPlace(results, compute, "smoke"),
        null,
        quiet,
        CancellationToken.None
    )

let private fineTune network (encoder: string | null) (store: SliceStore, split) results =
    FineTuning.Run(
        fineTuning network,
        encoder,
        TrainingData(store, split),
        RunPlace(results, compute, "smoke"),
        quiet,
        CancellationToken.None
    )

let private everyTwo () = 2

let private weightsOf (result: RunResult) =
    Path.Combine(result.Folder, result.Weights)

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.BackboneRun" [
        for kind in Enum.GetValues<BackboneKind>() do
            testCase $"{kind} is pre-trained, fine-tuned from its card and predicts; its encoder changes what is learnt"
            <| fun () ->
                withStore (fun folder (store, split) ->
                    let network: NetworkOptions =
                        match tiny kind with
                        | :? ResUNetOptions as options when kind = BackboneKind.PtResUNet ->
                            withImageNet (Path.Combine(folder, "resnet.safetensors")) options
                        | options -> options

                    Expect.equal network.Kind kind "kind"
                    let encoder = pretrain network (store, split) folder
                    let card = ModelFile.ReadCard(weightsOf encoder)
                    Expect.equal card.Network.Backbone network.Backbone "card"
                    let tuned = fineTune card.Network (weightsOf encoder) (store, split) folder
                    let scratch = fineTune network null (store, split) folder
                    Expect.notEqual tuned.WeightsDigest scratch.WeightsDigest "the encoder matters"
                    use predictor = Predictor.Open(weightsOf tuned, compute)
                    let pixels = Array.zeroCreate<float32>(32 * 32)
                    store.CopyPixels(0, pixels)
                    let probabilities = predictor.Probabilities(pixels, 1, CancellationToken.None)
                    Expect.isTrue (probabilities |> Array.forall (fun p -> p >= 0.0f && p <= 1.0f)) "probabilities"
                    Expect.isGreaterThan (Array.max probabilities - Array.min probabilities) 0.0f "not all alike")

        for kind, strategy in
            [
                BackboneKind.ResUNet, Strategy.Mixed
                BackboneKind.ResUNet, Strategy.Byol
                BackboneKind.TransUNet, Strategy.Mixed
                BackboneKind.TransUNet, Strategy.Moco
                BackboneKind.NnUNet, Strategy.SimClr
            ] do
            testCase
                $"{kind}, {strategy}: both trainings stopped every two steps and resumed end with the same weights and statistics"
            <| fun () ->
                withStore (fun folder (store, split) ->
                    let network = tiny kind
                    let whole, broken = Path.Combine(folder, "whole"), Path.Combine(folder, "broken")

                    let run results progress token =
                        Pretraining.Run(
                            pretraining strategy network,
                            TrainingData(store, split),
                            RunPlace(results, compute, "smoke"),
                            null,
                            progress,
                            token
                        )

                    let unbroken = run whole quiet CancellationToken.None
                    let encoder = withStops everyTwo (run broken) |> fst

                    Expect.equal encoder.WeightsDigest unbroken.WeightsDigest "encoder"
                    Expect.equal encoder.Loss unbroken.Loss "loss"
                    let unbroken = fineTune network (weightsOf encoder) (store, split) whole

                    let segmenter =
                        withStops everyTwo (fun progress token ->
                            FineTuning.Run(
                                fineTuning network,
                                weightsOf encoder,
                                TrainingData(store, split),
                                RunPlace(broken, compute, "smoke"),
                                progress,
                                token
                            ))
                        |> fst

                    Expect.equal segmenter.WeightsDigest unbroken.WeightsDigest "segmenter"
                    Expect.equal segmenter.ValidationLoss unbroken.ValidationLoss "validation loss")

        testCase "running statistics travel from the pre-trained encoder into the segmenter"
        <| fun () ->
            withStore (fun folder data ->
                let network = tiny BackboneKind.ResUNet
                let encoder = pretrain network data folder
                let mutable card = Unchecked.defaultof<ModelCard>
                use pretrained = ModelFile.LoadEncoder(weightsOf encoder, &card)
                use segmenter = network.CreateSegmenter()
                segmenter.TakeEncoder pretrained |> ignore
                let theirs = pretrained.state_dict ()
                let name = "layer1.0.bn1.running_mean"
                let moved = theirs[name].data<float32>().ToArray()
                Expect.exists moved (fun value -> value <> 0.0f) "training moved them"
                let ours = segmenter.state_dict()["encoder." + name]
                Expect.equal (ours.data<float32>().ToArray()) moved "copied")

        testCase "anchors, positives and negatives pass one by one: batch norm counts three batches a step"
        <| fun () ->
            withStore (fun folder data ->
                let result = pretrain (tiny BackboneKind.ResUNet) data folder
                let mutable card = Unchecked.defaultof<ModelCard>
                use encoder = ModelFile.LoadEncoder(weightsOf result, &card)
                let counts = encoder.state_dict ()
                let batches = counts["bn1.num_batches_tracked"].item<int64>()
                Expect.isGreaterThan result.Steps 0L "steps"
                Expect.equal batches (3L * result.Steps) "batches")

        testCase "an encoder of another backbone is refused in one sentence that names both"
        <| fun () ->
            withStore (fun folder data ->
                let encoder = pretrain (tiny BackboneKind.UNet) data folder

                Expect.throwsC
                    (fun () -> fineTune (tiny BackboneKind.NnUNet) (weightsOf encoder) data folder |> ignore)
                    (fun e ->
                        Expect.isTrue (e :? WeightMismatchException) $"type: {e}"
                        Expect.stringContains e.Message "that of a U-Net" "the encoder's"
                        Expect.stringContains e.Message "is a nnU-Net" "the network's"))

        testCase "a network built for another slice size is refused before any folder is made"
        <| fun () ->
            withStore (fun folder data ->
                let results = Path.Combine(folder, "results")

                Expect.throwsC (fun () -> pretrain (TransUNetOptions.Tiny 64) data results |> ignore) (fun e ->
                    Expect.isTrue (e :? ArgumentException) $"type: {e}"
                    Expect.stringContains e.Message "built for 64×64" "message")

                Expect.isFalse (Directory.Exists results) "no folder")

        testCase "the smoke and quick sizes of every network take their profile's slices"
        <| fun () ->
            for profile in [ Profile.Smoke; Profile.Quick; Profile.Paper ] do
                for kind in Enum.GetValues<BackboneKind>() do
                    let size = (ProfileSettings.Prepare profile).Size
                    (ProfileSettings.Network(profile, kind, size)).CheckSize(int64 size, int64 size)
    ]
