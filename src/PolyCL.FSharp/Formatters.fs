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
    let private shownRows = 50
    let private shownSlices = 24
    let private sheetColumns = 6

    let private svgMimeType = "image/svg+xml"
    let private longestSvg = 250_000

    let private escape (text: string) =
        match WebUtility.HtmlEncode text with
        | null -> ""
        | text -> text

    let private number (value: float) =
        value.ToString("0.####", CultureInfo.InvariantCulture)

    let private tableOf (columns: string[]) (rows: (string * string[])[]) =
        let html = StringBuilder("<table><thead><tr><th></th>")

        for column in columns do
            html.Append("<th>").Append(escape column).Append("</th>") |> ignore

        html.Append("</tr></thead><tbody>") |> ignore

        for key, values in Array.truncate shownRows rows do
            html.Append("<tr><th>").Append(escape key).Append("</th>") |> ignore

            for value in values do
                html.Append("<td>").Append(escape value).Append("</td>") |> ignore

            html.Append("</tr>") |> ignore

        html.Append("</tbody></table>") |> ignore

        if rows.Length > shownRows then
            html.Append("<p>").Append(shownRows).Append(" of ").Append(rows.Length).Append(" rows</p>")
            |> ignore

        html.ToString()

    /// The title of a value and what it says, a line each.
    let private card (title: string) (lines: (string * string) list) =
        let html =
            StringBuilder("<div style=\"border-left:4px solid #0072B2;padding:2px 12px\"><b>")

        html.Append(escape title).Append("</b><table><tbody>") |> ignore

        for name, value in lines do
            html
                .Append("<tr><th style=\"text-align:left\">")
                .Append(escape name)
                .Append("</th><td style=\"text-align:left\">")
                .Append(escape value)
                .Append("</td></tr>")
            |> ignore

        html.Append("</tbody></table></div>").ToString()

    let private frameHtml (frame: IFrame) =
        frame.Apply
            {
                new IFrameOperation<string> with
                    member _.Invoke frame = Table.cells frame ||> tableOf
            }

    /// Columns aligned by spaces, numbers as in the HTML.
    let private tableText (columns: string[]) (rows: (string * string[])[]) =
        let lines = [|
            yield Array.append [| "" |] columns

            for key, values in Array.truncate shownRows rows do
                yield Array.append [| key |] values
        |]

        let widths =
            Array.init (columns.Length + 1) (fun i -> lines |> Array.map (fun line -> line[i].Length) |> Array.max)

        let padded line =
            Array.map2 (fun (text: string) (width: int) -> text.PadRight width) line widths
            |> String.concat "  "
            |> _.TrimEnd()

        [|
            yield! Array.map padded lines

            if rows.Length > shownRows then
                yield $"{shownRows} of {rows.Length} rows"
        |]
        |> String.concat "\n"

    let private frameText (frame: IFrame) =
        frame.Apply
            {
                new IFrameOperation<string> with
                    member _.Invoke frame = Table.cells frame ||> tableText
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

    let private cell (caption: string) (masks: MaskLayer list) (image: SliceImage) =
        SheetCell(
            ReadOnlyMemory image.Pixels,
            image.Size,
            image.Size,
            PixelAspect = image.PixelAspect,
            Masks = List.toArray masks,
            Caption = caption
        )

    let private sliceCell (image: SliceImage) =
        cell
            $"{image.Slice.Scan}, slice {image.Slice.Z}"
            [ MaskLayer("target organ", ReadOnlyMemory image.Mask, PictureColour.Yellow) ]
            image

    let private predictionCell (prediction: Evaluate.Prediction) =
        cell
            $"slice Dice {number prediction.Dice}"
            [
                MaskLayer.Truth(ReadOnlyMemory prediction.Image.Mask)
                MaskLayer.Prediction(ReadOnlyMemory prediction.Mask)
            ]
            prediction.Image

    let private exampleHtml (examples: Example[]) =
        SliceSheet(
            ColumnHeadings = [| "anchor"; "positive"; "negative" |],
            Rows = [|
                for example in Array.truncate shownSlices examples ->
                    [|
                        sliceCell example.Anchor
                        sliceCell example.Positive
                        yield! example.Negative |> Option.map sliceCell |> Option.toArray
                    |]
            |],
            CellWidth = 140,
            CellHeight = 140
        )
        |> png

    let private datasetHtml (data: Dataset) =
        let head =
            card data.Name [
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
        card $"strategy {Strategy.name strategy}" [
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
        card $"{run.Kind}: {run.Arm}" [
            "run", run.Run
            "profile", run.Profile
            "data", run.DataFingerprint
            "seed", string run.Seed
            "items", $"{run.Items} from {run.Scans} scans, {run.Steps} steps"
            "training loss", number run.Loss
            if run.ValidationLoss.HasValue then
                "validation loss", $"{number run.ValidationLoss.Value} after epoch {run.Epoch}"
            "time", run.Seconds.ToString("0 s", CultureInfo.InvariantCulture)
        ]

    let private evaluationHtml (evaluation: Evaluation) =
        card $"{evaluation.Part}: {evaluation.Model}" [
            "run", evaluation.Run
            "profile", evaluation.Profile
            "data", evaluation.DataFingerprint
            "seed", string evaluation.Seed
            "definition", evaluation.Definition
        ]
        + frameHtml (Table.show evaluation)

    let private comparisonHtml (comparison: PairedComparison) =
        card $"paired over {comparison.N} scans" [
            "mean difference", number comparison.MeanDifference
            "95 % interval", $"{number comparison.Low} to {number comparison.High}"
            "ahead, behind", $"{comparison.Wins}, {comparison.Losses}"
            "sign-flip p", number comparison.PValue
        ]

    let private checkText (check: Data.DatasetCheck) =
        $"{check.Scans.Count} scans, {check.Errors} unusable; {check.KeptSlices} slices kept, {check.KeptOrganSlices} with organ; {check.ScansWithoutAbsent} scans keep only organ slices, {check.ScansWithoutPresent} none"

    let private checkHtml (check: Data.DatasetCheck) =
        $"<p>{escape (checkText check)}</p>" + frameHtml (Table.check check)

    let private auditLines (audit: Data.DatasetAudit) = [
        $"{audit.ScanCount} scans compared, {audit.Findings.Count} findings"
        for finding in audit.Findings do
            finding.Text
    ]

    let private auditHtml (audit: Data.DatasetAudit) =
        String.Join("", auditLines audit |> List.map (fun line -> $"<p>{escape line}</p>"))

    let private placeOf (slice: Slice) = $"{slice.Scan}, slice {slice.Z}"

    let private exampleText (example: Example) =
        let negative =
            match example.Negative with
            | Some image -> $"; negative {placeOf image.Slice}"
            | None -> ""

        $"anchor {placeOf example.Anchor.Slice}; positive {placeOf example.Positive.Slice}{negative}"

    let private runText (run: RunResult) =
        $"{run.Kind} {run.Arm}, profile {run.Profile}, data {run.DataFingerprint[..11]}, seed {run.Seed}: loss {number run.Loss} after {run.Steps} steps"

    let private evaluationText (evaluation: Evaluation) =
        let volume = evaluation.Scores.Volume

        $"{evaluation.Model}, profile {evaluation.Profile}, seed {evaluation.Seed}, {evaluation.Scans.Count} {evaluation.Part} scans of data {evaluation.DataFingerprint[..11]}: volume Dice {Table.cell volume.Dice}"

    let private comparisonText (comparison: PairedComparison) =
        $"mean difference {number comparison.MeanDifference}, 95 %% {number comparison.Low} to {number comparison.High}, p = {number comparison.PValue}, {comparison.N} scans"

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
        html<Split>(fun split -> card (split.ToString()) [ "rule", split.Rule ] + frameHtml (Table.split split))

        html<Scan[]>(fun scans ->
            tableOf [| "kept slices"; "with organ"; "organ (ml)"; "orientation" |] [|
                for scan in scans ->
                    scan.Id,
                    [|
                        string scan.KeptSlices
                        string scan.KeptOrganSlices
                        number scan.OrganMl
                        scan.Orientation
                    |]
            |])

        html<Slice[]>(fun slices ->
            tableOf [| "slice"; "height"; "organ pixels" |] [|
                for slice in slices ->
                    slice.Scan, [| string slice.Z; number slice.Position; string slice.OrganPixels |]
            |])

        html<SliceImage>(fun image -> sheet [| sliceCell image |])
        html<SliceImage[]>(Array.map sliceCell >> sheet)
        html<Example>(Array.singleton >> exampleHtml)
        html<Example[]> exampleHtml
        html<Evaluate.Prediction>(fun prediction -> sheet [| predictionCell prediction |])
        html<Evaluate.Prediction[]>(Array.map predictionCell >> sheet)
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
        html<CaptionedTable>(fun table -> $"<p>{escape table.Caption}</p>" + frameHtml table.Table)
        svg<Picture> pictureSvg
        html<IFrame> frameHtml
        text<IFrame> frameText
        text<Dataset> string
        text<Split> string
        text<Scan[]>(fun scans -> $"{scans.Length} scans")
        text<Slice[]>(fun slices -> $"{slices.Length} slices")
        text<SliceImage>(fun image -> $"{placeOf image.Slice}, {image.Size}×{image.Size}")
        text<SliceImage[]>(fun images -> $"{images.Length} slices")
        text<Example> exampleText
        text<Example[]>(Array.map exampleText >> String.concat "\n")
        text<Draw[]>(fun draws -> $"{draws.Length} draws")
        text<Evaluate.Prediction>(fun p -> $"{placeOf p.Image.Slice}, slice Dice {number p.Dice}")
        text<Evaluate.Prediction[]>(fun predictions -> $"{predictions.Length} predictions")
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
