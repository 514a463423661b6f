module PolyCL.Tests.Studies.Pictures.PictureTests

open System
open System.IO
open Expecto
open PolyCL.Studies.Pictures
open PolyCL.Tests
open SkiaSharp

let private ramp height width =
    ReadOnlyMemory(Array.init (height * width) (fun i -> float32 (i % width) / float32 width))

let private mask height width inside =
    ReadOnlyMemory(Array.init (height * width) (fun i -> if inside (i % width) (i / width) then 1uy else 0uy))

let private cell =
    SheetCell(
        ramp 20 30,
        20,
        30,
        Masks = [|
            MaskLayer.Truth(mask 20 30 (fun x y -> x > 5 && x < 20 && y > 4 && y < 12))
            MaskLayer.Prediction(mask 20 30 (fun x y -> x > 9 && x < 24 && y > 6 && y < 14))
        |],
        Caption = "Dice 0.50"
    )

let private sheet =
    SliceSheet(
        Rows = [| [| cell; null |]; [| cell; cell |] |],
        RowHeadings = [| "one"; "two" |],
        ColumnHeadings = [| "left"; "right" |],
        Title = "Ünïcode – title",
        Provenance = "made by a test, seed 1",
        CellWidth = 90,
        CellHeight = 60
    )

let private chart =
    Chart.Losses(
        "Fine-tuning",
        "epoch",
        [| 1.0 .. 6.0 |],
        [| 1.0; 0.7; nan; 0.5; 0.4; 0.35 |],
        [| 1.1; nan; nan; 0.8; nan; 0.6 |],
        "run 1, seed 1"
    )

/// Colours of a PNG, with how many pixels have each.
let private colours (path: string) =
    use bitmap = SKBitmap.Decode path

    Seq.countBy (fun (c: SKColor) -> c.Red, c.Green, c.Blue) bitmap.Pixels
    |> Map.ofSeq
    |> fun found -> bitmap.Width, bitmap.Height, found

let private count (colour: string) found =
    let c = SKColor.Parse colour

    Map.tryFind (c.Red, c.Green, c.Blue) found |> Option.defaultValue 0

let private svgText (path: string) =
    use document = System.Xml.XmlReader.Create(new StringReader(File.ReadAllText path))

    while document.Read() do
        ()

    File.ReadAllText path

[<Tests>]
let tests =
    testList "Studies.Pictures" [
        testCase "a sheet becomes a PNG of the asked size that shows both outlines"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path = Path.Combine(folder, "sheet.png")
                sheet.Write path
                let width, height, found = colours path
                Expect.isTrue (width > 2 * 90 && height > 2 * 60) $"{width}×{height}"
                Expect.isGreaterThan (count "#F0E442" found) 60 "truth and its legend"
                Expect.isGreaterThan (count "#56B4E9" found) 60 "prediction and its legend"

                let twice =
                    SliceSheet(Rows = sheet.Rows, CellWidth = 90, CellHeight = 60, Scale = 2.0)

                twice.Write path
                let width2, _, _ = colours path
                Expect.equal (width2 % 2) 0 "scaled")

        testCase "sheets and charts become well-formed SVG in the embedded font"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path = Path.Combine(folder, "picture.svg")
                sheet.Write path
                Expect.stringContains (svgText path) "DejaVu Sans" "sheet font"
                chart.Write path
                let text = svgText path
                Expect.stringContains text "DejaVu Sans" "chart font"
                Expect.isFalse (text.Contains "Noto" || text.Contains "Open Sans") "no other font is asked for")

        testCase "a chart draws each line in its colour, on a log axis too"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path = Path.Combine(folder, "loss.png")

                for logarithmic in [ false; true ] do
                    let chart =
                        Chart(
                            Series = chart.Series,
                            XTitle = "epoch",
                            YTitle = "loss",
                            Provenance = "run 1",
                            LogarithmicY = logarithmic,
                            Scale = 1.0
                        )

                    chart.Write path
                    let width, height, found = colours path
                    Expect.equal (width, height) (720, 440) "size"
                    Expect.isGreaterThan (count "#0072B2" found) 100 "training"
                    Expect.isGreaterThan (count "#D55E00" found) 100 "validation"
                    Expect.isGreaterThan (count "#FFFFFF" found) (720 * 440 / 2) "white ground")

        testCase "the same picture is the same bytes"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let write (name: string) =
                    let path = Path.Combine(folder, name)
                    sheet.Write path
                    File.ReadAllBytes path

                Expect.equal (write "a.png") (write "b.png") "bytes")

        testCase "SVG is the same text twice, and its ids are not those of another picture"
        <| fun () ->
            let ids (svg: string) =
                System.Text.RegularExpressions.Regex.Matches(svg, "\\sid=\"(\\w[^\"]*)\"")
                |> Seq.map _.Groups[1].Value
                |> set

            let svg = sheet.ToSvg()
            Expect.equal (sheet.ToSvg()) svg "text"
            Expect.isNonEmpty (ids svg) "ids"
            Expect.isEmpty (Set.intersect (ids svg) (ids (chart.ToSvg()))) "shared ids"

            for reference in System.Text.RegularExpressions.Regex.Matches(svg, "(?:url\\(|href=\")#([^\")]*)") do
                Expect.isTrue ((ids svg).Contains reference.Groups[1].Value) reference.Value

        testCase "a grid draws each picture in its place"
        <| fun () ->
            let grid =
                PictureGrid(
                    Rows = [| [| chart; chart |]; [| sheet |] |],
                    Title = "both",
                    Provenance = "a test",
                    Scale = 1.0
                )

            use bitmap = SKBitmap.Decode(grid.ToPng())
            Expect.equal bitmap.Width (2 * 720 + 8) "width"

            let blue left =
                Seq.sum [
                    for x in left .. left + 719 do
                        for y in 0..439 do
                            let c = bitmap.GetPixel(x, y)

                            if (c.Red, c.Green, c.Blue) = (0uy, 0x72uy, 0xB2uy) then
                                1
                            else
                                0
                ]

            Expect.equal (blue 0) (blue 728) "the same chart twice"
            Expect.isGreaterThan (blue 0) 100 "drawn"
            Expect.throwsT<ArgumentException> (fun () -> PictureGrid(Rows = [||]).ToSvg() |> ignore) "empty"

        testCase "points, bars, bands and a colour scale are drawn"
        <| fun () ->
            let draw (series: ChartSeries) =
                let chart =
                    Chart(Series = [| series |], XTitle = "x", YTitle = "y", ScaleTitle = "value", Scale = 1.0)

                use bitmap = SKBitmap.Decode(chart.ToPng())
                bitmap.Pixels |> Seq.countBy (fun c -> c.Red, c.Green, c.Blue) |> Map.ofSeq

            let x, y = [| 1.0; 2.0; 3.0 |], [| 1.0; 3.0; 2.0 |]

            Expect.isGreaterThan
                (count "#0072B2" (draw (ChartSeries("a", x, y, Style = SeriesStyle.Points, MarkerSize = 12.0))))
                100
                "points"

            let scaled =
                draw (ChartSeries("a", x, y, Style = SeriesStyle.Points, MarkerSize = 12.0, Values = y))

            Expect.equal (count "#0072B2" scaled) 0 "no single colour"
            let low = ColourScale.AtStep 0

            Expect.isGreaterThan
                (Map.find (low.Red, low.Green, low.Blue) scaled)
                60
                "lowest value, in the points and the scale"

            let plain = draw (ChartSeries("a", x, y))
            let white found = count "#FFFFFF" found

            Expect.isLessThan
                (white (draw (ChartSeries("a", x, y, Style = SeriesStyle.Bars))))
                (white plain - 10_000)
                "bars"

            let band =
                ChartSeries("a", x, y, Low = [| 0.0; 2.0; 1.0 |], High = [| 2.0; 4.0; 3.0 |])

            Expect.isLessThan (white (draw band)) (white plain - 10_000) "band"

            Expect.throwsT<ArgumentException>
                (fun () -> ChartSeries("a", x, y, Values = [| 1.0 |]) |> draw |> ignore)
                "uneven"

        testCase "what cannot be drawn is refused and leaves no file"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let refused action =
                    Expect.throwsT<ArgumentException> action "refused"

                refused (fun () -> sheet.Write(Path.Combine(folder, "sheet.jpg")))
                refused (fun () -> SliceSheet(Rows = [||]).Write(Path.Combine(folder, "empty.png")))

                refused (fun () ->
                    Chart(Series = [| ChartSeries("none", [| 1.0 |], [| nan |]) |], XTitle = "x", YTitle = "y")
                        .Write(Path.Combine(folder, "nan.png")))

                refused (fun () -> SheetCell(ramp 4 5, 4, 6) |> ignore)

                refused (fun () ->
                    SheetCell(ramp 4 5, 4, 5, Masks = [| MaskLayer.Truth(mask 3 5 (fun _ _ -> true)) |])
                    |> ignore)

                refused (fun () -> ChartSeries("uneven", [| 1.0; 2.0 |], [| 1.0 |]) |> ignore)
                Expect.isEmpty (Directory.EnumerateFiles folder) "no file")

        testCase "an outline runs half-way between inside and outside pixels"
        <| fun () ->
            let bounds inside =
                use path = MaskOutline.Trace((mask 8 9 inside).Span, 8, 9)
                let b = path.TightBounds
                (b.Left, b.Top, b.Right, b.Bottom), path.PointCount

            Expect.equal (fst (bounds (fun x y -> x = 3 && y = 2))) (3f, 2f, 4f, 3f) "one pixel: a diamond around it"

            Expect.equal (fst (bounds (fun _ _ -> true))) (0f, 0f, 9f, 8f) "a full slice is outlined along the border"

            Expect.equal (snd (bounds (fun _ _ -> false))) 0 "an empty mask has none"

            use ring =
                MaskOutline.Trace(
                    (mask 8 9 (fun x y -> x > 0 && x < 8 && y > 0 && y < 7 && (x, y) <> (4, 4))).Span,
                    8,
                    9
                )

            Expect.isFalse (ring.Contains(4.5f, 4.5f)) "a hole stays open"
            Expect.isTrue (ring.Contains(2.5f, 2.5f)) "the rest is inside"
    ]
