module PolyCL.Tests.FSharp.DocumentationTests

open System
open System.Diagnostics
open System.IO
open System.Reflection
open System.Xml.Linq
open Expecto
open Microsoft.FSharp.Reflection
open PolyCL
open PolyCL.Tests

let private library = typeof<Stage>.Assembly

/// F# as a reader would write the type.
let rec private typeName (t: Type) : string =
    let plain (name: string) = name.Split('`')[0]

    if t.IsArray then
        typeName (nonNull (t.GetElementType())) + "[]"
    elif t.IsGenericParameter then
        "'" + t.Name
    elif FSharpType.IsFunction t then
        let argument, result = FSharpType.GetFunctionElements t
        $"({typeName argument} -> {typeName result})"
    elif FSharpType.IsTuple t then
        FSharpType.GetTupleElements t |> Seq.map typeName |> String.concat " * "
    elif t.IsGenericType then
        let arguments = t.GetGenericArguments() |> Seq.map typeName |> String.concat ", "
        $"{plain t.Name}<{arguments}>"
    else
        let owner =
            match t.DeclaringType with
            | null -> ""
            | owner -> owner.Name.Replace("Module", "") + "."

        owner + t.Name

let private isModule (t: Type) = FSharpType.IsModule t

let private declared =
    BindingFlags.Public
    ||| BindingFlags.Static
    ||| BindingFlags.Instance
    ||| BindingFlags.DeclaredOnly

/// The functions and values of a module.
let private functions (m: Type) = [|
    for p in m.GetProperties declared do
        p.Name, typeName p.PropertyType

    for f in m.GetMethods declared do
        if not f.IsSpecialName then
            let parameters =
                match f.GetParameters() |> Seq.map (fun p -> typeName p.ParameterType) |> Seq.toList with
                | [] -> [ "unit" ]
                | parameters -> parameters

            f.Name, String.concat " -> " (parameters @ [ typeName f.ReturnType ])
|]

let private moduleName (m: Type) =
    if m.Name.EndsWith("Module", StringComparison.Ordinal) then
        m.Name[.. m.Name.Length - 7]
    else
        m.Name

let private publicTypes =
    library.GetExportedTypes() |> Array.sortBy (fun t -> t.FullName)

/// One line for each public name: modules with their functions, records with their fields, unions with their cases, classes with their members.
let private surface () = [|
    for t in publicTypes do
        if isModule t then
            for name, kind in functions t |> Array.sort do
                $"{moduleName t}.{name} : {kind}"
        elif FSharpType.IsUnion t then
            let cases = FSharpType.GetUnionCases t |> Seq.map _.Name |> String.concat " | "

            if not (t.IsNested && FSharpType.IsUnion(nonNull t.DeclaringType)) then
                $"type {typeName t} = {cases}"
        elif FSharpType.IsRecord t then
            for field in FSharpType.GetRecordFields t do
                $"type {typeName t}.{field.Name} : {typeName field.PropertyType}"
        elif not (t.IsNested && t.Name = "Tags") then
            for p in t.GetProperties declared |> Array.sortBy _.Name do
                $"type {typeName t}.{p.Name} : {typeName p.PropertyType}"
|]

let private documentation =
    lazy
        (XDocument.Load(nonNull (Path.ChangeExtension(library.Location, ".xml"))).Descendants(XName.Get "member")
         |> Seq.map (fun m -> (nonNull (m.Attribute(XName.Get "name"))).Value, m)
         |> Seq.toArray)

/// The documentation of a function or value: names are M:Namespace.Module.name(types) and P:….
let private memberOf (m: Type) (name: string) =
    let full = $"{m.FullName}.{name}"

    documentation.Value
    |> Array.tryFind (fun (key, _) ->
        let key = key[2..]

        key = full
        || key.StartsWith(full + "(", StringComparison.Ordinal)
        || key.StartsWith(full + "``", StringComparison.Ordinal))
    |> Option.map snd

let private exampleOf (element: XElement) =
    element.Descendants(XName.Get "code") |> Seq.tryHead |> Option.map _.Value

let private modules = publicTypes |> Array.filter isModule

let private needRepository () =
    match TestData.repository with
    | Some root -> root
    | None -> skiptest "needs the sources of the repository"

/// Runs dotnet fsi with the assemblies of this test; gives the exit code and all output.
let private fsi (arguments: string seq) =
    let start =
        ProcessStartInfo(
            "dotnet",
            [ "fsi"; $"--lib:{AppContext.BaseDirectory.TrimEnd('/')}"; yield! arguments ],
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory
        )

    start.Environment["OMP_WAIT_POLICY"] <- "PASSIVE"
    use running = nonNull (Process.Start start)
    let errors = running.StandardError.ReadToEndAsync()
    let output = running.StandardOutput.ReadToEnd()
    running.WaitForExit()
    running.ExitCode, output + errors.Result

let private typecheck (folder: string) (text: string) =
    let script = Path.Combine(folder, "examples.fsx")
    File.WriteAllText(script, text)
    fsi [ "--typecheck-only"; "--warnaserror+"; script ]

let private references =
    [
        "TorchSharp"
        "Deedle"
        "DynamicObj"
        "Plotly.NET"
        "PolyCL.Lib"
        "PolyCL.FSharp"
    ]
    |> List.map (fun name -> $"#r \"{name}.dll\"\n")
    |> String.concat ""

[<Tests>]
let tests =
    testSequenced
    <| testList "FSharp.Documentation" [
        testCase "the public surface is the recorded one"
        <| fun () ->
            let now = surface ()

            // To refresh: POLYCL_REFRESH=1 dotnet run -c Release --project tests/PolyCL.Tests -- --filter-test-list FSharp.Documentation
            if Environment.GetEnvironmentVariable "POLYCL_REFRESH" = "1" then
                File.WriteAllLines(Path.Combine(needRepository (), "tests/PolyCL.Tests/golden/public-surface.txt"), now)
            else
                let golden = File.ReadAllLines(Path.Combine(TestData.golden, "public-surface.txt"))
                Expect.sequenceEqual now golden "names and types"

        testCase "every public type, function and value is documented, functions and values with an example"
        <| fun () ->
            let missing = [
                for t in publicTypes do
                    if
                        not (t.IsNested && t.Name = "Tags")
                        && not (t.IsNested && FSharpType.IsUnion(nonNull t.DeclaringType))
                    then
                        let key = "T:" + (nonNull t.FullName).Replace('+', '.')

                        if documentation.Value |> Array.exists (fun (name, _) -> name = key) |> not then
                            key

                for m in modules do
                    for name, _ in functions m do
                        match memberOf m name with
                        | None -> $"{moduleName m}.{name}: no documentation"
                        | Some element when (exampleOf element).IsNone -> $"{moduleName m}.{name}: no example"
                        | Some _ -> ()
            ]

            Expect.isEmpty missing "documented"

        testCase "every example compiles"
        <| fun () ->
            let examples = [|
                for m in modules do
                    for name, _ in functions m do
                        match memberOf m name |> Option.bind exampleOf with
                        | Some code -> $"{moduleName m}_{name}", code
                        | None -> ()
            |]

            Expect.isGreaterThan examples.Length 60 "examples"

            let text = [
                references
                "open PolyCL\n"
                for name, code in examples do
                    $"module {name} =\n"

                    for line in code.Split('\n') do
                        if line.Trim() <> "" then
                            "    " + line.TrimEnd() + "\n"
            ]

            TestData.withTempFolder (fun folder ->
                let code, output = typecheck folder (String.concat "" text)
                Expect.equal code 0 output

                let broken, _ =
                    typecheck folder (String.concat "" text + "module Broken =\n    let x = Dataset.lits 1\n")

                Expect.notEqual broken 0 "an example that does not compile is noticed")

        testCase "the quickstart script runs in dotnet fsi and leaves its figures"
        <| fun () ->
            let script = Path.Combine(needRepository (), "notebooks", "quickstart.fsx")

            TestData.withTempFolder (fun folder ->
                let code, output = fsi [ script; "smoke"; folder ]
                Expect.equal code 0 output
                Expect.stringContains output "| volume.dice |" "table"

                for name in [ "triplets"; "embedding"; "losses"; "predictions"; "paired" ] do
                    Expect.isTrue (File.Exists(Path.Combine(folder, "figures", name + ".svg"))) name)
    ]
