module PolyCL.Tests.Studies.ProfileTests

open Expecto
open PolyCL.Data
open PolyCL.Models
open PolyCL.Sampling
open PolyCL.Studies
open PolyCL.Training

let private paper = PrepareOptions()

let private pretraining (used: PretrainOptions) =
    ProfileSettings.NameOf(Profile.Paper, paper, used)

let private tuning (used: FineTuneOptions) =
    ProfileSettings.NameOf(Profile.Paper, paper, used)

let private own (kind: BackboneKind) =
    ProfileSettings.Network(Profile.Paper, kind, 256)

[<Tests>]
let tests =
    testList "Studies.Profile" [
        testCase
            "a pre-training bears the profile's name whatever its strategy, backbone and seed, and no other setting"
        <| fun () ->
            for strategy in [ Strategy.Organ; Strategy.Scan; Strategy.SimClr; Strategy.Custom ] do
                Expect.equal
                    (pretraining (PretrainOptions(Selection = StrategyOptions(Strategy = strategy), Seed = 4L)))
                    "paper"
                    $"{strategy}"

            for kind in
                [
                    BackboneKind.UNetResidual
                    BackboneKind.ResUNet
                    BackboneKind.TransUNet
                    BackboneKind.NnUNet
                ] do
                Expect.equal (pretraining (PretrainOptions(Network = own kind))) "paper" $"{kind}"

            Expect.equal (pretraining (PretrainOptions(Epochs = 100, BatchSize = 20))) "paper" "100 epochs, said aloud"

            for what, used in
                [
                    "--rule authors", PretrainOptions(Selection = StrategyOptions.Authors Strategy.Mixed)
                    "--draw", PretrainOptions(Selection = StrategyOptions(Draw = PartnerDraw.ScanFirst))
                    "--frozen", PretrainOptions(Selection = StrategyOptions(Frozen = true))
                    "views", PretrainOptions(Views = ViewOptions.Authors)
                    "epochs", PretrainOptions(Epochs = 99)
                    "rate", PretrainOptions(LearningRate = 1e-3)
                    "temperature", PretrainOptions(Temperature = 0.5)
                    "probes", PretrainOptions(ProbeEvery = 0)
                    "precision", PretrainOptions(Network = UNetOptions(Precision = ComputePrecision.BFloat16))
                    "widths", PretrainOptions(Network = UNetOptions(Widths = [| 16; 16; 32; 32; 64 |]))
                ] do
                Expect.equal (pretraining used) "paper, changed" what

            Expect.equal
                (ProfileSettings.NameOf(Profile.Paper, PrepareOptions(Size = 128), PretrainOptions()))
                "paper, changed"
                "size"

        testCase
            "a fine-tuning bears the profile's name whatever its share of labels, backbone and seed, and no other setting"
        <| fun () ->
            for used in
                [
                    FineTuneOptions()
                    FineTuneOptions(LabelFraction = 0.5, Seed = 3L)
                    FineTuneOptions(Epochs = 100)
                    FineTuneOptions(Network = own BackboneKind.TransUNet)
                    FineTuneOptions(Network = own BackboneKind.NnUNet)
                ] do
                Expect.equal (tuning used) "paper" $"{used}"

            for what, used in
                [
                    "--authors-schedule", FineTuneOptions(AuthorsSchedule = true)
                    "--of-slices", FineTuneOptions(OfSlices = true)
                    "--protocol native",
                    FineTuneOptions(
                        Network = own BackboneKind.NnUNet,
                        Protocol = TrainingProtocol.Native,
                        LearningRate = 1e-2
                    )
                    "epochs", FineTuneOptions(Epochs = 10)
                    "smooth", FineTuneOptions(DiceSmooth = 0.0)
                    "a small encoder's network",
                    FineTuneOptions(Network = ProfileSettings.Network(Profile.Quick, BackboneKind.UNet, 256))
                ] do
                Expect.equal (tuning used) "paper, changed" what

        testCase "the small profiles have TransUNet's own rate, and name a run with the U-Net's as changed"
        <| fun () ->
            let network = ProfileSettings.Network(Profile.Quick, BackboneKind.TransUNet, 64)
            let prepare = ProfileSettings.Prepare Profile.Quick

            let named (rate: float) =
                let o = ProfileSettings.FineTune(Profile.Quick, BackboneKind.TransUNet)

                ProfileSettings.NameOf(
                    Profile.Quick,
                    prepare,
                    FineTuneOptions(
                        Network = network,
                        Epochs = o.Epochs,
                        BatchSize = o.BatchSize,
                        RestartEpochs = o.RestartEpochs,
                        LearningRate = rate
                    )
                )

            Expect.equal (named 2e-3) "quick" "its own"
            Expect.equal (named 1e-2) "quick, changed" "the U-Net's"

        testCase "a study's runs bear the profile's name unless a setting beside rows and repeats is changed"
        <| fun () ->
            let study = StudyOptions.Of Profile.Paper

            let ``with`` (pretrain: PretrainOptions) (fineTune: FineTuneOptions) precision =
                let options =
                    StudyOptions(
                        Profile = Profile.Paper,
                        Repeats = 1,
                        Phantom = study.Phantom,
                        Prepare = study.Prepare,
                        Pretrain = pretrain,
                        FineTune = fineTune,
                        Precision = precision
                    )

                options.PretrainProfile, options.FineTuneProfile

            let full = ComputePrecision.Full
            Expect.equal (``with`` study.Pretrain study.FineTune full) ("paper", "paper") "as it is"

            Expect.equal
                (``with`` study.Pretrain study.FineTune ComputePrecision.BFloat16)
                ("paper, changed", "paper, changed")
                "precision"

            Expect.equal
                (``with``
                    (PretrainOptions(Selection = StrategyOptions.Authors Strategy.Mixed))
                    (FineTuneOptions(OfSlices = true))
                    full)
                ("paper, changed", "paper, changed")
                "rule and slices"
    ]
