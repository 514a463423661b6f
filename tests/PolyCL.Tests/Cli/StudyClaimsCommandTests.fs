module PolyCL.Tests.Cli.StudyClaimsCommandTests

open System.IO
open System.Text.Json
open Expecto
open PolyCL.Core
open PolyCL.Tests
open PolyCL.Tests.Studies

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.StudyClaimsCommand" [
        testCase "--json lists the claims of the tables asked for, with p and verdict"
        <| fun () ->
            let outcome = CommandLine.run [ "study"; "claims"; "--table"; "2,6"; "--json" ]
            Expect.equal (outcome.ExitCode, outcome.Errors) (0, "") "exit"
            use document = JsonDocument.Parse outcome.Output
            let reports = [ for report in document.RootElement.EnumerateArray() -> report ]
            Expect.equal [ for report in reports -> report.GetProperty("table").GetInt32() ] [ 2; 6 ] "tables"
            let first = reports[0].GetProperty("checks")[0]

            Expect.equal
                (first.GetProperty("claim").GetProperty("first").GetProperty("model").GetString())
                "PolyCL-S"
                "cell"

            Expect.equal (first.GetProperty("printed").GetProperty("verdict").GetString()) "cannot-tell" "verdict"
            Expect.equal (first.GetProperty("ours").ValueKind) JsonValueKind.Null "no runs"

        testCase "a table of our runs adds its own verdicts"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let file = Path.Combine(folder, "table-1.json")
                File.WriteAllText(file, SettingsJson.ToText StudyTables.small.Value)
                let outcome = CommandLine.run [ "study"; "claims"; "--table"; "1"; "--runs"; file ]
                Expect.equal (outcome.ExitCode, outcome.Errors) (0, "") "exit"
                Expect.stringContains outcome.Output "our runs" "counts"
                Expect.stringContains outcome.Output "holds (p = 0.0020" "a verdict"

                Expect.stringContains
                    outcome.Output
                    "phantom CT, which says nothing of the paper's data"
                    "what they are")

        testCase "another table, no repeats and a file that is none are refused in one sentence"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let file = Path.Combine(folder, "table.json")
                File.WriteAllText(file, "{}")
                let real = Path.Combine(folder, "real.json")
                File.WriteAllText(real, SettingsJson.ToText StudyTables.small.Value)

                for arguments, wanted in
                    [
                        [ "--table"; "8" ], "1 to 7"
                        [ "--table"; "1,x" ], "1,x"
                        [ "--paper-repeats"; "1" ], "1"
                        [ "--runs"; file ], "table.json"
                        [ "--runs"; Path.Combine(folder, "none.json") ], "none.json"
                        [ "--runs"; real; "--runs"; real ], "twice"
                    ] do
                    let outcome = CommandLine.run ([ "study"; "claims" ] @ arguments)
                    Expect.equal (outcome.ExitCode, outcome.Output) (2, "") $"{arguments}"
                    Expect.stringContains outcome.Errors wanted "names it"
                    Expect.hasLength (outcome.Errors.Trim().Split '\n') 1 "one sentence")
    ]
