module PolyCL.Tests.Containers.RecipesTests

open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open System.Xml.Linq
open Expecto
open PolyCL.Tests

let private root () =
    match TestData.repository with
    | Some root -> root
    | None -> skiptest "needs the repository"

let private recipe name =
    File.ReadAllText(Path.Combine(root (), "containers", name))

let private both () = [ recipe "Dockerfile"; recipe "polycl.def" ]

let private all pattern text = [
    for found in Regex.Matches(text, pattern, RegexOptions.Multiline) -> found.Groups[1].Value
]

/// What each recipe takes from the repository's folder.
let private copied () = [
    for line in all @"^COPY (?!--)(.+) \S+$" (recipe "Dockerfile") do
        yield! line.Split ' '
    yield! all @"^    (?!cd )(\S+) /source" (recipe "polycl.def")
]

[<Tests>]
let tests =
    testList "Containers.Recipes" [
        testCase "both take everything that a build of the command line reads, and nothing that is not there"
        <| fun () ->
            let sources = copied ()

            for source in sources do
                let path = Path.Combine(root (), source)
                Expect.isTrue (File.Exists path || Directory.Exists path) $"{source} is there"

            let needed = [
                yield! Directory.EnumerateFiles(root (), "Directory.*.*") |> Seq.map Path.GetFileName
                yield! [ "global.json"; ".editorconfig"; "src"; "eng"; "data-samples" ]
            ]

            for source in needed do
                Expect.hasLength (List.filter ((=) source) sources) 2 $"{source} in both"

        testCase "the images are of the SDK that global.json names, with no other registry than Microsoft's"
        <| fun () ->
            use json =
                JsonDocument.Parse(File.ReadAllText(Path.Combine(root (), "global.json")))

            let sdk =
                nonNull (json.RootElement.GetProperty("sdk").GetProperty("version").GetString())

            let series = Regex.Match(sdk, @"^\d+\.\d+").Value

            for text in both () do
                let images = all @"^(?:FROM|From:) (\S+)" text

                Expect.equal
                    images
                    [
                        $"mcr.microsoft.com/dotnet/sdk:{series}-noble"
                        $"mcr.microsoft.com/dotnet/runtime-deps:{series}-noble"
                    ]
                    "images"

        testCase "both publish the command line whole, with the backends of the build, and start it by its name"
        <| fun () ->
            let property name (file: string) =
                XDocument.Load(Path.Combine(root (), file)).Descendants(XName.Get name)
                |> Seq.map _.Value
                |> Seq.head

            let program = property "AssemblyName" "src/PolyCL.Cli/PolyCL.Cli.csproj"

            for text in both () do
                Expect.equal
                    (all @"dotnet publish (\S+) -c Release -r linux-x64 --self-contained " text)
                    [ "src/PolyCL.Cli" ]
                    "project"

                Expect.equal
                    (all @"TORCH_BACKEND=(\w+)$" text)
                    [ property "TorchBackend" "Directory.Build.props" ]
                    "backend"

                Expect.stringContains text $"/opt/polycl/{program}" "program"

            Expect.stringContains (recipe "Dockerfile") "\nUSER $APP_UID\n" "no root"
    ]
