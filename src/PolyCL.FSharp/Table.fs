namespace PolyCL

open System
open System.Globalization
open System.IO
open System.Text
open Deedle
open PolyCL.Core
open PolyCL.Models
open PolyCL.Sampling
open PolyCL.Studies
open PolyCL.Studies.Claims
open PolyCL.Studies.Exports
open PolyCL.Studies.Statistics
open PolyCL.Training
open PolyCL // again, for the names that PolyCL.Models has too

/// <summary>A table with the sentence that says what its numbers stand for.</summary>
[<ReferenceEquality>]
type CaptionedTable = {
    /// <summary>What the numbers stand for.</summary>
    Caption: string
    /// <summary>The numbers.</summary>
    Table: Frame<string, string>
}

/// <summary>Results as Deedle frames, and frames as text.</summary>
[<RequireQualifiedAccess>]
module Table =
    /// <summary>A frame from row names and columns in order.</summary>
    let private frame (rows: string seq) (columns: (string * obj seq) list) : Frame<string, string> =
        let keys = Seq.toArray rows
        frame [ for name, values in columns -> name => Series(keys, Seq.toArray values) ]

    let private column name (values: 'a seq when 'a: not null) : string * obj seq =
        name, values |> Seq.map (fun value -> value :> obj)

    let private number (value: Nullable<float>) =
        if value.HasValue then value.Value else nan

    /// <summary>All means of an evaluation with spread and what they were taken over; the table of one arm.</summary>
    /// <example><code>
    /// let table model = model |> Evaluate.test |> Table.show
    /// </code></example>
    let show (evaluation: Evaluation) =
        let rows = EvaluationTable.Rows evaluation.Scores

        frame (rows |> Seq.map _.Name) [
            column "mean" (rows |> Seq.map (fun row -> number row.Mean))
            column "sd" (rows |> Seq.map (fun row -> number row.Sd))
            column "over" (rows |> Seq.map _.Note)
        ]

    /// <summary>One row per scan with its scores; NaN where a distance needs a mask that is empty.</summary>
    /// <example><code>
    /// let table evaluation = Table.perScan evaluation
    /// </code></example>
    let perScan (evaluation: Evaluation) =
        let volumes =
            evaluation.Scans |> Seq.map (fun row -> row.Scores.Volume) |> Seq.toArray

        frame (evaluation.Scans |> Seq.map _.Scan) [
            column "slices" (evaluation.Scans |> Seq.map _.Slices)
            column "Dice" (volumes |> Seq.map (fun v -> number v.Dice))
            column "Hausdorff (mm)" (volumes |> Seq.map (fun v -> number v.HausdorffMm))
            column "HD95 (mm)" (volumes |> Seq.map (fun v -> number v.Hd95Mm))
            column "ASSD (mm)" (volumes |> Seq.map (fun v -> number v.AssdMm))
            column "surface Dice at 2 mm" (volumes |> Seq.map (fun v -> number v.SurfaceDice2Mm))
        ]

    /// <summary>Several arms side by side, each against the first: mean, difference with 95 % interval and p over common scans.</summary>
    /// <exception cref="T:System.ArgumentException">An arm has no scan in common with the first.</exception>
    /// <example><code>
    /// let table a b = Table.arms Evaluate.Dice [ "PolyCL-M", a; "from scratch", b ]
    /// </code></example>
    let arms metric (named: (string * Evaluation) list) =
        let comparisons =
            named
            |> List.mapi (fun i (_, evaluation) ->
                if i = 0 then
                    None
                else
                    Some(Evaluate.compare metric (snd named[0]) evaluation))

        let of' (f: PairedComparison -> float) =
            comparisons |> List.map (Option.map f >> Option.defaultValue nan)

        let values =
            named |> List.map (fun (_, e) -> Evaluate.perScan metric e |> Array.map snd)

        frame (named |> List.map fst) [
            column
                (Evaluate.nameOf metric)
                (values |> List.map (fun v -> if v.Length = 0 then nan else Array.average v))
            column "scans" (values |> List.map Array.length)
            column "first − this" (of' _.MeanDifference)
            column "95 % low" (of' _.Low)
            column "95 % high" (of' _.High)
            column "p" (of' _.PValue)
        ]

    /// <summary>One row per scan of a data set.</summary>
    /// <example><code>
    /// let table data = Table.scans data
    /// </code></example>
    let scans (data: Dataset) =
        let scans = Dataset.scans data
        let third (_, _, z) = z

        frame (scans |> Seq.map _.Id) [
            column "slices" (scans |> Seq.map (fun scan -> third scan.Shape))
            column "kept" (scans |> Seq.map _.KeptSlices)
            column "kept with organ" (scans |> Seq.map _.KeptOrganSlices)
            column "slice distance (mm)" (scans |> Seq.map (fun scan -> third scan.SpacingMm))
            column "orientation" (scans |> Seq.map _.Orientation)
            column "organ (ml)" (scans |> Seq.map (fun scan -> Math.Round(scan.OrganMl, 1)))
        ]

    /// <summary>The parts of a split with their scans and slices.</summary>
    /// <example><code>
    /// let table split = Table.split split
    /// </code></example>
    let split (split: Split) =
        let scans =
            Dataset.scans split.Dataset |> Array.map (fun scan -> scan.Id, scan) |> dict

        let parts = [ "train", split.Train; "validation", split.Validation; "test", split.Test ]

        let sum f =
            parts |> List.map (fun (_, ids) -> ids |> Array.sumBy (fun id -> f scans[id]))

        frame (parts |> List.map fst) [
            column "scans" (parts |> List.map (fun (_, ids) -> ids.Length))
            column "slices" (sum _.KeptSlices)
            column "with organ" (sum _.KeptOrganSlices)
        ]

    /// <summary>What strategies find in the training scans, one row each.</summary>
    /// <example><code>
    /// let table split =
    ///     Table.strategies [ for s in [ Strategy.organ; Strategy.scan; Strategy.mixed ] -> split |> Strategy.summary s ]
    /// </code></example>
    let strategies (summaries: SelectionSummary list) =
        frame (summaries |> List.map _.Strategy) [
            column "slices" (summaries |> List.map _.Slices)
            column "with organ" (summaries |> List.map _.OrganSlices)
            column "anchors" (summaries |> List.map _.Anchors)
            column "without positive" (summaries |> List.map _.WithoutPositive)
            column "without negative" (summaries |> List.map _.WithoutNegative)
            column "by fallback" (summaries |> List.map (fun s -> s.Fallbacks |> Seq.sumBy _.Anchors))
            column "left out" (summaries |> List.map _.Dropped)
        ]

    /// <summary>What each strategy drew, one row per strategy: share of positives and negatives from the anchor's scan, share that agree with it on
    /// the organ, and mean distance in height (share of the scan).</summary>
    /// <example><code>
    /// let table split =
    ///     Table.draws [ for s in [ Strategy.organ; Strategy.mixed ] -> Strategy.name s, split |> Strategy.draws 1000 1L s ]
    /// </code></example>
    let draws (named: (string * Draw[]) list) =
        let mean (partner: Draw -> Slice option) (measure: Slice -> Slice -> float) (draws: Draw[]) =
            draws
            |> Array.choose (fun draw -> partner draw |> Option.map (measure draw.Anchor))
            |> fun values -> if values.Length = 0 then nan else Array.average values

        let same f (a: Slice) (b: Slice) = if f a = f b then 1.0 else 0.0
        let apart (a: Slice) (b: Slice) = abs (a.Position - b.Position)

        let columnsOf partner (get: Draw -> Slice option) = [
            for name, measure in
                [
                    "same scan", same _.Scan
                    "same organ label", same _.Organ
                    "mean |Δ height|", apart
                ] -> column $"{partner}: {name}" (named |> List.map (snd >> mean get measure))
        ]

        frame (named |> List.map fst) [
            column "draws" (named |> List.map (fun (_, draws) -> draws.Length))
            yield! columnsOf "positive" (fun draw -> Some draw.Positive)
            yield! columnsOf "negative" _.Negative
        ]

    /// <summary>What probes tell of embeddings, a column each; chance is what a guess attains.</summary>
    /// <example><code>
    /// let table encoder =
    ///     Table.probes [
    ///         "before", encoder |> Pretrain.embeddingsBefore |> Pretrain.probe
    ///         "after", encoder |> Pretrain.embeddings |> Pretrain.probe
    ///     ]
    /// </code></example>
    let probes (named: (string * EmbeddingProbe) list) =
        let rows: (string * (EmbeddingProbe -> float)) list = [
            "slices", (fun p -> float p.Slices)
            "organ accuracy (5 nearest, other scans)", (fun p -> number p.OrganAccuracy)
            "organ, by chance", (fun p -> number p.OrganChance)
            "scan accuracy (5 nearest)", (fun p -> number p.ScanAccuracy)
            "scan, by chance", (fun p -> number p.ScanChance)
            "effective rank", _.EffectiveRank
            "alignment of neighbours (0 close, 2 unrelated)", (fun p -> number p.Alignment)
            "uniformity (lower is more even)", _.Uniformity
            "mean cosine", _.MeanCosine
        ]

        frame (rows |> List.map fst) [
            for name, probe in named -> column name (rows |> List.map (fun (_, value) -> value probe))
        ]

    /// <summary>One row per scan of a check: HU range, organ, kept slices, and what is odd.</summary>
    /// <example><code>
    /// let table data = data |> Dataset.check |> Table.check
    /// </code></example>
    let check (check: Data.DatasetCheck) =
        let remark (scan: Data.ScanCheck) =
            match scan.Error with
            | null -> String.Join("; ", scan.Warnings)
            | error -> error

        let whole (value: Nullable<int>) =
            if value.HasValue then float value.Value else nan

        frame (check.Scans |> Seq.map _.Id) [
            column "slices" (check.Scans |> Seq.map _.Slices)
            column "axes" (check.Scans |> Seq.map (fun scan -> $"{scan.Orientation}"))
            column "lowest HU" (check.Scans |> Seq.map (fun scan -> whole scan.MinimumHu))
            column "highest HU" (check.Scans |> Seq.map (fun scan -> whole scan.MaximumHu))
            column "organ slices" (check.Scans |> Seq.map _.OrganSlices)
            column "kept" (check.Scans |> Seq.map _.KeptSlices)
            column "kept with organ" (check.Scans |> Seq.map _.KeptOrganSlices)
            column "remarks" (check.Scans |> Seq.map remark)
        ]

    /// <summary>A study's table: the paper's number, ours over runs, their difference, and p against the same network from scratch (paired by scan, corrected
    /// over the table), by the definitions of the authors' code. NaN where something is missing; the caption says why.</summary>
    /// <example><code>
    /// let table () = Study.table 1 |> Study.run Profile.quick |> Table.withPaper
    /// </code></example>
    let withPaper (table: StudyTable) : CaptionedTable =
        let columns (metric: StudyMetric) =
            let scores = RowScore.Of(table, metric)
            let of' (f: RowScore -> Nullable<float>) = scores |> Seq.map (f >> number)

            let printed (value: PaperScore -> float) (score: RowScore) =
                match score.Printed with
                | null -> Nullable()
                | cell -> Nullable(value cell)

            let adjusted (score: RowScore) =
                match score.Against with
                | null -> Nullable()
                | against -> Nullable against.Adjusted

            [
                column $"paper: {metric.Title}" (of' (printed _.Mean))
                column $"paper: ± {metric.Title}" (of' (printed _.Sd))
                column $"here: {metric.Title}" (of' _.Mean)
                column $"here: ± {metric.Title}" (of' _.Sd)
                column $"difference: {metric.Title}" (of' _.Difference)
                column $"p: {metric.Title}" (of' adjusted)
            ]

        let missing = [
            for row in table.Rows do
                match row.Missing with
                | null -> ()
                | reason -> $"{row.Label}: {reason}."
        ]

        let line =
            String.Join(
                " ",
                Seq.concat [
                    Seq.singleton (StudyTableText.Of(table, StudyMetric.PrintedIn table).Caption)
                    missing
                    table.Notes
                ]
            )

        {
            Caption = line
            Table =
                frame (table.Rows |> Seq.map _.Label) [
                    column "runs" (table.Rows |> Seq.map _.Runs.Count)
                    yield! Seq.collect columns (StudyMetric.PrintedIn table)
                ]
        }

    /// <summary>A study's plan, one row per row of its tables: jobs that are finished, jobs that are missing, minutes they need by one process.</summary>
    /// <example><code>
    /// let table () = Study.table 1 |> Study.plan Profile.quick |> Table.plan
    /// </code></example>
    let plan (plan: StudyPlan) : CaptionedTable =
        let rows = plan.Jobs |> Seq.groupBy _.Row |> Seq.toList
        let finished (job: PlannedJob) = job.State = StudyJobState.Finished

        let minutes (jobs: PlannedJob seq) =
            jobs
            |> Seq.sumBy (fun job ->
                if job.SecondsLeft.HasValue then
                    job.SecondsLeft.Value / 60.0
                else
                    nan)

        let without = [ for KeyValue(row, reason) in plan.RowsWithout -> $"{row}: {reason}." ]

        let caption =
            $"Profile {plan.Profile}, {plan.Repeats} run(s) a row: {plan.Finished} of {plan.Jobs.Count} jobs are finished, the others need about {minutes plan.Jobs:F0} min."

        {
            Caption = String.Join(" ", caption :: without)
            Table =
                frame (List.map fst rows) [
                    column "finished" (rows |> List.map (snd >> Seq.filter finished >> Seq.length))
                    column "missing" (rows |> List.map (snd >> Seq.filter (finished >> not) >> Seq.length))
                    column "minutes left" (rows |> List.map (snd >> minutes))
                ]
        }

    /// <summary>One row per epoch of a training.</summary>
    /// <example><code>
    /// let table model = model |> FineTune.epochs |> Table.epochs
    /// </code></example>
    let epochs (epochs: EpochLog[]) =
        frame (epochs |> Seq.map (fun epoch -> string epoch.Epoch)) [
            column "loss" (epochs |> Seq.map _.Loss)
            column "validation loss" (epochs |> Seq.map (fun epoch -> number epoch.ValidationLoss))
            column "learning rate" (epochs |> Seq.map _.LearningRate)
            column "seconds" (epochs |> Seq.map _.Seconds)
        ]

    let private missing = "–"

    /// <summary>The comparisons that a study's table is there for, in one metric such as "volume.dice": difference, intervals, effect sizes, p as it is
    /// and corrected by Holm.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such metric.</exception>
    /// <example><code>
    /// let table study = study |> Table.comparisons "volume.dice"
    /// </code></example>
    let comparisons (metric: string) (table: StudyTable) =
        let comparisons = TableComparisons.Of(table, StudyMetric.Named metric) |> Seq.toList

        let of' (f: RowComparison -> float) = comparisons |> List.map f

        frame (comparisons |> List.map (fun c -> $"{c.First} − {c.Second}")) [
            column "scans" (comparisons |> List.map _.Paired.N)
            column "mean difference" (of' _.Paired.MeanDifference)
            column "95 % low" (of' _.Paired.Low)
            column "95 % high" (of' _.Paired.High)
            column "Hodges–Lehmann" (of' _.Centre.Estimate)
            column "rank-biserial" (of' _.SignedRank.RankBiserial)
            column "dz" (comparisons |> List.map (fun c -> number c.CohenDz))
            column "p" (of' _.PValue)
            column "p, Holm" (of' _.Adjusted)
        ]

    /// <summary>Claims of the paper, a row each: what its printed numbers say, and what our runs do; a dash without runs.</summary>
    /// <example><code>
    /// let table study = study |> Study.claims |> Table.claims
    /// </code></example>
    let claims (report: ClaimReport) =
        let checks = Seq.toList report.Checks

        let words (evidence: ClaimEvidence | null) =
            match evidence with
            | null -> missing
            | evidence -> evidence.Text

        frame (checks |> List.mapi (fun i check -> $"{i + 1}. {check.Claim.Text}")) [
            column "printed" (checks |> List.map (fun check -> words check.Printed))
            column "ours" (checks |> List.map (fun check -> words check.Ours))
        ]

    /// <summary>A cell as text: four significant digits, a dash for what is missing.</summary>
    let internal cell (value: obj) =
        match value with
        | :? float as number when Double.IsNaN number -> missing
        | :? float as number -> number.ToString("G4", CultureInfo.InvariantCulture)
        | :? IFormattable as value -> value.ToString(null, CultureInfo.InvariantCulture)
        | value -> $"{value}"

    let internal cells (table: Frame<'row, 'column>) : (string[] * (string * string[])[]) =
        let columns = table.ColumnKeys |> Seq.toArray

        let text (row: 'row) (column: 'column) =
            table.GetColumn<obj>(column)
            |> Series.tryGet row
            |> Option.map cell
            |> Option.defaultValue missing

        columns |> Array.map string, [| for row in table.RowKeys -> string row, columns |> Array.map (text row) |]

    /// <summary>The frame as a Markdown table.</summary>
    /// <example><code>
    /// let text evaluation = evaluation |> Table.show |> Table.toMarkdown
    /// </code></example>
    let toMarkdown (table: Frame<string, string>) =
        let escape (text: string) = text.Replace("|", @"\|")

        let line (first: string) (rest: string[]) =
            "| "
            + String.Join(" | ", Array.append [| first |] rest |> Array.map escape)
            + " |"

        let columns, rows = cells table
        let text = StringBuilder()
        text.AppendLine(line "" columns) |> ignore
        text.AppendLine("|" + String.replicate (columns.Length + 1) " --- |") |> ignore

        for key, values in rows do
            text.AppendLine(line key values) |> ignore

        text.ToString()

    /// <summary>Writes the frame as CSV, all digits kept, whole or not at all.</summary>
    /// <exception cref="T:System.IO.IOException">The file cannot be written.</exception>
    /// <example><code>
    /// let keep evaluation = evaluation |> Table.perScan |> Table.saveCsv "results/scans.csv"
    /// </code></example>
    let saveCsv (path: string) (table: Frame<string, string>) =
        use text = new StringWriter(CultureInfo.InvariantCulture)
        table.SaveCsv(text, includeRowKeys = true, keyNames = [ "name" ], culture = CultureInfo.InvariantCulture)
        AtomicFile.WriteText(path, text.ToString())
