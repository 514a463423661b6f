module PolyCL.Tests.Training.TrainingRunTests

open System
open System.IO
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Models
open PolyCL.Sampling
open PolyCL.Training
open PolyCL.Tests
open PolyCL.Tests.Training.TrainingRuns
open TorchSharp

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.Run" [
        testCase "probes stand in log, result and TensorBoard, and change no weight"
        <| fun () ->
            withStore (fun folder data ->
                let settings every =
                    PretrainOptions(
                        Network = network,
                        EmbeddingSize = 16,
                        Epochs = 3,
                        BatchSize = 6,
                        LearningRate = 1e-3,
                        Seed = 5L,
                        ProbeEvery = every
                    )

                let probed = pretrain (settings 2) data (Path.Combine(folder, "probed"))
                let plain = pretrain (settings 0) data (Path.Combine(folder, "plain"))
                Expect.equal probed.WeightsDigest plain.WeightsDigest "weights"
                Expect.isNull plain.Probe "none asked for"

                Expect.equal
                    [ for epoch in probed.ReadEpochs() -> not (isNull (box epoch.Probe)) ]
                    [ false; true; true ]
                    "every second epoch, and the last"

                let probe = nonNull probed.Probe
                let store, split = data
                Expect.equal probe.Slices (store.SlicesOf(split.Validation).Length) "validation slices"
                Expect.isGreaterThan probe.EffectiveRank 1.0 "rank"

                let events =
                    Directory.GetFiles(Path.Combine(probed.Folder, "tensorboard"))
                    |> Array.exactlyOne

                Expect.stringContains
                    (Text.Encoding.Latin1.GetString(File.ReadAllBytes events))
                    "probe/effective_rank"
                    "TensorBoard")

        testCase "slices streamed from the store give the same weights as slices held on the device"
        <| fun () ->
            withStore (fun folder (store, split) ->
                let run name limit =
                    Pretraining.Run(
                        pretraining Strategy.Mixed,
                        TrainingData(store, split),
                        RunPlace(
                            Path.Combine(folder, name),
                            ComputeOptions(Threads = 1, ResidentBytes = limit),
                            "smoke"
                        ),
                        null,
                        quiet,
                        CancellationToken.None
                    )

                Expect.equal (run "streamed" 0L).WeightsDigest (run "resident" 1_000_000_000L).WeightsDigest "weights")

        testCase "another seed gives other weights in another folder"
        <| fun () ->
            withStore (fun folder data ->
                let first = fineTune fineTuning null data folder

                let second =
                    fineTune
                        (FineTuneOptions(
                            Network = network,
                            LabelFraction = 0.4,
                            Epochs = 3,
                            BatchSize = 4,
                            LearningRate = 5e-3,
                            Seed = 6L
                        ))
                        null
                        data
                        folder

                Expect.notEqual second.Folder first.Folder "folder"
                Expect.notEqual second.WeightsDigest first.WeightsDigest "weights")

        testCase "a finished run is read, not trained again"
        <| fun () ->
            withStore (fun folder (store, split) ->
                let first = fineTune fineTuning null (store, split) folder
                let mutable steps = 0

                let progress = {
                    new IProgress<ProgressReport> with
                        member _.Report _ = steps <- steps + 1
                }

                let again =
                    FineTuning.Run(
                        fineTuning,
                        null,
                        TrainingData(store, split),
                        RunPlace(folder, compute, "smoke"),
                        progress,
                        CancellationToken.None
                    )

                Expect.equal again first "result"
                Expect.equal steps 0 "steps")

        testCase "a finished run that was moved is found where it lies now"
        <| fun () ->
            withStore (fun folder data ->
                let before = Path.Combine(folder, "before")
                let first = fineTune fineTuning null data before
                let after = Path.Combine(folder, "after")
                Directory.Move(before, after)
                let again = fineTune fineTuning null data after
                Expect.equal again.WeightsDigest first.WeightsDigest "weights"
                Expect.isTrue (File.Exists(Path.Combine(again.Folder, again.Weights))) "weights where the result says")

        testCase "the label fraction counts scans, and fine-tuning learns the organ of the small data"
        <| fun () ->
            withStore (fun folder data ->
                let options =
                    FineTuneOptions(
                        Network = network,
                        LabelFraction = 0.4,
                        Epochs = 40,
                        RestartEpochs = 40,
                        BatchSize = 4,
                        LearningRate = 3e-2
                    )

                let result = fineTune options null data folder
                Expect.equal result.Scans 2 "0.4 of 5 training scans"
                // Untrained it is above 0.85.
                Expect.isLessThan result.ValidationLoss.Value 0.6 "validation Dice loss")

        testCase "an encoder that has seen test scans is refused"
        <| fun () ->
            withStore (fun folder (store, split) ->
                let encoder = pretrain (pretraining Strategy.Scan) (store, split) folder
                // The same scans with a training scan moved to the test part.
                let other =
                    ScanSplit.Given(Seq.skip 1 split.Train, split.Validation, [ split.Train[0] ])

                Expect.throwsC
                    (fun () ->
                        fineTune fineTuning (Path.Combine(encoder.Folder, encoder.Weights)) (store, other) folder
                        |> ignore)
                    (fun e ->
                        Expect.isTrue (e :? DatasetException) $"type: {e}"
                        Expect.stringContains e.Message "keeps for validation or test" "message"))

        testCase "a loss that is no longer finite ends the run with the step named"
        <| fun () ->
            withStore (fun folder data ->
                let options =
                    FineTuneOptions(Network = network, LabelFraction = 1.0, Epochs = 3, LearningRate = 1e37)

                Expect.throwsC (fun () -> fineTune options null data folder |> ignore) (fun e ->
                    Expect.isTrue (e :? RunFailedException) $"type: {e}"
                    Expect.stringContains e.Message "loss of step" "message"))

        testCase "a step leaves no tensor alive and no memory in use"
        <| fun () ->
            withStore (fun folder (store, split) ->
                for kernels in [ UNetKernels.Plain; UNetKernels.Fused ] do
                    let counts = ResizeArray()

                    let progress = {
                        new IProgress<ProgressReport> with
                            member _.Report _ =
                                counts.Add(
                                    // Undefined gradients of the fused blocks count as tensors but hold nothing.
                                    match kernels with
                                    | UNetKernels.Plain -> DisposeScopeManager.Statistics.ThreadTotalLiveCount
                                    | _ -> Fused.TensorPool.UsedBytes
                                )
                    }

                    let options =
                        PretrainOptions(
                            Network = UNetOptions(Widths = widths, Kernels = kernels),
                            EmbeddingSize = 16,
                            Epochs = 3,
                            BatchSize = 6
                        )

                    Pretraining.Run(
                        options,
                        TrainingData(store, split),
                        RunPlace(folder, compute, "smoke"),
                        null,
                        progress,
                        CancellationToken.None
                    )
                    |> ignore

                    let counts = List.ofSeq counts
                    Expect.isGreaterThan counts.Length 10 "steps"
                    Expect.equal (List.last counts) counts[2] $"last step as the third: {counts}")
    ]
