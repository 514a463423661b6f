module PolyCL.Tests.Studies.StudyTableTests

open System
open Expecto
open PolyCL.Core
open PolyCL.Studies
open PolyCL.Tests.Studies

[<Tests>]
let tests =
    testList "Studies.StudyTable" [
        testCase "a table survives JSON"
        <| fun () ->
            let text = SettingsJson.ToText StudyTables.small.Value
            let read = SettingsJson.Read<StudyTable>(text, "table.json")
            Expect.equal (SettingsJson.ToText read) text "same text"

            let dice (table: StudyTable) =
                table.Rows[3].Runs[1].Scans[9].Scores.Volume.Dice

            Expect.equal (dice read) (dice StudyTables.small.Value) "a scan's Dice"

        testCase "a row is labelled as on the command line"
        <| fun () ->
            let label backbone model (percent: float option) =
                StudyTableRow(Backbone = backbone, Model = model, LabelPercent = Option.toNullable percent).Label

            Expect.equal (label "none" "U-Net" None) "U-Net" "from scratch"
            Expect.equal (label "U-Net" "PolyCL-M" None) "U-Net, PolyCL-M" "pre-trained"
            Expect.equal (label "" "PolyCL-M + SAM" (Some 5.0)) "PolyCL-M + SAM, 5 %" "labels seen"

        testCase "metrics are chosen by family and by name"
        <| fun () ->
            let names (text: string) =
                StudyMetric.Of text |> Seq.map _.Name |> Seq.toList

            Expect.equal
                (names "paper_code,volume.dice")
                [ "paper_code.dice"; "paper_code.hausdorff_px"; "volume.dice" ]
                "both"

            Expect.equal (names "volume").Length 5 "family"
            Expect.equal (names "slice,slice.dice").Length 4 "named twice, once in the list"
            Expect.throwsT<ArgumentException> (fun () -> names "dice" |> ignore) "unknown"

        testCase "metrics are named as in the evaluation's table, and read the same numbers"
        <| fun () ->
            let scores = StudyTables.scores 0.75 (Some 3.0)

            let expected =
                EvaluationTable.Rows scores
                |> Seq.map (fun row -> row.Name, row.Mean)
                |> Seq.toList

            Expect.equal [ for metric in StudyMetric.All -> metric.Name, metric.Of scores ] expected "rows"
    ]
