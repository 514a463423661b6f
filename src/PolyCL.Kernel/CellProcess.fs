namespace PolyCL.Kernel

open System
open System.Diagnostics
open System.IO
open System.IO.Pipes
open System.Reflection
open System.Text.Json.Nodes
open System.Threading

/// What came of a cell.
[<RequireQualifiedAccess>]
type internal CellEnd =
    | Done
    | Failed of CellError
    /// The cell ended its process, as exit does.
    | Exited of code: int

/// One process with its pipes. It is read on a thread of its own until it ends.
type private Running = {
    Process: Process
    Requests: StreamWriter
    Answers: StreamReader
    /// The last lines that native code wrote on standard error.
    LastWords: ResizeArray<string>
}

/// Runs cells in a process of their own, so that the kernel outlives what ends a process: a failure of native code, exit, too little
/// memory. A new one is started for the next cell. Calls come from one thread; Interrupt from any.
type internal CellProcess(progress: string, stray: CellOutput -> unit) =
    static let signals =
        Map [
            134, "SIGABRT"
            135, "SIGBUS"
            136, "SIGFPE"
            137, "SIGKILL, which the system sends when memory runs out"
            139, "SIGSEGV"
        ]

    static let lastWords = 200

    let gate = Lock()
    let mutable running: Running option = None
    let mutable sink: (CellOutput -> unit) option = None
    let mutable answer: JsonObject option = None
    let mutable cell = ""
    let answered = new AutoResetEvent false
    /// Orders a stop and the start of a cell: a stop that comes first keeps the cell from running, one that comes second follows it.
    let order = Lock()
    let mutable lastStop = Int64.MinValue

    let launch () =
        let requests =
            new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.Inheritable)

        let answers =
            new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable)

        let host = Environment.ProcessPath |> Option.ofObj |> Option.defaultValue "dotnet"

        let arguments = [
            if Path.GetFileNameWithoutExtension host = "dotnet" then
                Assembly.GetExecutingAssembly().Location

            "cells"
            requests.GetClientHandleAsString()
            answers.GetClientHandleAsString()
            progress
        ]

        let info =
            ProcessStartInfo(host, arguments, RedirectStandardOutput = true, RedirectStandardError = true)

        let started =
            match Process.Start info with
            | null -> raise (InvalidOperationException "The process of the cells did not start.")
            | started -> started

        requests.DisposeLocalCopyOfClientHandle()
        answers.DisposeLocalCopyOfClientHandle()
        let words = ResizeArray<string>()

        let native (line: string | null) =
            match line with
            | null -> ()
            | line ->
                lock words (fun () ->
                    words.Add line

                    if words.Count > lastWords then
                        words.RemoveAt 0)

                Console.Error.WriteLine line

        started.OutputDataReceived.Add(fun e -> native e.Data)
        started.ErrorDataReceived.Add(fun e -> native e.Data)
        started.BeginOutputReadLine()
        started.BeginErrorReadLine()

        let process' = {
            Process = started
            Requests = new StreamWriter(requests)
            Answers = new StreamReader(answers)
            LastWords = words
        }

        let rec listen () =
            match
                (try
                    CellProtocol.read process'.Answers
                 with :? Text.Json.JsonException ->
                     None)
            with
            | None -> ()
            | Some message ->
                match CellProtocol.decodeOutput message with
                | Some output -> (defaultArg (Volatile.Read &sink) stray) output
                | None ->
                    answer <- Some message
                    answered.Set() |> ignore

                listen ()

        let read () =
            listen ()
            answer <- None
            gate.Enter()
            running <- None
            gate.Exit()
            answered.Set() |> ignore

        running <- Some process'
        Thread(read, IsBackground = true, Name = "cells").Start()
        process'

    let present () =
        gate.Enter()

        try
            match running with
            | Some process' -> process'
            | None -> launch ()
        finally
            gate.Exit()

    let ordered (action: unit -> 'a) =
        order.Enter()

        try
            action ()
        finally
            order.Exit()

    /// Sends a request, unless it was called off, and waits for its answer; nothing when the process ended instead.
    let ask (calledOff: unit -> bool) (request: JsonObject) =
        let process' = present ()
        answered.Reset() |> ignore
        answer <- None

        try
            let sent =
                ordered (fun () ->
                    if calledOff () then
                        false
                    else
                        CellProtocol.write process'.Requests request
                        true)

            if sent then
                answered.WaitOne() |> ignore
            else
                answer <- Some(CellProtocol.encodeFailure (Some CellFailure.interrupted))
        with :? IOException ->
            // It ended between two cells.
            ()

        process', answer

    /// Why the process ended: the native exception's message, if one was written.
    let ended (process': Running) (code: int) =
        let words = lock process'.LastWords (fun () -> List.ofSeq process'.LastWords)

        let reason =
            words
            |> List.tryFindBack (fun line -> line.TrimStart().StartsWith("what():", StringComparison.Ordinal))
            |> Option.map (fun line -> line.Substring(line.IndexOf("what():", StringComparison.Ordinal) + 7).Trim())
            |> Option.orElse (
                words
                |> List.tryFind (fun line ->
                    line.Contains("Unhandled exception", StringComparison.OrdinalIgnoreCase)
                    || line.Contains "Stack overflow")
            )

        let how =
            match signals.TryFind code with
            | Some name -> name
            | None -> $"exit code {code}"

        let what =
            reason |> Option.map (fun reason -> $": {reason}") |> Option.defaultValue ""

        {
            Name = "ProcessEnded"
            Message =
                $"{cell} ended the process of the cells ({how}){what}. Its values are lost; the kernel starts anew with the next cell: "
                + "mend this one and run the cells above again."
            Trace = []
        }

    /// Starts the process and its compiler.
    member _.Start() = present () |> ignore

    /// Stops the running cell, and any that was asked for before now and has not begun.
    member _.Interrupt() =
        gate.Enter()
        let process' = running
        gate.Exit()

        ordered (fun () ->
            lastStop <- Stopwatch.GetTimestamp()

            process'
            |> Option.iter (fun process' ->
                try
                    CellProtocol.write process'.Requests (CellProtocol.fields [ "is", CellProtocol.text "interrupt" ])
                with :? IOException ->
                    ()))

    /// Runs one cell to its end; its outputs go to the sink, from another thread, in order. The name stands in messages.
    /// It does not begin when it was stopped since it was asked for, by the clock of Stopwatch.
    member _.Run(name: string, code: string, since: int64, output: CellOutput -> unit) =
        cell <- name
        Volatile.Write(&sink, Some output)

        let process', answer =
            try
                ask
                    (fun () -> lastStop > since)
                    (CellProtocol.fields [ "is", CellProtocol.text "run"; "code", CellProtocol.text code ])
            finally
                Volatile.Write(&sink, None)

        match answer with
        | Some message when CellProtocol.textOf "is" message = "failed" ->
            CellEnd.Failed(CellProtocol.decodeFailure message)
        | Some _ -> CellEnd.Done
        | None ->
            process'.Process.WaitForExit()
            let code = process'.Process.ExitCode

            if signals.ContainsKey code || code > 128 then
                let error = ended process' code

                CellEnd.Failed {
                    error with
                        Trace = [ $"{error.Name}: {error.Message}" ]
                }
            else
                CellEnd.Exited code

    /// The reply to a question about code.
    member _.Ask(kind: string, code: string, cursor: int) =
        let _, answer =
            ask
                (fun () -> false)
                (CellProtocol.fields [
                    "is", CellProtocol.text kind
                    "code", CellProtocol.text code
                    "cursor", JsonValue.Create cursor
                ])

        match answer |> Option.bind (fun message -> Option.ofObj (message["reply"])) with
        | Some(:? JsonObject as reply) -> reply.DeepClone().AsObject()
        | _ -> CellProtocol.fields [ "status", CellProtocol.text "error" ]
