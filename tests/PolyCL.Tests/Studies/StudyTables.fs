/// Small tables of a study with scores chosen by the tests.
module PolyCL.Tests.Studies.StudyTables

open System
open PolyCL.Metrics
open PolyCL.Studies

/// Scores of one scan or arm: every Dice the same, every distance the same; no distance makes it undefined.
let scores (dice: float) (distance: float option) =
    let distance = Option.toNullable distance
    let dice = Nullable dice
    let none = Nullable()
    let n = if distance.HasValue then 1 else 0

    ScoreSummary(
        Scans = 1,
        Volume =
            VolumeSummary(
                Dice = dice,
                HausdorffMm = distance,
                Hd95Mm = distance,
                AssdMm = distance,
                SurfaceDice2Mm = dice,
                N = n,
                LeftOut = 1 - n,
                Sd = VolumeSpread(none, none, none, none, none)
            ),
        Slice =
            SliceSummary(
                Dice = dice,
                DiceAll = dice,
                HausdorffPx = distance,
                Hd95Px = distance,
                N = n,
                LeftOut = 1 - n,
                Missed = 0,
                Spurious = 0,
                Sd = SliceSpread(none, none, none, none)
            ),
        PaperCode =
            PaperCodeSummary(
                Dice = dice,
                HausdorffPx = distance,
                N = n,
                LeftOut = 1 - n,
                Batch = 1,
                Sd = PaperCodeSpread(none, none)
            )
    )

/// A run whose scans have these scores; the arm's are their means.
let run (seed: int64) (scans: (string * float * float option) list) =
    let distances = scans |> List.choose (fun (_, _, distance) -> distance)

    StudyTableRun(
        seed,
        $"run-{seed}",
        scores
            (scans |> List.averageBy (fun (_, dice, _) -> dice))
            (if distances.IsEmpty then
                 None
             else
                 Some(List.average distances)),
        [|
            for scan, dice, distance in scans -> ScanRow(scan, 3, scores dice distance)
        |]
    )

let printed number (backbone: string) (model: string) (percent: Nullable<float>) metric =
    PaperTables.Of number
    |> Seq.tryFind (fun s -> (s.Backbone, s.Model, s.LabelPercent, s.Metric) = (backbone, model, percent, metric))
    |> Option.toObj

let row number backbone model (runs: StudyTableRun list) =
    StudyTableRow(
        Backbone = backbone,
        Model = model,
        Runs = List.toArray runs,
        Missing = (if runs.IsEmpty then "not run" else null),
        PaperDice = printed number backbone model (Nullable()) "Dice",
        PaperHausdorff = printed number backbone model (Nullable()) "Hausdorff"
    )

let table number (rows: StudyTableRow list) =
    StudyTable(
        Number = number,
        Title = $"Table {number}, made for a test",
        Profile = "smoke",
        PaperDataset = (PaperTables.Of number |> Seq.head).Dataset,
        DataLine = "phantom A, 0123456789ab",
        Definition = "kept slices",
        Rows = List.toArray rows,
        Notes = [| "10 slices | 5 with organ" |],
        Provenance = "2 runs",
        Phantom = true
    )

/// Ten scans whose Dice is `dice` plus a small amount that differs from scan to scan, and whose distance falls with it.
let steady (dice: float) seed =
    run seed [
        for i in 0..9 ->
            let value = dice + 0.002 * float i + 0.0005 * float seed
            $"scan-{i}", value, Some(20.0 * (1.0 - value))
    ]

/// A Table 1 with the U-Net rows: from scratch, SimCLR and PolyCL-M over two seeds, SupCon not run.
let small =
    lazy
        table 1 [
            row 1 "none" "U-Net" [ steady 0.70 1L; steady 0.70 2L ]
            row 1 "U-Net" "SupCon" []
            row 1 "U-Net" "SimCLR" [ steady 0.72 1L; steady 0.72 2L ]
            row 1 "U-Net" "PolyCL-M" [ steady 0.80 1L; steady 0.80 2L ]
        ]
