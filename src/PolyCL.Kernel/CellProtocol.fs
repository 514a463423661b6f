/// What the kernel and the process of its cells say to each other: one JSON object a line, over a pair of pipes.
module internal PolyCL.Kernel.CellProtocol

open System.IO
open System.Text.Encodings.Web
open System.Text.Json
open System.Text.Json.Nodes

let private options =
    JsonSerializerOptions(Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)

/// A JSON object of these fields.
let fields (values: (string * (JsonNode | null)) list) =
    let root = JsonObject()

    for name, value in values do
        root[name] <- value

    root

let text (value: string) : JsonNode | null = JsonValue.Create value

/// The text of a field, or nothing.
let textOf (name: string) (root: JsonObject) =
    match root[name] with
    | :? JsonValue as value when value.GetValueKind() = JsonValueKind.String -> value.GetValue<string>()
    | _ -> ""

/// Writes one message; from any thread.
let write (writer: TextWriter) (message: JsonObject) =
    lock writer (fun () ->
        writer.WriteLine(message.ToJsonString options)
        writer.Flush())

/// Reads one message; nothing at the end.
let read (reader: TextReader) =
    match reader.ReadLine() with
    | null -> None
    | line ->
        match JsonNode.Parse line with
        | :? JsonObject as message -> Some message
        | _ -> None

let encodeOutput (output: CellOutput) =
    match output with
    | CellOutput.Stream(name, value) -> fields [ "is", text "stream"; "name", text name; "text", text value ]
    | CellOutput.Display(data, id) -> fields [ "is", text "display"; "data", data; "id", text id ]
    | CellOutput.DisplayUpdate(data, id) -> fields [ "is", text "update"; "data", data; "id", text id ]
    | CellOutput.Returned data -> fields [ "is", text "returned"; "data", data ]

let decodeOutput (message: JsonObject) =
    let data () =
        match message["data"] with
        | :? JsonObject as data ->
            message.Remove "data" |> ignore
            data
        | _ -> JsonObject()

    match textOf "is" message with
    | "display" -> Some(CellOutput.Display(data (), textOf "id" message))
    | "update" -> Some(CellOutput.DisplayUpdate(data (), textOf "id" message))
    | "returned" -> Some(CellOutput.Returned(data ()))
    | "stream" -> Some(CellOutput.Stream(textOf "name" message, textOf "text" message))
    | _ -> None

let encodeFailure (failure: CellError option) =
    match failure with
    | None -> fields [ "is", text "done" ]
    | Some error ->
        let trace = JsonArray()

        for line in error.Trace do
            trace.Add(text line)

        fields [
            "is", text "failed"
            "name", text error.Name
            "message", text error.Message
            "trace", trace
        ]

let decodeFailure (message: JsonObject) = {
    Name = textOf "name" message
    Message = textOf "message" message
    Trace = [
        match message["trace"] with
        | :? JsonArray as lines ->
            for line in lines do
                match line with
                | null -> ()
                | line -> line.ToString()
        | _ -> ()
    ]
}
