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

/// The arrows on cycles between folders that are known. The list may only shrink.
let private knownCycles = [
    "Models", "Models/Fused"
    "Models", "Models/Layers"
    "Models/Fused", "Models"
    "Models/Layers", "Models"
    "Sam", "Sam/Engines"
    "Sam", "Sam/Modules"
    "Sam", "Sam/Video"
    "Sam/Engines", "Sam"
    "Sam/Engines", "Sam/Modules"
    "Sam/Modules", "Sam"
    "Sam/Video", "Sam"
    "Sam/Video", "Sam/Modules"
    "Studies", "Studies/Masks"
    "Studies/Masks", "Studies"
    "Training", "Training/Arms"
    "Training/Arms", "Training"
]

let private library = typeof<PolyCL.Core.Check>.Assembly.Location
let private references = lazy CompiledReferences.ofAssembly library

/// Folder = namespace: PolyCL.Data.Phantom is Data/Phantom.
let private folderOf (space: string) =
    (space.Substring "PolyCL.".Length).Replace('.', '/')

/// The row of the table that a folder belongs to: a folder within a folder may have one of its own.
let private rowOf (folder: string) =
    mayUse
    |> Map.keys
    |> Seq.filter (fun row -> folder = row || folder.StartsWith(row + "/"))
    |> Seq.maxBy String.length

let private sentence (r: CompiledReferences.Reference) =
    $"{folderOf r.FromNamespace}: {r.From} uses {r.To} of {folderOf r.ToNamespace}"

let private forbidden (references: CompiledReferences.Reference list) = [
    for r in references do
        let row, used = rowOf (folderOf r.FromNamespace), rowOf (folderOf r.ToNamespace)

        if not (List.contains used (row :: "Core" :: mayUse[row])) then
            sentence r
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
        testCase "each compiled type uses only types of its own folder and of the folders before it"
        <| fun () ->
            Expect.isGreaterThan references.Value.Length 1000 "references that were found"
            Expect.isEmpty (forbidden references.Value) "layers"

        testCase "a reference against the order is named by its two types"
        <| fun () ->
            let wrong: CompiledReferences.Reference = {
                FromNamespace = "PolyCL.Data.Phantom"
                From = "Liver"
                ToNamespace = "PolyCL.Training"
                To = "Checkpoint"
            }

            Expect.equal (forbidden [ wrong ]) [ "Data/Phantom: Liver uses Checkpoint of Training" ] "sentence"

        testCase "references are found in fields, signatures, closures and instructions"
        <| fun () ->
            let uses from used =
                references.Value |> List.exists (fun r -> r.From = from && r.To = used)

            Expect.isTrue (uses "NiftiReader" "Volume") "a type in a signature"
            Expect.isTrue (uses "NiftiReader" "ScanFormatException") "an exception that only instructions make"
            Expect.isTrue (uses "SamNetwork" "MaskDecoder") "a field"
            Expect.isTrue (uses "UNetOptions" "NetworkOptions") "a base type"
            Expect.isTrue (uses "ExampleSelector" "RandomStream") "a type in instructions"
            Expect.isFalse (uses "RandomStream" "ExampleSelector") "the other way round"

        testCase "no cycle between folders but the known ones"
        <| fun () ->
            let between =
                references.Value
                |> List.groupBy (fun r -> folderOf r.FromNamespace, folderOf r.ToNamespace)

            let cycles = CompiledReferences.onCycles (between |> Seq.map fst)

            let added = [
                for arrow, all in between do
                    if List.contains arrow cycles && not (List.contains arrow knownCycles) then
                        for r in List.truncate 5 all do
                            sentence r
            ]

            Expect.isEmpty added "new cycles"

            let gone =
                knownCycles |> List.filter (fun arrow -> not (List.contains arrow cycles))

            Expect.isEmpty gone "arrows that are on no cycle any more: take them out of knownCycles"

        testCase "a cycle is found over any number of folders, and what only leads to it is not one"
        <| fun () ->
            let arrows = [
                "a", "b"
                "b", "c"
                "c", "b"
                "c", "d"
                "e", "f"
                "f", "g"
                "g", "e"
                "h", "h"
            ]

            Expect.equal
                (CompiledReferences.onCycles arrows)
                [ "b", "c"; "c", "b"; "e", "f"; "f", "g"; "g", "e" ]
                "arrows on cycles"

        testCase "a file's namespace is its folder"
        <| fun () ->
            needSources ()

            let wrong = [
                for folder, file in sources do
                    let space =
                        Regex.Match(File.ReadAllText file, @"^namespace PolyCL\.([\w.]+);", RegexOptions.Multiline)

                    let place = (nonNull (Path.GetDirectoryName file)).Replace('\\', '/')

                    if not (place.EndsWith("/" + folderOf ("PolyCL." + space.Groups[1].Value))) then
                        $"{Path.GetFileName file} in {folder}"
            ]

            Expect.isEmpty wrong "namespaces"

        // Constants and enums' members leave no trace in compiled code, so the lines that name a folder are read, too.
        testCase "each file names only the folders before it"
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

        testCase "tensors stay in Arithmetic, Models, Losses, Training and Sam; Core asks torch about the machine"
        <| fun () ->
            needSources ()

            let wrong = [
                for folder, file in sources do
                    let name = Path.GetFileName file

                    if
                        not (
                            List.contains folder [ "Arithmetic"; "Models"; "Losses"; "Training"; "Sam"; "Sam/Training" ]
                        )
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
