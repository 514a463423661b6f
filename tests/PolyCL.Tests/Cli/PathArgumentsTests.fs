module PolyCL.Tests.Cli.PathArgumentsTests

open System.CommandLine
open System.IO
open Expecto
open PolyCL.Cli
open PolyCL.Tests

/// Text options and arguments that name no file or folder.
let private words =
    set [
        "--account"
        "--arithmetic"
        "--backbone"
        "--boxes"
        "--data-partition"
        "--data-time"
        "--dataset"
        "--dataset-a"
        "--dataset-b"
        "--device"
        "--draw"
        "--exclude"
        "--exclude-a"
        "--exclude-b"
        "--format"
        "--gres"
        "--job"
        "--label-file"
        "--mem"
        "--metrics"
        "--name"
        "--order"
        "--organ"
        "--orientation"
        "--orientation-a"
        "--orientation-b"
        "--parameter"
        "-p"
        "--part"
        "--partition"
        "--partnerless"
        "--precision"
        "--preset"
        "--profile"
        "--program"
        "--protocol"
        "--range"
        "--reference"
        "--row"
        "--rule"
        "--sam-precision"
        "--sbatch"
        "--setup"
        "--strategy"
        "--subset"
        "--table"
        "--tf32"
        "--time"
        "--workers"
    ]

/// Every text option and argument of every command: the command's words, and the option's name.
let rec private texts (prefix: string) (command: Command) =
    let name =
        if command :? RootCommand then ""
        elif prefix = "" then command.Name
        else $"{prefix} {command.Name}"

    let isText (kind: System.Type) =
        kind = typeof<string> || kind = typeof<string[]>

    [
        for option in command.Options do
            if isText option.ValueType then
                name, option.Name
        for argument in command.Arguments do
            if isText argument.ValueType then
                name, argument.Name
        for child in command.Subcommands do
            yield! texts name child
    ]

let private refused (arguments: string list) (part: string) =
    let outcome = CommandLine.run arguments
    Expect.equal (outcome.ExitCode, outcome.Output) (2, "") "exit code 2, nothing printed"
    Expect.equal (outcome.Errors.TrimEnd().IndexOf '\n') -1 "one sentence"
    Expect.stringContains outcome.Errors part "message"

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.PathArguments" [
        testCase "every text option of every command is known as a path, or as a word"
        <| fun () ->
            let unknown =
                texts "" (Application.Root())
                |> List.filter (fun (command, name) ->
                    not (PathArguments.IsPath(command, name))
                    && not (words.Contains name)
                    && (command, name) <> ("sam train-tiny", "--model")
                    && (command, name) <> ("notebook run", "file"))

            Expect.equal unknown [] "name it in PathArguments, or here when it is no path"

        testCase "every option called out or described as a place to write is an output"
        <| fun () ->
            let writes =
                set [ "--out"; "--picture"; "--probabilities"; "--results"; "--cache"; "--scratch" ]

            let found = texts "" (Application.Root()) |> List.filter (snd >> writes.Contains)
            Expect.isGreaterThan found.Length 15 "options that write"
            Expect.isEmpty (found |> List.filter (PathArguments.IsOutput >> not)) "not checked"

        testCase "what a command reads is not overwritten, whatever way the path leads there"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path name = Path.Combine(folder, name)

                let files = [
                    "ct.nii.gz"
                    "mask.nii.gz"
                    "plain.safetensors"
                    "run/model.safetensors"
                    "data/meta.csv"
                    "t.json"
                ]

                for name in files do
                    Directory.CreateDirectory(nonNull (Path.GetDirectoryName(path name))) |> ignore
                    File.WriteAllText(path name, name)

                File.CreateSymbolicLink(path "link.nii.gz", "ct.nii.gz") |> ignore
                Directory.CreateSymbolicLink(path "here", folder) |> ignore
                let ct, mask, link = path "ct.nii.gz", path "mask.nii.gz", path "link.nii.gz"

                let predict rest =
                    [ "predict"; "--model"; path "run"; "--image"; ct ] @ rest

                let replaces = "would replace"

                for out in
                    [
                        ct
                        path "x/../ct.nii.gz"
                        link
                        path "here/ct.nii.gz"
                        path "here/link.nii.gz"
                    ] do
                    refused (predict [ "--out"; out ]) replaces
                    refused (predict [ "--out"; path "new.nii"; "--probabilities"; out ]) replaces

                refused
                    (predict [ "--out"; path "new.nii"; "--probabilities"; path "here/new.nii" ])
                    "lead to one place"

                refused [ "refine"; "--image"; link; "--mask"; mask; "--out"; ct ] replaces
                refused [ "refine"; "--image"; ct; "--mask"; mask; "--out"; mask ] replaces
                refused [ "propagate"; "--image"; link; "--reference-mask"; mask; "--out"; ct ] replaces
                let plain = path "plain.safetensors"
                refused [ "models"; "import"; plain; "--out"; plain ] replaces
                refused [ "models"; "export"; plain; "--out"; path "here/plain.safetensors" ] replaces
                let model = path "run/model.safetensors"
                refused [ "evaluate"; "--model"; path "run"; "--data"; path "data"; "--out"; model ] replaces
                refused [ "evaluate"; "--model"; model; "--data"; path "data"; "--out"; model ] replaces

                refused
                    [
                        "evaluate"
                        "--model"
                        model
                        "--data"
                        path "data"
                        "--out"
                        path "data/meta.csv"
                    ]
                    replaces

                refused [ "study"; "export"; "--runs"; path "t.json"; "--out"; path "t.json" ] replaces

                for name in files do
                    Expect.equal (File.ReadAllText(path name)) name "untouched")

        testCase "endings, files for folders and folders for files are refused before the work"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path name = Path.Combine(folder, name)
                File.WriteAllText(path "file", "")
                File.WriteAllText(path "ct.nii", "")
                Directory.CreateDirectory(path "folder.nii") |> ignore

                let predict rest =
                    [ "predict"; "--model"; path "m"; "--image"; path "ct.nii" ] @ rest

                refused (predict [ "--out"; path "a.png" ]) "must end in .nii"
                refused (predict [ "--out"; path "a.nii"; "--probabilities"; path "b.txt" ]) "--probabilities"
                refused (predict [ "--out"; path "folder.nii" ]) "is a folder"
                refused (predict [ "--out"; path "file/a.nii" ]) "not a folder"
                refused [ "prepare"; "--data"; folder; "--out"; path "file" ] "a folder is needed"

                let refine = [
                    "refine"
                    "--image"
                    path "ct.nii"
                    "--mask"
                    path "m.nii"
                    "--out"
                    path "r.nii"
                ]

                refused (refine @ [ "--cache"; path "file" ]) "a folder is needed"
                refused [ "study"; "report"; "--out"; path "a.pdf" ] "must end in .html"
                refused [ "phantom"; "--picture"; path "a.bmp" ] "must end in .png")

        testCase "a wrong value gives one line with the option's name and no type of .NET"
        <| fun () ->
            let refine = [ "refine"; "--image"; "a.nii"; "--mask"; "m.nii"; "--out"; "r.nii" ]

            for option, value in [ "--level", "abc"; "--label", "1.5"; "--label", "99999999999" ] do
                refused (refine @ [ option; value ]) $"{option} {value}: give "
                Expect.isFalse ((CommandLine.run (refine @ [ option; value ])).Errors.Contains "System.") "no type"

            refused [ "study"; "export"; "--format"; "xyz" ] "--format"
    ]
