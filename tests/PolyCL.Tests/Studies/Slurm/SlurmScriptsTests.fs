module PolyCL.Tests.Studies.Slurm.SlurmScriptsTests

open System
open System.Diagnostics
open System.IO
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Studies.Slurm
open PolyCL.Tests
open PolyCL.Tests.Studies.Slurm.SlurmFixture

let private rows = [| "U-Net"; "U-Net, PolyCL-M" |]

/// An sbatch that counts up ids and writes down what it is given, an argument a line with "--" before each call.
let private sbatch folder =
    program folder "sbatch" [
        $"printf '%%s\\n' -- \"$@\" >> '{folder}/calls'"
        $"echo $((100 + $(grep -c '^--$' '{folder}/calls')))';cluster'"
    ]
    |> ignore

let private options =
    SlurmOptions(
        Partition = "gpu",
        DataPartition = "cpu",
        Gres = "gpu:1",
        Time = "04:00:00",
        MaxParallel = 3,
        Further = [| "--comment=a word's worth" |]
    )

let private write results program options =
    use study = outline rows 1 results
    SlurmStudy.Write(study, command program results, options)

[<Tests>]
let tests =
    testSequenced
    <| testList "Studies.Slurm.SlurmScripts" [
        testCase
            "submit.sh submits the data, then array after array with what each waits for, notes the ids, and does so once"
        <| fun () ->
            needBash ()

            TestData.withTempFolder (fun folder ->
                withoutSlurm folder (fun tools ->
                    let results = Path.Combine(folder, "it's a \"folder\" with $all")
                    let submission = write results "polycl" options

                    Expect.throwsC (fun () -> SlurmStudy.Submit submission |> ignore) (fun e ->
                        Expect.isTrue (e :? RunFailedException) $"type of {e}"
                        Expect.stringContains e.Message "no sbatch here" "without Slurm")

                    sbatch tools

                    Expect.equal
                        (SlurmStudy.Submit submission)
                        "data: job 101\nscratch: job 102\npretrain: job 103\nfinetune: job 104"
                        "what it prints"

                    let calls =
                        File
                            .ReadAllText(Path.Combine(tools, "calls"))
                            .Split("--\n", StringSplitOptions.RemoveEmptyEntries)

                    let call stage own =
                        [ "--parsable"; $"--job-name=polycl-{stage}"; "--kill-on-invalid-dep=yes" ]
                        @ own
                        @ [ "task.sh"; stage; "0" ]

                    let training stage after =
                        call stage [
                            "--partition=gpu"
                            "--gres=gpu:1"
                            "--time=04:00:00"
                            "--comment=a word's worth"
                            "--array=1%3"
                            $"--output=logs/{stage}-%%a.log"
                            $"--dependency={after}"
                        ]

                    Expect.equal
                        [ for call in calls -> List.ofArray (call.TrimEnd().Split '\n') ]
                        [
                            call "data" [
                                "--partition=cpu"
                                "--time=04:00:00"
                                "--comment=a word's worth"
                                "--output=logs/data.log"
                            ]
                            training "scratch" "afterok:101"
                            training "pretrain" "afterok:101"
                            training "finetune" "aftercorr:103"
                        ]
                        "calls of sbatch"

                    Expect.equal
                        (lines (Path.Combine(submission.Folder, "submitted.tsv")))
                        [
                            "1\t101\tdata\t0\t0"
                            "1\t102\tscratch\t0\t1"
                            "1\t103\tpretrain\t0\t1"
                            "1\t104\tfinetune\t0\t1"
                        ]
                        "ids"

                    Expect.throwsC (fun () -> SlurmStudy.Submit submission |> ignore) (fun e ->
                        Expect.stringContains e.Message "submitted already" "a second call")))

        testCase "a task does its jobs as the study's options say, in its folder, and ends as the program does"
        <| fun () ->
            needBash ()

            TestData.withTempFolder (fun folder ->
                let place =
                    Directory.CreateDirectory(Path.Combine(folder, "o'clock $HOME")).FullName

                let fake =
                    program place "a program" [ "pwd"; "printf '%s\\n' \"$@\" \"$SETTING\""; "exit 3" ]

                use study = outline rows 1 (Path.Combine(place, "results"))

                let command =
                    SlurmCommand(
                        Program = SlurmCommand.ProgramOf [| fake |],
                        Study = [| "--row"; "U-Net, PolyCL-M"; "--data"; "a b/$c" |],
                        Identity = [||],
                        WorkingFolder = place,
                        Scratch = "${NODE_DISK}/po\"ly `date` $(date)",
                        Setup = [| "export SETTING='set up'" |]
                    )

                let submission = SlurmStudy.Write(study, command, SlurmOptions())
                let script = Path.Combine(submission.Folder, "task.sh")

                use task =
                    start script [ "finetune"; "0" ] [
                        "SLURM_ARRAY_TASK_ID", "1"
                        "SLURM_ARRAY_JOB_ID", "9"
                        "SLURM_JOB_ID", "10"
                        "SLURMD_NODENAME", "n1"
                        "NODE_DISK", "/a disk"
                    ]

                let output = task.StandardOutput.ReadToEnd().Split '\n'
                task.WaitForExit()
                Expect.equal task.ExitCode 3 $"exit code; {task.StandardError.ReadToEnd()}"
                Expect.stringStarts output[0] "== finetune 1 on n1, turn 1, " "head"

                Expect.equal
                    (List.ofArray output[1 .. output.Length - 3])
                    [
                        place
                        "study"
                        "run"
                        "--job"
                        "fine-tune U-Net, PolyCL-M, seed 1"
                        "--job"
                        "evaluate (Table 1) U-Net, PolyCL-M, seed 1"
                        "--scratch"
                        "/a disk/po\"ly `date` $(date)"
                        "--row"
                        "U-Net, PolyCL-M"
                        "--data"
                        "a b/$c"
                        "set up"
                    ]
                    "folder and words"

                use none =
                    start script [ "finetune"; "7" ] [ "SLURM_ARRAY_TASK_ID", "1"; "NODE_DISK", "/" ]

                none.WaitForExit()
                Expect.equal none.ExitCode 2 "no such task")

        testCase
            "before the time limit a task passes the signal on, waits for the state to be saved and goes back into the queue"
        <| fun () ->
            needBash ()

            TestData.withTempFolder (fun folder ->
                program folder "scontrol" [ $"echo \"$@\" >> '{folder}/requeued'" ] |> ignore

                let fake =
                    program folder "polycl" [
                        "trap 'sleep 0.2; echo saved; exit 75' USR1"
                        $"touch '{folder}/begun'"
                        "while true; do sleep 0.05; done"
                    ]

                use study = outline rows 1 (Path.Combine(folder, "results"))

                let submission =
                    SlurmStudy.Write(study, command fake folder, SlurmOptions(SignalSeconds = 90))

                let script = Path.Combine(submission.Folder, "task.sh")
                Expect.stringContains (File.ReadAllText script) "#SBATCH --signal=B:USR1@90\n" "when"
                let path = folder + ":" + Environment.GetEnvironmentVariable "PATH"

                let turn restarts =
                    File.Delete(Path.Combine(folder, "begun"))

                    use task =
                        start script [ "pretrain"; "0" ] [
                            "PATH", path
                            "SLURM_ARRAY_TASK_ID", "1"
                            "SLURM_ARRAY_JOB_ID", "55"
                            "SLURM_JOB_ID", "60"
                            "SLURM_RESTART_COUNT", restarts
                        ]

                    let begun () =
                        File.Exists(Path.Combine(folder, "begun"))

                    Expect.isTrue (SpinWait.SpinUntil(begun, TimeSpan.FromMinutes 20L)) "begins"
                    use kill = Process.Start("kill", [ "-USR1"; string task.Id ])
                    kill.WaitForExit()
                    let output = task.StandardOutput.ReadToEnd()
                    task.WaitForExit()
                    Expect.equal task.ExitCode 75 "exit code"
                    Expect.stringContains output "saved\n" "the program came to its end"
                    task.StandardError.ReadToEnd()

                turn "1" |> ignore
                Expect.equal (lines (Path.Combine(folder, "requeued"))) [ "requeue 55_1" ] "its own task alone"
                Expect.stringContains (turn "99") "give a longer time limit" "given up after 100 turns"
                Expect.hasLength (lines (Path.Combine(folder, "requeued"))) 1 "not once more")

        testCase "shellcheck finds nothing in the scripts"
        <| fun () ->
            let version =
                try
                    use check =
                        Process.Start(ProcessStartInfo("shellcheck", [ "--version" ], RedirectStandardOutput = true))

                    (nonNull check).StandardOutput.ReadToEnd()
                with :? ComponentModel.Win32Exception ->
                    skiptest "needs shellcheck"

            Expect.stringContains version "version" "shellcheck"

            TestData.withTempFolder (fun folder ->
                let scripts = [
                    write folder (SlurmCommand.ProgramOf [| "dotnet"; "/a b/polycl.dll" |]) options
                    write (folder + " 2") "polycl" (SlurmOptions())
                ]

                use study = outline [||] 70 (folder + " 3")

                let command =
                    SlurmCommand(
                        Program = "polycl",
                        Study = [||],
                        Identity = [||],
                        WorkingFolder = "/",
                        Scratch = "$TMPDIR/x",
                        Setup = [| "module load cuda" |]
                    )

                let many = SlurmStudy.Write(study, command, options)

                for submission in many :: scripts do
                    for script in Directory.GetFiles(submission.Folder, "*.sh") do
                        use check =
                            Process.Start(ProcessStartInfo("shellcheck", [ script ], RedirectStandardOutput = true))

                        let check = nonNull check
                        let complaints = check.StandardOutput.ReadToEnd()
                        check.WaitForExit()
                        Expect.equal (check.ExitCode, complaints) (0, "") script

                Directory.Delete(folder + " 2", true)
                Directory.Delete(folder + " 3", true))

        testCase "options with a line break or out of range are refused by name"
        <| fun () ->
            for make, word in
                [
                    (fun () -> SlurmOptions(Partition = "a\nb") |> ignore), "Partition"
                    (fun () -> SlurmOptions(Gres = " ") |> ignore), "Gres"
                    (fun () -> SlurmOptions(Further = [| "--x\ty" |]) |> ignore), "Further"
                    (fun () -> SlurmOptions(MaxParallel = 0) |> ignore), "MaxParallel"
                    (fun () -> SlurmOptions(MaxArraySize = 1) |> ignore), "MaxArraySize"
                ] do
                Expect.throwsC make (fun e ->
                    Expect.isTrue (e :? ArgumentException) $"type of {e}"
                    Expect.stringContains e.Message word "which")
    ]
