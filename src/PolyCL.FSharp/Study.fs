namespace PolyCL

open System
open PolyCL.Data
open PolyCL.Studies
open PolyCL.Studies.Claims
open PolyCL.Studies.Exports
open PolyCL.Studies.Reports
open PolyCL // again, for the names that PolyCL.Data has too

/// <summary>The paper's Tables 1–7 as studies: what is missing is run, what is there is used. Trainings are shared by all tables that need them.</summary>
[<RequireQualifiedAccess>]
module Study =
    /// <summary>What a study computes; a profile says how large.</summary>
    [<ReferenceEquality>]
    type Settings = {
        /// <summary>Number of the paper's table, 1 to 7.</summary>
        Table: int
        /// <summary>Rows as the paper names them, such as "U-Net, PolyCL-M" or "PolyCL-M + SAM, 5 %", without the share of labels all shares; all rows when empty.</summary>
        Rows: string list
        /// <summary>Runs per row with consecutive seeds, or None for the profile's number (paper: 5).</summary>
        Repeats: int option
        /// <summary>Seed of the first repeat.</summary>
        Seed: int64
        /// <summary>In Tables 1–3 the share of the training scans whose labels are used, or None for the profile's: all in the paper profile, else a tenth.</summary>
        LabelFraction: float option
        /// <summary>The training data, also those of Table 1's test, or None for the profile's phantom.</summary>
        Training: Dataset option
        /// <summary>The data that Table 2 or 3 tests on, or None for a phantom of another site.</summary>
        Test: Dataset option
        /// <summary>torchvision's ResNet-18 weights for the row PT ResU-Net, or None: then that row says that it needs them.</summary>
        ImageNetWeights: string option
        /// <summary>Network of Tables 4–7, which name none.</summary>
        Backbone: Backbone
        /// <summary>SAM's weight file of Tables 4 and 5, SAM 2's of 6 and 7, or None for the small network of this project; the paper profile needs a file.</summary>
        SamWeights: string option
        /// <summary>Runs although training and test data share scans; the title then says so.</summary>
        AllowSharedScans: bool
        /// <summary>Where results are kept and what computes.</summary>
        Workspace: Workspace
    }

    /// <summary>A table of the paper, all its rows, on the profile's phantoms.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A study cannot fill this table.</exception>
    /// <example><code>
    /// let table () = Study.table 1 |> Study.run Profile.quick |> Table.withPaper
    /// </code></example>
    let table (number: int) = {
        Table = (StudyProtocol.Of number).Table
        Rows = []
        Repeats = None
        Seed = 1L
        LabelFraction = None
        Training = None
        Test = None
        ImageNetWeights = None
        Backbone = UNet
        SamWeights = None
        AllowSharedScans = false
        Workspace = Workspace.local
    }

    /// <summary>Only some rows, as the paper names them.</summary>
    /// <example><code>
    /// let two = Study.table 1 |> Study.rows [ "U-Net"; "U-Net, PolyCL-M" ]
    /// </code></example>
    let rows (labels: string list) (study: Settings) = { study with Rows = labels }

    /// <summary>A number of runs per row, with consecutive seeds.</summary>
    /// <example><code>
    /// let five = Study.table 1 |> Study.repeats 5
    /// </code></example>
    let repeats (count: int) (study: Settings) = { study with Repeats = Some count }

    /// <summary>Results and device of a workspace.</summary>
    /// <example><code>
    /// let gpu = Study.table 1 |> Study.on { Workspace.local with Device = "cuda:0" }
    /// </code></example>
    let on (workspace: Workspace) (study: Settings) = { study with Workspace = workspace }

    /// <summary>Trains on real data; Tables 2 and 3 then need <c>Study.testedOn</c>.</summary>
    /// <example><code>
    /// let lits = Study.table 1 |> Study.trainedOn (Dataset.lits "/data/LiTS")
    /// </code></example>
    let trainedOn (data: Dataset) (study: Settings) = { study with Training = Some data }

    /// <summary>Tests Table 2 or 3 on these data.</summary>
    /// <example><code>
    /// let study =
    ///     Study.table 2
    ///     |> Study.trainedOn (Dataset.lits "/data/LiTS")
    ///     |> Study.testedOn (Dataset.totalSegmentator "/data/TotalSegmentator")
    /// </code></example>
    let testedOn (data: Dataset) (study: Settings) = { study with Test = Some data }

    /// <summary>Takes Meta's weights for the rows with SAM (Tables 4 and 5) or SAM 2 (6 and 7).</summary>
    /// <example><code>
    /// let study = Study.table 4 |> Study.withSam "sam_vit_b_01ec64.pth"
    /// </code></example>
    let withSam (weights: string) (study: Settings) = { study with SamWeights = Some weights }

    let private found (study: Settings) (data: Dataset) =
        data.With(data.Profile, data.Preparation, study.Workspace).Found

    let private toLib (settings: Profile.Settings) (study: Settings) =
        let profile = settings.Pretrain.Profile
        let standard = StudyOptions.Of profile
        let split = settings.Split

        StudyOptions(
            Tables = [| study.Table |],
            Profile = profile,
            Rows = Array.ofList study.Rows,
            Repeats = defaultArg study.Repeats standard.Repeats,
            Seed = study.Seed,
            Training = Option.toObj (study.Training |> Option.map (found study)),
            Tests =
                readOnlyDict [
                    for data in Option.toList study.Test ->
                        (StudyProtocol.Of study.Table).PaperDataset, found study data
                ],
            Phantom = Phantom.toLib settings.Phantom,
            Split =
                Func<_, _>(fun ids ->
                    match study.Training with
                    | None -> ScanSplit.BySeed(ids, split.Train, split.Validation, split.Test, split.Seed)
                    | Some _ -> ScanSplit.Paper(ids, split.Seed)),
            Prepare = Dataset.toLib settings.Dataset,
            Pretrain = Pretrain.toLib settings.Pretrain,
            FineTune =
                FineTune.toLib {
                    settings.FineTune with
                        LabelFraction = defaultArg study.LabelFraction standard.FineTune.LabelFraction
                },
            ImageNetWeights =
                (match study.Backbone with
                 | PtResUNet file -> file
                 | _ -> Option.toObj study.ImageNetWeights),
            Backbone = Pretrain.kindOf study.Backbone,
            Sam =
                (if study.Table <= 5 then
                     StudySamOptions(Weights = Option.toObj study.SamWeights)
                 else
                     StudySamOptions(Weights2 = Option.toObj study.SamWeights)),
            AllowSharedScans = study.AllowSharedScans
        )

    let private using (settings: Profile.Settings) (study: Settings) (body: PolyCL.Studies.Study -> 'a) =
        use opened =
            PolyCL.Studies.Study.Open(
                toLib settings study,
                Workspace.compute study.Workspace,
                study.Workspace.Results,
                Progress.sink (),
                Workspace.token ()
            )

        body opened

    /// <summary>Runs what is missing in a profile's size and gives the table. Stopped, it goes on where it was; other processes on the same folder share
    /// the work. A row that cannot run or failed says why.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">Data are missing, or test and training data share scans.</exception>
    /// <exception cref="T:System.OperationCanceledException">The cell was stopped; the state is saved.</exception>
    /// <example><code>
    /// let rows () = (Study.table 1 |> Study.run Profile.smoke).Rows
    /// </code></example>
    let run (settings: Profile.Settings) (study: Settings) : StudyTable =
        using settings study (fun opened ->
            StudyRunner.Run(opened, Progress.sink (), Workspace.token ()) |> ignore
            opened.Table study.Table)

    /// <summary>The table as far as stored runs fill it; trains nothing.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">Data are missing, or test and training data share scans.</exception>
    /// <example><code>
    /// let sofar () = Study.table 1 |> Study.show Profile.quick |> Table.withPaper
    /// </code></example>
    let show (settings: Profile.Settings) (study: Settings) : StudyTable =
        using settings study (fun opened -> opened.Table study.Table)

    /// <summary>The masks of a row of Tables 4–7 in some test scans, in all when none is named; made again from the finished run.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such row or scan, or the row has no finished run.</exception>
    /// <example><code>
    /// let figure () =
    ///     Study.table 4
    ///     |> Study.masks Profile.quick "PolyCL-M + SAM, 5 %" [ "volume-3" ]
    ///     |> List.head
    ///     |> Figure.refinedRow 4
    /// </code></example>
    let masks (settings: Profile.Settings) (row: string) (scans: string list) (study: Settings) : StudyMasks list =
        using settings study (fun opened ->
            opened.Masks(study.Table, row, List.toArray scans, Workspace.token ())
            |> List.ofSeq)

    /// <summary>What is there, what is missing, and how many hours that takes one process, by steps of finished runs or measured now.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">Data are missing, or test and training data share scans.</exception>
    /// <example><code>
    /// let hours () = (Study.table 1 |> Study.plan Profile.quick).Hours
    /// </code></example>
    let plan (settings: Profile.Settings) (study: Settings) : StudyPlan =
        using settings study (fun opened ->
            StudyPlan.Of(opened, StudyPlanOptions(), Progress.sink (), Workspace.token ()))

    /// <summary>What the paper's printed numbers, and these runs, say of its claims.</summary>
    /// <example><code>
    /// let claims table = table |> Study.claims |> Table.claims
    /// </code></example>
    let claims (table: StudyTable) = ClaimReport.Of(table.Number, table)

    /// <summary>Writes tables, comparisons, figures and claims as a page: .html, one file, or .md with its figures beside it.</summary>
    /// <exception cref="T:System.ArgumentException">There is no table, or the name ends in neither.</exception>
    /// <exception cref="T:System.IO.IOException">A file cannot be written.</exception>
    /// <example><code>
    /// let keep table = [ table ] |> Study.report "results/report.html"
    /// </code></example>
    let report (path: string) (tables: StudyTable list) =
        StudyReport(Tables = List.toArray tables).Write path

    /// <summary>Writes tables in the format of the file's name: .md, .csv, .tex or .json; the two metrics that the paper prints, JSON all of them.</summary>
    /// <exception cref="T:System.ArgumentException">The name ends in none of these.</exception>
    /// <exception cref="T:System.IO.IOException">The file cannot be written.</exception>
    /// <example><code>
    /// let keep table = [ table ] |> Study.export "results/table.tex"
    /// </code></example>
    let export (path: string) (tables: StudyTable list) =
        StudyExport.Write(List.toArray tables, path)
