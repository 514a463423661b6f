/// Runs a notebook from the first cell to the last, without a browser or Python.
module internal PolyCL.Kernel.NotebookRunner

open System
open System.Diagnostics
open System.Globalization
open System.IO
open System.Runtime.InteropServices
open System.Text.Json
open System.Text.Json.Nodes

type RunOptions = {
    Notebook: string
    Out: string
    Parameters: (string * string) list
    Quiet: bool
}

/// How a run ended; written as one JSON object.
type Ending = {
    Path: string
    Cells: int
    Done: int
    Failure: CellError option
    Interrupted: bool
    Seconds: float
}

/// Multi-line text as notebooks keep it: a list of lines with their ends.
let private lines (text: string) : JsonNode =
    let parts = text.Split '\n'
    let list = JsonArray()

    parts
    |> Array.iteri (fun i part ->
        if i < parts.Length - 1 then
            list.Add(JsonValue.Create(part + "\n"))
        elif part <> "" then
            list.Add(JsonValue.Create part))

    list

let private stored (data: JsonObject) =
    let bundle = JsonObject()

    for item in data do
        match item.Value with
        | :? JsonValue as value when value.GetValueKind() = JsonValueKind.String ->
            bundle[item.Key] <- lines (value.GetValue<string>())
        | null -> bundle[item.Key] <- null
        | value -> bundle[item.Key] <- value.DeepClone()

    bundle

/// Keeps the outputs of one cell in its list; an update replaces what an earlier display of the run showed.
type private Recorder(displays: Collections.Generic.Dictionary<string, ResizeArray<JsonObject>>) =

    let entry (kind: string) (data: JsonObject) =
        let output = JsonObject()
        output["output_type"] <- JsonValue.Create kind
        output["metadata"] <- JsonObject()
        output["data"] <- stored data
        output

    member _.Record (outputs: JsonArray) (count: int) (output: CellOutput) =
        match output with
        | CellOutput.Stream(name, text) ->
            let stream = JsonObject()
            stream["name"] <- JsonValue.Create name
            stream["output_type"] <- JsonValue.Create "stream"
            stream["text"] <- lines text
            outputs.Add stream
        | CellOutput.Display(data, id) ->
            let display = entry "display_data" data
            outputs.Add display

            if not (displays.ContainsKey id) then
                displays[id] <- ResizeArray()

            displays[id].Add display
        | CellOutput.DisplayUpdate(data, id) ->
            match displays.TryGetValue id with
            | true, shown ->
                for display in shown do
                    display["data"] <- stored data
            | _ -> ()
        | CellOutput.Returned data ->
            let result = entry "execute_result" data
            result["execution_count"] <- JsonValue.Create count
            outputs.Add result

    member _.RecordError (outputs: JsonArray) (error: CellError) =
        let output = JsonObject()
        output["output_type"] <- JsonValue.Create "error"
        output["ename"] <- JsonValue.Create error.Name
        output["evalue"] <- JsonValue.Create error.Message
        let trace = JsonArray()

        for line in error.Trace do
            trace.Add(JsonValue.Create line)

        output["traceback"] <- trace
        outputs.Add output

/// Runs the notebook; after each cell the file is written. Stops at the first cell that fails.
/// <exception cref="InputError">The file is not a notebook in F#, or a parameter does not fit.</exception>
let run (options: RunOptions) =
    let notebook = Notebook.Read options.Notebook
    Parameters.inject notebook options.Parameters
    notebook.Clear()
    let out = Path.GetFullPath options.Out
    notebook.Write out
    let cells = notebook.CodeCells
    let watch = Stopwatch.StartNew()

    let say (text: string) =
        if not options.Quiet then
            Console.Error.WriteLine text

    // A notebook finds its files beside itself, as under Jupyter.
    Path.GetDirectoryName(Path.GetFullPath options.Notebook)
    |> Option.ofObj
    |> Option.iter (fun folder -> Environment.CurrentDirectory <- folder)

    let engine = Engine(ProgressDisplay.line)
    let mutable interrupted = false

    let stop (signal: PosixSignalContext) =
        signal.Cancel <- true
        interrupted <- true
        engine.Interrupt()

    use _ = PosixSignalRegistration.Create(PosixSignal.SIGINT, stop)
    use _ = PosixSignalRegistration.Create(PosixSignal.SIGTERM, stop)
    engine.Start()
    let recorder = Recorder(Collections.Generic.Dictionary())

    let rec go number (rest: (JsonObject * string) list) =
        match rest with
        | _ when interrupted -> number - 1, None
        | [] -> number - 1, None
        | (cell, source) :: rest ->
            let started = watch.Elapsed
            let outputs = JsonArray()
            cell["outputs"] <- outputs

            let failure =
                use buffer = new OutputBuffer(recorder.Record outputs number, None)
                engine.Run(source, buffer.Add)

            failure |> Option.iter (recorder.RecordError outputs)
            cell["execution_count"] <- JsonValue.Create number
            notebook.Write out

            let seconds =
                (watch.Elapsed - started).TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)

            let ending = if failure.IsSome then ", failed" else ""
            say $"cell {number} of {cells.Length}: {seconds} s{ending}"

            match failure with
            | Some error -> number - 1, Some error
            | None -> go (number + 1) rest

    let finished, failure = go 1 cells

    {
        Path = out
        Cells = cells.Length
        Done = finished
        Failure = if interrupted then None else failure
        Interrupted = interrupted
        Seconds = watch.Elapsed.TotalSeconds
    }
