namespace PolyCL.Kernel

open System
open System.Threading

/// <summary>Ends a cell that was asked to stop.</summary>
[<Sealed>]
type CellStoppedException() =
    inherit OperationCanceledException("The cell was stopped.")

module internal StopState =

    let mutable armed = false
    let mutable asked: obj | null = null
    let cell = AsyncLocal<obj | null>()

/// <summary>Where the code of cells looks whether it was asked to stop: at the start of every function and of every turn of a loop.
/// The kernel writes these calls into a cell before it is compiled.</summary>
[<AbstractClass; Sealed>]
type StopPoint private () =

    /// Marks that this thread, and what it starts, works for a cell.
    static member internal Enter(owner: obj) = StopState.cell.Value <- owner

    /// From now on the code of this cell ends at its next stop point.
    static member internal Arm(owner: obj) =
        StopState.asked <- owner
        Volatile.Write(&StopState.armed, true)

    /// Nothing is to stop.
    static member internal Disarm() =
        Volatile.Write(&StopState.armed, false)
        StopState.asked <- null

    static member private Stop() =
        match StopState.asked with
        | NonNull owner when Object.ReferenceEquals(owner, StopState.cell.Value) -> raise (CellStoppedException())
        | _ -> ()

    /// <summary>Goes on, unless the cell it works for was asked to stop.</summary>
    /// <exception cref="CellStoppedException">It was.</exception>
    static member Check() =
        if Volatile.Read &StopState.armed then
            StopPoint.Stop()

    /// <summary>The same, as a value: true, or no value.</summary>
    static member Passed =
        StopPoint.Check()
        true
