/// Figures as Plotly charts.
module internal PolyCL.Interactive

open System
open Plotly.NET
open Plotly.NET.LayoutObjects
open Plotly.NET.TraceObjects
open PolyCL.Studies.Pictures

type private Flat = PolyCL.Studies.Pictures.Chart

let private text (value: string | null) =
    match value with
    | null -> ""
    | value -> value

let private escaped (value: string | null) =
    match Net.WebUtility.HtmlEncode value with
    | null -> ""
    | value -> value

let private list (values: 'a seq | null) : 'a seq option =
    match values with
    | null -> None
    | values -> Some values

/// A colour that lets the grid shine through.
let private pale (hex: string) =
    let part start =
        Convert.ToInt32(hex.Substring(start, 2), 16)

    Color.fromARGB 60 (part 1) (part 3) (part 5)

let private trace (chart: Flat) place (series: ChartSeries) =
    let hex =
        (if series.Colour.HasValue then
             series.Colour.Value
         else
             PictureColours.Palette[place % PictureColours.Palette.Count])
            .Hex()

    let colour = Color.fromHex hex

    let x, y = Seq.toArray series.X, Seq.toArray series.Y
    let labels = list series.Labels
    let legend = series.Name <> ""

    let symbol =
        if series.Diamonds then
            StyleParam.MarkerSymbol.Diamond
        else
            StyleParam.MarkerSymbol.Circle

    match series.Style with
    | SeriesStyle.Bars -> Chart.Column(y, Keys = x, Name = series.Name, MarkerColor = colour, ShowLegend = legend)
    | SeriesStyle.Points ->
        let marker =
            match list series.Values with
            | Some values ->
                Marker.init (
                    Size = int series.MarkerSize,
                    Color = Color.fromColorScaleValues values,
                    Colorscale = StyleParam.Colorscale.Viridis,
                    ShowScale = true,
                    ColorBar = ColorBar.init (Title = Title.init (text chart.ScaleTitle))
                )
            | None ->
                Marker.init (
                    Size = int series.MarkerSize,
                    Color = colour,
                    Symbol =
                        (if series.Hollow then
                             StyleParam.MarkerSymbol.Modified(symbol, StyleParam.SymbolStyle.Open)
                         else
                             symbol)
                )

        Chart.Scatter(
            x,
            y,
            StyleParam.Mode.Markers,
            Name = series.Name,
            ShowLegend = legend,
            Marker = marker,
            ?MultiText = labels
        )
    | _ ->
        let mode =
            if series.Markers || x.Length = 1 then
                StyleParam.Mode.Lines_Markers
            else
                StyleParam.Mode.Lines

        let dash =
            if series.Dashed then
                StyleParam.DrawingStyle.Dash
            else
                StyleParam.DrawingStyle.Solid

        let line =
            Chart.Scatter(
                x,
                y,
                mode,
                Name = series.Name,
                ShowLegend = legend,
                LineColor = colour,
                LineDash = dash,
                LineWidth = series.LineWidth,
                MarkerColor = colour,
                MarkerSymbol = symbol,
                ?MultiText = labels
            )
            |> fun line ->
                match list series.Spread with
                | Some spread -> line |> Chart.withYErrorStyle (Visible = true, Array = spread)
                | None -> line

        match list series.Low, list series.High with
        | Some low, Some high ->
            let edge values =
                Chart.Line(x, values, ShowLegend = false, LineColor = colour, LineWidth = 0.0)

            let band =
                edge high
                |> GenericChart.mapTrace (Trace2DStyle.Scatter(Fill = StyleParam.Fill.ToNext_y, FillColor = pale hex))

            Chart.combine [ edge low; band; line ]
        | _ -> line

let private axes (chart: Flat) (plot: GenericChart) =
    let range (value: Nullable<struct (float * float)>) =
        if value.HasValue then
            let struct (low, high) = value.Value
            Some(StyleParam.Range.MinMax(low, high))
        else
            None

    let x =
        if chart.XCategories.Count > 0 then
            LinearAxis.init (
                Title = Title.init chart.XTitle,
                ?Range = range chart.XRange,
                TickVals = [ 0 .. chart.XCategories.Count - 1 ],
                TickText = chart.XCategories
            )
        else
            LinearAxis.init (Title = Title.init chart.XTitle, ?Range = range chart.XRange)

    let y =
        if chart.YCategories.Count > 0 then
            LinearAxis.init (
                Title = Title.init chart.YTitle,
                ?Range = range chart.YRange,
                TickVals = [ 0 .. chart.YCategories.Count - 1 ],
                TickText = chart.YCategories
            )
        elif chart.LogarithmicY then
            LinearAxis.init (Title = Title.init chart.YTitle, AxisType = StyleParam.AxisType.Log)
        else
            LinearAxis.init (Title = Title.init chart.YTitle, ?Range = range chart.YRange)

    plot |> Chart.withXAxis x |> Chart.withYAxis y

let private flat (chart: Flat) =
    chart.Series |> Seq.mapi (trace chart) |> Chart.combine |> axes chart

/// A picture that holds slices, as an image that fills an empty chart.
let private image (figure: Picture) =
    let source = "data:image/png;base64," + Convert.ToBase64String(figure.ToPng())

    let hidden () =
        LinearAxis.init (Visible = false, Range = StyleParam.Range.MinMax(0.0, 1.0))

    Chart.Point([ 0.0 ], [ 0.0 ], ShowLegend = false, Opacity = 0.0)
    |> Chart.withXAxis (hidden ())
    |> Chart.withYAxis (hidden ())
    |> Chart.withLayoutImage (
        LayoutImage.init (
            Source = source,
            XRef = "paper",
            YRef = "paper",
            X = 0.0,
            Y = 1.0,
            SizeX = 1,
            SizeY = 1,
            Sizing = StyleParam.LayoutImageSizing.Contain
        )
    )

let private dressed (figure: Picture) (plot: GenericChart) =
    let provenance =
        Annotation.init (
            X = 1.0,
            Y = -0.22,
            XRef = "paper",
            YRef = "paper",
            XAnchor = StyleParam.XAnchorPosition.Right,
            ShowArrow = false,
            Text = (escaped figure.Provenance).Replace("\n", "<br>"),
            Font = Font.init (Size = 10.0, Color = Color.fromHex "#5A5A5A")
        )

    plot
    |> Chart.withTitle (escaped figure.Title)
    |> Chart.withAnnotation provenance

/// The figure as a chart; a grid of charts stays a grid, everything with slices becomes an image.
let chart (figure: Picture) : GenericChart =
    match figure with
    | :? Flat as chart -> flat chart |> dressed figure
    | :? PictureGrid as grid when grid.Rows |> Seq.forall (Seq.forall (fun picture -> picture :? Flat)) ->
        let panels = grid.Rows |> Seq.collect id |> Seq.cast<Flat> |> Seq.toList

        Chart.Grid
            (grid.Rows.Count,
             grid.Rows |> Seq.map _.Count |> Seq.max,
             SubPlotTitles = (panels |> List.map (fun panel -> text panel.Title)))
            (panels |> List.map flat)
        |> dressed figure
    | _ -> image figure
