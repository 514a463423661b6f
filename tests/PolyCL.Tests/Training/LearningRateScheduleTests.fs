module PolyCL.Tests.Training.LearningRateScheduleTests

open System
open System.Text.Json
open Expecto
open PolyCL.Training
open PolyCL.Tests.Models

let private curves = lazy (NnFixture.readJson (NnFixture.path "schedules/lr.json"))

/// Largest |ours − theirs| / theirs over the steps of one curve.
let private error name (schedule: JsonElement -> LearningRateSchedule) (stepsPerEpoch: JsonElement -> int) =
    let entry = curves.Value.GetProperty(name: string)
    let schedule = schedule entry
    schedule.Validate()
    let used = NnFixture.numbers (entry.GetProperty "used")
    let steps = stepsPerEpoch entry

    used
    |> Array.mapi (fun step wanted -> abs (schedule.Rate(int64 step, steps) - wanted) / wanted)
    |> Array.max

let private number (key: string) (entry: JsonElement) = entry.GetProperty(key).GetInt32()

let private rate (entry: JsonElement) =
    entry.GetProperty("base_lr").GetDouble()

let private cosine periodKey (entry: JsonElement) =
    LearningRateSchedule(BaseRate = rate entry, RestartEpochs = number periodKey entry)

let private authors (entry: JsonElement) =
    let terms key = number $"n_{key}_losses" entry

    let last =
        if terms "classification" > 0 then
            terms "classification"
        else
            terms "segmentation"

    LearningRateSchedule(
        Rule = LearningRateRule.AuthorsFineTuning,
        BaseRate = rate entry,
        RestartEpochs = number "T_0" entry,
        LossTerms = last
    )

let private parity name schedule steps =
    testCase $"{name} equals PyTorch's curve"
    <| fun () -> NnFixture.within 1e-15 (error name schedule steps) name

[<Tests>]
let tests =
    testList "Training.LearningRateSchedule" [
        for name in [ "pretrain_3x7"; "finetune_3x7"; "restart_T2_5x3"; "restart_T10_21x2" ] do
            parity name (cosine "T_0") (number "batches")

        parity
            "T2_mult2_7x3"
            (fun entry ->
                LearningRateSchedule(BaseRate = rate entry, RestartEpochs = 2, RestartFactor = number "T_mult" entry))
            (number "batches")

        parity "no_restart_Tmax4_4x3" (cosine "T_max") (number "batches")

        for losses in [ "1seg_0cls"; "2seg_0cls"; "1seg_1cls"; "2seg_2cls_T2" ] do
            parity $"authors_train_quirk_{losses}" authors (number "batches")

        parity
            "nnunet_poly_20_epochs"
            (fun entry ->
                LearningRateSchedule(
                    Rule = LearningRateRule.PolynomialPerEpoch,
                    BaseRate = rate entry,
                    Epochs = number "max_epochs" entry
                ))
            (fun _ -> 1)

        parity
            "transunet_poly_12_iterations"
            (fun entry ->
                LearningRateSchedule(Rule = LearningRateRule.PolynomialPerStep, BaseRate = rate entry, Epochs = 3))
            (fun _ -> 4)

        testCase "steps 0 and 1 use the base rate; the step after a restart still runs at the rate before it"
        <| fun () ->
            let schedule = LearningRateSchedule(BaseRate = 1.0, RestartEpochs = 2)
            Expect.equal (schedule.Rate(0L, 5)) 1.0 "step 0"
            Expect.equal (schedule.Rate(1L, 5)) 1.0 "step 1"
            Expect.isLessThan (schedule.Rate(10L, 5)) 0.03 "first step of epoch 2"
            Expect.equal (schedule.Rate(11L, 5)) 1.0 "second step of epoch 2"

        testCase "a constant rule is constant, and the minimum is the cosine's floor"
        <| fun () ->
            let constant =
                LearningRateSchedule(Rule = LearningRateRule.Constant, BaseRate = 0.3)

            Expect.allEqual [ for step in 0L .. 50L -> constant.Rate(step, 7) ] 0.3 "constant"

            let floored =
                LearningRateSchedule(BaseRate = 1.0, MinimumRate = 0.25, RestartEpochs = 4)

            let rates = [ for step in 0L .. 40L -> floored.Rate(step, 10) ]
            Expect.all rates (fun rate -> rate >= 0.25 && rate <= 1.0) "range"
            Expect.isLessThan (List.min rates) 0.252 "near the floor"

        testCase "a negative step, an epoch without steps and a minimum above the base are refused"
        <| fun () ->
            let schedule = LearningRateSchedule()
            Expect.throwsT<ArgumentOutOfRangeException> (fun () -> schedule.Rate(-1L, 7) |> ignore) "step"
            Expect.throwsT<ArgumentOutOfRangeException> (fun () -> schedule.Rate(1L, 0) |> ignore) "steps per epoch"

            Expect.throwsT<ArgumentOutOfRangeException>
                (fun () -> LearningRateSchedule(BaseRate = nan) |> ignore)
                "base"

            Expect.throwsT<ArgumentException>
                (fun () -> LearningRateSchedule(BaseRate = 0.1, MinimumRate = 0.2).Validate())
                "minimum"
    ]
