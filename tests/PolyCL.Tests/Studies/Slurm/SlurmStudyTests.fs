module PolyCL.Tests.Studies.Slurm.SlurmStudyTests

open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Studies
open PolyCL.Studies.Slurm
open PolyCL.Tests
open PolyCL.Tests.Studies
open PolyCL.Tests.Studies.Slurm.SlurmFixture

let private rows = [| "U-Net"; "U-Net, PolyCL-M" |]

/// Records a submission as submit.sh would: data 100, scratch 101, pretrain 102, finetune 103.
let private submitted (folder: string) submission first =
    File.AppendAllLines(
        Path.Combine(folder, "submitted.tsv"),
        [ "data", "0"; "scratch", "1"; "pretrain", "1"; "finetune", "1" ]
        |> List.mapi (fun i (stage, indices) -> $"{submission}\t{first + i}\t{stage}\t0\t{indices}")
    )

let private entry (status: StudyStatus) stage =
    match (status.Tasks |> Seq.find (fun task -> task.Stage = stage)).Slurm with
    | null -> None
    | entry -> Some(entry.State, Option.ofObj entry.Reason, Option.ofObj entry.Node)

let private status results =
    use study = outline rows 1 results
    SlurmStudy.Status(study, identity)

let private write results =
    use study = outline rows 1 results
    SlurmStudy.Write(study, command "polycl" results, SlurmOptions())

let private squeue (lines: string list) tools =
    program tools "squeue" [ for line in lines -> $"echo '{line}'" ] |> ignore

[<Tests>]
let tests =
    testSequenced
    <| testList "Studies.Slurm.SlurmStudy" [
        testCase
            "status joins squeue and sacct with the jobs, the queue before the accounts, the latest submission first"
        <| fun () ->
            needBash ()

            TestData.withTempFolder (fun results ->
                withoutSlurm results (fun tools ->
                    let folder = (write results).Folder
                    submitted folder 1 100
                    submitted folder 2 200

                    squeue
                        [
                            "201|1|RUNNING|None|node4|1:05"
                            "202|1|PENDING|Dependency||0:00"
                            "999|1|RUNNING|None|node9|1:05"
                        ]
                        tools

                    program tools "sacct" [
                        "echo '100|COMPLETED|node1|00:00:09'"
                        "echo '103_1|CANCELLED by 0||00:00:00'"
                        "echo '201_1|RUNNING|node3|00:01:00'"
                        "echo '203_[1-2%3]|PENDING|None assigned|00:00:00'"
                    ]
                    |> ignore

                    let status = status results
                    Expect.isEmpty status.Remarks "nothing to remark"
                    Expect.equal (entry status "data") (Some("COMPLETED", None, Some "node1")) "data, by sacct"
                    Expect.equal (entry status "scratch") (Some("RUNNING", None, Some "node4")) "squeue is newer"
                    Expect.equal (entry status "pretrain") (Some("PENDING", Some "Dependency", None)) "waits"
                    Expect.equal (entry status "finetune") (Some("CANCELLED by 0", None, None)) "by sacct"
                    Expect.equal (status.Jobs, status.Finished, status.Queued) (5, 0, 2) "counts"
                    Expect.isFalse status.HasData "no data yet"))

        testCase "without rights to sacct it says so in one sentence and takes squeue alone; without Slurm the folders"
        <| fun () ->
            needBash ()

            TestData.withTempFolder (fun results ->
                withoutSlurm results (fun tools ->
                    let folder = (write results).Folder
                    Expect.isEmpty (status results).Remarks "nothing was submitted, nothing is asked"
                    submitted folder 1 100
                    let nothing = status results
                    Expect.equal (entry nothing "scratch") None "no Slurm"

                    Expect.equal
                        (List.ofSeq nothing.Remarks)
                        [
                            "Slurm is not here (no squeue on the path): the folders alone tell how tasks stand."
                        ]
                        "without Slurm"

                    squeue [ "101|1|FAILED|NonZeroExitCode|node4|1:05" ] tools

                    for complaint in [ "Slurm accounting storage is disabled"; "sacct: error: Access denied" ] do
                        program tools "sacct" [ $"echo '{complaint}' >&2"; "exit 1" ] |> ignore
                        let status = status results

                        Expect.equal
                            (List.ofSeq status.Remarks)
                            [
                                $"sacct cannot be asked ({complaint}): of tasks that have left the queue the folders alone tell."
                            ]
                            "remark"

                        Expect.equal
                            (entry status "scratch")
                            (Some("FAILED", Some "NonZeroExitCode", Some "node4"))
                            "by squeue"

                        Expect.equal (entry status "pretrain") None "left the queue"

                    program tools "squeue" [ "echo 'slurm_load_jobs error: Invalid job id specified' >&2"; "exit 1" ]
                    |> ignore

                    Expect.hasLength (status results).Remarks 1 "all have left the queue: only sacct is missed"

                    program tools "squeue" [
                        "echo 'squeue: error: Unable to contact slurm controller' >&2"
                        "exit 1"
                    ]
                    |> ignore

                    Expect.stringContains
                        (status results).Remarks[0]
                        "squeue does not answer (squeue: error: Unable"
                        "no answer"))

        testCase
            "what waits or runs is not submitted again; what failed is, with what its dependence killed; queued parents are waited for"
        <| fun () ->
            needBash ()

            TestData.withTempFolder (fun results ->
                withoutSlurm results (fun tools ->
                    let first = write results
                    Expect.equal (first.Tasks, first.Queued) (3, 0) "all"
                    submitted first.Folder 1 100

                    squeue
                        [
                            "100|N/A|RUNNING|None|node1|0:01"
                            "101|1|FAILED|NonZeroExitCode|node4|1:05"
                            "102|1|PENDING|Dependency||0:00"
                            "103|1|PENDING|DependencyNeverSatisfied||0:00"
                        ]
                        tools

                    let second = write results
                    Expect.isFalse second.MakesData "is being made"
                    Expect.equal [ for array in second.Arrays -> array.Stage ] [ "scratch"; "finetune" ] "holes"
                    Expect.equal (second.Tasks, second.Queued) (2, 1) "counts"
                    let script = File.ReadAllText(nonNull second.Script)
                    Expect.stringContains script "submission=2\n" "number"

                    Expect.stringContains
                        script
                        "--output=logs/scratch-%a.log --dependency=afterok:100\n"
                        "waits for the data"

                    Expect.stringContains
                        script
                        "--output=logs/finetune-%a.log --dependency=aftercorr:102\n"
                        "waits for the queue"

                    submitted first.Folder 2 200

                    squeue
                        [
                            for job in 200..203 ->
                                $"""{job}|{(if job = 200 then "N/A" else "1")}|PENDING|Priority||0:00"""
                        ]
                        tools

                    let third = write results
                    Expect.isNull third.Script "nothing to submit"

                    Expect.isFalse
                        (File.Exists(Path.Combine(first.Folder, "submit.sh")))
                        "no script to call by mistake"

                    Expect.equal (third.Tasks, third.Queued) (0, 3) "counts"))

        testCase "a damaged record of submissions is refused with its line"
        <| fun () ->
            TestData.withTempFolder (fun results ->
                let folder = (write results).Folder

                for line in [ "1\tx\tdata\t0\t0"; "1\t7\tdata\t0"; "1\t7\tpretrain\t0\t1-"; "" ] do
                    File.WriteAllText(Path.Combine(folder, "submitted.tsv"), line + "\n")

                    Expect.throwsC (fun () -> status results |> ignore) (fun e ->
                        Expect.isTrue (e :? RunStateException) $"type of {e}"
                        Expect.stringContains e.Message $"the line '{line}'" "which"))

        testCase
            "an outline makes nothing; once the data are there the study is open, and finished jobs are no longer submitted"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let options = StudyFixture.options folder
                let results = Path.Combine(folder, "results")

                let files () =
                    if Directory.Exists results then
                        Directory.GetFileSystemEntries(results, "*", SearchOption.AllDirectories).Length
                    else
                        0

                let labels =
                    use outline = Study.OpenOrOutline(options, Training.TrainingRuns.compute, results)
                    Expect.isFalse outline.HasData "no data"
                    Expect.equal (files ()) 0 "nothing is made"
                    Expect.throws (fun () -> outline.Jobs[0].Name |> ignore) "names depend on the data"
                    [ for job in outline.Jobs -> job.Label ]

                (StudyFixture.openStudy options results).Dispose()

                let only =
                    StudyOptions(
                        Profile = options.Profile,
                        Rows = options.Rows,
                        Jobs = [| labels[0] |],
                        Repeats = options.Repeats,
                        Training = options.Training,
                        Split = options.Split,
                        Phantom = options.Phantom,
                        Prepare = options.Prepare,
                        Pretrain = options.Pretrain,
                        FineTune = options.FineTune
                    )

                use part = StudyFixture.openStudy only results
                Expect.equal [ for job in part.Jobs -> job.Label ] [ labels[0] ] "one job"
                Expect.equal (StudyFixture.run part).Done 1 "done"
                use whole = Study.OpenOrOutline(options, Training.TrainingRuns.compute, results)
                Expect.isTrue whole.HasData "the data are there"
                Expect.equal [ for job in whole.Jobs -> job.Label ] labels "the same jobs"
                let submission = SlurmStudy.Write(whole, command "polycl" results, SlurmOptions())
                Expect.isFalse submission.MakesData "nothing to make"

                Expect.equal
                    [
                        for array in submission.Arrays -> array.Stage, array.Indices, Option.ofObj array.After
                    ]
                    [
                        "scratch", "1", None
                        "pretrain", "1", None
                        "finetune", "1", Some "pretrain"
                    ]
                    "the evaluation of the first is still missing"

                StudyFixture.run whole |> ignore
                Expect.isNull (SlurmStudy.Write(whole, command "polycl" results, SlurmOptions())).Script "all finished")
    ]
