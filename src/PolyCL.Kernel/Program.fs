/// The runner of notebooks without a front-end.
/// It speaks to programs: results are JSON on standard output; `polycl notebook` speaks to people.
module internal PolyCL.Kernel.Program

open System
open System.IO
open System.Text.Encodings.Web
open System.Text.Json
open System.Text.Json.Nodes

let private usage = "give 'run NOTEBOOK [-p name=value] [--out FILE] [--quiet]'."

let private parseRun (arguments: string list) =
    let rec go (options: NotebookRunner.RunOptions) rest =
        match rest with
        | [] -> options
        | "-p" :: value :: rest ->
            go
                {
                    options with
                        Parameters = options.Parameters @ [ Parameters.parse value ]
                }
                rest
        | "--out" :: value :: rest -> go { options with Out = value } rest
        | "--quiet" :: rest -> go { options with Quiet = true } rest
        | other :: _ -> raise (InputError($"unknown argument '{other}': {usage}", None))

    match arguments with
    | notebook :: rest ->
        go
            {
                Notebook = notebook
                Out = notebook
                Parameters = []
                Quiet = false
            }
            rest
    | [] -> raise (InputError(usage, None))

let private json (fields: (string * JsonNode | null) list) =
    let root = JsonObject()

    for key, value in fields do
        root[key] <- value

    root.ToJsonString(JsonSerializerOptions(Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping))

let private runNotebook (arguments: string list) =
    // Standard output is for the result alone: what a cell's own threads print after its end goes to standard error.
    let results = Console.Out
    Console.SetOut Console.Error
    let options = parseRun arguments
    let ending = NotebookRunner.run options

    let error: JsonNode | null =
        match ending.Failure with
        | Some failure ->
            let node = JsonObject()
            node["cell"] <- JsonValue.Create(ending.Done + 1)
            node["name"] <- JsonValue.Create failure.Name
            node["message"] <- JsonValue.Create failure.Message
            node
        | None -> null

    results.WriteLine(
        json [
            "path", JsonValue.Create(Path.GetFullPath options.Out)
            "cells", JsonValue.Create ending.Cells
            "done", JsonValue.Create ending.Done
            "seconds", JsonValue.Create(Math.Round(ending.Seconds, 1))
            "failure", error
        ]
    )

    if ending.Interrupted then 130
    elif ending.Failure.IsSome then 1
    else 0

[<EntryPoint>]
let main arguments =
    let code =
        try
            ParentWatch.start ()

            match List.ofArray arguments with
            | "run" :: rest -> runNotebook rest
            | _ -> raise (InputError(usage, None))
        with InputError(sentence, file) ->
            let file: JsonNode | null =
                match file with
                | Some file -> JsonValue.Create file
                | None -> null

            Console.Error.WriteLine(json [ "message", JsonValue.Create sentence; "file", file ])
            2

    // Threads of cells may still run; they must not keep the program.
    exit code
