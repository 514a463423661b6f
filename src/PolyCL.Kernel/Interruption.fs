namespace PolyCL.Kernel

open System
open System.Runtime.ExceptionServices
open System.Threading

/// Stops the running cell without unwinding its thread from outside. A request cancels F#'s default cancellation token, which loops
/// that watch it obey at once; soon after, the cell's own code ends at its next stop point; a thread that waits is woken.
/// What computes inside a library ends first.
type internal Interruption(say: string -> unit) =
    static let stack = 16 * 1024 * 1024
    /// Loops that watch the token end by themselves in this time, with what they still want to do.
    static let grace = TimeSpan.FromMilliseconds 500.0
    static let patience = TimeSpan.FromSeconds 2.0
    static let waking = TimeSpan.FromMilliseconds 300.0
    /// Looks at the thread after which the user is told that it still runs.
    static let silentLooks = 10

    let gate = Lock()
    let mutable running: Thread option = None
    let mutable cell = obj ()
    let mutable requests = 0
    let mutable runsCode = false
    let mutable watchesToken = false

    let locked (action: unit -> 'a) =
        gate.Enter()

        try
            action ()
        finally
            gate.Exit()

    /// The thread of a cell, while that cell still runs.
    let present owner =
        locked (fun () -> if Object.ReferenceEquals(cell, owner) then running else None)

    let wake owner =
        locked (fun () ->
            match running with
            | Some thread when
                Object.ReferenceEquals(cell, owner)
                && runsCode
                // Work of the library saves its state when its step is done; a second request ends its waits, too.
                && (requests > 1 || not watchesToken)
                && thread.ThreadState.HasFlag ThreadState.WaitSleepJoin
                ->
                thread.Interrupt()
            | _ -> ())

    let escalate owner =
        Thread.Sleep grace

        if (present owner).IsSome then
            locked (fun () ->
                if Object.ReferenceEquals(cell, owner) then
                    StopPoint.Arm owner)

            Thread.Sleep(patience - grace)
            let mutable looks = 0

            while (present owner).IsSome do
                wake owner
                Thread.Sleep waking
                looks <- looks + 1

                if looks = silentLooks && (present owner).IsSome then
                    say (
                        "The cell is asked to stop and still runs: what it called ends first; all values are kept. "
                        + "Stop again to wake it from every wait; only a restart of the kernel ends it at once, and loses the values.\n"
                    )

    /// Whether the present cell was asked to stop.
    member _.Requested = Volatile.Read &requests > 0

    /// Marks the start of a cell.
    member _.Begin() =
        locked (fun () ->
            StopPoint.Disarm()
            cell <- obj ()
            runsCode <- false
            watchesToken <- false
            Volatile.Write(&requests, 0))

    /// Marks the end of a cell: later requests find nothing to stop.
    member _.End() = locked (fun () -> cell <- obj ())

    /// The compiler begins.
    member _.Compiling() = runsCode <- false

    /// The compiler is done and the cell's own code begins: before, nothing is woken, because a compiler woken from a wait is left broken.
    member _.Compiled() =
        if running |> Option.exists (fun thread -> thread = Thread.CurrentThread) then
            runsCode <- true

    /// The cell has begun work that watches the token.
    member _.Watched() = watchesToken <- true

    /// Asks the running cell to stop; returns at once.
    member _.Request() =
        let owner, first =
            locked (fun () ->
                requests <- requests + 1
                cell, requests = 1)

        Async.CancelDefaultToken()

        if first then
            Thread((fun () -> escalate owner), IsBackground = true, Name = "interrupt").Start()

    /// Runs work of a cell on a thread of its own and waits for its end. Work inside such work runs where it is.
    member _.Guard(work: unit -> unit) =
        let mutable failure: ExceptionDispatchInfo option = None
        let owner = cell

        let body () =
            StopPoint.Enter owner

            try
                try
                    work ()
                with error ->
                    failure <- Some(ExceptionDispatchInfo.Capture error)
            finally
                locked (fun () -> running <- None)

        let thread = Thread(body, stack, IsBackground = true, Name = "cell")

        let entered =
            locked (fun () ->
                if running.IsNone then
                    running <- Some thread
                    true
                else
                    false)

        if entered then
            thread.Start()
            thread.Join()
            failure |> Option.iter _.Throw()
        else
            work ()
