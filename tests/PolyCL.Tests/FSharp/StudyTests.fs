module PolyCL.Tests.FSharp.StudyTests

open System
open System.IO
open System.Threading
open Expecto
open PolyCL
open PolyCL.Studies
open PolyCL.Training
open PolyCL.Tests

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
    ]
