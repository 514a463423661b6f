module PolyCL.Tests.Cli.StudySlurmCommandTests

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open System.Threading
open Expecto
open PolyCL.Tests
open PolyCL.Tests.Cli

let private line verb folder = [
    "study"
    verb
    "--table"
    "1"
    "--profile"
    "smoke"
    "--row"
    "U-Net, PolyCL-S"
    "--data"
    Path.Combine(folder, "data")
    "--dataset"
    "lits"
    "--split"
    "5/1/2"
    "--results"
    Path.Combine(folder, "results")
    "--threads"
    "1"
]

let private json (outcome: CommandLine.Outcome) =
    Expect.equal outcome.ExitCode 0 $"exit code; errors: {outcome.Errors}"
    use document = JsonDocument.Parse outcome.Output
    document.RootElement.Clone()

let private number (name: string) (element: JsonElement) = element.GetProperty(name).GetInt32()
let private quiet = [ "--quiet"; "--json" ]
let private pretraining = "pre-train U-Net, PolyCL-S, seed 1"
let private fineTuning = "fine-tune U-Net, PolyCL-S, seed 1"

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.StudySlurm" [
        testCase
            "slurm writes scripts that call this program with the study's own words, status names the jobs, data makes the slices, run --job does one"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                SmallData.dataset (Path.Combine(folder, "data")) 8 |> ignore

                let slurm =
                    line "slurm" folder
                    @ [
                        "--gres"
                        "gpu:1"
                        "--cpus"
                        "2"
                        "--max-parallel"
                        "4"
                        "--max-array-size"
                        "1001"
                    ]

                let submission = (json (CommandLine.run (slurm @ quiet))).GetProperty("submission")
                Expect.isTrue (submission.GetProperty("makes_data").GetBoolean()) "data first"
                Expect.equal (number "tasks" submission) 2 "tasks"
                let scripts = string (submission.GetProperty("folder").GetString())
                let task = File.ReadAllText(Path.Combine(scripts, "task.sh"))

                let words =
                    String.concat " " [
                        for word in line "" folder |> List.skip 2 -> if word.Contains ' ' then $"'{word}'" else word
                    ]

                // The study's words come first, then those of computing; all are there.
                for word in words.Split " --" |> Array.map (fun word -> "--" + word.TrimStart '-') do
                    Expect.stringContains task word "words of the study"

                Expect.stringContains task "polycl.dll" "this program"

                Expect.stringContains
                    (File.ReadAllText(Path.Combine(scripts, "submit.sh")))
                    "--gres=gpu:1 --cpus-per-task=2"
                    "what it asks"

                let status () =
                    json (CommandLine.run (line "status" folder @ quiet))

                Expect.isFalse ((status ()).GetProperty("has_data").GetBoolean()) "no data yet"
                let text = (CommandLine.run (line "status" folder)).Output
                Expect.stringContains text $"{fineTuning}" "jobs by name"
                Expect.stringContains text "The data are not there yet." "data"
                let stores = json (CommandLine.run (line "data" folder @ quiet))
                Expect.equal (stores.GetArrayLength()) 1 "one store"
                Expect.isTrue (File.Exists(string (stores[0].GetProperty("path").GetString()))) "store"

                let run label =
                    line "run" folder @ [ "--job"; label ] @ quiet

                let early = CommandLine.run (run fineTuning @ [ "--claim-expiry"; "0.5" ])
                Expect.equal early.ExitCode 2 "what it needs is missing"
                Expect.stringContains early.Errors $"'{pretraining}' must be finished first and is missing" "sentence"
                let unknown = CommandLine.run (run "fine-tune V-Net, seed 1")
                Expect.equal unknown.ExitCode 2 "no such job"

                Expect.stringContains
                    unknown.Errors
                    "is no job of this study; 'polycl study status' lists them."
                    "sentence"

                let one = json (CommandLine.run (run pretraining))
                Expect.equal (number "jobs" one, number "done" one) (1, 1) "one job"

                let states = [
                    for task in (status ()).GetProperty("tasks").EnumerateArray() do
                        for job in task.GetProperty("jobs").EnumerateArray() ->
                            string (job.GetProperty("state").GetString())
                ]

                Expect.equal states [ "finished"; "missing"; "waiting" ] "states"
                let rest = (json (CommandLine.run (slurm @ quiet))).GetProperty("submission")
                Expect.isFalse (rest.GetProperty("makes_data").GetBoolean()) "data are there"
                Expect.equal (number "tasks" rest, number "finished" rest) (1, 1) "the hole"
                let bad = CommandLine.run (line "slurm" folder @ [ "--max-parallel"; "0" ])
                Expect.equal bad.ExitCode 2 "wrong option"
                Expect.stringContains bad.Errors "MaxParallel is 0" "sentence")

        testCase "SIGUSR1 saves the state and ends with exit code 75; the same line goes on to the same weights"
        <| fun () ->
            if OperatingSystem.IsWindows() then
                skiptest "sends signals"

            TestData.withTempFolder (fun folder ->
                SmallData.dataset (Path.Combine(folder, "data")) 8 |> ignore

                let line results = [
                    "pretrain"
                    "--epochs"
                    "100"
                    "--profile"
                    "smoke"
                    "--data"
                    Path.Combine(folder, "data")
                    "--dataset"
                    "lits"
                    "--size"
                    "32"
                    "--split"
                    "5/1/2"
                    "--threads"
                    "1"
                    "--results"
                    Path.Combine(folder, results)
                    "--quiet"
                    "--json"
                ]

                let results = Path.Combine(folder, "stopped")

                let trained () =
                    Directory.Exists results
                    && Directory.GetFiles(results, "checkpoint.safetensors", SearchOption.AllDirectories).Length > 0

                use running = CommandLine.start (line "stopped")

                Expect.isTrue
                    (SpinWait.SpinUntil((fun () -> running.HasExited || trained ()), TimeSpan.FromMinutes 20L))
                    "training begins"

                use kill = Process.Start("kill", [ "-USR1"; string running.Id ])
                kill.WaitForExit()
                let errors = running.StandardError.ReadToEnd()
                running.WaitForExit()
                Expect.equal running.ExitCode 75 $"exit code; {errors}"
                Expect.stringContains errors "time is up; the state is saved" "sentence"
                Expect.isTrue (trained ()) "the state is there"

                let digest results =
                    (json (CommandLine.run (line results))).GetProperty("weights_digest").GetString()

                Expect.equal (digest "stopped") (digest "unbroken") "weights")
    ]
