module PolyCL.Tests.Studies.Figures.StudyFiguresTests

open System
open Expecto
open PolyCL.Studies
open PolyCL.Studies.Figures
open PolyCL.Studies.Pictures
open PolyCL.Tests.Studies

let private small = StudyTables.small

let private named (name: string) (chart: Chart) =
    chart.Series |> Seq.find (fun series -> series.Name = name)

/// Every label stands in the drawing, and the line beneath says that phantoms are no reproduction.
let private drawn (wanted: string list) (chart: Chart) =
    let lines = chart.ToSvg().Split '\n' |> Array.map _.Trim()

    for text in wanted do
        Expect.contains lines text "a text of the drawing"

    Expect.stringContains chart.Provenance "phantom CT, no reproduction; profile smoke" "provenance"

let private withLabels =
    lazy
        StudyTables.table 4 [
            for model, dice in [ "PolyCL-S", 0.5; "PolyCL-M + SAM", 0.7 ] do
                for percent in [ 50.0; 5.0 ] ->
                    StudyTableRow(
                        Backbone = "",
                        Model = model,
                        LabelPercent = Nullable percent,
                        Runs = [| for seed in 1L .. 2L -> StudyTables.steady (dice + percent / 1000.0) seed |],
                        PaperDice = StudyTables.printed 4 "" model (Nullable percent) "Dice"
                    )
        ]

[<Tests>]
let tests =
    testList "Studies.Figures" [
        testCase "rows: dots at the runs and means, the paper's mean hollow, from top to bottom as in the table"
        <| fun () ->
            let chart = RowDots.Of(small.Value, StudyMetric.PaperDice)

            Expect.equal
                (Seq.toList chart.YCategories)
                [ "U-Net, PolyCL-M"; "U-Net, SimCLR"; "U-Net, SupCon (no runs)"; "U-Net" ]
                "from below"

            let paper, runs = named "paper" chart, named "a run" chart
            Expect.isTrue paper.Hollow "quoted"

            Expect.equal
                (Seq.zip paper.Y paper.X |> Seq.toList)
                [ 3.0, 0.897; 2.0, 0.885; 1.0, 0.892; 0.0, 0.895 ]
                "as printed"

            Expect.equal runs.X.Count 6 "two runs of three rows"
            let ours = named "ours, mean ± sd" chart
            Expect.equal (Seq.toList ours.Y) [ 3.0; 1.0; 0.0 ] "SupCon has none"
            Expect.floatClose Accuracy.high ours.X[2] 0.80975 "mean"
            drawn [ "U-Net, SupCon (no runs)"; "paper" ] chart

        testCase "differences: centre and interval of each comparison, filled where Holm's p is below 0.05"
        <| fun () ->
            let chart = DifferenceBars.Of(small.Value, StudyMetric.VolumeDice)
            Expect.equal chart.YCategories[0] "U-Net, PolyCL-M − U-Net, SimCLR" "last comparison at the bottom"
            let filled, hollow = named "Holm p < 0.05" chart, named "not significant" chart
            Expect.equal (filled.X.Count, hollow.X.Count) (3, 0) "6/1024 each"
            Expect.floatClose Accuracy.high filled.X[2] 0.08 "0.80 − 0.72"
            // 1 − 2 · P(W ≤ 8 | n = 10) = 0.951: no less than the 95 % asked for.
            Expect.equal chart.Title "Table 1: phantom in place of LiTS, 10 scans; intervals cover 95 %" "title"

            let three dice = [ StudyTables.run 1L [ for i in 1..3 -> $"s{i}", dice, None ] ]

            let few =
                StudyTables.table 1 [
                    StudyTables.row 1 "none" "U-Net" (three 0.5)
                    StudyTables.row 1 "U-Net" "PolyCL-M" (three 0.7)
                ]

            Expect.stringContains
                $"{DifferenceBars.Of(few, StudyMetric.VolumeDice).Title}"
                "3 scans; intervals cover 75 %"
                "three scans allow no more"

            drawn [ "U-Net, PolyCL-M − U-Net"; "Holm p &lt; 0.05" ] chart

        testCase "differences need two rows with runs"
        <| fun () ->
            let alone = StudyTables.table 1 [ small.Value.Rows[3] ]

            Expect.throwsT<ArgumentException>
                (fun () -> DifferenceBars.Of(alone, StudyMetric.VolumeDice) |> ignore)
                "one row"

        testCase "paired dots: a line per scan; the title has difference, interval and p"
        <| fun () ->
            let chart =
                PairedDots.Of(small.Value, StudyMetric.VolumeDice, small.Value.Rows[0], small.Value.Rows[3])

            let lines =
                chart.Series
                |> Seq.filter (fun s -> s.Style = SeriesStyle.Line && Seq.toList s.X = [ 0.0; 1.0 ])

            Expect.equal (Seq.length lines) 10 "scans"

            Expect.stringStarts
                $"{chart.Title}"
                "U-Net, PolyCL-M − U-Net: +0.100 (95 % +0.100 to +0.100), sign-flip p = 0.00"
                "title"

            drawn [ "U-Net"; "U-Net, PolyCL-M" ] chart

        testCase "label curves: means over runs with whiskers, arms with SAM dashed, the paper's means hollow"
        <| fun () ->
            let chart = LabelCurves.Of(withLabels.Value, StudyMetric.PaperDice)
            let sam = named "PolyCL-M + SAM" chart
            Expect.equal (Seq.toList sam.X) [ 5.0; 50.0 ] "ascending"
            // Scans add 0 to 0.018 and seeds 0.0005 and 0.001.
            Expect.floatClose Accuracy.high sam.Y[0] (0.705 + 0.009 + 0.00075) "mean over runs"
            let spread = nonNull sam.Spread
            Expect.floatClose Accuracy.high spread[0] (0.0005 / sqrt 2.0) "standard deviation over runs"
            Expect.equal (sam.Dashed, sam.Diamonds) (true, true) "with SAM"
            Expect.isFalse (named "PolyCL-S" chart).Dashed "without"

            Expect.equal
                chart.Title
                "Table 4: phantom in place of LiTS; whiskers: sd over runs; hollow: paper"
                "what the marks are"

            Expect.stringStarts chart.Provenance "kept slices\nphantom CT, no reproduction; profile smoke" "caption"

            let hollow =
                chart.Series
                |> Seq.filter _.Hollow
                |> Seq.map (fun s -> Seq.zip s.X s.Y |> Seq.sort |> Seq.toList)

            Expect.equal (Seq.toList hollow) [ [ 5.0, 0.489; 50.0, 0.479 ]; [ 5.0, 0.682; 50.0, 0.825 ] ] "as printed"
            drawn [ "PolyCL-S"; "PolyCL-M + SAM" ] chart

        testCase "label curves of Table 4: with and without SAM in one colour; rows without runs show the paper alone"
        <| fun () ->
            let rows =
                PaperTables.Of 4
                |> Seq.map (fun cell ->
                    StudyTableRow(
                        Backbone = "",
                        Model = cell.Model,
                        LabelPercent = cell.LabelPercent,
                        PaperDice = cell
                    ))

            let chart =
                LabelCurves.Of(StudyTables.table 4 (List.ofSeq rows), StudyMetric.PaperDice)

            Expect.equal chart.Series.Count 6 "arms"
            Expect.all chart.Series _.Hollow "printed"

            for name in [ "PolyCL-S"; "PolyCL-O"; "PolyCL-M" ] do
                let plain, sam = named name chart, named $"{name} + SAM" chart
                Expect.equal plain.Colour sam.Colour name
                Expect.equal (plain.Diamonds, sam.Diamonds) (false, true) name

            Expect.equal (chart.Series |> Seq.distinctBy _.Colour |> Seq.length) 3 "colours"

        testCase "a table without label fractions has no label curves"
        <| fun () ->
            Expect.throwsT<ArgumentException>
                (fun () -> LabelCurves.Of(small.Value, StudyMetric.PaperDice) |> ignore)
                "Table 1"

        testCase "metric against metric: a dot per row, coloured by arm, named for a pointer"
        <| fun () ->
            let chart =
                MetricScatter.Of(small.Value, StudyMetric.PaperDice, StudyMetric.PaperHausdorff)

            let mixed = named "PolyCL-M" chart
            Expect.equal (Seq.toList (nonNull mixed.Labels)) [ "U-Net, PolyCL-M" ] "label"
            Expect.floatClose Accuracy.high mixed.X[0] 0.80975 "Dice"
            Expect.floatClose Accuracy.high mixed.Y[0] (20.0 * (1.0 - 0.80975)) "distance"
            let supCon = named "SupCon" chart
            Expect.isTrue supCon.Hollow "no runs: the paper's alone carries the name"
            Expect.equal (supCon.X[0], supCon.Y[0]) (0.885, 14.709) "as printed"
            drawn [ "from scratch"; "SupCon" ] chart
    ]
