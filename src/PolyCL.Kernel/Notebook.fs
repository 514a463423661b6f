namespace PolyCL.Kernel

open System
open System.IO
open System.Text.Encodings.Web
open System.Text.Json
open System.Text.Json.Nodes
open PolyCL.Core

/// A notebook file of format 4. It stays the JSON it was: only what the runner sets is replaced.
type internal Notebook private (root: JsonObject, cells: JsonArray) =

    static let options =
        JsonSerializerOptions(
            WriteIndented = true,
            IndentSize = 1,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
        )

    static let malformed path problem =
        raise (InputError($"{path}: {problem}", Some path))

    static let text (node: JsonNode | null) =
        match node with
        | :? JsonValue as value when value.GetValueKind() = JsonValueKind.String -> Some(value.GetValue<string>())
        | _ -> None

    static let sourceOf (cell: JsonObject) =
        match cell["source"] with
        | :? JsonArray as lines ->
            let parts = lines |> Seq.map text |> List.ofSeq

            if List.forall Option.isSome parts then
                Some(parts |> List.map Option.get |> String.concat "")
            else
                None
        | node -> text node

    static let check path (root: JsonObject) =
        match root["nbformat"] with
        | :? JsonValue as value when value.GetValueKind() = JsonValueKind.Number && value.ToJsonString() = "4" -> ()
        | :? JsonValue as value when value.GetValueKind() = JsonValueKind.Number ->
            malformed
                path
                $"notebook format {value.ToJsonString()} is not read; convert it with 'jupyter nbconvert --to notebook'."
        | _ -> malformed path "no nbformat number, so this is not a Jupyter notebook; give an .ipynb file."

        let cells =
            match root["cells"] with
            | :? JsonArray as cells -> cells
            | _ -> malformed path "no list of cells; save the notebook again."

        cells
        |> Seq.iteri (fun index cell ->
            match cell with
            | :? JsonObject as cell when (text cell["cell_type"]).IsSome && (sourceOf cell).IsSome -> ()
            | _ -> malformed path $"cell {index + 1} has no cell_type or no source text; save the notebook again.")

        let language =
            match root["metadata"] with
            | :? JsonObject as metadata ->
                [ "kernelspec", "language"; "language_info", "name" ]
                |> List.tryPick (fun (part, field) ->
                    match metadata[part] with
                    | :? JsonObject as part -> text part[field]
                    | _ -> None)
            | _ -> None

        match language with
        | Some language when language.ToLowerInvariant() <> "f#" && language.ToLowerInvariant() <> "fsharp" ->
            malformed path $"a notebook in {language}, but this kernel runs F#; choose the kernel 'PolyCL (F#)' for it."
        | _ -> ()

        cells

    /// Reads and checks a file.
    /// <exception cref="InputError">There is no such file, or it is not a notebook in F#.</exception>
    static member Read(path: string) =
        if not (File.Exists path) then
            malformed path "there is no such file; check the path."

        let root =
            try
                match JsonNode.Parse(File.ReadAllText path) with
                | :? JsonObject as root -> root
                | _ -> malformed path "not a JSON object, so this is not a notebook; give an .ipynb file."
            with :? JsonException as e ->
                let line = e.LineNumber.GetValueOrDefault() + 1L
                malformed path $"not JSON (line {line}), so this is not a notebook; save it again."

        // A name that stands twice in an object shows only at the first look-up.
        try
            Notebook(root, check path root)
        with :? ArgumentException ->
            malformed path "a JSON name stands twice in one object; save the notebook again."

    /// The code cells that hold code, in order.
    member _.CodeCells = [
        for cell in cells do
            match cell with
            | :? JsonObject as cell when text cell["cell_type"] = Some "code" ->
                match sourceOf cell with
                | Some source when not (String.IsNullOrWhiteSpace source) -> cell, source
                | _ -> ()
            | _ -> ()
    ]

    /// Removes the results of an earlier run.
    member _.Clear() =
        for cell in cells do
            match cell with
            | :? JsonObject as cell when text cell["cell_type"] = Some "code" ->
                cell["outputs"] <- JsonArray()
                cell["execution_count"] <- null
            | _ -> ()

    /// The first cell with a tag: its place and source.
    member _.Tagged(tag: string) =
        cells
        |> Seq.indexed
        |> Seq.tryPick (fun (index, cell) ->
            match cell with
            | :? JsonObject as cell ->
                match cell["metadata"] with
                | :? JsonObject as metadata ->
                    match metadata["tags"] with
                    | :? JsonArray as tags when tags |> Seq.exists (fun item -> text item = Some tag) ->
                        Some(index, (sourceOf cell).Value)
                    | _ -> None
                | _ -> None
            | _ -> None)

    /// Removes the cell at a place.
    member _.Remove(index: int) = cells.RemoveAt index

    /// Puts a code cell with a tag at a place.
    member _.Insert(index: int, tag: string, source: string) =
        let cell = JsonObject()
        cell["cell_type"] <- JsonValue.Create "code"

        // Cells have ids since format 4.5.
        match root["nbformat_minor"] with
        | :? JsonValue as minor when minor.GetValueKind() = JsonValueKind.Number && minor.GetValue<float>() >= 5.0 ->
            cell["id"] <- JsonValue.Create tag
        | _ -> ()

        let tags = JsonArray()
        tags.Add(JsonValue.Create tag)
        let metadata = JsonObject()
        metadata["tags"] <- tags
        cell["metadata"] <- metadata
        cell["execution_count"] <- null
        cell["outputs"] <- JsonArray()
        cell["source"] <- JsonValue.Create source
        cells.Insert(index, cell)

    /// Writes the file whole or not at all, as Jupyter lays it out.
    member _.Write(path: string) =
        AtomicFile.WriteText(path, root.ToJsonString options + "\n")
