/// The notebook kernel "PolyCL (F#)" and the runner without a front-end, one program.
/// It speaks to programs: results are JSON on standard output; `polycl notebook` speaks to people.
module internal PolyCL.Kernel.Program

open System
open System.IO
open System.Text.Encodings.Web
open System.Text.Json
open System.Text.Json.Nodes

let private usage =
    "give 'kernel CONNECTION_FILE', or 'run NOTEBOOK [-p name=value] [--out FILE] [--quiet]'."

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

let private json (fields: (string * (JsonNode | null)) list) =
    let root = JsonObject()

    for key, value in fields do
        root[key] <- value

    root.ToJsonString(JsonSerializerOptions(Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping))

let private result (ending: NotebookRunner.Ending) =
    let error: JsonNode | null =
        match ending.Failure with
        | Some failure ->
            let node = JsonObject()
            node["cell"] <- JsonValue.Create(ending.Done + 1)
            node["name"] <- JsonValue.Create failure.Name
            node["message"] <- JsonValue.Create failure.Message
            node
        | None -> null

    json [
        "path", JsonValue.Create ending.Path
        "cells", JsonValue.Create ending.Cells
        "done", JsonValue.Create ending.Done
        "seconds", JsonValue.Create(Math.Round(ending.Seconds, 1))
        "failure", error
    ]

let private runNotebook (arguments: string list) =
    // Standard output is for the result alone: what a cell's own threads print after its end goes to standard error.
    let results = Console.Out
    Console.SetOut Console.Error

    let code, text =
        try
            let ending = NotebookRunner.run (parseRun arguments)

            let code =
                if ending.Interrupted then 130
                elif ending.Failure.IsSome then 1
                else 0

            code, result ending
        with
        | InputError(sentence, file) ->
            let file: JsonNode | null =
                match file with
                | Some file -> JsonValue.Create file
                | None -> null

            2, json [ "message", JsonValue.Create sentence; "file", file ]
        | :? IOException
        | :? UnauthorizedAccessException as error -> 1, json [ "message", JsonValue.Create error.Message ]

    results.WriteLine text
    code

[<EntryPoint>]
let main arguments =
    PolyCL.Core.ThreadWaiting.KeepShort()

    let code =
        try
            ParentWatch.start ()

            match List.ofArray arguments with
            | [ "kernel"; connection ] -> JupyterKernel.run (Connection.read connection)
            | "run" :: rest -> runNotebook rest
            | _ -> raise (InputError(usage, None))
        with InputError(sentence, _) ->
            Console.Error.WriteLine $"polycl kernel: {sentence}"
            2

    // Threads of cells may still run; they must not keep the program.
    exit code
