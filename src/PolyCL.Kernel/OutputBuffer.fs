namespace PolyCL.Kernel

open System
open System.Text
open System.Threading

/// Joins the fragments that printing gives into few outputs, in order; passes everything else on at once.
/// With a period, waiting text is passed on that often; without, at the next other output or at the end.
type internal OutputBuffer(emit: CellOutput -> unit, period: TimeSpan option) =
    let gate = Lock()
    let text = StringBuilder()
    let mutable name = ""
    let longest = 1 <<< 16

    let flush () =
        if text.Length > 0 then
            emit (CellOutput.Stream(name, text.ToString()))
            text.Clear() |> ignore

    let locked (action: unit -> unit) =
        gate.Enter()

        try
            action ()
        finally
            gate.Exit()

    let timer =
        period
        |> Option.map (fun period -> new Timer((fun _ -> locked flush), null, period, period))

    member _.Add(output: CellOutput) =
        locked (fun () ->
            match output with
            | CellOutput.Stream(stream, fragment) ->
                if stream <> name then
                    flush ()
                    name <- stream

                text.Append fragment |> ignore

                if period.IsSome && text.Length > longest then
                    flush ()
            | other ->
                flush ()
                emit other)

    interface IDisposable with
        /// Passes on what waits.
        member _.Dispose() =
            timer |> Option.iter _.Dispose()
            locked flush
