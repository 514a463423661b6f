/// What front-ends ask about code that is not run: completions, help, whether it is complete.
module internal PolyCL.Kernel.CodeQuestions

open System
open System.Text.Json.Nodes
open Microsoft.DotNet.Interactive
open Microsoft.DotNet.Interactive.Commands
open Microsoft.DotNet.Interactive.Events

/// Jupyter counts code points, .NET counts UTF-16 units.
let private unitsOf (code: string) (points: int) =
    let mutable units = 0
    let mutable left = points

    while left > 0 && units < code.Length do
        units <- units + (if Char.IsSurrogatePair(code, units) then 2 else 1)
        left <- left - 1

    units

let private pointsOf (code: string) (units: int) =
    code.Substring(0, units).EnumerateRunes() |> Seq.length

let private position (code: string) (units: int) =
    let before = code.Substring(0, units).Split '\n'
    LinePosition(before.Length - 1, (Array.last before).Length)

let private isWord (c: char) =
    Char.IsLetterOrDigit c || c = '_' || c = '\''

let private wordStart (code: string) (units: int) =
    let mutable start = units

    while start > 0 && isWord code[start - 1] do
        start <- start - 1

    start

let private kernelOf (code: string) =
    if code.TrimStart().StartsWith("#!", StringComparison.Ordinal) then
        null
    else
        "fsharp"

let private ok () =
    let reply = JsonObject()
    reply["status"] <- JsonValue.Create "ok"
    reply

/// Completions of the word before the cursor.
let complete (engine: Engine) (code: string) (cursor: int) =
    let units = unitsOf code cursor
    let start = wordStart code units
    let word = code.Substring(start, units - start)

    let found =
        engine.Ask(RequestCompletions(code, position code units, kernelOf code))
        |> Seq.choose (function
            | :? CompletionsProduced as produced -> Some produced.Completions
            | _ -> None)
        |> Seq.concat
        |> Seq.map (fun item ->
            if item.InsertTextFormat.HasValue then
                item.DisplayText
            else
                item.InsertText)
        |> Seq.filter _.StartsWith(word, StringComparison.OrdinalIgnoreCase)
        |> Seq.distinct

    let matches = JsonArray()

    for text in found do
        matches.Add(JsonValue.Create text)

    let reply = ok ()
    reply["matches"] <- matches
    reply["cursor_start"] <- JsonValue.Create(pointsOf code start)
    reply["cursor_end"] <- JsonValue.Create cursor
    reply["metadata"] <- JsonObject()
    reply

/// Type and documentation of the name at the cursor.
let inspect (engine: Engine) (code: string) (cursor: int) =
    let units = unitsOf code cursor
    // On the word's last letter, so that a cursor just behind a name still means it.
    let at =
        if units > 0 && wordStart code units < units then
            units - 1
        else
            units

    let data = JsonObject()

    for event in engine.Ask(RequestHoverText(code, position code at, kernelOf code)) do
        match event with
        | :? HoverTextProduced as hover ->
            for value in hover.Content do
                if value.Value.Trim() <> "" then
                    data[value.MimeType] <- JsonValue.Create value.Value
                    data["text/plain"] <- JsonValue.Create value.Value
        | _ -> ()

    let reply = ok ()
    reply["found"] <- JsonValue.Create(data.Count > 0)
    reply["data"] <- data
    reply["metadata"] <- JsonObject()
    reply

/// The compiler's numbers for text that ends too early: unexpected end, unmatched bracket, open string or comment, missing body.
let private endsEarly =
    set [
        "FS0010"
        "FS0058"
        "FS0514"
        "FS0515"
        "FS0516"
        "FS0517"
        "FS0583"
        "FS3156"
        "FS3524"
        "FS3525"
    ]

/// Whether a console should run the code or wait for more lines; an empty last line ends waiting.
let isComplete (engine: Engine) (code: string) =
    let lines = code.Split '\n'

    let waits () =
        engine.Ask(RequestDiagnostics(code, "fsharp"))
        |> Seq.exists (function
            | :? DiagnosticsProduced as produced ->
                produced.Diagnostics
                |> Seq.exists (fun problem ->
                    endsEarly.Contains problem.Code
                    && problem.LinePositionSpan.End.Line >= code.TrimEnd().Split('\n').Length - 1)
            | _ -> false)

    let status =
        if lines.Length > 1 && String.IsNullOrWhiteSpace(Array.last lines) then
            "complete"
        elif kernelOf code = null then
            "complete"
        elif waits () then
            "incomplete"
        else
            "complete"

    let reply = JsonObject()
    reply["status"] <- JsonValue.Create status

    if status = "incomplete" then
        reply["indent"] <- JsonValue.Create "    "

    reply
