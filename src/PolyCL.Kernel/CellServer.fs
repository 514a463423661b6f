/// The process of the cells: compiles and runs them for the kernel that started it. When a cell ends the process, the kernel is still there.
module internal PolyCL.Kernel.CellServer

open System
open System.Collections.Concurrent
open System.IO
open System.IO.Pipes
open System.Runtime.ExceptionServices
open System.Runtime.InteropServices
open System.Text
open System.Text.Json.Nodes
open System.Threading

/// Sends what threads print when no cell captures it.
type private PipeWriter(name: string, send: CellOutput -> unit) =
    inherit TextWriter()
    override _.Encoding = Encoding.UTF8

    override _.Write(value: char) =
        send (CellOutput.Stream(name, string value))

    override _.Write(value: string | null) =
        match value with
        | null
        | "" -> ()
        | value -> send (CellOutput.Stream(name, value))

    override this.WriteLine(value: string | null) = this.Write(string value + "\n")

    override this.Write(buffer: char[], index: int, count: int) =
        this.Write(String(buffer, index, count))

/// Serves the kernel at the other ends of these two pipes until it closes them.
let run (requests: string) (answers: string) (progress: string) =
    use input =
        new StreamReader(new AnonymousPipeClientStream(PipeDirection.In, requests))

    use output =
        new StreamWriter(new AnonymousPipeClientStream(PipeDirection.Out, answers))

    let send = CellProtocol.write output
    let stray (output: CellOutput) = send (CellProtocol.encodeOutput output)
    Console.SetOut(new PipeWriter("stdout", stray))
    Console.SetError(new PipeWriter("stderr", stray))

    // A thread that a cell left behind must not take the values with it.
    ExceptionHandling.SetUnhandledExceptionHandler(fun error ->
        match error with
        | :? CellStoppedException
        | :? ThreadInterruptedException -> ()
        | error -> Console.Error.WriteLine $"A thread of a cell failed: {error.GetType().Name}: {error.Message}"

        true)

    // The terminal's signals reach the whole group; what is to be done is said by the kernel.
    let ignoring (signal: PosixSignalContext) = signal.Cancel <- true
    use _ = PosixSignalRegistration.Create(PosixSignal.SIGINT, ignoring)
    use _ = PosixSignalRegistration.Create(PosixSignal.SIGTERM, ignoring)

    let engine =
        Engine(
            if progress = "line" then
                ProgressDisplay.line
            else
                ProgressDisplay.bar
        )

    let work = new BlockingCollection<JsonObject>()

    let serve (request: JsonObject) =
        let code = CellProtocol.textOf "code" request

        match CellProtocol.textOf "is" request with
        | "run" -> send (CellProtocol.encodeFailure (engine.Run(code, stray)))
        | kind ->
            let cursor =
                match request["cursor"] with
                | :? JsonValue as value -> value.GetValue<int>()
                | _ -> code.Length

            let reply =
                try
                    match kind with
                    | "complete" -> CodeQuestions.complete engine code cursor
                    | "inspect" -> CodeQuestions.inspect engine code cursor
                    | _ -> CodeQuestions.isComplete engine code
                with error ->
                    // A front-end's odd question must not take the session's values with it.
                    eprintfn $"polycl kernel: {kind}: {error.Message}"
                    CellProtocol.fields [ "status", CellProtocol.text "error" ]

            send (CellProtocol.fields [ "is", CellProtocol.text "reply"; "reply", reply ])

    let cells () =
        engine.Start()

        for request in work.GetConsumingEnumerable() do
            serve request

    Thread(cells, IsBackground = true, Name = "cells").Start()

    let rec listen () =
        match CellProtocol.read input with
        | None -> ()
        | Some request ->
            if CellProtocol.textOf "is" request = "interrupt" then
                engine.Interrupt()
            else
                if CellProtocol.textOf "is" request = "run" then
                    engine.Expect()

                work.Add request

            listen ()

    listen ()
    0
