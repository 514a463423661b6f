/// Parameters given from outside: a cell of F# bindings after the cell tagged "parameters", as papermill does it.
module internal PolyCL.Kernel.Parameters

open System
open System.Globalization
open System.Text
open System.Text.RegularExpressions

let private tag = "parameters"
let private injectedTag = "injected-parameters"
let private name = Regex "^[A-Za-z_][A-Za-z0-9_']*$"

let private refuse sentence = raise (InputError(sentence, None))

let private quoted (value: string) =
    let text = StringBuilder "\""

    for c in value do
        match c with
        | '"' -> text.Append "\\\""
        | '\\' -> text.Append "\\\\"
        | '\n' -> text.Append "\\n"
        | c when Char.IsControl c -> text.Append(sprintf "\\u%04X" (int c))
        | c -> text.Append c
        |> ignore

    text.Append("\"").ToString()

/// The F# literal of a value: a whole number, a number, true or false; everything else is a string.
let literal (value: string) =
    let culture = CultureInfo.InvariantCulture

    match value with
    | "true"
    | "false" -> value
    | _ when Regex.IsMatch(value, @"^-?[0-9]+$") ->
        match Int32.TryParse(value, culture), Int64.TryParse(value, culture) with
        | (true, number), _ -> number.ToString culture
        | _, (true, number) -> number.ToString culture + "L"
        | _ -> quoted value
    | _ when Regex.IsMatch(value, @"^-?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?$") -> value
    | _ -> quoted value

/// Splits "name=value".
let parse (argument: string) =
    match argument.Split('=', 2) with
    | [| key; value |] when name.IsMatch key -> key, value
    | _ -> refuse $"-p {argument}: write name=value, where the name is one F# word."

/// Puts the cell into the notebook, in place of one from an earlier run.
/// <exception cref="InputError">No cell is tagged, or it does not bind one of the names.</exception>
let inject (notebook: Notebook) (values: (string * string) list) =
    if not values.IsEmpty then
        notebook.Tagged injectedTag
        |> Option.iter (fun (index, _) -> notebook.Remove index)

        match notebook.Tagged tag with
        | None ->
            refuse "-p needs a cell tagged 'parameters' in the notebook; add the tag to the cell with the defaults."
        | Some(index, defaults) ->
            for key, _ in values do
                if not (Regex.IsMatch(defaults, $@"\blet\s+(mutable\s+)?{Regex.Escape key}(?![\w'])")) then
                    refuse $"-p {key}: the cell tagged 'parameters' has no 'let {key}'; check the name."

            let source =
                values
                |> List.map (fun (key, value) -> $"let {key} = {literal value}")
                |> String.concat "\n"

            notebook.Insert(index + 1, injectedTag, source)
