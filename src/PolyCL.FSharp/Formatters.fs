namespace PolyCL

open System
open System.Globalization
open System.IO
open System.Net
open System.Reflection
open System.Text
open Deedle
open Microsoft.DotNet.Interactive.Formatting
open Plotly.NET
open PolyCL.Core
open PolyCL.Sampling
open PolyCL.Studies
open PolyCL.Studies.Pictures
open PolyCL.Training
open PolyCL // again, for the names that PolyCL.Sampling has too

/// <summary>How values look in a notebook. The HTML is the same each time, escaped, and loads nothing from the network.</summary>
[<RequireQualifiedAccess>]
module Formatters =
    let private shownSlices = 24
    let private sheetColumns = 6

    let private svgMimeType = "image/svg+xml"
    let private longestSvg = 250_000

    let private frameHtml (frame: IFrame) =
        frame.Apply
            {
                new IFrameOperation<string> with
                    member _.Invoke frame = Table.cells frame ||> Html.tableOf
            }

    let private frameText (frame: IFrame) =
        frame.Apply
            {
                new IFrameOperation<string> with
                    member _.Invoke frame = Table.cells frame ||> Html.tableText
            }

    let private png (picture: Picture) =
        $"""<img alt="slices" src="data:image/png;base64,{Convert.ToBase64String(picture.ToPng())}"/>"""

    let private sheet (cells: SheetCell[]) =
        SliceSheet(
            Rows = [|
                for row in cells |> Array.truncate shownSlices |> Array.chunkBySize sheetColumns -> row
            |],
            CellWidth = 140,
            CellHeight = 140
        )
        |> png

    let private weightsHtml what (name: string) (sha256: string) (warning: string option) =
        Html.card $"{what} {name}" [
            yield "weights", Provenance.shortened sha256

            for sentence in Option.toList warning -> "caution", sentence
        ]

    let private exampleHtml (examples: Example[]) =
        SliceSheet(
            ColumnHeadings = [| "anchor"; "positive"; "negative" |],
            Rows = [|
                for example in Array.truncate shownSlices examples ->
                    [|
                        SliceCells.named example.Anchor
                        SliceCells.named example.Positive
                        yield! example.Negative |> Option.map SliceCells.named |> Option.toArray
                    |]
            |],
            CellWidth = 140,
            CellHeight = 140
        )
        |> png

    let private datasetHtml (data: Dataset) =
        let head =
            Html.card data.Name [
                "slices", data.ToString()
                if data.IsOpen then
                    "fingerprint", Dataset.fingerprint data
            ]

        // What is not prepared yet is not prepared by looking at it.
        if data.IsOpen then
            head + png (Figure.samples 2 data)
        else
            head

    let private strategyHtml (strategy: Strategy) =
        Html.card $"strategy {Strategy.name strategy}" [
            "rule", string strategy.Rule
            "draw", string strategy.Draw
            "without partner", string strategy.Partnerless
            "each epoch",
            (if strategy.Frozen then
                 "the partners of epoch 0"
             else
                 "new partners")
        ]

    let private runHtml (run: RunResult) =
        Html.card $"{run.Kind}: {run.Arm}" [
            "run", run.Run
            "profile", run.Profile
            "data", run.DataFingerprint
            "seed", string run.Seed
            "items", $"{run.Items} from {run.Scans} scans, {run.Steps} steps"
            "training loss", Html.number run.Loss
            if run.ValidationLoss.HasValue then
                "validation loss", $"{Html.number run.ValidationLoss.Value} after epoch {run.Epoch}"
            "time", run.Seconds.ToString("0 s", CultureInfo.InvariantCulture)
        ]

    let private evaluationHtml (evaluation: Evaluation) =
        Html.card $"{evaluation.Part}: {evaluation.Model}" [
            "run", evaluation.Run
            "profile", evaluation.Profile
            "data", evaluation.DataFingerprint
            "seed", string evaluation.Seed
            "definition", evaluation.Definition
        ]
        + frameHtml (Table.show evaluation)

    let private comparisonHtml (comparison: PairedComparison) =
        Html.card $"paired over {comparison.N} scans" [
            "mean difference", Html.number comparison.MeanDifference
            "95 % interval", $"{Html.number comparison.Low} to {Html.number comparison.High}"
            "ahead, behind", $"{comparison.Wins}, {comparison.Losses}"
            "sign-flip p", Html.number comparison.PValue
        ]

    let private checkText (check: Data.DatasetCheck) =
        $"{check.Scans.Count} scans, {check.Errors} unusable; {check.KeptSlices} slices kept, {check.KeptOrganSlices} with organ; {check.ScansWithoutAbsent} scans keep only organ slices, {check.ScansWithoutPresent} none"

    let private checkHtml (check: Data.DatasetCheck) =
        $"<p>{Html.escape (checkText check)}</p>" + frameHtml (Table.check check)

    let private auditLines (audit: Data.DatasetAudit) = [
        $"{audit.ScanCount} scans compared, {audit.Findings.Count} findings"
        for finding in audit.Findings do
            finding.Text
    ]

    let private auditHtml (audit: Data.DatasetAudit) =
        String.Join("", auditLines audit |> List.map (fun line -> $"<p>{Html.escape line}</p>"))

    let private exampleText (example: Example) =
        let negative =
            match example.Negative with
            | Some image -> $"; negative {SliceCells.placeOf image.Slice}"
            | None -> ""

        $"anchor {SliceCells.placeOf example.Anchor.Slice}; positive {SliceCells.placeOf example.Positive.Slice}{negative}"

    let private runText (run: RunResult) =
        $"{run.Kind} {run.Arm}, profile {run.Profile}, data {run.DataFingerprint[..11]}, seed {run.Seed}: loss {Html.number run.Loss} after {run.Steps} steps"

    let private evaluationText (evaluation: Evaluation) =
        let volume = evaluation.Scores.Volume

        $"{evaluation.Model}, profile {evaluation.Profile}, seed {evaluation.Seed}, {evaluation.Scans.Count} {evaluation.Part} scans of data {evaluation.DataFingerprint[..11]}: volume Dice {Table.cell volume.Dice}"

    let private comparisonText (comparison: PairedComparison) =
        $"mean difference {Html.number comparison.MeanDifference}, 95 %% {Html.number comparison.Low} to {Html.number comparison.High}, p = {Html.number comparison.PValue}, {comparison.N} scans"

    /// Thousands of marks would make a notebook large and slow: such a picture becomes an image within the SVG.
    let private pictureSvg (picture: Picture) =
        let svg = picture.ToSvg()

        if svg.Length <= longestSvg then
            svg
        else
            let struct (width, height) = picture.Size()
            let data = Convert.ToBase64String(picture.ToPng 1.0)

            $"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" height="{height}" viewBox="0 0 {width} {height}"><image width="{width}" height="{height}" xlink:href="data:image/png;base64,{data}"/></svg>"""

    let private pictureText (picture: Picture) =
        let title =
            match picture.Title with
            | null -> "picture"
            | title -> title

        if picture.Provenance = "" then
            title
        else
            $"{title} ({picture.Provenance})"

    /// <summary>The drawing library of interactive charts, from the Plotly.NET assembly, as a page's part. A notebook shows it once; charts before or
    /// after find it.</summary>
    /// <example><code>
    /// let once = Formatters.chartLibrary ()
    /// </code></example>
    let chartLibrary () =
        let assembly = typeof<GenericChart>.Assembly

        let name =
            assembly.GetManifestResourceNames()
            |> Array.find (fun name -> name.Contains "plotly-" && name.EndsWith(".min.js", StringComparison.Ordinal))

        use stream =
            match assembly.GetManifestResourceStream name with
            | null ->
                raise (
                    InvalidOperationException
                        $"The library {name} is missing from {assembly.FullName}; restore the packages again."
                )
            | stream -> stream

        use reader = new StreamReader(stream)
        // A page's module loader must not take the library for a module of its own.
        let script =
            reader.ReadToEnd().Replace("</script", @"<\/script", StringComparison.OrdinalIgnoreCase)

        $"<script>if(!window.Plotly){{(function(define,exports,module){{{script}\n}}).call(window);(window.polyclCharts||[]).splice(0).forEach(function(draw){{draw();}});}}</script>"

    /// <summary>An interactive chart as a page's part; it draws itself when the library is there, or as soon as it comes.</summary>
    /// <example><code>
    /// let html (chart: Plotly.NET.GenericChart) = Formatters.chart chart
    /// </code></example>
    let chart (chart: GenericChart) =
        // Text inside a script element: no tag may end it.
        let json =
            (GenericChart.toFigureJson chart).Replace("<", @"\u003c", StringComparison.Ordinal)

        let key = (ContentHash.OfText json)[..15]

        $"<div data-polycl=\"{key}\" style=\"width:100%%;min-height:450px\"></div><script>(function(){{function draw(){{var figure={json};document.querySelectorAll('[data-polycl=\"{key}\"]').forEach(function(place){{window.Plotly.react(place,figure.data,figure.layout,figure.config);}});}}if(window.Plotly)draw();else(window.polyclCharts=window.polyclCharts||[]).push(draw);}})();</script>"

    let mutable private libraryShown = false

    /// The first chart brings the library along, unless the start cell has shown it.
    let private chartHtml value =
        let library = if libraryShown then "" else chartLibrary ()
        libraryShown <- true
        library + chart value

    let private html<'a> (format: 'a -> string) =
        Formatter.Register<'a>(
            Action<'a, TextWriter>(fun value writer -> writer.Write(format value)),
            HtmlFormatter.MimeType
        )

        Formatter.SetPreferredMimeTypesFor(typeof<'a>, HtmlFormatter.MimeType)

    /// SVG under its own type: front-ends and hosts that drop SVG inside HTML show it.
    let private svg<'a> (format: 'a -> string) =
        Formatter.Register<'a>(Action<'a, TextWriter>(fun value writer -> writer.Write(format value)), svgMimeType)
        Formatter.SetPreferredMimeTypesFor(typeof<'a>, svgMimeType)

    let private text<'a> (format: 'a -> string) =
        Formatter.Register<'a>(
            Action<'a, TextWriter>(fun value writer -> writer.Write(format value)),
            PlainTextFormatter.MimeType
        )

    /// <summary>Teaches a notebook how PolyCL's values, frames and charts look. With <c>libraryIsShown</c> the start cell shows
    /// <c>chartLibrary</c>; otherwise the first chart brings it.</summary>
    /// <example><code>
    /// Formatters.register false
    /// </code></example>
    let register (libraryIsShown: bool) =
        libraryShown <- libraryIsShown
        html<Dataset> datasetHtml

        html<Split>(fun split ->
            Html.card (split.ToString()) [ "rule", split.Rule ]
            + frameHtml (Table.split split))

        html<Scan[]>(fun scans ->
            Html.tableOf [| "kept slices"; "with organ"; "organ (ml)"; "orientation" |] [|
                for scan in scans ->
                    scan.Id,
                    [|
                        string scan.KeptSlices
                        string scan.KeptOrganSlices
                        Html.number scan.OrganMl
                        scan.Orientation
                    |]
            |])

        html<Slice[]>(fun slices ->
            Html.tableOf [| "slice"; "height"; "organ pixels" |] [|
                for slice in slices ->
                    slice.Scan, [| string slice.Z; Html.number slice.Position; string slice.OrganPixels |]
            |])

        html<SliceImage>(fun image -> sheet [| SliceCells.named image |])
        html<SliceImage[]>(Array.map SliceCells.named >> sheet)
        html<Example>(Array.singleton >> exampleHtml)
        html<Example[]> exampleHtml
        html<Evaluate.Prediction>(fun prediction -> sheet [| SliceCells.prediction prediction |])
        html<Evaluate.Prediction[]>(Array.map SliceCells.prediction >> sheet)
        html<Sam.Refinement>(fun slice -> sheet [| SamFigure.refinedCell slice |])
        html<Sam.Refinement[]>(Array.map SamFigure.refinedCell >> sheet)
        html<Sam2.Carried>(fun slice -> sheet [| SamFigure.carriedCell slice |])
        html<Sam2.Carried[]>(Array.map SamFigure.carriedCell >> sheet)
        html<Sam.Model>(fun sam -> weightsHtml "SAM" sam.Name sam.Sha256 sam.Warning)
        html<Sam2.Model>(fun sam2 -> weightsHtml "SAM 2" sam2.Name sam2.Sha256 sam2.Warning)
        html<Strategy> strategyHtml
        html<SelectionSummary>(fun summary -> frameHtml (Table.strategies [ summary ]))
        html<RunResult> runHtml
        html<Pretrain.Encoder>(fun encoder -> runHtml encoder.Run)
        html<FineTune.Model>(fun model -> runHtml model.Run)
        html<Evaluation> evaluationHtml
        html<PairedComparison> comparisonHtml
        html<EmbeddingProbe>(fun probe -> frameHtml (Table.probes [ "value", probe ]))
        html<Data.DatasetCheck> checkHtml
        html<Data.DatasetAudit> auditHtml
        html<CaptionedTable>(fun table -> $"<p>{Html.escape table.Caption}</p>" + frameHtml table.Table)
        svg<Picture> pictureSvg
        html<IFrame> frameHtml
        text<IFrame> frameText
        text<Dataset> string
        text<Split> string
        text<Scan[]>(fun scans -> $"{scans.Length} scans")
        text<Slice[]>(fun slices -> $"{slices.Length} slices")
        text<SliceImage>(fun image -> $"{SliceCells.placeOf image.Slice}, {image.Size}×{image.Size}")
        text<SliceImage[]>(fun images -> $"{images.Length} slices")
        text<Example> exampleText
        text<Example[]>(Array.map exampleText >> String.concat "\n")
        text<Draw[]>(fun draws -> $"{draws.Length} draws")
        text<Evaluate.Prediction>(fun p -> $"{SliceCells.placeOf p.Image.Slice}, slice Dice {Html.number p.Dice}")
        text<Evaluate.Prediction[]>(fun predictions -> $"{predictions.Length} predictions")
        text<Sam.Refinement>(fun slice -> $"{SliceCells.placeOf slice.Image.Slice}, {SamFigure.diceText slice}")
        text<Sam.Refinement[]>(fun slices -> $"{slices.Length} refined slices")
        text<Sam2.Carried>(fun slice -> $"{SliceCells.placeOf slice.Image.Slice}, slice Dice {Html.number slice.Dice}")
        text<Sam2.Carried[]>(fun slices -> $"{slices.Length} slices of a propagation")
        text<Sam.Model>(fun sam -> $"SAM {sam.Name}, weights {Provenance.shortened sam.Sha256}")
        text<Sam2.Model>(fun sam2 -> $"SAM 2 {sam2.Name}, weights {Provenance.shortened sam2.Sha256}")
        text<Strategy>(fun strategy -> $"strategy {Strategy.name strategy}")

        text<SelectionSummary>(fun s ->
            $"{s.Strategy}: {s.Anchors} anchors among {s.Slices} slices, {s.Dropped} left out")

        text<RunResult> runText
        text<Pretrain.Encoder>(fun encoder -> runText encoder.Run)
        text<FineTune.Model>(fun model -> runText model.Run)
        text<Evaluation> evaluationText
        text<PairedComparison> comparisonText
        text<EmbeddingProbe> _.ToWords()
        text<Data.DatasetCheck> checkText
        text<Data.DatasetAudit>(auditLines >> String.concat "\n")
        text<CaptionedTable>(fun table -> table.Caption + "\n" + frameText table.Table)
        text<Picture> pictureText
        text<GenericChart>(fun _ -> "interactive chart")
        html<GenericChart> chartHtml

        for plain in
            [
                typeof<int>
                typeof<int64>
                typeof<float>
                typeof<float32>
                typeof<bool>
                typeof<string>
                typeof<unit>
            ] do
            Formatter.SetPreferredMimeTypesFor(plain, PlainTextFormatter.MimeType)
