module PolyCL.Tests.FSharp.FigureTests

open System
open System.IO
open System.Text
open System.Text.RegularExpressions
open Expecto
open Plotly.NET
open PolyCL
open PolyCL.Tests
open PolyCL.Tests.FSharp.PipelineFixture

let private labelled =
    Studies.StudyTables.table 4 [
        for model in [ "PolyCL-M"; "PolyCL-M + SAM" ] do
            for percent in [ 5.0; 50.0 ] ->
                PolyCL.Studies.StudyTableRow(
                    Backbone = "",
                    Model = model,
                    LabelPercent = Nullable percent,
                    Runs = [| Studies.StudyTables.steady 0.5 1L |]
                )
    ]

/// Every figure of the library, with a word that its text must show.
let private figures: Lazy<(string * Figure * string) list> =
    lazy
        (let named = [ "PolyCL-M", tuned.Value; "from scratch", scratch.Value ]
         let a, b = scores.Value

         [
             "pretraining", Figure.pretraining [ "PolyCL-M", encoder.Value ], "contrastive loss"
             "fineTuning", Figure.fineTuning named, "from scratch, training"
             "embedding", Figure.embedding encoder.Value, "principal component 1 (no unit)"
             "embeddingMap",
             Pretrain.embeddings encoder.Value
             |> Pretrain.pca
             |> Figure.embeddingMap ByScan "PCA" "seed 0",
             "volume-0"
             "triplets", split.Value |> Figure.triplets 2 1L Strategy.mixed, "negative"
             "samples", data.Value |> Figure.samples 2, "target organ"
             "qualitative", Figure.qualitative 2 named, "prediction"
             "paired", Figure.paired Evaluate.Dice ("from scratch", b) ("PolyCL-M", a), "p = "
             "labelFractions",
             Figure.labelFractions Evaluate.Hd95Mm [ "PolyCL-M", [ 0.4, [ a ]; 0.8, [ a; b ] ] ],
             "HD95 (mm)"
             "refinement", Figure.refinement "seed 1" refined.Value, "refined mask"
             "propagation", Figure.propagation 3 "seed 1" carried.Value, "propagated mask"
             "distance",
             Figure.distance "seed 1" [ "one state", [ carried.Value ] ],
             "distance from the reference slice"
             "labelCurves", Figure.labelCurves "paper_code.dice" labelled, "PolyCL-M + SAM"
             "huHistogram", data.Value |> Figure.huHistogram 2, "HU"
         ])

let private texts (svg: string) =
    Regex.Matches(svg, "<text[^>]*>([^<]*)</text>")
    |> Seq.map (fun m -> nonNull (Net.WebUtility.HtmlDecode m.Groups[1].Value))
    |> String.concat "\n"

[<Tests>]
let tests =
    testSequenced
    <| testList "FSharp.Figure" [
        testCase "each figure is SVG with readable text and provenance, and loads nothing"
        <| fun () ->
            for name, figure, word in figures.Value do
                let svg = Figure.svg figure
                let text = texts svg
                Expect.stringContains text word name
                Expect.isTrue (text.Contains "data " || text.Contains "seed") $"{name}: provenance"
                let loads = Regex.Matches(svg, @"(href|src)\s*=\s*""(?!data:|#)")
                Expect.isEmpty loads $"{name}: references"

        testCase "each figure is a PDF whose text can be selected, the same bytes twice"
        <| fun () ->
            for name, figure, _ in figures.Value do
                let bytes = figure.ToPdf()
                let text = Encoding.Latin1.GetString bytes
                Expect.stringStarts text "%PDF" name
                Expect.stringContains text "/ToUnicode" $"{name}: characters"
                Expect.equal (figure.ToPdf()) bytes $"{name}: bytes"

        testCase "each figure is saved under the three endings, and refused under others"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                for name, figure, _ in figures.Value do
                    for ending in [ "png"; "svg"; "pdf" ] do
                        let path = Path.Combine(folder, $"{name}.{ending}")
                        Figure.save path figure
                        Expect.isGreaterThan (FileInfo path).Length 1000L path

                let _, figure, _ = figures.Value.Head

                Expect.throwsT<ArgumentException>
                    (fun () -> Figure.save (Path.Combine(folder, "figure.gif")) figure)
                    "gif")

        testCase "a figure becomes a chart with its series and titles"
        <| fun () ->
            let json name =
                let _, figure, _ = figures.Value |> List.find (fun (n, _, _) -> n = name)
                Figure.interactive figure |> GenericChart.toFigureJson

            let losses = json "fineTuning"
            Expect.stringContains losses "PolyCL-M, validation" "series"
            Expect.stringContains losses "Dice loss" "axis"
            Expect.stringContains losses tuned.Value.Run.Run "provenance"
            Expect.stringContains (json "paired") "from scratch" "categories"
            Expect.stringContains (json "embedding") "target organ" "panels"
            Expect.stringContains (json "triplets") "data:image/png;base64," "slices are an image"

        testCase "label fractions average the seeds of a scan before the interval"
        <| fun () ->
            let a, b = scores.Value

            let chart =
                Figure.labelFractions Evaluate.Dice [ "arm", [ 0.4, [ a; b ] ] ] :?> Studies.Pictures.Chart

            let series = chart.Series[0]
            let mean (e: Studies.Evaluation) = e.Scores.Volume.Dice.Value
            Expect.floatClose Accuracy.high series.Y[0] ((mean a + mean b) / 2.0) "mean"

            Expect.isTrue
                ((nonNull series.Low)[0] <= series.Y[0]
                 && series.Y[0] <= (nonNull series.High)[0])
                "interval"

        testCase "the histogram's shares add up to all voxels in its range"
        <| fun () ->
            let histogram = Studies.HuHistogram.Of(Seq.toArray data.Value.Found.Scans)

            Expect.floatClose
                Accuracy.high
                (Seq.sum (histogram.All: float seq))
                1.0
                "the small data lie inside the range"

            Expect.floatClose Accuracy.high (Seq.sum (histogram.Organ: float seq)) 1.0 "organ"

            let mean =
                Seq.zip histogram.Centres histogram.Organ
                |> Seq.sumBy (fun (hu, share) -> hu * share)

            Expect.isLessThan (abs (mean - 130.0)) 5.0 "the organ was drawn at 130 HU"
    ]
