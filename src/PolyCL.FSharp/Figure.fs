namespace PolyCL

open System
open PolyCL.Core
open PolyCL.Sampling
open PolyCL.Studies
open PolyCL.Studies.Figures
open PolyCL.Studies.Pictures
open PolyCL.Training
open PolyCL // again, for the names that PolyCL.Sampling has too

/// <summary>A picture as a plain value; see <c>Studies.Pictures.Picture</c>.</summary>
type Figure = Picture

/// <summary>Results as pictures: plain values that are drawn without browser or network.</summary>
[<RequireQualifiedAccess>]
module Figure =
    let private picture (chart: Chart) = chart :> Picture

    let private curve name (colour: PictureColour) dashed (epochs: EpochLog[]) (value: EpochLog -> float) =
        ChartSeries(
            name,
            epochs |> Array.map (fun epoch -> float epoch.Epoch),
            epochs |> Array.map value,
            Colour = colour,
            Dashed = dashed
        )

    let private colourOf place =
        PictureColours.Palette[place % PictureColours.Palette.Count]

    /// <summary>Contrastive loss over the epochs of some pre-trainings.</summary>
    /// <example><code>
    /// let figure encoder = Figure.pretraining [ "PolyCL-M", encoder ]
    /// </code></example>
    let pretraining (named: (string * Pretrain.Encoder) list) =
        Chart(
            Title = "Pre-training",
            XTitle = "epoch",
            YTitle = "contrastive loss",
            Series = [|
                for i, (name, encoder) in List.indexed named ->
                    curve name (colourOf i) false (Pretrain.epochs encoder) _.Loss
            |],
            Provenance = Provenance.ofRuns (named |> List.map (fun (_, encoder) -> encoder.Run))
        )
        |> picture

    /// <summary>Training (solid) and validation (dashed) loss over the epochs of some fine-tunings.</summary>
    /// <example><code>
    /// let figure tuned scratch = Figure.fineTuning [ "PolyCL-M", tuned; "from scratch", scratch ]
    /// </code></example>
    let fineTuning (named: (string * FineTune.Model) list) =
        let loss (epoch: EpochLog) =
            if epoch.ValidationLoss.HasValue then
                epoch.ValidationLoss.Value
            else
                nan

        Chart(
            Title = "Fine-tuning",
            XTitle = "epoch",
            YTitle = "Dice loss",
            Series = [|
                for i, (name, model) in List.indexed named do
                    let epochs = FineTune.epochs model
                    curve $"{name}, training" (colourOf i) false epochs _.Loss

                    if epochs |> Array.exists _.ValidationLoss.HasValue then
                        curve $"{name}, validation" (colourOf i) true epochs loss
            |],
            Provenance = Provenance.ofRuns (named |> List.map (fun (_, model) -> model.Run))
        )
        |> picture

    /// <summary>A two-dimensional map of embeddings, a mark per slice, from the map's name and the line that says where it comes from.</summary>
    /// <example><code>
    /// let figure encoder =
    ///     encoder |> Pretrain.embeddings |> Pretrain.tSne 1L |> Figure.embeddingMap ByOrgan "t-SNE" "seed 1"
    /// </code></example>
    let embeddingMap (colour: MapColour) (name: string) (provenance: string) (places: Pretrain.Place[]) =
        EmbeddingChart.draw colour name (fun heading -> $"{name}: {heading}") provenance places

    let private spaces title (encoder: Pretrain.Encoder) (rows: (string * Pretrain.Embedding[]) list) =
        PictureGrid(
            Title = title,
            Rows = [| for axis, embeddings in rows -> EmbeddingChart.three axis embeddings |],
            Provenance = $"{encoder.Split.Dataset.Name}, {Provenance.ofRun encoder.Run}"
        )
        :> Picture

    /// <summary>The embedding space of an encoder: the map three times, coloured by scan, by organ and by height in the scan.</summary>
    /// <example><code>
    /// let keep encoder = Figure.embedding encoder |> Figure.save "results/embedding.svg"
    /// </code></example>
    let embedding (encoder: Pretrain.Encoder) =
        let embeddings = Pretrain.embeddings encoder

        spaces $"Embeddings after {encoder.Run.Arm} pre-training, {embeddings.Length} slices" encoder [
            "principal component", embeddings
        ]

    /// <summary>The embedding space before (upper row) and after pre-training (lower row), each by its own principal components.</summary>
    /// <example><code>
    /// let figure encoder = Figure.embeddingChange encoder
    /// </code></example>
    let embeddingChange (encoder: Pretrain.Encoder) =
        let after = Pretrain.embeddings encoder

        spaces
            $"Embeddings before (above) and after {encoder.Run.Arm} pre-training (below), {after.Length} slices"
            encoder
            [
                "before: component", Pretrain.embeddingsBefore encoder
                "after: component", after
            ]

    /// <summary>Real triplets of a strategy, a row each: anchor, positive, negative (Fig. 1).</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">The strategy can draw nothing.</exception>
    /// <example><code>
    /// let figure split = split |> Figure.triplets 4 1L Strategy.mixed
    /// </code></example>
    let triplets count (seed: int64) (strategy: Strategy) (split: Split) =
        let examples = Strategy.examples count seed strategy split

        SliceSheet(
            Title = $"Examples drawn by the strategy {Strategy.name strategy}",
            ColumnHeadings =
                (if (Strategy.toLib strategy).DrawsPartners then
                     [| "anchor"; "positive"; "negative" |]
                 else
                     [| "one view"; "another view" |]),
            Rows = [|
                for example in examples ->
                    [|
                        SliceCells.named example.Anchor
                        SliceCells.named example.Positive
                        yield! example.Negative |> Option.map SliceCells.named |> Option.toArray
                    |]
            |],
            CellWidth = 200,
            CellHeight = 200,
            Scale = 2.0,
            Provenance = $"{Provenance.ofData split.Dataset}, seed {seed}"
        )
        :> Picture

    /// <summary>Slices of some scans from the feet up, the organ outlined (Fig. 2).</summary>
    /// <example><code>
    /// let figure data = data |> Figure.samples 4
    /// </code></example>
    let samples count (data: Dataset) =
        let columns = 5

        let scans =
            data
            |> Dataset.slices
            |> Array.groupBy _.Scan
            |> fun scans ->
                Array.init (min count scans.Length) (fun i -> scans[i * scans.Length / min count scans.Length])

        SliceSheet(
            Title = "Kept slices, from the feet up",
            RowHeadings = (scans |> Array.map fst),
            Rows = [|
                for _, slices in scans ->
                    [|
                        for i in 0 .. min columns slices.Length - 1 ->
                            let slice = slices[(2 * i + 1) * slices.Length / (2 * min columns slices.Length)]
                            let image = Dataset.image slice data
                            SliceCells.cell $"slice {slice.Z}" (SliceCells.truth image) image
                    |]
            |],
            CellWidth = 180,
            CellHeight = 180,
            Scale = 2.0,
            Provenance = Provenance.ofData data
        )
        :> Picture

    /// <summary>Of each scan the middle one of the slices that show the organ.</summary>
    let private middleOrganSlices (scans: string[]) (data: Dataset) =
        let wanted = set scans

        Dataset.slices data
        |> Array.filter (fun slice -> slice.Organ && wanted.Contains slice.Scan)
        |> Array.groupBy _.Scan
        |> Array.map (fun (_, slices) -> slices[slices.Length / 2])

    /// <summary>Test scans with the true mask and each model's (Fig. 6), a row per scan, a column per model. The models share one split.</summary>
    /// <example><code>
    /// let figure tuned scratch = Figure.qualitative 4 [ "PolyCL-M", tuned; "from scratch", scratch ]
    /// </code></example>
    let qualitative count (named: (string * FineTune.Model) list) =
        let split = (snd named.Head).Split
        let slices = middleOrganSlices split.Test split.Dataset |> Array.truncate count
        let masks = named |> List.map (fun (_, model) -> Evaluate.predict slices model)

        SliceSheet(
            Title = "Test scans, the middle slice that shows the organ",
            ColumnHeadings = [| "CT"; yield! named |> List.map fst |],
            RowHeadings = (slices |> Array.map _.Scan),
            Rows = [|
                for i, slice in Array.indexed slices ->
                    [|
                        Dataset.image slice split.Dataset |> SliceCells.cell $"slice {slice.Z}" []

                        for predictions in masks do
                            SliceCells.prediction predictions[i]
                    |]
            |],
            CellWidth = 200,
            CellHeight = 200,
            Scale = 2.0,
            Provenance = Provenance.ofRuns (named |> List.map (fun (_, model) -> model.Run))
        )
        :> Picture

    /// <summary>A score of each scan under two arms, joined by a line; the title has the paired difference with its interval and p.</summary>
    /// <exception cref="T:System.ArgumentException">The arms have no scan in common.</exception>
    /// <example><code>
    /// let figure tuned scratch = Figure.paired Evaluate.Dice ("from scratch", scratch) ("PolyCL-M", tuned)
    /// </code></example>
    let paired metric (firstName: string, first: Evaluation) (secondName: string, second: Evaluation) =
        PairedDots.Of(
            Evaluate.nameOf metric,
            firstName,
            readOnlyDict (Evaluate.perScan metric first),
            secondName,
            readOnlyDict (Evaluate.perScan metric second),
            Provenance.ofEvaluations [ first; second ],
            second.Seed
        )
        |> picture

    /// <summary>A score over the share of labels, a line per arm through the means of its evaluations, with the 95 % interval of the mean over scans
    /// (seeds averaged first).</summary>
    /// <example><code>
    /// let figure tuned scratch =
    ///     Figure.labelFractions Evaluate.Dice [ "PolyCL-M", [ 0.1, [ tuned ] ]; "from scratch", [ 0.1, [ scratch ] ] ]
    /// </code></example>
    let labelFractions metric (arms: (string * (float * Evaluation list) list) list) =
        let meansOverSeeds (evaluations: Evaluation list) = [|
            for _, scores in evaluations |> Seq.collect (Evaluate.perScan metric) |> Seq.groupBy fst ->
                scores |> Seq.averageBy snd
        |]

        LabelCurves.Of(
            Evaluate.nameOf metric,
            [|
                for name, points in arms ->
                    LabelCurve(
                        name,
                        [|
                            for share, list in points -> LabelPoint.OfScans(100.0 * share, meansOverSeeds list)
                        |],
                        [||]
                    )
            |],
            Provenance.ofEvaluations (arms |> List.collect (snd >> List.collect snd))
        )
        |> picture

    /// <summary>The rows of a study's table in one metric such as "paper_code.dice": a dot per run, the mean with its spread, the paper's value hollow.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such metric.</exception>
    /// <example><code>
    /// let figure study = study |> Figure.rows "paper_code.dice"
    /// </code></example>
    let rows (metric: string) (table: StudyTable) =
        RowDots.Of(table, StudyMetric.Named metric) |> picture

    /// <summary>The comparisons of a study's table in one metric: centre of the paired differences with its interval, filled where p survives Holm's
    /// correction.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such metric, or no two rows with runs.</exception>
    /// <example><code>
    /// let figure study = study |> Figure.differences "volume.dice"
    /// </code></example>
    let differences (metric: string) (table: StudyTable) =
        DifferenceBars.Of(table, StudyMetric.Named metric) |> picture

    /// <summary>One metric of a study's table against another, a dot per row, the paper's values hollow.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such metric.</exception>
    /// <example><code>
    /// let figure study = study |> Figure.metrics "paper_code.dice" "paper_code.hausdorff_px"
    /// </code></example>
    let metrics (horizontal: string) (vertical: string) (table: StudyTable) =
        MetricScatter.Of(table, StudyMetric.Named horizontal, StudyMetric.Named vertical)
        |> picture

    /// <summary>A score of each scan under two rows of a study's table, seeds averaged, joined by a line.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such metric or row, or the rows have no scan in common.</exception>
    /// <example><code>
    /// let figure study = study |> Figure.rowPair "volume.dice" "U-Net" "U-Net, PolyCL-M"
    /// </code></example>
    let rowPair (metric: string) (first: string) (second: string) (table: StudyTable) =
        let row label =
            match table.Rows |> Seq.tryFind (fun row -> row.Label = label) with
            | Some row -> row
            | None ->
                let labels = String.Join("; ", table.Rows |> Seq.map _.Label)
                raise (ArgumentException $"Table {table.Number} has no row '{label}'; it has {labels}.")

        PairedDots.Of(table, StudyMetric.Named metric, row first, row second) |> picture

    /// <summary>How often Hounsfield values occur in the first scans, in all voxels and inside the organ; the window is marked.</summary>
    /// <exception cref="T:PolyCL.Core.ScanFormatException">A file cannot be read.</exception>
    /// <example><code>
    /// let figure data = data |> Figure.huHistogram 3
    /// </code></example>
    let huHistogram count (data: Dataset) = HuChart.draw count data

    /// <summary>Slices refined by SAM, a row each: slice, coarse mask, box, refined mask, the truth outlined; Dice before and after (Fig. 7).</summary>
    /// <exception cref="T:System.ArgumentException">There is no slice.</exception>
    /// <example><code>
    /// let figure sam slices (model: FineTune.Model) =
    ///     model |> Evaluate.predict slices |> Sam.refine sam |> Figure.refinement "LiTS, seed 1"
    /// </code></example>
    let refinement (provenance: string) (slices: Sam.Refinement[]) = SamFigure.refinement provenance slices

    /// <summary>The same from files: some slices of a refined scan, evenly spaced; the truth is a file on the scan's grid.</summary>
    /// <exception cref="T:PolyCL.Core.ScanFormatException">A file cannot be read or is not on the scan's grid.</exception>
    /// <example><code>
    /// let figure sam =
    ///     ScanFiles.create "ct.nii.gz" "coarse.nii.gz" "refined.nii.gz"
    ///     |> Sam.refineFile sam
    ///     |> Figure.refinedFile 4 (Some "liver.nii.gz")
    /// </code></example>
    let refinedFile (count: int) (truth: string option) (refined: PolyCL.Sam.VolumeRefinement) =
        RefinementPanels.Of(refined, count, Option.toObj truth) :> Picture

    /// <summary>Slices along a scan with the mask that SAM 2 carried to them, the reference slice framed, the truth outlined; Dice beneath.</summary>
    /// <exception cref="T:System.ArgumentException">The reference slice is not among them.</exception>
    /// <example><code>
    /// let figure slices = slices |> Figure.propagation 7 "LiTS, seed 1"
    /// </code></example>
    let propagation (count: int) (provenance: string) (slices: Sam2.Carried[]) =
        SamFigure.propagation count provenance slices

    /// <summary>The same from files; the truth is the reference mask's file where it annotates more than the reference slice, or another.</summary>
    /// <exception cref="T:PolyCL.Core.ScanFormatException">A file cannot be read or is not on the scan's grid.</exception>
    /// <example><code>
    /// let figure sam2 =
    ///     ScanFiles.create "ct.nii.gz" "liver.nii.gz" "masks.nii.gz"
    ///     |> Sam2.propagateFile Sam2.paper sam2
    ///     |> Figure.propagatedFile 7 None
    /// </code></example>
    let propagatedFile (count: int) (truth: string option) (propagated: PolyCL.Sam.VolumePropagation) =
        PropagationStrip.Of(propagated, count, Option.toObj truth) :> Picture

    /// <summary>Dice over the distance from the reference slice, in slices: a dot per slice, a line through the means over scans per run.</summary>
    /// <exception cref="T:System.ArgumentException">There is no slice besides the reference slices.</exception>
    /// <example><code>
    /// let figure oneState fresh = Figure.distance "LiTS, seed 1" [ "one state", oneState; "fresh states", fresh ]
    /// </code></example>
    let distance (provenance: string) (runs: (string * Sam2.Carried[] list) list) = SamFigure.distance provenance runs

    /// <summary>Slices of a study's row with SAM before and after: slice, coarse mask, box, refined mask; the truth outlined (Fig. 7).</summary>
    /// <exception cref="T:System.ArgumentException">The row has no SAM, or the scan no coarse mask.</exception>
    /// <example><code>
    /// let figure (masks: PolyCL.Studies.StudyMasks list) = masks |> List.head |> Figure.refinedRow 4
    /// </code></example>
    let refinedRow (count: int) (masks: PolyCL.Studies.StudyMasks) =
        StudyMaskFigures.Refinement(masks, count) :> Picture

    /// <summary>Slices of a study's row with SAM 2 along a scan, the reference slice framed, the truth outlined.</summary>
    /// <exception cref="T:System.ArgumentException">Not one slice was given to SAM 2.</exception>
    /// <example><code>
    /// let figure (masks: PolyCL.Studies.StudyMasks list) = masks |> List.head |> Figure.propagatedRow 7
    /// </code></example>
    let propagatedRow (count: int) (masks: PolyCL.Studies.StudyMasks) =
        StudyMaskFigures.Propagation(masks, count) :> Picture

    /// <summary>Dice over the distance from the reference slice of a study's rows with SAM 2: a dot per slice, a line through the means over scans.</summary>
    /// <exception cref="T:System.ArgumentException">There are no masks, or not one slice of each scan was given to SAM 2.</exception>
    /// <example><code>
    /// let figure (masks: PolyCL.Studies.StudyMasks list) = masks |> Figure.distanceOfRows
    /// </code></example>
    let distanceOfRows (masks: PolyCL.Studies.StudyMasks list) =
        StudyMaskFigures.Distances(List.toArray masks) :> Picture

    /// <summary>A metric of a study's table over the labels seen, a line per arm with the spread over runs, with SAM dashed, the paper's values hollow.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such metric, or the table does not vary the labels.</exception>
    /// <example><code>
    /// let figure study = study |> Figure.labelCurves "paper_code.dice"
    /// </code></example>
    let labelCurves (metric: string) (table: StudyTable) =
        LabelCurves.Of(table, StudyMetric.Named metric) |> picture

    /// <summary>Writes a figure, whole or not at all; the name decides: .svg, .png or .pdf.</summary>
    /// <exception cref="T:System.ArgumentException">The name ends in none of these, or there is nothing to draw.</exception>
    /// <exception cref="T:System.IO.IOException">The file cannot be written.</exception>
    /// <example><code>
    /// let keep (figure: Figure) = figure |> Figure.save "results/figure.pdf"
    /// </code></example>
    let save (path: string) (figure: Picture) = figure.Write path

    /// <summary>The figure as SVG text.</summary>
    /// <example><code>
    /// let text (figure: Figure) = Figure.svg figure
    /// </code></example>
    let svg (figure: Picture) = figure.ToSvg()

    /// <summary>The figure as a Plotly chart to zoom and hover in; what holds CT slices becomes an image in it.</summary>
    /// <example><code>
    /// let chart encoder = Figure.embedding encoder |> Figure.interactive
    /// </code></example>
    let interactive (figure: Picture) : Plotly.NET.GenericChart = Interactive.chart figure
