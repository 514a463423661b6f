/// nnU-Net under its own protocol: it learns, stops and resumes, and is told apart from the paper's.
module PolyCL.Tests.Training.NativeProtocolTests

open System
open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Models
open PolyCL.Studies
open PolyCL.Training
open PolyCL.Tests.Training.TrainingRuns

let private options protocol =
    FineTuneOptions(
        Network = NnUNetOptions.Of(NnUNetPlan.ForSlices(32, 8, 32)),
        LabelFraction = 0.4,
        Epochs = 3,
        BatchSize = 4,
        Protocol = protocol,
        LearningRate = 1e-2,
        Seed = 5L
    )

let private native = options TrainingProtocol.Native

let private refused words (options: FineTuneOptions) =
    Expect.throwsC options.Validate (fun e ->
        Expect.isTrue (e :? ArgumentException) $"type: {e}"
        Expect.stringContains e.Message words "message")

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.NativeProtocol" [
        testCase "stopped every two steps and resumed it ends with the same weights; they are not the paper protocol's"
        <| fun () ->
            withStore (fun folder data ->
                let unbroken = fineTune native null data (Path.Combine(folder, "unbroken"))

                let broken, stops =
                    withStops (fun () -> 2) (fun progress token ->
                        FineTuning.Run(
                            native,
                            null,
                            TrainingData(fst data, snd data),
                            RunPlace(Path.Combine(folder, "broken"), compute, "smoke"),
                            progress,
                            token
                        ))

                Expect.isGreaterThan stops 1 "was stopped"
                Expect.equal broken.WeightsDigest unbroken.WeightsDigest "weights"
                Expect.equal broken.Loss unbroken.Loss "last loss"
                Expect.equal broken.ValidationLoss unbroken.ValidationLoss "validation loss"
                Expect.stringEnds unbroken.Arm "nnU-Net's own protocol" "the result names it"

                let rates = [ for epoch in unbroken.ReadEpochs() -> epoch.LearningRate ]
                let wanted = [ for epoch in 0.0 .. 2.0 -> 1e-2 * Math.Pow(1.0 - epoch / 3.0, 0.9) ]
                Expect.equal rates wanted "one rate an epoch"

                let paper = fineTune (options TrainingProtocol.Paper) null data folder
                Expect.notEqual paper.WeightsDigest unbroken.WeightsDigest "weights of the other protocol")

        testCase "a checkpoint of one optimiser is refused by the other"
        <| fun () ->
            withStore (fun folder _ ->
                use network = native.Network.CreateSegmenter()
                let parameters = Array.ofSeq (network.parameters ())
                use sgd = new SgdOptimiser(parameters)
                use adam = new AdamOptimiser(parameters)
                let path = Path.Combine(folder, "checkpoint.safetensors")
                Checkpoint.Save(path, network, sgd, RunPosition(Step = 7L))
                Expect.equal (Checkpoint.Restore(path, network, sgd)).Step 7L "position"

                Expect.throwsT<RunStateException>
                    (fun () -> Checkpoint.Restore(path, network, adam) |> ignore)
                    "not this run's")

        testCase "it learns the organ of the small data"
        <| fun () ->
            withStore (fun folder data ->
                let long =
                    FineTuneOptions(
                        Network = native.Network,
                        LabelFraction = 0.4,
                        Epochs = 20,
                        BatchSize = 4,
                        Protocol = TrainingProtocol.Native,
                        LearningRate = 1e-2
                    )

                let result = fineTune long null data folder
                // Cross-entropy less Dice: untrained above 0, perfect −1.
                Expect.isLessThan result.ValidationLoss.Value -0.3 "validation loss")

        testCase "the paper's protocol is not written, so that runs made before keep their names; nnU-Net's own is"
        <| fun () ->
            let text protocol = SettingsJson.ToLine(options protocol)
            Expect.isFalse ((text TrainingProtocol.Paper).Contains "protocol") "paper"
            Expect.stringContains (text TrainingProtocol.Native) "\"protocol\":\"native\"" "native"
            let back = SettingsJson.Read<FineTuneOptions>(text TrainingProtocol.Native, "test")
            Expect.equal back.Protocol TrainingProtocol.Native "read back"

        testCase "its rate is 0.01 in every profile; the paper's protocol keeps the profile's"
        <| fun () ->
            for profile in [ Profile.Smoke; Profile.Quick; Profile.Paper ] do
                let own =
                    ProfileSettings.FineTune(profile, BackboneKind.NnUNet, TrainingProtocol.Native)

                Expect.equal own.LearningRate 1e-2 $"{profile}"

            Expect.equal (ProfileSettings.FineTune(Profile.Paper, BackboneKind.NnUNet)).LearningRate 1e-3 "paper"

        testCase "another network, or the authors' schedule beside it, is refused in one sentence"
        <| fun () ->
            refused
                "the network is a U-Net"
                (FineTuneOptions(Network = UNetOptions(), Protocol = TrainingProtocol.Native))

            refused
                "authors' schedule"
                (FineTuneOptions(Network = NnUNetOptions(), Protocol = TrainingProtocol.Native, AuthorsSchedule = true))

            native.Validate()
    ]
