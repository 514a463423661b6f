/// Where tests find the files they compare with.
module PolyCL.Tests.TestData

open System
open System.IO
open Expecto

/// The folder of golden files that travel with the tests.
let golden = Path.Combine(AppContext.BaseDirectory, "golden")

/// The repository's folder; None when the tests run away from it.
let repository =
    let rec up (folder: DirectoryInfo | null) =
        match folder with
        | null -> None
        | folder when File.Exists(Path.Combine(folder.FullName, "PolyCL.sln")) -> Some folder.FullName
        | folder -> up folder.Parent

    up (DirectoryInfo AppContext.BaseDirectory)

let private repositoryRoot = defaultArg repository (Directory.GetCurrentDirectory())

/// The large corpora (fixtures/, data/), by POLYCL_SHARED or beside the repository; None on a user's machine.
let shared =
    let folder =
        match Environment.GetEnvironmentVariable "POLYCL_SHARED" with
        | null
        | "" -> Path.Combine(repositoryRoot, "..", "shared") |> Path.GetFullPath
        | path -> path

    if Directory.Exists(Path.Combine(folder, "fixtures")) then
        Some folder
    else
        None

/// A file of the large corpora; skips the test, with the reason, when they are absent.
let sharedFile (relative: string) =
    match shared with
    | Some folder -> Path.Combine(folder, relative)
    | None -> skiptest $"needs {relative} of the large corpora: set POLYCL_SHARED to their folder"

/// A fresh temporary folder, removed after the body.
let withTempFolder (body: string -> 'a) =
    let folder = Directory.CreateTempSubdirectory "polycl-tests-"

    try
        body folder.FullName
    finally
        folder.Delete true
