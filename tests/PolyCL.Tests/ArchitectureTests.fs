module PolyCL.Tests.ArchitectureTests

open System.IO
open System.Text.RegularExpressions
open Expecto

/// Which folder of PolyCL.Lib may use which; Core serves all. The table of docs/architecture.md, transitively closed.
let private mayUse =
    Map [
        "Core", []
        "Imaging", []
        "Data", [ "Imaging" ]
        "Sampling", [ "Data"; "Imaging" ]
        "Arithmetic", []
        "Models", [ "Arithmetic" ]
        "Losses", []
        "Training", [ "Data"; "Imaging"; "Sampling"; "Arithmetic"; "Models"; "Losses" ]
        "Metrics", [ "Imaging" ]
        "Sam", [ "Imaging"; "Arithmetic"; "Models"; "Metrics" ]
        "Sam/Training",
        [
            "Data"
            "Imaging"
            "Sampling"
            "Arithmetic"
            "Models"
            "Losses"
            "Training"
            "Metrics"
            "Sam"
        ]
        "Studies",
        [
            "Data"
            "Imaging"
            "Sampling"
            "Arithmetic"
            "Models"
            "Losses"
            "Training"
            "Metrics"
            "Sam"
        ]
    ]

let private sources =
    match TestData.repository with
    | Some root ->
        let library = Path.Combine(root, "src", "PolyCL.Lib")

        [
            for file in Directory.EnumerateFiles(library, "*.cs", SearchOption.AllDirectories) do
                let path = Path.GetRelativePath(library, file).Replace('\\', '/')

                let above =
                    mayUse |> Map.keys |> Seq.filter (fun folder -> path.StartsWith(folder + "/"))

                // A folder within a folder may have a row of its own.
                if not (Seq.isEmpty above) then
                    Seq.maxBy String.length above, file
        ]
    | None -> []

let private needSources () =
    if sources.IsEmpty then
        skiptest "needs the sources of the repository"

/// The project's own code may name a namespace in a using line or in full.
let private used (text: string) =
    Regex.Matches(text, @"(?:using (?:static )?PolyCL\.|\bPolyCL\.)([A-Z]\w+)")
    |> Seq.map (fun m -> m.Groups[1].Value)
    |> Seq.filter mayUse.ContainsKey
    |> Seq.distinct

[<Tests>]
let tests =
    testList "Architecture" [
        testCase "each folder uses only the folders before it"
        <| fun () ->
            needSources ()

            let wrong = [
                for folder, file in sources do
                    let allowed = set (folder :: "Core" :: mayUse[folder])

                    for other in used (File.ReadAllText file) do
                        if not (allowed.Contains other) then
                            $"{Path.GetFileName file} in {folder} uses {other}"
            ]

            Expect.isEmpty wrong "layers"

        testCase
            "tensors stay in Arithmetic, Models, Losses, Training and Sam; Core asks torch about the machine"
        <| fun () ->
            needSources ()

            let wrong = [
                for folder, file in sources do
                    let name = Path.GetFileName file

                    if
                        not (List.contains folder [ "Arithmetic"; "Models"; "Losses"; "Training"; "Sam"; "Sam/Training" ])
                        && not (name = "MachineReport.cs")
                        && (File.ReadAllText file).Contains "TorchSharp"
                    then
                        $"{folder}/{name}"
            ]

            Expect.isEmpty wrong "files that name TorchSharp"

        testCase "randomness comes from RandomStream alone"
        <| fun () ->
            needSources ()

            let banned =
                Regex @"\bnew Random\(|\bRandom\.Shared\b|\bSystem\.Random\b|\bRandomNumberGenerator\b"

            let wrong = [
                for _, file in sources do
                    if banned.IsMatch(File.ReadAllText file) then
                        Path.GetFileName file
            ]

            Expect.isEmpty wrong "files with another source of randomness"

        testCase "the library does not print"
        <| fun () ->
            needSources ()

            let wrong = [
                for _, file in sources do
                    if Regex.IsMatch(File.ReadAllText file, @"\bConsole\.(Out|Error|Write)") then
                        Path.GetFileName file
            ]

            Expect.isEmpty wrong "files that write to the console"
    ]
