module PolyCL.Tests.FSharp.StudyTests

open System
open System.IO
open System.Threading
open Expecto
open PolyCL
open PolyCL.Studies
open PolyCL.Training
open PolyCL.Tests
open PolyCL.Tests.Studies

[<Tests>]
let tests =
    testSequenced
    <| testList "FSharp.Study" [
        testCase "a study in one line gives paper and ours; the library finds the same runs finished"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let workspace = {
                    Workspace.local with
                        Results = Path.Combine(folder, "results")
                        Threads = 1
                }

                let found = SmallData.dataset (Path.Combine(folder, "data")) 8
                Progress.show (fun () -> Progress.silent)

                let table =
                    Study.table 1
                    |> Study.rows [ "U-Net, PolyCL-S" ]
                    |> Study.on workspace
                    |> Study.trainedOn (Dataset.lits (Path.Combine(folder, "data")))
                    |> Study.run Profile.smoke
                    |> Table.withPaper

                let cell (column: string) =
                    table.Table.GetColumn<float>(column).Get "U-Net, PolyCL-S"

                Expect.equal (cell "paper: Dice (paper's code)") 0.894 "the paper's"
                let ours = cell "here: Dice (paper's code)"
                Expect.isTrue (Double.IsFinite ours) "ours"
                Expect.floatClose Accuracy.high (cell "difference: Dice (paper's code)") (ours - 0.894) "difference"
                Expect.stringContains table.Caption "no reproduction" "what it stands for"

                let standard = StudyOptions.Of PolyCL.Studies.Profile.Smoke

                let options =
                    StudyOptions(
                        Profile = standard.Profile,
                        Rows = [| "U-Net, PolyCL-S" |],
                        Repeats = 1,
                        Training = found,
                        Phantom = standard.Phantom,
                        Prepare = standard.Prepare,
                        Pretrain = standard.Pretrain,
                        FineTune = standard.FineTune
                    )

                use same =
                    PolyCL.Studies.Study.Open(
                        options,
                        ComputeOptions(Threads = 1),
                        workspace.Results,
                        null,
                        CancellationToken.None
                    )

                let outcome = StudyRunner.Run(same, null, CancellationToken.None)
                Expect.equal (outcome.FinishedBefore, outcome.Done) (3, 0) "one identity on both sides")

        testCase "comparisons and claims of a table are frames, its figures pictures, named by the metric"
        <| fun () ->
            let table = StudyTables.small.Value
            let comparisons = table |> Table.comparisons "volume.dice"

            let value (column: string) =
                comparisons.GetColumn<float>(column).Get "U-Net, PolyCL-M − U-Net"

            Expect.floatClose Accuracy.high (value "mean difference") 0.1 "0.80 − 0.70"
            Expect.floatClose Accuracy.high (value "p, Holm") (6.0 / 1024.0) "corrected"
            let claims = table |> Study.claims |> Table.claims
            Expect.equal claims.RowCount 56 "claims of Table 1"

            let ours =
                claims.GetColumn<string>("ours").Values
                |> Seq.countBy (fun text -> text.StartsWith "holds")
                |> dict
            // PolyCL-M against SimCLR and from scratch, in both metrics; the best of the printed table are ResU-Nets.
            Expect.equal ours[true] 4 "hold"

            for figure in
                [
                    table |> Figure.rows "paper_code.dice"
                    table |> Figure.differences "volume.dice"
                    table |> Figure.metrics "volume.dice" "volume.hd95_mm"
                ] do
                Expect.stringContains figure.Provenance "phantom CT, no reproduction" "provenance"
                Expect.stringContains (Figure.svg figure) "<svg" "drawn"

            Expect.throwsT<ArgumentException> (fun () -> table |> Figure.rows "dice" |> ignore) "no such metric"

        testCase "tables are written by the file's name, a report too"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let file name = Path.Combine(folder, name)

                for name, start in
                    [
                        "t.md", "**Table 1"
                        "t.csv", "table,profile"
                        "t.tex", "% needs"
                        "t.json", "{"
                    ] do
                    [ StudyTables.small.Value ] |> Study.export (file name)
                    Expect.stringStarts (File.ReadAllText(file name)) start name

                [ StudyTables.small.Value ] |> Study.report (file "report.html")
                Expect.stringStarts (File.ReadAllText(file "report.html")) "<!DOCTYPE html>" "page"

                Expect.throwsT<ArgumentException>
                    (fun () -> [ StudyTables.small.Value ] |> Study.export (file "t.xls"))
                    "another kind")
    ]
