module PolyCL.Tests.Studies.Statistics.RowComparisonTests

open System
open Expecto
open PolyCL.Studies
open PolyCL.Studies.Statistics
open PolyCL.Tests.Studies.StudyTables

let private compare first second metric =
    match RowComparison.Of(first, second, metric) with
    | null -> failtest "nothing to compare"
    | comparison -> comparison

let private one name values =
    row 1 "U-Net" name [ run 1L [ for scan, dice in values -> scan, dice, None ] ]

[<Tests>]
let tests =
    testList "Studies.Statistics.RowComparison" [
        testCase "seeds are averaged per scan before pairing, by name whatever the order"
        <| fun () ->
            let first =
                row 1 "U-Net" "PolyCL-M" [
                    run 1L [ "a", 0.50, None; "b", 0.80, None ]
                    run 2L [ "b", 0.60, None; "a", 0.70, None ]
                ]

            let second = one "SimCLR" [ "b", 0.60; "a", 0.25 ]
            let comparison = compare first second StudyMetric.VolumeDice
            // a: 0.6 − 0.25; b: 0.7 − 0.6.
            Expect.floatClose Accuracy.veryHigh comparison.Paired.MeanDifference 0.225 "mean"
            Expect.equal (comparison.Paired.N, comparison.LeftOut, comparison.Seeds) (2, 0, 1) "counts"
            Expect.floatClose Accuracy.high comparison.CohenDz.Value (0.225 / (0.25 / sqrt 2.0)) "dz"

        testCase "a scan that lacks the score in one run is left out and counted"
        <| fun () ->
            let first =
                row 1 "U-Net" "PolyCL-M" [
                    run 1L [ "a", 0.5, Some 4.0; "b", 0.5, Some 5.0; "c", 0.5, Some 6.0 ]
                    run 2L [ "a", 0.5, Some 4.0; "b", 0.0, None; "c", 0.5, Some 8.0 ]
                ]

            let second =
                row 1 "U-Net" "SimCLR" [ run 1L [ "a", 0.5, Some 5.0; "b", 0.5, Some 5.0; "c", 0.5, Some 9.0 ] ]

            let comparison = compare first second StudyMetric.PaperHausdorff
            Expect.equal (comparison.Paired.N, comparison.LeftOut) (2, 1) "b is out"
            Expect.floatClose Accuracy.veryHigh comparison.Paired.MeanDifference -1.5 "a −1, c −2"
            Expect.isTrue comparison.FirstIsBetter "less is better"

        testCase "up to 25 pairs the p-value is the signed-rank test's, beyond the sign-flip test's"
        <| fun () ->
            let arms n =
                one "PolyCL-M" [ for i in 1..n -> $"s{i}", 0.5 + 0.001 * float (i % 7) ],
                one "SimCLR" [ for i in 1..n -> $"s{i}", 0.5 + 0.001 * float (i * 5 % 11 - 4) ]

            let first, second = arms 25
            let few = compare first second StudyMetric.VolumeDice
            Expect.equal (few.PValue, few.Test) (few.SignedRank.PValue, "signed-rank, exact") "25"
            let first, second = arms 26
            let many = compare first second StudyMetric.VolumeDice
            Expect.equal (many.PValue, many.Test) (many.Paired.PValue, "sign-flip") "26"

        testCase "a row without runs has nothing to compare"
        <| fun () ->
            Expect.isNull
                (RowComparison.Of(row 1 "U-Net" "SupCon" [], one "SimCLR" [ "a", 0.5 ], StudyMetric.VolumeDice))
                "null"

        testCase "a table's comparisons are those with its rivals, corrected together"
        <| fun () ->
            let comparisons = TableComparisons.Of(small.Value, StudyMetric.VolumeDice)

            Expect.equal
                [ for c in comparisons -> c.First, c.Second ]
                [
                    "U-Net, SimCLR", "U-Net"
                    "U-Net, PolyCL-M", "U-Net"
                    "U-Net, PolyCL-M", "U-Net, SimCLR"
                ]
                "SupCon has no runs"

            for comparison in comparisons do
                // Ten scans all in one direction: p = 2 / 2¹⁰, three times over.
                Expect.floatClose Accuracy.high comparison.PValue (2.0 / 1024.0) "p"
                Expect.floatClose Accuracy.high comparison.Adjusted (6.0 / 1024.0) "corrected"

        testCase
            "with SAM a row is measured by the same row without, and PolyCL-M by PolyCL-S and PolyCL-O at equal labels"
        <| fun () ->
            let arm (model: string) percent =
                StudyTableRow(Backbone = "", Model = model, LabelPercent = Nullable percent, Runs = [| steady 0.5 1L |])

            let rows = [
                for model in [ "PolyCL-S"; "PolyCL-M"; "PolyCL-S + SAM"; "PolyCL-M + SAM" ] do
                    for percent in [ 5.0; 10.0 ] -> arm model percent
            ]

            let comparisons = TableComparisons.Of(table 4 rows, StudyMetric.VolumeDice)

            Expect.equal
                [
                    for c in comparisons do
                        if c.First.EndsWith "10 %" then
                            c.First, c.Second
                ]
                [
                    "PolyCL-M, 10 %", "PolyCL-S, 10 %"
                    "PolyCL-S + SAM, 10 %", "PolyCL-S, 10 %"
                    "PolyCL-M + SAM, 10 %", "PolyCL-M, 10 %"
                    "PolyCL-M + SAM, 10 %", "PolyCL-S + SAM, 10 %"
                ]
                "pairs"
    ]
