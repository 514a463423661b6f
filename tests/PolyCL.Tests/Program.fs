module PolyCL.Tests.Program

open System
open Expecto
open PolyCL.Tests.Cli
open PolyCL.Tests.Imaging

let private number (arguments: string list) (name: string) (fallback: int64) =
    match List.tryFindIndex ((=) name) arguments with
    | Some i when i + 1 < arguments.Length -> Int64.Parse arguments[i + 1]
    | _ -> fallback

/// `fuzz-nifti [--count N] [--seed N]`: reads N damaged NIfTI files, directly and through `inspect`.
let private fuzzNifti (arguments: string list) =
    let option = number arguments
    let count, seed = int (option "--count" 20_000L), option "--seed" 1L

    let report =
        NiftiFuzz.run count seed CommandLine.complaintOfInspect (fun n -> eprintfn $"{n} of {count}")

    List.iter (printfn "%s") (List.rev report.Failures)

    printfn
        $"seed {seed}: {report.Files} files, {report.Read} read, {report.Refused} refused, {report.Failures.Length} failures; slowest {report.Slowest.TotalMilliseconds:F0} ms, most {report.MostBytes} bytes"

    if report.Failures.IsEmpty && report.Slowest < TimeSpan.FromSeconds 2.0 then
        0
    else
        1

[<EntryPoint>]
let main arguments =
    // Tests use torch's operations beside our networks, too: what the check switches, it switches for them.
    PolyCL.Arithmetic.MachineArithmetic.Use PolyCL.Arithmetic.ArithmeticChoice.Checked

    match List.ofArray arguments with
    | "fuzz-nifti" :: rest -> fuzzNifti rest
    | arguments when TestingPlatform.isAskedFor arguments -> TestingPlatform.run arguments
    | _ -> runTestsInAssemblyWithCLIArgs [] arguments
