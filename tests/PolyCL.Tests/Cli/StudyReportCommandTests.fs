module PolyCL.Tests.Cli.StudyReportCommandTests

open System.IO
open System.Text.Json
open Expecto
open PolyCL.Core
open PolyCL.Tests
open PolyCL.Tests.Studies

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.StudyReportCommand" [
        testCase "--json names the file it wrote and the tables in it"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let runs, page =
                    Path.Combine(folder, "table.json"), Path.Combine(folder, "page.html")

                File.WriteAllText(runs, (SettingsJson.ToText StudyTables.small.Value))

                let outcome =
                    CommandLine.run [ "study"; "report"; "--runs"; runs; "--out"; page; "--quiet"; "--json" ]

                Expect.equal (outcome.ExitCode, outcome.Errors) (0, "") "exit"
                use document = JsonDocument.Parse outcome.Output
                Expect.equal (document.RootElement.GetProperty("report").GetString()) page "file"
                let tables = document.RootElement.GetProperty "tables"
                Expect.equal [ for table in tables.EnumerateArray() -> table.GetInt32() ] [ 1 ] "table"
                Expect.isTrue ((File.ReadAllText page).Contains "phantom in place of LiTS") "the page")

        testCase "a file of another kind is refused in one sentence"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let runs = Path.Combine(folder, "table.json")
                File.WriteAllText(runs, (SettingsJson.ToText StudyTables.small.Value))

                let outcome =
                    CommandLine.run [ "study"; "report"; "--runs"; runs; "--out"; "page.pdf" ]

                Expect.equal (outcome.ExitCode, outcome.Output) (2, "") "exit"
                Expect.stringContains outcome.Errors ".html, .htm or .md" "mend")
    ]
