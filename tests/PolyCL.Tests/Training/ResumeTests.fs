module PolyCL.Tests.Training.ResumeTests

open System
open System.IO
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Models
open PolyCL.Sampling
open PolyCL.Training
open PolyCL.Tests.Training.TrainingRuns

/// One to four steps between two stops.
let private atRandom seed =
    let stops = ref 0L

    fun () ->
        stops.Value <- stops.Value + 1L
        let mutable stream = RandomStream(seed, "interruptions", 0L, stops.Value)
        1 + stream.NextInt 4

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.Resume" [
        for strategy in
            [
                Strategy.Organ
                Strategy.Scan
                Strategy.Mixed
                Strategy.SimClr
                Strategy.SupCon
                Strategy.Moco
                Strategy.Byol
            ] do
            testCase $"{strategy} pre-training gives the same weights twice, and when stopped at random and resumed"
            <| fun () ->
                withStore (fun folder data ->
                    let options = pretraining strategy
                    let unbroken = pretrain options data (Path.Combine(folder, "unbroken"))

                    let broken, stops =
                        withStops (atRandom 1L) (fun progress token ->
                            Pretraining.Run(
                                options,
                                TrainingData(fst data, snd data),
                                RunPlace(Path.Combine(folder, "broken"), compute, "smoke"),
                                null,
                                progress,
                                token
                            ))

                    Expect.isGreaterThan stops 1 "was stopped"
                    Expect.equal broken.WeightsDigest unbroken.WeightsDigest "weights"
                    Expect.equal broken.Loss unbroken.Loss "last loss"

                    let log run =
                        File.ReadAllLines(Path.Combine(run, "log.jsonl")).Length

                    Expect.equal (log broken.Folder) (log unbroken.Folder) "each epoch stands in the log once"

                    Expect.isFalse
                        (File.Exists(Path.Combine(broken.Folder, "checkpoint.safetensors")))
                        "no checkpoint remains")

        testCase "fine-tuning stopped at random and resumed keeps the same best weights"
        <| fun () ->
            withStore (fun folder data ->
                let encoder = pretrain (pretraining Strategy.Mixed) data folder
                let weights = Path.Combine(encoder.Folder, encoder.Weights)
                let unbroken = fineTune fineTuning weights data (Path.Combine(folder, "unbroken"))

                let broken, stops =
                    withStops (atRandom 2L) (fun progress token ->
                        FineTuning.Run(
                            fineTuning,
                            weights,
                            TrainingData(fst data, snd data),
                            RunPlace(Path.Combine(folder, "broken"), compute, "smoke"),
                            progress,
                            token
                        ))

                Expect.isGreaterThan stops 1 "was stopped"
                Expect.equal broken.WeightsDigest unbroken.WeightsDigest "weights"
                Expect.equal broken.ValidationLoss unbroken.ValidationLoss "best validation loss"
                Expect.equal broken.Epoch unbroken.Epoch "best epoch")

        for kind in [ BackboneKind.UNet; BackboneKind.NnUNet ] do
            testCase $"{kind}: a run that another number of threads goes on with ends with the same weights"
            <| fun () ->
                withStore (fun folder data ->
                    let options =
                        FineTuneOptions(
                            Network = TinyNetworks.tiny kind,
                            LabelFraction = 0.4,
                            Epochs = 2,
                            BatchSize = 4,
                            Seed = 5L
                        )

                    let run threads name stopAt =
                        use source = new CancellationTokenSource()

                        let progress = {
                            new IProgress<ProgressReport> with
                                member _.Report report =
                                    if report.Done = stopAt then
                                        source.Cancel()
                        }

                        FineTuning.Run(
                            options,
                            null,
                            TrainingData(fst data, snd data),
                            RunPlace(Path.Combine(folder, name), ComputeOptions(Threads = threads), "smoke"),
                            progress,
                            source.Token
                        )

                    let threads = TorchSharp.torch.get_num_threads ()

                    try
                        let unbroken = run 1 "unbroken" -1L
                        Expect.throwsT<OperationCanceledException> (fun () -> run 1 "broken" 3L |> ignore) "stopped"
                        let broken = run 3 "broken" -1L
                        Expect.equal broken.WeightsDigest unbroken.WeightsDigest "weights"
                        let file = Path.Combine(broken.Folder, "environment.json")
                        let environment = SettingsJson.Read<RunEnvironment>(File.ReadAllText file, file)
                        Expect.equal environment.Threads 1 "as it was begun"
                        Expect.equal (TorchSharp.torch.get_num_threads ()) 3 "the process has its own again"
                    finally
                        TorchSharp.torch.set_num_threads threads)

        testCase
            "a killed process leaves log lines and a checkpoint of an earlier step; the rerun ends with the same weights"
        <| fun () ->
            withStore (fun folder data ->
                let options = pretraining Strategy.Scan
                let unbroken = pretrain options data (Path.Combine(folder, "unbroken"))
                let results = Path.Combine(folder, "killed")
                let mutable saved: byte[] = [||]

                let stopAt step (file: string -> unit) =
                    use source = new CancellationTokenSource()

                    let progress = {
                        new IProgress<ProgressReport> with
                            member _.Report report =
                                if report.Done = int64 step then
                                    source.Cancel()
                    }

                    try
                        Pretraining.Run(
                            options,
                            TrainingData(fst data, snd data),
                            RunPlace(results, compute, "smoke"),
                            null,
                            progress,
                            source.Token
                        )
                        |> ignore

                        failtest "was not stopped"
                    with :? OperationCanceledException ->
                        file (Path.Combine(Directory.GetDirectories(results)[0], "checkpoint.safetensors"))

                stopAt 2 (fun file -> saved <- File.ReadAllBytes file)
                // As if the process had died with the newer steps logged but only the old checkpoint on the disk.
                stopAt 9 (fun file -> File.WriteAllBytes(file, saved))
                let resumed = pretrain options data results
                Expect.equal resumed.WeightsDigest unbroken.WeightsDigest "weights"

                let epochs = File.ReadAllLines(Path.Combine(resumed.Folder, "log.jsonl"))
                Expect.hasLength epochs options.Epochs "each epoch once")
    ]
