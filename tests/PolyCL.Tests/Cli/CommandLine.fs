/// Runs the command line inside the test process. The console belongs to the process: only for tests in sequence.
module PolyCL.Tests.Cli.CommandLine

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open PolyCL.Cli

type Outcome = {
    ExitCode: int
    Output: string
    Errors: string
}

let run (arguments: string list) =
    let output, errors = Console.Out, Console.Error
    use newOutput = new StringWriter()
    use newErrors = new StringWriter()

    try
        Console.SetOut newOutput
        Console.SetError newErrors
        let exitCode = Application.Run(Array.ofList arguments)

        {
            ExitCode = exitCode
            Output = newOutput.ToString()
            Errors = newErrors.ToString()
        }
    finally
        Console.SetOut output
        Console.SetError errors

/// Starts the command line as a process of its own.
let start (arguments: string list) =
    let info =
        ProcessStartInfo(
            "dotnet",
            Path.Combine(AppContext.BaseDirectory, "polycl.dll") :: arguments,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    nonNull (Process.Start info)

/// What is wrong with the way `inspect --json` treats a file, readable or not: exit code, stream or shape; None when all is right.
let complaintOfInspect (path: string) =
    let outcome = run [ "inspect"; path; "--json" ]

    let parses (text: string) =
        try
            use document = JsonDocument.Parse text
            document.RootElement.ValueKind = JsonValueKind.Object
        with :? JsonException ->
            false

    match outcome.ExitCode with
    | 0 when outcome.Errors = "" && parses outcome.Output -> None
    | 2 when
        outcome.Output = ""
        && parses outcome.Errors
        && outcome.Errors.TrimEnd().IndexOf '\n' < 0
        ->
        None
    | code -> Some $"inspect: exit code {code}, output '{outcome.Output}', errors '{outcome.Errors}'"
