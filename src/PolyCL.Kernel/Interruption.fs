namespace PolyCL.Kernel

open System
open System.Diagnostics
open System.Runtime
open System.Runtime.ExceptionServices
open System.Threading

#nowarn "44" // ControlledExecution (SYSLIB0046) is the one way left to end an endless loop of foreign code.

/// Stops the running cell. A request cancels F#'s default cancellation token, which loops that watch it obey at once;
/// after two seconds a thread that goes on is woken from its wait and then unwound. Threads the cell started are not stopped.
type internal Interruption() =
    static let patience = TimeSpan.FromSeconds 2.0
    static let stack = 16 * 1024 * 1024
    static let asking = TimeSpan.FromMilliseconds 50.0
    static let waking = TimeSpan.FromMilliseconds 300.0
    let gate = Lock()
    let mutable running: (Thread * CancellationTokenSource) option = None
    let mutable cell = 0
    let mutable requested = false

    let locked (action: unit -> 'a) =
        gate.Enter()

        try
            action ()
        finally
            gate.Exit()

    /// The thread of the cell, while that cell still runs.
    let present number = if cell = number then running else None

    let escalate number =
        let asked = Stopwatch.StartNew()

        // Again and again: a training that takes the token only after the request would otherwise never hear of it.
        let mutable runs = true

        while runs && asked.Elapsed < patience do
            Thread.Sleep asking

            // Under the gate: the cell cannot end meanwhile, and the next one's token is left alone.
            runs <-
                locked (fun () ->
                    let runs = (present number).IsSome

                    if runs then
                        Async.CancelDefaultToken()

                    runs)

        // Woken before it is unwound: a waiting thread cannot be unwound, and asking for it would block.
        locked (fun () -> present number |> Option.iter (fun (thread, _) -> thread.Interrupt()))
        Thread.Sleep waking

        match locked (fun () -> present number) with
        | Some(_, stop) ->
            try
                stop.Cancel()
            with :? ObjectDisposedException ->
                ()
        | None -> ()

    /// Whether the present cell was asked to stop.
    member _.Requested = Volatile.Read &requested

    /// Marks the start of a cell.
    member _.Begin() =
        locked (fun () ->
            cell <- cell + 1
            requested <- false)

    /// Marks the end of a cell: later requests find nothing to stop.
    member _.End() = locked (fun () -> cell <- cell + 1)

    /// Asks the running cell to stop; returns at once.
    member _.Request() =
        let number, first =
            locked (fun () ->
                let first = not requested
                requested <- true
                cell, first)

        Async.CancelDefaultToken()

        if first then
            Thread((fun () -> escalate number), IsBackground = true, Name = "interrupt").Start()

    /// Runs work of a cell on a thread of its own, so that it can be stopped, and waits for its end. Work inside such work runs
    /// where it is. A thread per call, because .NET unwinds a thread once: the second request on the same one waits for ever.
    /// <exception cref="OperationCanceledException">It was unwound.</exception>
    member _.Guard(work: unit -> unit) =
        let stop = new CancellationTokenSource()
        let mutable failure: ExceptionDispatchInfo option = None

        let body () =
            try
                try
                    ControlledExecution.Run(work, stop.Token)
                with error ->
                    failure <- Some(ExceptionDispatchInfo.Capture error)
            finally
                locked (fun () -> running <- None)

        let thread = Thread(body, stack, IsBackground = true, Name = "cell")

        let entered =
            locked (fun () ->
                if running.IsNone then
                    running <- Some(thread, stop)
                    true
                else
                    false)

        if entered then
            thread.Start()
            thread.Join()
            stop.Dispose()
            failure |> Option.iter _.Throw()
        else
            work ()
