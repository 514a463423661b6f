/// The Jupyter kernel: answers requests on the five sockets and runs cells one after the other.
module internal PolyCL.Kernel.JupyterKernel

open System
open System.Collections.Concurrent
open System.Diagnostics
open System.Globalization
open System.Runtime.InteropServices
open System.Text
open System.Text.Json
open System.Text.Json.Nodes
open System.Threading

/// How often text that waits is sent while a cell prints.
let private printPeriod = TimeSpan.FromMilliseconds 50.0

type private Fields = (string * (JsonNode | null)) list

let private map (fields: Fields) =
    let value = JsonObject()

    for name, field in fields do
        value[name] <- field

    value

let private ok (fields: Fields) =
    map (("status", JsonValue.Create "ok") :: fields)

let private number (name: string) (fallback: int) (content: JsonObject) =
    match content[name] with
    | :? JsonValue as value when value.GetValueKind() = JsonValueKind.Number ->
        match Int32.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture) with
        | true, number -> number
        | _ -> fallback
    | _ -> fallback

let private flag (name: string) (fallback: bool) (content: JsonObject) =
    match content[name] with
    | :? JsonValue as value when value.GetValueKind() = JsonValueKind.True -> true
    | :? JsonValue as value when value.GetValueKind() = JsonValueKind.False -> false
    | _ -> fallback

let private kernelInfo () =
    let version = Reflection.Assembly.GetExecutingAssembly().GetName().Version

    ok [
        "protocol_version", JsonValue.Create "5.3"
        "implementation", JsonValue.Create "polycl"
        "implementation_version",
        JsonValue.Create(
            match version with
            | null -> ""
            | version -> version.ToString 3
        )
        "language_info",
        map [
            "name", JsonValue.Create "F#"
            "version", JsonValue.Create "10"
            "mimetype", JsonValue.Create "text/x-fsharp"
            "file_extension", JsonValue.Create ".fs"
            "pygments_lexer", JsonValue.Create "fsharp"
        ]
        "banner", JsonValue.Create "PolyCL (F#): contrastive segmentation of CT in F#, C# and HTML cells."
        "help_links", JsonArray()
    ]

type private State(connection: Connection) as this =
    let codec = MessageCodec connection.Key
    let requests = new BlockingCollection<Message>()
    let history = ResizeArray<string>()

    let sockets =
        Sockets(connection, (fun channel frames -> this.Receive(channel, frames)))

    let mutable engine: Engine option = None
    let mutable busy = false
    let mutable executions = 0
    let mutable abortUntil = Int64.MinValue
    let mutable told = false

    let kind (message: Message) =
        MessageCodec.Text("msg_type", message.Header)

    let publish (parent: JsonObject) kind content =
        sockets.Publish(codec.Encode([ Encoding.UTF8.GetBytes $"kernel.{kind}" ], kind, parent, content))

    let status parent (state: string) =
        publish parent "status" (map [ "execution_state", JsonValue.Create state ])

    let reply channel (request: Message) content =
        let kind = (kind request).Replace("_request", "_reply", StringComparison.Ordinal)
        sockets.Reply(channel, codec.Encode(request.Routes, kind, request.Header, content))

    let answer channel (request: Message) (work: unit -> JsonObject option) =
        status request.Header "busy"
        work () |> Option.iter (reply channel request)
        status request.Header "idle"

    let emit parent (output: CellOutput) =
        match output with
        | CellOutput.Stream(name, text) ->
            publish parent "stream" (map [ "name", JsonValue.Create name; "text", JsonValue.Create text ])
        | CellOutput.Display(data, id) ->
            publish
                parent
                "display_data"
                (map [
                    "data", data
                    "metadata", JsonObject()
                    "transient", map [ "display_id", JsonValue.Create id ]
                ])
        | CellOutput.DisplayUpdate(data, id) ->
            publish
                parent
                "update_display_data"
                (map [
                    "data", data
                    "metadata", JsonObject()
                    "transient", map [ "display_id", JsonValue.Create id ]
                ])
        | CellOutput.Returned data ->
            publish
                parent
                "execute_result"
                (map [
                    "execution_count", JsonValue.Create executions
                    "data", data
                    "metadata", JsonObject()
                ])

    let failed (error: CellError) : Fields =
        let trace = JsonArray()

        for line in error.Trace do
            trace.Add(JsonValue.Create line)

        [
            "ename", JsonValue.Create error.Name
            "evalue", JsonValue.Create error.Message
            "traceback", trace
        ]

    let execute (engine: Engine) (request: Message) =
        let parent, content = request.Header, request.Content
        let code = MessageCodec.Text("code", content)
        let silent = flag "silent" false content

        if request.Arrived <= abortUntil then
            map [ "status", JsonValue.Create "aborted" ]
        else
            if not silent && flag "store_history" true content then
                executions <- executions + 1
                history.Add code

            if not silent then
                publish
                    parent
                    "execute_input"
                    (map [
                        "code", JsonValue.Create code
                        "execution_count", JsonValue.Create executions
                    ])

            let sink = if silent then ignore else emit parent

            let failure =
                use buffer = new OutputBuffer(sink, Some printPeriod)
                engine.Run(code, buffer.Add)

            match failure with
            | None ->
                ok [
                    "execution_count", JsonValue.Create executions
                    "user_expressions", JsonObject()
                    "payload", JsonArray()
                ]
            | Some error ->
                if flag "stop_on_error" true content then
                    abortUntil <- Stopwatch.GetTimestamp()

                if not silent then
                    publish parent "error" (map (failed error))

                map (
                    ("status", JsonValue.Create "error")
                    :: ("execution_count", JsonValue.Create executions)
                    :: failed error
                )

    let historyReply (content: JsonObject) =
        let entries = JsonArray()
        let skipped = max 0 (history.Count - number "n" history.Count content)

        for index in skipped .. history.Count - 1 do
            let entry = JsonArray()
            entry.Add(JsonValue.Create 0)
            entry.Add(JsonValue.Create(index + 1))
            entry.Add(JsonValue.Create history[index])
            entries.Add entry

        ok [ "history", entries ]

    let serve (engine: Engine) (request: Message) =
        let content = request.Content
        let code = MessageCodec.Text("code", content)
        let cursor = number "cursor_pos" code.Length content

        match kind request with
        | "execute_request" -> Some(execute engine request)
        | "complete_request" -> Some(CodeQuestions.complete engine code cursor)
        | "inspect_request" -> Some(CodeQuestions.inspect engine code cursor)
        | "is_complete_request" -> Some(CodeQuestions.isComplete engine code)
        | "history_request" -> Some(historyReply content)
        | "comm_info_request" -> Some(ok [ "comms", JsonObject() ])
        | "kernel_info_request" -> Some(kernelInfo ())
        | "comm_open" ->
            // No comm target exists here; the protocol asks for a close in reply.
            publish
                request.Header
                "comm_close"
                (map [
                    "comm_id", JsonValue.Create(MessageCodec.Text("comm_id", content))
                    "data", JsonObject()
                ])

            None
        | _ -> None

    let interrupt () = engine |> Option.iter _.Interrupt()

    member private _.Receive(channel: Channel, frames: byte[] list) =
        match codec.Decode frames with
        | None ->
            if not told then
                told <- true
                Console.Error.WriteLine "polycl kernel: dropped a message that is unsigned, forged or malformed."
        | Some request ->
            match channel, kind request with
            | _, "kernel_info_request" when channel = Control || not (Volatile.Read &busy) ->
                answer channel request (fun () -> Some(kernelInfo ()))
            | _, "shutdown_request" ->
                answer channel request (fun () ->
                    let content =
                        ok [ "restart", JsonValue.Create(flag "restart" false request.Content) ]

                    publish request.Header "shutdown_reply" (content.DeepClone().AsObject())
                    Some content)

                Thread(sockets.Stop, IsBackground = true).Start()
            | Control, "interrupt_request" ->
                answer channel request (fun () ->
                    interrupt ()
                    Some(ok []))
            | Shell, _ -> requests.Add request
            | Control, _ -> ()

    /// Starts the compiler, then serves the requests of the shell channel in order.
    member private _.Work() =
        let started = Engine(ProgressDisplay.bar)
        started.Start()
        engine <- Some started

        for request in requests.GetConsumingEnumerable() do
            Volatile.Write(&busy, true)

            try
                answer Shell request (fun () -> serve started request)
            with error ->
                // A front-end's odd question must not take the session's values with it.
                Console.Error.WriteLine $"polycl kernel: {kind request}: {error.Message}"

            Volatile.Write(&busy, false)

    member this.Run() =
        let stop (signal: PosixSignalContext) =
            signal.Cancel <- true
            interrupt ()

        use _ = PosixSignalRegistration.Create(PosixSignal.SIGINT, stop)
        Thread(this.Work, IsBackground = true, Name = "cells").Start()
        status (JsonObject()) "starting"
        sockets.Run()

/// Serves until a shutdown request. Answers kernel_info before the compiler is up; the first cell waits for it.
let run (connection: Connection) =
    if connection.Key.Length = 0 then
        Console.Error.WriteLine "polycl kernel: the connection file has an empty key, so messages are not signed."

    State(connection).Run()
    0
