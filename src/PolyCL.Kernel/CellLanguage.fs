/// The language of a cell, where the front-end keeps it in metadata: notebooks of Polyglot Notebooks in VS Code do.
module internal PolyCL.Kernel.CellLanguage

open System
open System.Text.Json
open System.Text.Json.Nodes

let private field (path: string list) (root: JsonObject) =
    let step (node: JsonNode | null) (name: string) =
        match node with
        | :? JsonObject as value -> value[name]
        | _ -> null

    match path |> List.fold step (root :> JsonNode | null) with
    | :? JsonValue as value when value.GetValueKind() = JsonValueKind.String -> Some(value.GetValue<string>())
    | _ -> None

/// The language of metadata by either of the two names it goes by.
let private language (metadata: JsonObject) =
    [ [ "polyglot_notebook"; "kernelName" ]; [ "dotnet_interactive"; "language" ] ]
    |> List.tryPick (fun path -> field path metadata)

/// The code with a first line that names its language, where it is not F# and the code does not name one itself.
let private named (language: string option) (code: string) =
    match language with
    | Some name when
        name <> ""
        && not (name.Equals("fsharp", StringComparison.OrdinalIgnoreCase))
        && not (code.TrimStart().StartsWith("#!" + name, StringComparison.OrdinalIgnoreCase))
        ->
        $"#!{name}\n{code}"
    | _ -> code

/// The code of a notebook's cell.
let inMetadata (cell: JsonObject) (code: string) =
    match cell["metadata"] with
    | :? JsonObject as metadata -> named (language metadata) code
    | _ -> code

/// The code of a request.
let inRequest (metadata: JsonObject) (code: string) = named (language metadata) code

/// The language of a notebook's cells that name none: that of Polyglot Notebooks' own field, or of Jupyter's.
let ofNotebook (metadata: JsonObject) =
    [
        [ "polyglot_notebook"; "kernelInfo"; "defaultKernelName" ]
        [ "kernelspec"; "language" ]
        [ "language_info"; "name" ]
    ]
    |> List.tryPick (fun path -> field path metadata)
