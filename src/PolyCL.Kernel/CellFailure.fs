/// What is shown of a cell's failure.
module internal PolyCL.Kernel.CellFailure

open System
open System.Reflection
open Microsoft.DotNet.Interactive
open Microsoft.DotNet.Interactive.Events

/// The user's part of a stack: the frames above the compiler's evaluation of the cell, without a machine's paths.
let private frames (error: exn) =
    match error.StackTrace with
    | null -> []
    | stack ->
        stack.Split '\n'
        |> Array.map _.TrimEnd()
        |> Array.takeWhile (fun line ->
            not (
                line.Contains "System.RuntimeMethodHandle.InvokeMethod"
                || line.Contains "System.Reflection."
                || line.Contains "Microsoft.CodeAnalysis.Scripting."
                || line.Contains "<StartupCode$FSI"
            ))
        |> Array.map (fun line ->
            line.Split(") in ")[0]
            |> fun frame -> if frame = line then line else frame + ")")
        |> List.ofArray

/// A message without the native backtrace that libtorch appends.
let private message (error: exn) =
    let text = error.Message

    let cut =
        [ "\nException raised from "; "\nframe #0"; "\nC++ CapturedTraceback:" ]
        |> List.map (fun mark -> text.IndexOf(mark, StringComparison.Ordinal))
        |> List.filter (fun place -> place >= 0)

    if cut.IsEmpty then
        text
    else
        text.Substring(0, List.min cut).TrimEnd()

/// The exception itself, without what only carries it.
let rec private core (error: exn) =
    match error.InnerException with
    | null -> error
    | inner ->
        match error with
        | :? TargetInvocationException -> core inner
        | :? AggregateException as many when many.InnerExceptions.Count = 1 -> core inner
        | _ -> error

let private inner (error: exn) =
    match error with
    | :? AggregateException as many -> List.ofSeq many.InnerExceptions
    | error -> error.InnerException |> Option.ofObj |> Option.toList

let rec private trace (prefix: string) (depth: int) (error: exn) =
    let error = core error

    [
        $"{prefix}{error.GetType().Name}: {message error}"
        yield! frames error

        if depth < 10 then
            for cause in inner error do
                yield! trace "caused by " (depth + 1) cause
    ]

/// The message with those of its causes; a cause whose words stand there already is left out.
let rec private sentence (depth: int) (error: exn) : string =
    let error = core error
    let own = message error

    match inner error |> List.tryHead with
    | Some cause when depth < 10 ->
        let below = sentence (depth + 1) cause

        if own.Contains(below, StringComparison.Ordinal) then
            own
        else
            $"{own} ← {below}"
    | _ -> own

/// The failure of an exception.
let ofException (error: exn) =
    let error = core error

    {
        Name = error.GetType().Name
        Message = sentence 0 error
        Trace = trace "" 0 error
    }

/// The failure of a command of the engine.
let describe (failed: CommandFailed) =
    let lines = failed.Message.Split '\n' |> Array.map _.TrimEnd() |> List.ofArray

    match failed.Exception with
    | null -> {
        Name = "Error"
        Message = lines.Head.Trim()
        Trace = lines
      }
    | :? CodeSubmissionCompilationErrorException -> {
        Name = "CompilationError"
        Message = lines.Head
        Trace = lines
      }
    | error -> ofException error

/// What is said when a cell ended its process by itself.
let exited (code: int) =
    let sentence =
        $"The cell ended the program with exit code {code}; the kernel ends, and its values are lost."

    {
        Name = "Exit"
        Message = sentence
        Trace = [ $"Exit: {sentence}" ]
    }
