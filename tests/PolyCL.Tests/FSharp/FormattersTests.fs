module PolyCL.Tests.FSharp.FormattersTests

open System.IO
open System.Text.RegularExpressions
open Deedle
open Expecto
open Microsoft.DotNet.Interactive.Formatting
open PolyCL
open PolyCL.Tests.FSharp.PipelineFixture

let private hostile = "<img src=http://evil/x onerror=alert(1)>\"&'"

let private some (value: 'a) : obj = nonNull (box value)

/// A value as a notebook shows it: the preferred type and its text.
let private shown (value: obj) =
    let mime = Formatter.GetPreferredMimeTypesFor(value.GetType()) |> Seq.head
    use writer = new StringWriter()
    let formatter = Formatter.GetPreferredFormatterFor(value.GetType(), mime)
    formatter.Format(value, new FormatContext(writer)) |> ignore
    mime, writer.ToString()

let private html (value: obj) =
    let mime, text = shown value

    let wanted =
        if value :? Studies.Pictures.Picture then
            "image/svg+xml"
        else
            "text/html"

    Expect.equal mime wanted $"{value.GetType()}"
    text

/// What makes a page fetch something.
let private loads (html: string) =
    Regex.Matches(
        html,
        @"(\b(src|href|srcset|action|data)\s*=\s*[""']?\s*(https?:)?//)|@import|\bimport\s*\(\s*[""']http|url\(\s*[""']?http"
    )
    |> Seq.map _.Value
    |> Seq.toList

let private chart () =
    Figure.pretraining [ "PolyCL-M", encoder.Value ] |> Figure.interactive

let private values: Lazy<obj list> =
    lazy
        (let a, b = scores.Value

         [
             some (data.Value)
             some (split.Value)
             some (Dataset.scans data.Value)
             some (Dataset.slices data.Value)
             some (Dataset.image (Array.head (Dataset.slices data.Value)) data.Value)
             some (Strategy.mixed)
             some (Strategy.examples 2 1L Strategy.mixed split.Value)
             some (Strategy.summary Strategy.mixed split.Value)
             some (encoder.Value)
             some (encoder.Value.Run)
             some (tuned.Value)
             some (a)
             some (Evaluate.compare Evaluate.Dice a b)
             some (Evaluate.predict (Array.truncate 2 (Dataset.slices data.Value)) tuned.Value)
             some (refined.Value)
             some (refined.Value[0])
             some (carried.Value)
             some (carried.Value[0])
             some (Sam.load (PolyCL.Tests.Sam.SamFixture.tinySam ()))
             some (Table.show a)
             some (Figure.pretraining [ "PolyCL-M", encoder.Value ])
             some (Figure.embedding encoder.Value)
         ])

[<Tests>]
let tests =
    testSequenced
    <| testList "FSharp.Formatters" [
        testCase "every value has HTML, the same twice, that loads nothing"
        <| fun () ->
            Formatters.register true
            Dataset.fingerprint data.Value |> ignore

            for value in values.Value do
                let text = html value
                Expect.isGreaterThan text.Length 40 $"{value.GetType()}"
                Expect.equal (html value) text $"{value.GetType()}: twice"
                Expect.isEmpty (loads text) $"{value.GetType()}"

        testCase "every value has one short text that names no folder"
        <| fun () ->
            Formatters.register true

            for value in values.Value do
                let text = value.ToDisplayString "text/plain"
                Expect.isNonEmpty text $"{value.GetType()}"
                Expect.isFalse (text.Contains workspace.Results) $"{value.GetType()}: {text}"
                Expect.isFalse (text.Contains "PolyCL.") $"{value.GetType()}: {text}"

                if not (value :? IFrame) then
                    Expect.isLessThan text.Length 400 $"{value.GetType()}: {text}"
                    Expect.isFalse ((html value).Contains workspace.Results) $"{value.GetType()}: folder"

        testCase "a picture of thousands of marks becomes an image within its SVG"
        <| fun () ->
            Formatters.register true
            let x = Array.init 5000 (fun i -> float (i % 71))

            let chart =
                Studies.Pictures.Chart(
                    Title = "many",
                    XTitle = "x",
                    YTitle = "y",
                    Series = [|
                        Studies.Pictures.ChartSeries(
                            "",
                            x,
                            Array.init 5000 float,
                            Style = Studies.Pictures.SeriesStyle.Points
                        )
                    |],
                    Provenance = "seed 1"
                )

            let _, text = shown chart
            Expect.isLessThan text.Length (chart.ToSvg().Length / 2) "smaller"
            Expect.stringStarts text "<svg " "SVG"
            Expect.stringContains text "data:image/png;base64," "an image"

        testCase "the measure of loading finds what loads"
        <| fun () ->
            for bad in
                [
                    "<script src=\"https://cdn/x.js\">"
                    "<img src='http://x'>"
                    "<link href=//x/y.css>"
                    "@import url(x)"
                    "import('https://x')"
                    "background:url(http://x)"
                ] do
                Expect.isNonEmpty (loads bad) bad

        testCase "hostile names stay text"
        <| fun () ->
            Formatters.register true
            let run = encoder.Value.Run

            let renamed =
                Training.RunResult(
                    Kind = run.Kind,
                    Run = hostile,
                    Folder = hostile,
                    Weights = run.Weights,
                    WeightsDigest = run.WeightsDigest,
                    Profile = hostile,
                    DataFingerprint = run.DataFingerprint,
                    Seed = run.Seed,
                    Arm = hostile,
                    Steps = run.Steps,
                    Items = run.Items,
                    Scans = run.Scans,
                    Loss = run.Loss,
                    Epoch = run.Epoch,
                    Seconds = run.Seconds
                )

            let slice = {
                (Dataset.slices data.Value)[0] with
                    Scan = hostile
            }

            let table = frame [ hostile => series [ hostile => hostile ] ]

            let titled =
                Studies.Pictures.Chart(
                    Title = hostile,
                    XTitle = hostile,
                    YTitle = hostile,
                    Series = [| Studies.Pictures.ChartSeries(hostile, [| 1.0; 2.0 |], [| 1.0; 2.0 |]) |],
                    Provenance = hostile
                )

            let strategy = Strategy.custom hostile (fun _ _ -> true) (fun _ _ -> true)

            for value in
                [
                    some (renamed)
                    some ([| slice |])
                    some (table)
                    some (titled)
                    some (strategy)
                ] do
                let text = html value
                Expect.isFalse (text.Contains "<img src=http") $"{value.GetType()}"
                Expect.isEmpty (loads (Regex.Replace(text, "&lt;[^<]*", ""))) $"{value.GetType()}"

            let script = Formatters.chart (Figure.interactive titled)
            Expect.equal (Regex.Matches(script, "<").Count) 4 "a div and a script, opened and closed"

        testCase "a chart draws without the network: the library comes once, inside the page"
        <| fun () ->
            Formatters.register false
            let first = html (chart ())
            let second = html (chart ())
            Expect.isGreaterThan first.Length 3_000_000 "the first brings the library"
            Expect.isLessThan second.Length 50_000 "the second does not"
            Expect.stringEnds first second "and is otherwise the same"
            Expect.isEmpty (loads second) "loads"
            let library = Formatters.chartLibrary ()
            Expect.equal (Regex.Matches(library, "</script").Count) 1 "nothing ends the script early"

            let tags =
                Regex.Matches(library, "<(script|link|img)[^>]*(src|href)\s*=\s*[\"']?http")

            Expect.isEmpty tags "no element of the library's part loads"

        testCase "primitives are text, and frames have text beside their table"
        <| fun () ->
            Formatters.register true

            for value in [ some (1); some (2.5); some ("a <b>"); some (true) ] do
                Expect.equal (fst (shown value)) "text/plain" $"{value}"

            let table = Table.show (fst scores.Value)
            Expect.stringContains (table.ToDisplayString "text/plain") "volume.dice" "text"
            Expect.stringContains (html table) "<th>volume.dice</th>" "table"

        testCase "looking at a data set that is not prepared does not prepare it"
        <| fun () ->
            Formatters.register true
            let nowhere = Dataset.lits "/nowhere/at/all"
            Expect.stringContains (html nowhere) "all" "name"
    ]
