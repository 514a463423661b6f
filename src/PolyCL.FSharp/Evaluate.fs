namespace PolyCL

open System
open PolyCL.Metrics
open PolyCL.Studies
open PolyCL.Training

/// <summary>Scores of a segmenter on scans it has not seen.</summary>
[<RequireQualifiedAccess>]
module Evaluate =
    /// <summary>A score per scan, by the standard definitions.</summary>
    type Metric =
        /// <summary>Dice of the scan's kept slices together, 0 to 1.</summary>
        | Dice
        /// <summary>Hausdorff distance, mm.</summary>
        | HausdorffMm
        /// <summary>95th percentile of the surface distances, mm.</summary>
        | Hd95Mm
        /// <summary>Average symmetric surface distance, mm.</summary>
        | AssdMm
        /// <summary>Share of the surfaces within 2 mm, 0 to 1.</summary>
        | SurfaceDice2Mm

    /// <summary>One slice with the model's mask.</summary>
    type Prediction = {
        /// <summary>The slice with the true mask.</summary>
        Image: SliceImage
        /// <summary>Row by row, 1 where the model's probability is above 0.5.</summary>
        Mask: byte[]
        /// <summary>Dice of this slice; 1 when both masks are empty.</summary>
        Dice: float
    }

    let private withPredictor (model: FineTune.Model) (body: Predictor -> 'a) =
        use predictor =
            Predictor.Open(model.Run.WeightsPath(), Workspace.compute model.Split.Dataset.Workspace)

        body predictor

    let private part name (data: Dataset) (model: FineTune.Model) =
        withPredictor model (fun predictor ->
            Evaluation.Of(predictor, data.Store, name, Progress.sink (), Workspace.token ()))

    /// <summary>Scores on the test scans of the model's split.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">A test scan has no label, or none keeps a slice.</exception>
    /// <example><code>
    /// let dice model = (model |> Evaluate.test).Scores.Volume.Dice
    /// </code></example>
    let test (model: FineTune.Model) = part "test" model.Split.Dataset model

    /// <summary>Scores on the validation scans of the model's split.</summary>
    /// <example><code>
    /// let dice model = (model |> Evaluate.validation).Scores.Volume.Dice
    /// </code></example>
    let validation (model: FineTune.Model) =
        part "validation" model.Split.Dataset model

    /// <summary>Scores on all scans of another data set, made into slices as the model's were.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">A scan has no label.</exception>
    /// <example><code>
    /// let elsewhere model = model |> Evaluate.on (Dataset.msd "/data/Task03_Liver")
    /// </code></example>
    let on (data: Dataset) (model: FineTune.Model) =
        part "all" (data.With(data.Profile, model.Split.Dataset.Preparation, data.Workspace)) model

    /// <summary>A score of one row.</summary>
    let private valueOf metric (row: ScanRow) =
        let volume = row.Scores.Volume

        match metric with
        | Dice -> volume.Dice
        | HausdorffMm -> volume.HausdorffMm
        | Hd95Mm -> volume.Hd95Mm
        | AssdMm -> volume.AssdMm
        | SurfaceDice2Mm -> volume.SurfaceDice2Mm
        |> Option.ofNullable

    /// <summary>A metric's name with its unit, for axes and tables.</summary>
    /// <example><code>
    /// let title = Evaluate.nameOf Evaluate.Hd95Mm
    /// </code></example>
    let nameOf metric =
        match metric with
        | Dice -> "Dice per scan"
        | HausdorffMm -> "Hausdorff distance (mm)"
        | Hd95Mm -> "HD95 (mm)"
        | AssdMm -> "ASSD (mm)"
        | SurfaceDice2Mm -> "surface Dice at 2 mm"

    /// <summary>A score of each scan that has one: distances need both masks.</summary>
    /// <example><code>
    /// let worst evaluation = evaluation |> Evaluate.perScan Evaluate.Dice |> Array.minBy snd
    /// </code></example>
    let perScan metric (evaluation: Evaluation) : (string * float)[] =
        evaluation.Scans
        |> Seq.choose (fun row -> valueOf metric row |> Option.map (fun value -> row.Scan, value))
        |> Seq.toArray

    /// <summary>First less second on the scans that both have: mean difference, 95 % interval, sign-flip test.</summary>
    /// <exception cref="T:System.ArgumentException">The evaluations have no scan in common.</exception>
    /// <example><code>
    /// let p first second = (Evaluate.compare Evaluate.Dice first second).PValue
    /// </code></example>
    let compare metric (first: Evaluation) (second: Evaluation) =
        let others = dict (perScan metric second)

        let pairs =
            perScan metric first
            |> Array.choose (fun (scan, value) ->
                match others.TryGetValue scan with
                | true, other -> Some(value, other)
                | _ -> None)

        PairedComparison.Of(Array.map fst pairs, Array.map snd pairs, first.Seed)

    /// <summary>The model's masks of some slices of its data set.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">A slice is not among those kept.</exception>
    /// <example><code>
    /// let masks (model: FineTune.Model) =
    ///     model |> Evaluate.predict (Dataset.slices model.Split.Dataset |> Array.take 4)
    /// </code></example>
    let predict (slices: Slice[]) (model: FineTune.Model) : Prediction[] =
        withPredictor model (fun predictor ->
            slices
            |> Array.map (fun slice ->
                let image = Dataset.image slice model.Split.Dataset

                let mask =
                    predictor.Probabilities(image.Pixels, 1, Workspace.token ())
                    |> Array.map (fun p -> if p > 0.5f then 1uy else 0uy)

                {
                    Image = image
                    Mask = mask
                    Dice = MaskCounts.Of(mask, image.Mask).Dice
                }))
