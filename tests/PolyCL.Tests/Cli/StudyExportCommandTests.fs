module PolyCL.Tests.Cli.StudyExportCommandTests

open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Studies
open PolyCL.Studies.Exports
open PolyCL.Tests
open PolyCL.Tests.Studies

let private withTable body =
    TestData.withTempFolder (fun folder ->
        let file = Path.Combine(folder, "table-1.json")
        File.WriteAllText(file, SettingsJson.ToText StudyTables.small.Value)
        body folder file)

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.StudyExportCommand" [
        testCase "each format is the library's text, on standard output or in a file"
        <| fun () ->
            withTable (fun folder file ->
                for word, format in
                    [
                        "md", ExportFormat.Markdown
                        "csv", ExportFormat.Csv
                        "latex", ExportFormat.Latex
                        "json", ExportFormat.Json
                    ] do
                    let expected =
                        StudyExport.Text([| StudyTables.small.Value |], format, StudyMetric.Of "volume")

                    let arguments = [ "study"; "export"; "--runs"; file; "--format"; word; "--metrics"; "volume" ]

                    let shown = CommandLine.run arguments
                    Expect.equal (shown.ExitCode, shown.Errors, shown.Output) (0, "", expected) word
                    let path = Path.Combine(folder, $"out.{word}")
                    let written = CommandLine.run (arguments @ [ "--out"; path ])
                    Expect.equal (written.ExitCode, written.Output) (0, "") "nothing shown"
                    Expect.equal (File.ReadAllText path) expected "the file")

        testCase "an unknown metric and an unknown format are refused in one sentence"
        <| fun () ->
            withTable (fun _ file ->
                for arguments, wanted in
                    [
                        [ "--metrics"; "dice" ], "dice"
                        [ "--metrics"; "" ], "No metric"
                        [ "--format"; "xls" ], "xls"
                    ] do
                    let outcome = CommandLine.run ([ "study"; "export"; "--runs"; file ] @ arguments)
                    Expect.equal (outcome.ExitCode, outcome.Output) (2, "") $"{arguments}"
                    Expect.stringContains outcome.Errors wanted "names it")
    ]
