module PolyCL.Tests.Cli.StudyCommandTests

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
    "U-Net"
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
    "--quiet"
    "--json"
]

let private json (outcome: CommandLine.Outcome) =
    Expect.equal outcome.ExitCode 0 $"exit code; errors: {outcome.Errors}"
    use document = JsonDocument.Parse outcome.Output
    document.RootElement.Clone()

let private number (name: string) (element: JsonElement) = element.GetProperty(name).GetInt32()

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.Study" [
        testCase
            "one process is stopped, one killed, two share what is left, each run is done once; plan and show tell it as JSON"
        <| fun () ->
            if OperatingSystem.IsWindows() then
                skiptest "sends signals"

            TestData.withTempFolder (fun folder ->
                SmallData.dataset (Path.Combine(folder, "data")) 8 |> ignore
                let plan = json (CommandLine.run (line "plan" folder))
                Expect.equal (number "missing" plan) 5 "missing jobs"
                Expect.isGreaterThan (plan.GetProperty("hours").GetDouble()) 0.0 "hours from measured steps"

                Expect.equal
                    [
                        for schedule in plan.GetProperty("scaling").GetProperty("schedules").EnumerateArray() ->
                            number "workers" schedule
                    ]
                    [ 1; 8; 64 ]
                    "workers"

                let states (plan: JsonElement) = [
                    for job in plan.GetProperty("jobs").EnumerateArray() ->
                        string (job.GetProperty("state").GetString())
                ]

                Expect.equal (states plan) [ "missing"; "waiting"; "missing"; "waiting"; "waiting" ] "states"
                let results = Path.Combine(folder, "results")

                let trained () =
                    Directory.GetFiles(results, "checkpoint.safetensors", SearchOption.AllDirectories).Length > 0

                // One is asked to stop once it has begun to train, the next is killed.
                for signal, exitCode in [ "-INT", 130; "-KILL", 137 ] do
                    use running = CommandLine.start (line "run" folder)

                    Expect.isTrue
                        (SpinWait.SpinUntil((fun () -> running.HasExited || trained ()), TimeSpan.FromMinutes 20L))
                        "training begins"

                    use kill = Process.Start("kill", [ signal; string running.Id ])
                    kill.WaitForExit()
                    running.WaitForExit()
                    Expect.equal running.ExitCode exitCode $"exit code after {signal}"

                use first = CommandLine.start (line "run" folder)
                use second = CommandLine.start (line "run" folder)
                let outputs = [ for running in [ first; second ] -> running.StandardOutput.ReadToEndAsync() ]
                first.WaitForExit()
                second.WaitForExit()
                Expect.equal (first.ExitCode, second.ExitCode) (0, 0) "exit codes"

                let outcomes = [
                    for output in outputs do
                        use document = JsonDocument.Parse output.Result
                        document.RootElement.Clone()
                ]

                let before = outcomes |> List.map (number "finished_before") |> List.min
                Expect.equal (before + (outcomes |> List.sumBy (number "done"))) 5 "each job once"

                for run in Directory.GetDirectories results do
                    if File.Exists(Path.Combine(run, "log.jsonl")) then
                        Expect.isTrue (File.Exists(Path.Combine(run, "result.json"))) $"{run} is finished"
                        Expect.isEmpty (Directory.GetFiles(run, ".claim.*")) $"nobody holds {run}"

                let table = json (CommandLine.run (line "show" folder))
                Expect.equal (number "number" table) 1 "table"

                for row in table.GetProperty("rows").EnumerateArray() do
                    Expect.equal (row.GetProperty("runs").GetArrayLength()) 1 "runs"

                let finished = json (CommandLine.run (line "plan" folder))
                Expect.equal (number "finished" finished) 5 "finished jobs"
                Expect.equal (List.distinct (states finished)) [ "finished" ] "states"

                let shown = CommandLine.run (line "show" folder |> List.filter ((<>) "--json"))
                Expect.stringContains shown.Output "0.894 ± 0.006" "the paper's number of U-Net, PolyCL-S"
                Expect.stringContains shown.Output "PolyCL-S: " "what it draws")

        testCase
            "a wrong row, test set or table, and a table without its test data, end in one sentence and exit code 2"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                SmallData.dataset (Path.Combine(folder, "data")) 8 |> ignore

                let refuse (word: string) arguments =
                    let outcome = CommandLine.run arguments
                    Expect.equal outcome.ExitCode 2 $"exit code; errors: {outcome.Errors}"
                    Expect.hasLength (outcome.Errors.TrimEnd().Split '\n') 1 $"one line: {outcome.Errors}"
                    Expect.stringContains outcome.Errors word "message"

                let replace old by =
                    line "run" folder |> List.map (fun word -> if word = old then by else word)

                refuse "is no row" (replace "U-Net" "V-Net")

                refuse "--test totalsegmentator=ROOT" (replace "1" "2")

                refuse "--table is '8'" (replace "1" "8")
                refuse "--test kits=/data" (line "plan" folder @ [ "--test"; "kits=/data" ])
                refuse "Repeats is 0" (line "plan" folder @ [ "--repeats"; "0" ])
                refuse "--workers is '1,0'" (line "plan" folder @ [ "--workers"; "1,0" ])
                refuse "MeasureSteps is -1" (line "plan" folder @ [ "--measure-steps"; "-1" ])
                refuse "Device 'gpu' is unknown" (line "plan" folder @ [ "--device"; "gpu" ]))
    ]
