/// Studies for Slurm without a cluster: outlines, and small programs on the path that answer as Slurm's would.
module PolyCL.Tests.Studies.Slurm.SlurmFixture

open System
open System.Diagnostics
open System.IO
open Expecto
open PolyCL.Studies
open PolyCL.Studies.Slurm
open PolyCL.Tests.Training.TrainingRuns

/// An outline on phantoms that are not there.
let outlineOf (tables: int[]) (rows: string[]) repeats results =
    let smoke = StudyOptions.Of Profile.Smoke

    Study.OpenOrOutline(
        StudyOptions(
            Profile = Profile.Smoke,
            Tables = tables,
            Rows = rows,
            Repeats = repeats,
            Phantom = smoke.Phantom,
            Prepare = smoke.Prepare,
            Pretrain = smoke.Pretrain,
            FineTune = smoke.FineTune
        ),
        compute,
        results
    )

let outline = outlineOf [| 1 |]

let identity: string[] = [| "--table"; "1"; "--row"; "U-Net, PolyCL-M" |]

let command program folder =
    SlurmCommand(Program = program, Study = identity, Identity = identity, WorkingFolder = folder)

/// Writes a program that bash runs.
let program folder name (lines: string list) =
    let file = Path.Combine(folder, name)
    File.WriteAllLines(file, "#!/bin/bash" :: lines)

    if not (OperatingSystem.IsWindows()) then
        File.SetUnixFileMode(file, UnixFileMode.UserRead ||| UnixFileMode.UserWrite ||| UnixFileMode.UserExecute)

    file

let needBash () =
    if OperatingSystem.IsWindows() then
        skiptest "needs bash"

/// With a path of some folders alone. The environment belongs to the process: only for tests in sequence.
let withPath (folders: string list) (body: unit -> 'a) =
    let before = Environment.GetEnvironmentVariable "PATH"

    try
        Environment.SetEnvironmentVariable("PATH", String.Join(Path.PathSeparator, folders))
        body ()
    finally
        Environment.SetEnvironmentVariable("PATH", before)

/// The usual path without a Slurm that may be on it: bash and its companions are linked to a folder.
let withoutSlurm folder (body: string -> 'a) =
    let tools = Directory.CreateDirectory(Path.Combine(folder, "tools")).FullName

    for tool in [ "bash"; "cut"; "grep"; "mkdir"; "dirname"; "date"; "sleep"; "cat" ] do
        [ "/usr/bin"; "/bin" ]
        |> List.map (fun place -> Path.Combine(place, tool))
        |> List.tryFind File.Exists
        |> Option.iter (fun found -> File.CreateSymbolicLink(Path.Combine(tools, tool), found) |> ignore)

    withPath [ tools ] (fun () -> body tools)

/// Starts bash on a script in its folder, with some variables.
let start (script: string) (arguments: string list) (variables: (string * string) list) =
    let info =
        ProcessStartInfo(
            "bash",
            script :: arguments,
            WorkingDirectory = nonNull (Path.GetDirectoryName script),
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    for name, value in variables do
        info.Environment[name] <- value

    nonNull (Process.Start info)

/// Lines of a file, none when it is not there.
let lines file =
    if File.Exists file then
        List.ofArray (File.ReadAllLines file)
    else
        []
