module PolyCL.Tests.Cli.NotebookCommandTests

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open System.Text.Json.Nodes
open Expecto
open PolyCL.Tests
open PolyCL.Tests.Kernel

let private code (id: string) (tags: string) (source: string) =
    $"""{{"cell_type":"code","id":"{id}","metadata":{{"tags":[{tags}],"own":1.50}},"execution_count":7,"outputs":[{{"output_type":"stream","name":"stdout","text":"stale"}}],"source":{JsonSerializer.Serialize source}}}"""

let private notebook (cells: string list) =
    let cells = String.concat "," cells

    $"""{{"cells":[{{"cell_type":"markdown","id":"m","metadata":{{}},"source":["# Titel, größer\n"],"attachments":{{}}}},{cells}],"metadata":{{"kernelspec":{{"name":"polycl-fsharp","display_name":"PolyCL (F#)","language":"F#"}},"own":{{"a":[1e5]}}}},"nbformat":4,"nbformat_minor":5,"own":null}}"""

let private read (path: string) =
    (nonNull (JsonNode.Parse(File.ReadAllText path))).AsObject()

let private cells (root: JsonObject) = [ for cell in (nonNull root["cells"]).AsArray() -> (nonNull cell).AsObject() ]

let private joined (node: JsonNode | null) =
    match node with
    | :? JsonArray as lines -> String.concat "" [ for line in lines -> (nonNull line).ToString() ]
    | null -> ""
    | node -> node.ToString()

let private outputs (cell: JsonObject) = [
    for output in (nonNull cell["outputs"]).AsArray() -> (nonNull output).AsObject()
]

let private refused (word: string) arguments =
    let outcome = CommandLine.run ("notebook" :: arguments)
    Expect.equal (outcome.ExitCode, outcome.Output) (2, "") $"exit code; {outcome.Errors}"
    Expect.hasLength (outcome.Errors.TrimEnd().Split '\n') 1 outcome.Errors
    Expect.stringContains outcome.Errors word "message"

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.NotebookCommand" [
        testCase "cells run in order with parameters; the first failure ends it with exit code 1 and the cell's number"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path, out = Path.Combine(folder, "a.ipynb"), Path.Combine(folder, "b.ipynb")

                let source =
                    notebook [
                        code "p" "\"parameters\"" "let n = 40\nlet rate = 0.1\nlet fast = false\nlet name = \"x\""
                        code "blank" "" "  \n"
                        code "c1" "" "sprintf \"%d %g %b %s\" n rate fast name"
                        code "c2" "" "printfn \"one\"\nprintfn \"two\"\neprintfn \"three\""
                        code "c3" "" "let shown = display 1\nshown.Update 2"
                        code "c4" "" "#!csharp\nConsole.Write(\"sharp\"); 6 * 7"
                        code "c5" "" "let fail (n: int) : int = invalidArg \"n\" \"too small\"\nfail 1"
                        code "c6" "" "\"never\""
                    ]

                File.WriteAllText(path, source)

                let values =
                    [ "n=25"; "rate=2.5e-3"; "fast=true"; "name=a \"b\" \\ c" ]
                    |> List.collect (fun value -> [ "-p"; value ])

                let outcome = CommandLine.run ([ "notebook"; "run"; path; "--out"; out ] @ values)
                Expect.equal outcome.ExitCode 1 outcome.Errors
                Expect.stringContains outcome.Errors "polycl: cell 7 of 8: ArgumentException: too small" "message"
                Expect.stringContains outcome.Errors "cell 2 of 8:" "progress"
                Expect.equal (File.ReadAllText path) source "the notebook given stays as it was"

                let root = read out
                let cells = cells root
                Expect.equal cells.Length 10 "one cell more"

                Expect.equal
                    ((joined (cells[2]["source"])))
                    "let n = 25\nlet rate = 2.5e-3\nlet fast = true\nlet name = \"a \\\"b\\\" \\\\ c\""
                    "injected"

                Expect.stringContains (WireClient.json "metadata" cells.[2]) "injected-parameters" "its tag"

                let only index =
                    match outputs cells.[index] with
                    | [ output ] -> output
                    | other -> failtest $"one output of cell {index} expected: {other}"

                let plain (output: JsonObject) =
                    joined ((nonNull output["data"]).AsObject()["text/plain"])

                Expect.equal (plain (only 4)) "25 0.0025 true a \"b\" \\ c" "parameters"

                Expect.equal
                    [
                        for output in outputs cells.[5] -> WireClient.text "name" output, joined output["text"]
                    ]
                    [ "stdout", "one\ntwo\n"; "stderr", "three\n" ]
                    "streams"

                Expect.equal (plain (only 6)) "2" "the update replaces what was shown"

                Expect.equal
                    [ for output in outputs cells.[7] -> WireClient.text "output_type" output ]
                    [ "stream"; "execute_result" ]
                    "C#"

                Expect.equal (WireClient.text "ename" (only 8)) "ArgumentException" "the error is kept"
                Expect.isEmpty (outputs cells.[9]) "the cell behind is not run, its stale output gone"

                Expect.equal
                    [ for cell in cells -> WireClient.text "execution_count" cell ]
                    [ ""; "1"; "2"; ""; "3"; "4"; "5"; "6"; "7"; "" ]
                    "counts"

                // What the runner does not know stays, to the digit.
                let text = File.ReadAllText out
                Expect.stringContains text "größer" "text stays readable"
                Expect.equal (WireClient.json "metadata" root) (WireClient.json "metadata" (read path)) "metadata"
                Expect.isTrue (root.ContainsKey "own" && cells[0].ContainsKey "attachments") "unknown fields"
                Expect.stringContains (WireClient.json "metadata" cells.[1]) "1.50" "numbers as written")

        testCase "two runs give the same file, in place of the injected cell of the first"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path = Path.Combine(folder, "a.ipynb")

                File.WriteAllText(
                    path,
                    notebook [
                        code "p" "\"parameters\"" "let n = 1"
                        code "c" "" "printfn \"%d\" n\ndisplay n |> ignore"
                    ]
                )

                let run () =
                    let outcome =
                        CommandLine.run [ "notebook"; "run"; path; "-p"; "n=3"; "--json"; "--quiet" ]

                    Expect.equal (outcome.ExitCode, outcome.Errors) (0, "") "quiet"
                    use document = JsonDocument.Parse outcome.Output
                    Expect.equal (document.RootElement.GetProperty("cells").GetInt32()) 3 "cells"
                    File.ReadAllText path

                let first = run ()
                Expect.equal (run ()) first "the same bytes")

        testCase "what is not a notebook in F# is refused with exit code 2 and one sentence"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path = Path.Combine(folder, "a.ipynb")

                for text, word in
                    [
                        "", "not JSON"
                        "{", "not JSON"
                        "[]", "not a JSON object"
                        "{}", "no nbformat"
                        """{"nbformat":3,"worksheets":[]}""", "nbconvert"
                        """{"nbformat":4}""", "no list of cells"
                        """{"nbformat":4,"cells":[1]}""", "cell 1"
                        """{"nbformat":4,"cells":[{"cell_type":"code","source":[1]}]}""", "cell 1"
                        """{"nbformat":4,"nbformat":4,"cells":[]}""", "stands twice"
                        """{"nbformat":4,"cells":[],"metadata":{"kernelspec":{"language":"python"}}}""", "python"
                    ] do
                    File.WriteAllText(path, text)
                    refused word [ "run"; path ]
                    Expect.equal (File.ReadAllText path) text "left alone"

                refused "no such file" [ "run"; Path.Combine(folder, "absent.ipynb") ]
                let good = notebook [ code "p" "\"parameters\"" "let n = 1" ]
                File.WriteAllText(path, good)
                refused "let m" [ "run"; path; "-p"; "m=1" ]
                refused "name=value" [ "run"; path; "-p"; "m" ]
                File.WriteAllText(path, notebook [ code "p" "" "let n = 1" ])
                refused "tagged 'parameters'" [ "run"; path; "-p"; "n=1" ])

        testCase "an interrupted run ends with 130 and keeps the outputs of the cells that were done"
        <| fun () ->
            if OperatingSystem.IsWindows() then
                skiptest "sends a signal"

            TestData.withTempFolder (fun folder ->
                let path = Path.Combine(folder, "a.ipynb")

                File.WriteAllText(
                    path,
                    notebook [
                        code "c1" "" "\"done\""
                        code "c2" "" $"System.IO.File.WriteAllText(@\"{folder}/running\", \"\")\nwhile true do ()"
                    ]
                )

                let info =
                    ProcessStartInfo(
                        "dotnet",
                        [
                            Path.Combine(AppContext.BaseDirectory, "polycl.dll")
                            "notebook"
                            "run"
                            path
                        ],
                        RedirectStandardError = true
                    )

                use program = nonNull (Process.Start info)
                let first = nonNull (program.StandardError.ReadLine())
                Expect.stringContains first "cell 1 of 2" "the first cell is done"
                WireClient.sigInt program.Id
                let errors = program.StandardError.ReadToEnd()
                Expect.isTrue (program.WaitForExit WireClient.patience) "ended"
                Expect.equal program.ExitCode 130 errors
                Expect.stringContains errors "interrupted" "message"
                Expect.stringContains (File.ReadAllText path) "done" "the first cell's output")

        testCase "install-kernel writes a spec that starts the kernel itself, and removes only its own"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let run arguments =
                    CommandLine.run ([ "notebook"; "install-kernel"; "--user-dir"; folder ] @ arguments)

                let outcome = run [ "--name"; "own" ]
                let place = Path.Combine(folder, "kernels", "own")
                Expect.equal (outcome.ExitCode, outcome.Errors) (0, "") "exit code"
                Expect.stringContains outcome.Output place "says where"
                let spec = read (Path.Combine(place, "kernel.json"))
                let argv = [ for item in (nonNull spec["argv"]).AsArray() -> (nonNull item).ToString() ]
                Expect.equal (List.skip 1 argv) [ WireClient.kernelFile.Value; "kernel"; "{connection_file}" ] "argv"
                Expect.isTrue (File.Exists argv[0] && File.Exists argv[1]) "both exist"

                Expect.equal
                    (WireClient.text "language" spec, WireClient.text "display_name" spec)
                    ("F#", "PolyCL (F#)")
                    "names"

                Expect.isNull (spec["metadata"]) "no metadata by which VS Code would hide it"

                Expect.equal (run [ "--name"; "own"; "--uninstall" ]).ExitCode 0 "removed"
                Expect.isFalse (Directory.Exists place) "gone"
                refused "no kernel.json" [ "install-kernel"; "--user-dir"; folder; "--name"; "own"; "--uninstall" ]
                refused "lower-case" [ "install-kernel"; "--user-dir"; folder; "--name"; "../own" ]

                let other =
                    Directory.CreateDirectory(Path.Combine(folder, "kernels", "other")).FullName

                File.WriteAllText(Path.Combine(other, "kernel.json"), "{}")
                refused "another kernel" [ "install-kernel"; "--user-dir"; folder; "--name"; "other"; "--uninstall" ]
                Expect.isTrue (Directory.Exists other) "another kernel's spec stays")
    ]
