module PolyCL.Tests.Studies.Slurm.SlurmPlanTests

open System.Collections.Generic
open Expecto
open PolyCL.Studies
open PolyCL.Studies.Slurm
open PolyCL.Tests
open PolyCL.Tests.Studies.Slurm.SlurmFixture

let private none: IReadOnlyDictionary<struct (string * int), SlurmTaskId> =
    Dictionary<struct (string * int), SlurmTaskId>()

let private plan (tasks: IReadOnlyList<SlurmTask>) finished hasData queued size =
    SlurmPlan.Of(tasks, (fun job -> List.contains job finished), hasData, queued, size)

let private shape (plan: SlurmPlan) = [
    for array in plan.Arrays ->
        array.Stage,
        array.Indices,
        (match array.After with
         | null -> Option.ofObj array.Dependency
         | after -> Some after.Name)
]

[<Tests>]
let tests =
    testList "Studies.Slurm.SlurmPlan" [
        testCase "a task is a training and what only needs it; a fine-tuning has the number of its pre-training"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use study = outline [| "U-Net"; "U-Net, PolyCL-M"; "ResU-Net, SimCLR" |] 2 folder
                let tasks = SlurmTask.Of study.Jobs
                Expect.equal (tasks |> Seq.sumBy _.Jobs.Count) study.Jobs.Count "each job once"

                Expect.equal
                    [ for task in tasks -> task.Stage, task.Number ]
                    [
                        for repeat in [ 0; 1 ] do
                            "scratch", 1 + repeat
                            "pretrain", 1 + 2 * repeat
                            "finetune", 1 + 2 * repeat
                            "pretrain", 2 + 2 * repeat
                            "finetune", 2 + 2 * repeat
                    ]
                    "stages and numbers"

                for task in tasks do
                    match task.After with
                    | null -> Expect.isNull task.Jobs[0].After "a root"
                    | after -> Expect.contains after.Jobs (nonNull task.Jobs[0].After) "comes after what it needs")

        testCase "of a new study all is submitted: pre-trainings after the data, each fine-tuning after its own"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use study = outline [| "U-Net"; "U-Net, PolyCL-M"; "ResU-Net, SimCLR" |] 2 folder
                let plan = plan (SlurmTask.Of study.Jobs) [] false none 1001
                Expect.isTrue plan.MakesData "data first"

                Expect.equal
                    (shape plan)
                    [
                        "scratch", "1-2", None
                        "pretrain", "1-4", None
                        "finetune", "1-4", Some "pretrain"
                    ]
                    "arrays")

        testCase "only holes are submitted: not what is finished, nor what waits in the queue; the rest waits for that"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use study =
                    outline [| "U-Net, PolyCL-M"; "ResU-Net, SimCLR"; "TransUNet, SupCon" |] 1 folder

                let tasks = SlurmTask.Of study.Jobs

                let training stage number =
                    (tasks |> Seq.find (fun task -> (task.Stage, task.Number) = (stage, number))).Jobs[0]

                let queued =
                    Dictionary(
                        dict [
                            struct ("pretrain", 2), SlurmTaskId(40L, 2)
                            struct ("finetune", 3), SlurmTaskId(41L, 3)
                        ]
                    )

                // Pre-training 1 is finished, 2 runs; 3 is missing although fine-tuning 3 waits in the queue.
                let plan = plan tasks [ training "pretrain" 1 ] true queued 1001
                Expect.isFalse plan.MakesData "the data are there"

                Expect.equal
                    (shape plan)
                    [
                        "pretrain", "3", None
                        "finetune", "1", None
                        "finetune", "2", Some "aftercorr:40"
                    ]
                    "arrays"

                Expect.equal (plan.Finished, plan.Queued) (1, 2) "counts")

        testCase "over a thousand runs are a few arrays, and no index reaches MaxArraySize"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use study = outline [||] 70 folder
                let tasks = SlurmTask.Of study.Jobs
                Expect.isGreaterThan tasks.Count 2000 "tasks"

                for size in [ 1001; 100 ] do
                    let plan = plan tasks [] false none size

                    let submitted = [
                        for array in plan.Arrays do
                            for index in SlurmArray.Numbers array.Indices do
                                Expect.isTrue (index >= 1 && index < size) $"{array.Name}: index {index}"
                                array.Stage, array.First + index
                    ]

                    Expect.hasLength (List.distinct submitted) tasks.Count "each task once"
                    Expect.hasLength submitted tasks.Count "and not twice"
                    Expect.hasLength (plan.Arrays |> Seq.distinctBy _.Name) plan.Arrays.Count "names"
                    Expect.isLessThan plan.Arrays.Count (3 + 3 * tasks.Count / size) "arrays"

                    for array in plan.Arrays do
                        match array.After with
                        | null -> Expect.notEqual array.Stage "finetune" "a fine-tuning waits"
                        | after ->
                            Expect.isTrue
                                (Set.isSubset
                                    (set (SlurmArray.Numbers array.Indices))
                                    (set (SlurmArray.Numbers after.Indices)))
                                "each index has its like")

        testCase "labels tell all jobs of all tables apart, and an outline knows them as the study does"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                for protocol in StudyProtocol.All do
                    use study = outlineOf [| protocol.Table |] [||] 2 folder
                    Expect.isFalse study.HasData "an outline"
                    let labels = [ for job in study.Jobs -> job.Label ]
                    Expect.hasLength (List.distinct labels) labels.Length $"labels of Table {protocol.Table}")

        testProperty "ranges are read back as the numbers they were written from"
        <| fun (numbers: Set<uint16>) ->
            let numbers = [ for number in numbers -> int number ]

            if not numbers.IsEmpty then
                Expect.equal
                    (List.ofSeq (SlurmArray.Numbers(SlurmArray.Ranges(List.toArray numbers))))
                    numbers
                    "numbers"
    ]
