module PolyCL.Tests.Studies.StudyTests

open System
open System.IO
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Studies
open PolyCL.Training
open PolyCL.Tests
open PolyCL.Tests.Studies.StudyFixture
open PolyCL.Tests.Training.TrainingRuns

let private text (study: Study) = SettingsJson.ToText(study.Table 1)

/// Runs a study, stopping it twice at some report of its progress, until it comes through; with the number of stops.
let private withStops (study: Study) =
    let mutable stops = 0
    let mutable outcome = None

    while outcome.IsNone do
        use source = new CancellationTokenSource()
        let mutable stream = RandomStream(9L, "study-stops", 0L, int64 stops)
        let mutable left = 1 + stream.NextInt 5

        let progress = {
            new IProgress<ProgressReport> with
                member _.Report _ =
                    left <- left - 1

                    if stops < 2 && left = 0 then
                        source.Cancel()
        }

        try
            outcome <- Some(StudyRunner.Run(study, progress, source.Token))
        with :? OperationCanceledException ->
            stops <- stops + 1

    outcome.Value, stops

[<Tests>]
let tests =
    testSequenced
    <| testList "Studies.Study" [
        testCase "Table 1 fills from nothing; stopped and run again it is the same; a finished study computes nothing"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let options = options folder
                use study = openStudy options (Path.Combine(folder, "unbroken"))

                Expect.equal
                    (states study)
                    [
                        StudyJobKind.FineTune, StudyJobState.Missing
                        StudyJobKind.Evaluate, StudyJobState.Waiting
                        StudyJobKind.Pretrain, StudyJobState.Missing
                        StudyJobKind.FineTune, StudyJobState.Waiting
                        StudyJobKind.Evaluate, StudyJobState.Waiting
                    ]
                    "before"

                for row in (study.Table 1).Rows do
                    Expect.stringContains (nonNull row.Missing) "not finished" "nothing is filled in"
                    Expect.isEmpty row.Runs "no run"

                let outcome = run study
                Expect.equal (outcome.Jobs, outcome.Done, outcome.Failed.Count) (5, 5, 0) "outcome"
                let table = study.Table 1
                Expect.equal [ for row in table.Rows -> row.Label ] (List.ofArray rows) "rows"

                for row in table.Rows do
                    Expect.isNull row.Missing row.Label
                    Expect.equal [ for run in row.Runs -> run.Seed ] [ 1L ] "seeds"
                    Expect.hasLength row.Runs[0].Scans 2 "test scans"
                    Expect.isTrue (Double.IsFinite row.Runs[0].Scores.PaperCode.Dice.Value) "Dice"

                Expect.equal (nonNull table.Rows[1].PaperDice).Mean 0.895 "the paper's number"
                Expect.isFalse table.Phantom "boxes are no phantom"
                Expect.exists table.Notes (fun note -> note.StartsWith "PolyCL-M: ") "what the strategy draws"

                let before = files folder
                let again = run study
                Expect.equal (again.FinishedBefore, again.Done) (5, 0) "nothing is left"
                Expect.equal (files folder) before "no file is touched"
                Expect.equal (StudyPlan.Of study).Hours (Nullable 0.0) "no hours left"

                use broken = openStudy options (Path.Combine(folder, "broken"))
                let _, stops = withStops broken
                Expect.isGreaterThan stops 0 "was stopped"
                Expect.equal (text broken) (text study) "the same table")

        testCase
            "a plan measures time and memory of what is missing, shares it out among workers, and leaves nothing behind"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let results = Path.Combine(folder, "results")
                use study = openStudy (options folder) results
                let before = files folder

                let plan =
                    StudyPlan.Of(study, StudyPlanOptions(MeasureSteps = Nullable 2, Workers = [| 4; 1 |]))

                Expect.equal (files folder) before "no file is left or touched"

                Expect.equal
                    [ for job in plan.Jobs -> Option.ofNullable job.After ]
                    [ None; Some 0; None; Some 2; Some 3 ]
                    "what waits for what"

                for job in plan.Jobs do
                    Expect.isGreaterThan job.StepSeconds.Value 0.0 $"{job.Kind} has a time"
                    Expect.isFalse job.DeviceMemoryBytes.HasValue "no GPU"

                    if job.Kind <> StudyJobKind.Evaluate then
                        Expect.isGreaterThan job.MemoryBytes.Value (10L <<< 20) "more than ten megabytes"

                let scaling = nonNull plan.Scaling
                Expect.floatClose Accuracy.high (scaling.TotalSeconds / 3600.0) plan.Hours.Value "hours"
                Expect.equal [ for one in scaling.Schedules -> one.Workers ] [ 1; 4 ] "workers in order"
                Expect.equal scaling.MostAtOnce 2 "two rows"

                let unmeasured = StudyPlan.Of(study, StudyPlanOptions(MeasureSteps = Nullable 0))
                Expect.isFalse unmeasured.Hours.HasValue "no step, no hours"
                Expect.isNull unmeasured.Scaling "and no schedule")

        testCase "a job that fails is recorded, the others go on, and the next call tries it again"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let wild =
                    PretrainOptions(Epochs = 1, BatchSize = 12, EmbeddingSize = 16, Temperature = 1e-300)

                let results = Path.Combine(folder, "results")
                use study = openStudy (optionsOf rows wild folder) results
                let outcome = run study
                Expect.equal outcome.Done 2 "U-Net from scratch"
                Expect.hasLength outcome.Failed 3 "the pre-training and what needs it"
                let table = study.Table 1
                Expect.isNull table.Rows[0].Missing "U-Net"
                Expect.stringContains (nonNull table.Rows[1].Missing) "The loss of step" "reason in the table"

                let failed = Directory.GetFiles(results, "error.json", SearchOption.AllDirectories)

                Expect.hasLength failed 1 "one job failed by itself"
                let retried = run study
                Expect.equal (retried.FinishedBefore, retried.Failed.Count) (2, 3) "fails again")

        testCase "two runners on one folder share the work and neither repeats a run"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let options = options folder
                let results = Path.Combine(folder, "results")
                use first = openStudy options results
                use second = openStudy options results
                let outcomes = Array.zeroCreate<StudyOutcome option> 2

                [| first; second |]
                |> Array.mapi (fun i study ->
                    let thread = Thread(fun () -> outcomes[i] <- Some(run study))
                    thread.Start()
                    thread)
                |> Array.iter _.Join()

                let outcomes = Array.choose id outcomes
                Expect.equal (outcomes |> Array.sumBy _.Done) 5 "each job once"
                Expect.equal (text first) (text second) "the same table"

                for run in Directory.GetDirectories(results, "finetune-*") do
                    Expect.hasLength (File.ReadAllLines(Path.Combine(run, "log.jsonl"))) 2 "each epoch once")

        testCase "LiTS and MSD share scans: Table 3 refuses, or says so in its title"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let root name =
                    let path = TestData.sharedFile ("data/layouts/" + name)
                    DatasetReader.Open(DatasetReader.Detect path, path)

                let lits, msd = root "lits-mini", root "msd-mini/Task03_Liver"

                let options allowed =
                    let smoke = StudyOptions.Of Profile.Smoke

                    StudyOptions(
                        Profile = Profile.Smoke,
                        Tables = [| 3 |],
                        Rows = [| "U-Net" |],
                        Repeats = 1,
                        Training = lits,
                        Tests = readOnlyDict [ "MSD", msd ],
                        Phantom = smoke.Phantom,
                        Prepare = smoke.Prepare,
                        Pretrain = smoke.Pretrain,
                        FineTune = smoke.FineTune,
                        AllowSharedScans = allowed
                    )

                Expect.throwsC (fun () -> (openStudy (options false) folder).Dispose()) (fun e ->
                    Expect.isTrue (e :? DatasetException) $"type of {e}"
                    Expect.stringContains e.Message "A volume-0 and B liver_0 hold the same scan" "which"
                    Expect.stringContains e.Message "--allow-shared" "mend")

                use study = openStudy (options true) folder
                let table = study.Table 3
                Expect.stringContains table.Title "also in the training data" "title"
                Expect.exists table.Notes (fun note -> note.Contains "liver_0") "which, beneath the table")

        testCase "a row without its ImageNet weights says so and is never run"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use study =
                    openStudy
                        (optionsOf [| "PT ResU-Net" |] StudyFixture.pretraining folder)
                        (Path.Combine(folder, "results"))

                Expect.isEmpty study.Jobs "jobs"
                Expect.stringContains (nonNull (study.Table 1).Rows[0].Missing) "--imagenet-weights" "what it needs")

        testCase
            "each of the 20 rows of Tables 1 to 3 is named by one label, and another label is refused with the list"
        <| fun () ->
            let arms = StudyArm.OfNetworks
            Expect.hasLength arms 20 "rows"

            for arm in arms do
                Expect.equal (List.ofSeq (StudyArm.Named(arms, [| arm.Label.ToLowerInvariant() |]))) [ arm ] arm.Label

            Expect.throwsC (fun () -> StudyArm.Named(arms, [| "U-Net, DINO" |]) |> ignore) (fun e ->
                Expect.stringContains e.Message "U-Net, PolyCL-M" "the list")
    ]
