module PolyCL.Tests.Studies.PaperTablesTests

open System
open Expecto
open PolyCL.Studies

[<Tests>]
let tests =
    testList "Studies.PaperTables" [
        testCase "the seven tables have their cells, each once"
        <| fun () ->
            Expect.equal [ for table in 1..7 -> (PaperTables.Of table).Count ] [ 40; 40; 40; 30; 30; 30; 30 ] "cells"

            let keys =
                PaperTables.All
                |> Seq.map (fun s -> s.Table, s.Backbone, s.Model, s.LabelPercent, s.Metric)
                |> Seq.toArray

            Expect.equal (Array.distinct keys).Length keys.Length "distinct"

            for score in PaperTables.All do
                Expect.isGreaterThan score.Sd 0.0 $"{score}"

                if score.Metric = "Dice" then
                    Expect.isTrue (score.Mean > 0.3 && score.Mean < 1.0) $"{score}"

        testCase "PolyCL-M on a U-Net has 0.895 ± 0.003 in Table 1"
        <| fun () ->
            let score =
                PaperTables.Of 1
                |> Seq.find (fun s -> s.Backbone = "U-Net" && s.Model = "PolyCL-M" && s.Metric = "Dice")

            Expect.equal (score.Mean, score.Sd, score.Dataset) (0.895, 0.003, "LiTS") "as printed"

        testCase "another table is refused"
        <| fun () -> Expect.throwsT<ArgumentOutOfRangeException> (fun () -> PaperTables.Of 8 |> ignore) "8"
    ]
