/// Runs the command line inside the test process. The console belongs to the process: only for tests in sequence.
module PolyCL.Tests.Cli.CommandLine

open System
open System.IO
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
