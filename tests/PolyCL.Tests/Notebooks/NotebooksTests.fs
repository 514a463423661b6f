module PolyCL.Tests.Notebooks.NotebooksTests

open System
open System.IO
open System.Text.Json.Nodes
open System.Text.RegularExpressions
open Expecto
open PolyCL.Tests
open PolyCL.Tests.Cli

let private folder () =
    match TestData.repository with
    | Some root -> Path.Combine(root, "notebooks")
    | None -> skiptest "needs the sources of the repository"

let private files () =
    Directory.GetFiles(folder (), "*.ipynb") |> Array.sort

let private nameOf (path: string) = nonNull (Path.GetFileName path)

let private item (name: string) (node: JsonNode | null) : JsonNode | null = (nonNull node)[name]

let private list (node: JsonNode | null) = [ for part in (nonNull node).AsArray() -> nonNull part ]

let private text (node: JsonNode | null) =
    match node with
    | null -> ""
    | :? JsonArray as lines -> String.concat "" [ for line in lines -> (nonNull line).ToString() ]
    | node -> node.ToString()

let private read (path: string) =
    nonNull (JsonNode.Parse(File.ReadAllText path))

let private cells (root: JsonNode) = list root["cells"]

let private codeCells (root: JsonNode) =
    cells root |> List.filter (fun cell -> text cell["cell_type"] = "code")

let private parameters = [ "profile"; "dataset"; "root"; "results"; "seed" ]

/// What makes a page fetch something; the names of XML vocabularies do not.
let private loads =
    Regex
        @"(\b(src|href|srcset|action|data)\s*=\s*[""']?\s*(https?:)?//)|@import|\bimport\s*\(\s*[""']http|url\(\s*[""']?http"

/// Checks the outputs of an executed notebook; the folders must not be named in it.
let private checkOutputs (name: string) (folders: string list) (path: string) =
    Expect.isLessThan (FileInfo path).Length 1_000_000L $"{name}: size"

    for cell in codeCells (read path) do
        let source = text cell["source"]

        let outputs = list cell["outputs"]

        for output in outputs do
            Expect.notEqual (text output["output_type"]) "error" $"{name}: {source}"
            let said = text output["text"]
            Expect.notEqual (text output["name"]) "stderr" $"{name}: {source} {said}"
            let json = output.ToJsonString()
            Expect.isFalse (loads.IsMatch(Regex.Unescape json)) $"{name}: {source} loads"

            for folder in folders do
                Expect.isFalse (json.Contains folder) $"{name}: {source} names {folder}"

        if Regex.IsMatch(source, @"\bFigure\.\w+") then
            let svg =
                outputs
                |> List.tryPick (fun output ->
                    output["data"]
                    |> Option.ofObj
                    |> Option.bind (fun data -> data["image/svg+xml"] |> Option.ofObj))

            Expect.stringContains (text (Option.toObj svg)) "<svg" $"{name}: figure of {source}"

[<Tests>]
let tests =
    testSequenced
    <| testList "Notebooks" [
        testCase "committed notebooks hold no outputs, the same parameters and the kernel's name"
        <| fun () ->
            Expect.hasLength (files ()) 7 "notebooks"

            for path in files () do
                let name, root = nameOf path, read path
                Expect.equal (text root["nbformat"], text root["nbformat_minor"]) ("4", "5") name
                let kernel = item "kernelspec" root["metadata"]
                Expect.equal (text (item "name" kernel)) "polycl-fsharp" name
                Expect.equal (text (item "display_name" kernel)) "PolyCL (F#)" name
                let ids = cells root |> List.map (fun cell -> text cell["id"])
                Expect.all ids (fun id -> Regex.IsMatch(id, "^[a-zA-Z0-9_-]{1,64}$")) $"{name}: ids"
                Expect.equal (List.distinct ids).Length ids.Length $"{name}: ids differ"

                for cell in codeCells root do
                    Expect.isEmpty (list cell["outputs"]) $"{name}: outputs"
                    Expect.isNull (cell["execution_count"]) $"{name}: counts"

                let tagged =
                    cells root
                    |> List.filter (fun cell ->
                        (nonNull cell["metadata"])["tags"]
                        |> Option.ofObj
                        |> Option.exists (fun tags -> list tags |> List.exists (fun tag -> text tag = "parameters")))

                Expect.hasLength tagged 1 $"{name}: one cell of parameters"

                for parameter in parameters do
                    Expect.stringContains (text (tagged.Head["source"])) $"let {parameter} =" name

        testCase "all notebooks run in the smoke profile, with a figure where one is asked for, and load nothing"
        <| fun () ->
            TestData.withTempFolder (fun temporary ->
                for path in files () do
                    let name = nameOf path
                    let out = Path.Combine(temporary, name)
                    let here = Environment.CurrentDirectory

                    let outcome =
                        try
                            CommandLine.run [
                                "notebook"
                                "run"
                                path
                                "--out"
                                out
                                "-p"
                                "profile=smoke"
                                "-p"
                                $"results={temporary}/results"
                            ]
                        finally
                            Environment.CurrentDirectory <- here

                    Expect.equal outcome.ExitCode 0 $"{name}: {outcome.Errors}"
                    checkOutputs name [ temporary; nonNull (Path.GetDirectoryName(folder ())) ] out)

        testCase "the gallery's copies are whole, load nothing, and stem from the committed notebooks"
        <| fun () ->
            let gallery = Path.Combine(folder (), "..", "docs", "gallery")

            for path in files () do
                let name = nameOf path
                let copy = Path.Combine(gallery, name)
                let root = Path.GetFullPath(Path.Combine(folder (), ".."))
                checkOutputs name [ root; "/home/"; "/tmp/" ] copy

                let sources path =
                    cells (read path) |> List.map (fun cell -> text cell["source"])

                Expect.isTrue (sources copy = sources path) $"{name}: run 'bash eng/gallery.sh' again"
    ]
