/// Tables 4–7: shares of labels, without and with SAM and SAM 2.
module PolyCL.Tests.Studies.SamStudyTests

open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Models
open PolyCL.Sam
open PolyCL.Studies
open PolyCL.Studies.Figures
open PolyCL.Training
open PolyCL.Tests
open PolyCL.Tests.Studies.StudyFixture

let private bySam = [| "PolyCL-M, 20 %"; "PolyCL-M + SAM, 20 %"; "SAM, boxes of the true masks" |]

let private bySam2 = [|
    "PolyCL-M, 20 %"
    "PolyCL-M + SAM 2, 20 %"
    "SAM 2, true mask of the middle slice"
    "SAM 2, true mask of every 5th slice"
|]

/// The small study with other tables and rows.
let private optionsOf (tables: int array) rows (sam: StudySamOptions) folder =
    let small = StudyFixture.options folder

    StudyOptions(
        Tables = tables,
        Profile = small.Profile,
        Rows = rows,
        Repeats = 1,
        Training = small.Training,
        Split = small.Split,
        Phantom = small.Phantom,
        Prepare = small.Prepare,
        Pretrain = small.Pretrain,
        FineTune = small.FineTune,
        Sam = sam
    )

let private labels (study: Study) = [ for job in study.Jobs -> job.Label ]

let private labelsOf (table: StudyTable) = [ for row in table.Rows -> row.Label ]

[<Tests>]
let tests =
    testSequenced
    <| testList "Studies.SamStudy" [
        testCase "Tables 4 to 7 have the paper's rows, each cell once, and upper bounds beneath"
        <| fun () ->
            for number, bounds in [ 4, 1; 5, 1; 6, 2; 7, 2 ] do
                let arms =
                    StudyArm.Of(StudyProtocol.Of number, BackboneKind.ResUNet, 5) |> Seq.toList

                let cells = PaperTables.Of number

                Expect.equal
                    [
                        for arm in arms do
                            if not arm.IsBound then
                                arm.Backbone, arm.Model, arm.LabelPercent
                    ]
                    [ for cell in cells -> cell.Backbone, cell.Model, cell.LabelPercent ]
                    $"rows of Table {number}"

                Expect.hasLength arms (30 + bounds) $"rows of Table {number}"
                Expect.hasLength (arms |> List.distinctBy _.Label) arms.Length "labels"
                Expect.all arms (fun arm -> arm.IsBound || (nonNull arm.Row).Backbone = BackboneKind.ResUNet) "network"
                let shares = StudyArm.Named(arms |> List.toArray, [| "polycl-o" |])

                Expect.equal
                    [ for arm in shares -> arm.LabelPercent.Value ]
                    [ 5.0; 10.0; 20.0; 30.0; 50.0 ]
                    "a name without share names all"

        testCase "Tables 1 and 4 to 7 share pre-training, fine-tuning and scores; every row is filled and says how"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let rows = Array.concat [ [| "U-Net, PolyCL-M" |]; bySam; bySam2 ] |> Array.distinct
                let results = Path.Combine(folder, "results")

                use study =
                    openStudy (optionsOf [| 1; 4; 5; 6; 7 |] rows (StudySamOptions()) folder) results

                Expect.equal
                    (labels study)
                    [
                        "pre-train U-Net, PolyCL-M, seed 1"
                        "fine-tune U-Net, PolyCL-M, seed 1"
                        "evaluate (Table 1) U-Net, PolyCL-M, seed 1"
                        "fine-tune U-Net, PolyCL-M, 20 % of labels, seed 1"
                        "evaluate (Table 4) PolyCL-M, 20 %, seed 1"
                        "refine PolyCL-M + SAM, 20 %, seed 1"
                        "refine SAM, boxes of the true masks, seed 1"
                        "propagate PolyCL-M + SAM 2, 20 %, seed 1"
                        "propagate SAM 2, true mask of the middle slice, seed 1"
                        "propagate SAM 2, true mask of every 5th slice, seed 1"
                    ]
                    "jobs"

                let outcome = run study
                Expect.equal (outcome.Jobs, outcome.Done, outcome.Failed.Count) (10, 10, 0) "outcome"

                for number, expected in [ 4, bySam; 5, bySam; 6, bySam2; 7, bySam2 ] do
                    let table = study.Table number
                    Expect.equal (labelsOf table) (List.ofArray expected) $"rows of Table {number}"

                    for row in table.Rows do
                        Expect.isNull row.Missing row.Label
                        Expect.hasLength row.Runs[0].Scans 2 "test scans"
                        Expect.equal row.UpperBound (not (row.Model.StartsWith "PolyCL")) "upper bound"

                    Expect.equal (isNull table.Rows[1].PaperDice) (number % 2 = 1) "the paper's Dice in 4 and 6"

                    Expect.equal
                        (isNull table.Rows[1].PaperHausdorff)
                        (number % 2 = 0)
                        "the paper's Hausdorff in 5 and 7"

                    Expect.exists table.Notes (fun note -> note.Contains TinyWeights.Label) "whose weights"
                    Expect.exists table.Notes (fun note -> note.Contains "an upper bound") "what the bound is"

                let table4, table6 = study.Table 4, study.Table 6
                Expect.equal table4.Rows[0].Runs[0].Run table6.Rows[0].Runs[0].Run "one fine-tuning"

                Expect.equal
                    (SettingsJson.ToText (study.Table 5).Rows[1].Runs)
                    (SettingsJson.ToText table4.Rows[1].Runs)
                    "Table 5 is Table 4's runs"

                let again = run study
                Expect.equal (again.FinishedBefore, again.Done) (10, 0) "nothing is left"

                use other =
                    openStudy (optionsOf [| 6 |] bySam2 (StudySamOptions(Range = SliceRange.StopRule)) folder) results

                Expect.equal
                    [ for job in other.Jobs -> job.State ]
                    [
                        StudyJobState.Finished
                        StudyJobState.Finished
                        StudyJobState.Finished
                        StudyJobState.Missing
                        StudyJobState.Missing
                        StudyJobState.Missing
                    ]
                    "another range is another result")

        testCase "the masks of a row are made again; their Dice is the stored one"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use study =
                    openStudy (optionsOf [| 4 |] bySam (StudySamOptions()) folder) (Path.Combine(folder, "results"))

                Expect.throwsC (fun () -> study.Masks(4, bySam[1]) |> ignore) (fun e ->
                    Expect.stringContains e.Message "no finished run" "not yet")

                run study |> ignore

                for row in (study.Table 4).Rows do
                    let masks = study.Masks(4, row.Label, [| row.Runs[0].Scans[0].Scan |])[0]

                    let same =
                        Array.fold2
                            (fun sum a b -> if a = 1uy && b = 1uy then sum + 1 else sum)
                            0
                            masks.Masks
                            masks.Truth

                    let sum = Seq.sumBy int masks.Masks + Seq.sumBy int masks.Truth

                    Expect.floatClose
                        Accuracy.high
                        (2.0 * float same / float sum)
                        row.Runs[0].Scans[0].Scores.Volume.Dice.Value
                        row.Label

                    Expect.equal (masks.Boxes.Count > 0) (row.Label.Contains "SAM") "boxes"
                    Expect.equal (masks.Coarse = masks.Truth) row.UpperBound "coarse masks"

                Expect.throwsC (fun () -> study.Masks(4, bySam[1], [| "nobody" |]) |> ignore) (fun e ->
                    Expect.stringContains e.Message "'nobody' is no test scan" "scan"))

        testCase "weights that are not there are named before anything is trained, unless no row needs them"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let results = Path.Combine(folder, "results")
                let absent = StudySamOptions(Weights = "nowhere.pth", Weights2 = "nowhere.pt")

                for table, row, file in [ 4, bySam[1], "sam_vit_b_01ec64.pth"; 6, bySam2[1], "sam2.1_hiera_tiny.pt" ] do
                    Expect.throwsC
                        (fun () -> (openStudy (optionsOf [| table |] [| row |] absent folder) results).Dispose())
                        (fun e ->
                            Expect.isTrue (e :? WeightMismatchException) "type"
                            Expect.stringContains e.Message $"does not exist; download {file}" "what to do")

                (openStudy (optionsOf [| 4 |] [| bySam[0] |] absent folder) results).Dispose())

        testCase "a row's masks are drawn where it has SAM or one given slice, and refused otherwise"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let rows = Array.append bySam bySam2 |> Array.distinct

                use study =
                    openStudy (optionsOf [| 4; 6 |] rows (StudySamOptions()) folder) (Path.Combine(folder, "results"))

                run study |> ignore
                let bound = study.Masks(4, "SAM, boxes of the true masks")[0]
                let middle = study.Masks(6, "SAM 2, true mask of the middle slice")
                Expect.equal (StudyMaskFigures.Refinement(bound, 3).Rows.Count) 3 "slices"
                Expect.isGreaterThan (StudyMaskFigures.Propagation(middle[0]).Rows[0].Count) 1 "strip"
                Expect.stringContains (StudyMaskFigures.Distances middle).Provenance TinyWeights.Label "whose weights"

                Expect.throwsT<System.ArgumentException>
                    (fun () -> StudyMaskFigures.Refinement(middle[0]) |> ignore)
                    "no boxes"

                Expect.throwsT<System.ArgumentException>
                    (fun () -> StudyMaskFigures.Propagation bound |> ignore)
                    "no reference slice")

        testCase "in the paper profile rows with SAM say that they need Meta's weights, the others run"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let small = StudyFixture.options folder

                let options =
                    StudyOptions(
                        Tables = [| 4; 6 |],
                        Profile = Profile.Paper,
                        Repeats = 1,
                        Training = small.Training,
                        Split = small.Split,
                        Phantom = small.Phantom,
                        Prepare = small.Prepare,
                        Pretrain = small.Pretrain,
                        FineTune = small.FineTune
                    )

                use study = openStudy options (Path.Combine(folder, "results"))
                Expect.hasLength study.RowsWithout 33 "rows with SAM, upper bounds too"
                Expect.stringContains study.RowsWithout["PolyCL-S + SAM, 5 %"] "--sam FILE" "SAM"
                Expect.stringContains study.RowsWithout["PolyCL-S + SAM 2, 5 %"] "--sam2 FILE" "SAM 2"

                Expect.hasLength
                    [
                        for job in study.Jobs do
                            if job.Kind = StudyJobKind.Evaluate then
                                job
                    ]
                    15
                    "rows without SAM")
    ]
