namespace PolyCL

open System
open PolyCL.Imaging
open PolyCL.Metrics
open PolyCL.Models
open PolyCL.Sam
open PolyCL.Studies
open PolyCL // again, for the names that PolyCL.Models has too

/// <summary>A scan file, a mask file on its grid, and the mask file to write.</summary>
type ScanFiles = {
    /// <summary>The scan: NIfTI, HU.</summary>
    Image: string
    /// <summary>The mask or label map that is given.</summary>
    Mask: string
    /// <summary>The mask to write: .nii or .nii.gz, in the scan's geometry.</summary>
    Output: string
    /// <summary>The label that counts in the given mask, or None for every value above 0.</summary>
    Label: int option
    /// <summary>The true axis order of both files, such as "LPS", or None for the files' own.</summary>
    Orientation: string option
}

/// <summary>Files that SAM reads and writes.</summary>
[<RequireQualifiedAccess>]
module ScanFiles =
    /// <summary>Names the files; all labels count, the axes are the files' own.</summary>
    /// <example><code>
    /// let files = { ScanFiles.create "ct.nii.gz" "labels.nii.gz" "refined.nii.gz" with Label = Some 1 }
    /// </code></example>
    let create (image: string) (mask: string) (output: string) = {
        Image = image
        Mask = mask
        Output = output
        Label = None
        Orientation = None
    }

    let internal orientation (files: ScanFiles) =
        files.Orientation |> Option.map Orientation.Parse |> Option.toNullable

// Qualified access is not required here: the library has a namespace of the same name, which could then not be opened.
/// <summary>Refinement of coarse masks by SAM, with boxes round them as its prompts (§3.3.1).</summary>
module Sam =
    /// <summary>How coarse masks are refined; the fields are those of the library's SamOptions, and the window of scan files.</summary>
    type Settings = {
        /// <summary>How many boxes a coarse mask becomes: one a slice (eqs. 6–7), or one a component.</summary>
        Boxes: BoxRule
        /// <summary>Pixels by which each box grows on all sides.</summary>
        Margin: float
        /// <summary>Takes, of SAM's three masks for ambiguous prompts, the one of best predicted quality.</summary>
        BestOfThree: bool
        /// <summary>Number format of the image encoder.</summary>
        Precision: ComputePrecision
        /// <summary>Rows of patches attended at a time, 0 for all; changes memory and time alone.</summary>
        ChunkRows: int
        /// <summary>Attention heads of the mask decoder; 8 in all published weights.</summary>
        DecoderHeads: int
        /// <summary>The HU range that SAM sees of scan files; prepared slices have their own.</summary>
        Window: Window
    }

    /// <summary>SAM with its weights: opened once, used from any cell, freed when nobody holds it.</summary>
    [<Sealed>]
    type Model internal (refiner: SamRefiner, window: Window) =
        /// <summary>Size of the network, such as vit_b.</summary>
        member _.Name = refiner.Model

        /// <summary>What the weight file says its weights are, such as "phantom-tiny, not Meta's weights"; None for Meta's and others'.</summary>
        member _.Label = Option.ofObj refiner.ModelLabel

        /// <summary>SHA-256 of the weights.</summary>
        member _.Sha256 = refiner.Sha256

        /// <summary>What a user should know of the weight file, if anything.</summary>
        member _.Warning = Option.ofObj refiner.Warning

        member internal _.Window = window

        /// One slice at a time: SamRefiner is not for several threads at once.
        member internal _.With(body: SamRefiner -> 'a) = lock refiner (fun () -> body refiner)

    /// <summary>A refined slice of arrays.</summary>
    type Refined = {
        /// <summary>The refined mask, [row, column] of 0 and 1; empty where the coarse mask was.</summary>
        Mask: byte[,]
        /// <summary>The boxes that were asked, in pixels.</summary>
        Boxes: BoxPrompt[]
        /// <summary>For each box, the model's own estimate of its mask's overlap with the truth, about 0 to 1.</summary>
        Qualities: float32[]
    }

    /// <summary>A slice of a data set before and after refinement.</summary>
    type Refinement = {
        /// <summary>The slice with the true mask.</summary>
        Image: SliceImage
        /// <summary>The mask that SAM was given, row by row.</summary>
        Coarse: byte[]
        /// <summary>The boxes that were asked, in pixels.</summary>
        Boxes: BoxPrompt[]
        /// <summary>For each box, the model's own estimate of its mask's overlap with the truth, about 0 to 1.</summary>
        Qualities: float32[]
        /// <summary>The refined mask, row by row.</summary>
        Mask: byte[]
        /// <summary>Dice of the coarse mask with the truth; 1 when both are empty.</summary>
        DiceBefore: float
        /// <summary>Dice of the refined mask with the truth.</summary>
        DiceAfter: float
    }

    /// <summary>The paper's settings, where it says something: one box a slice, window 40/400.</summary>
    /// <example><code>
    /// let settings = { Sam.paper with Boxes = PolyCL.Sam.BoxRule.OnePerComponent }
    /// </code></example>
    let paper =
        let options = SamOptions()

        {
            Boxes = options.Boxes
            Margin = options.Margin
            BestOfThree = options.BestOfThree
            Precision = options.Precision
            ChunkRows = options.ChunkRows
            DecoderHeads = options.DecoderHeads
            Window = Window.Abdomen
        }

    /// <summary>The library's options of the same content.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A setting is out of range.</exception>
    /// <example><code>
    /// let options = Sam.toLib Sam.paper
    /// </code></example>
    let toLib (settings: Settings) =
        SamOptions(
            Boxes = settings.Boxes,
            Margin = settings.Margin,
            BestOfThree = settings.BestOfThree,
            Precision = settings.Precision,
            ChunkRows = settings.ChunkRows,
            DecoderHeads = settings.DecoderHeads
        )

    /// <summary>Opens a weight file with other settings, on a workspace's device.</summary>
    /// <exception cref="T:PolyCL.Core.WeightMismatchException">The file is absent, damaged, or of another network.</exception>
    /// <example><code>
    /// let sam () =
    ///     Sam.loadWith { Sam.paper with Margin = 4.0 } { Workspace.local with Device = "cuda:0" } "sam_vit_b_01ec64.pth"
    /// </code></example>
    let loadWith (settings: Settings) (workspace: Workspace) (path: string) =
        Model(SamRefiner.Load(path, toLib settings, (Workspace.compute workspace).Open()), settings.Window)

    /// <summary>Opens a weight file of SAM, as Meta publishes it or of the same names, with the paper's settings on the CPU.</summary>
    /// <exception cref="T:PolyCL.Core.WeightMismatchException">The file is absent, damaged, or of another network; the message names the official address.</exception>
    /// <example><code>
    /// let sam () = Sam.load "sam_vit_b_01ec64.pth"
    /// </code></example>
    let load (path: string) = loadWith paper Workspace.local path

    /// <summary>Opens the small SAM that comes with the program, trained on generated phantoms alone: to try things without a download, not for results.</summary>
    /// <exception cref="T:PolyCL.Core.WeightMismatchException">The file is not beside the program.</exception>
    /// <example><code>
    /// let sam () = Sam.tiny ()
    /// </code></example>
    let tiny () = load TinyWeights.Sam

    /// <summary>Refines the coarse mask of one slice of arrays, [row, column]: the slice in shares of its window, 0 to 1; every value of the mask but 0 is inside.</summary>
    /// <exception cref="T:System.ArgumentException">Slice and mask differ in size.</exception>
    /// <example><code>
    /// let mask (sam: Sam.Model) (coarse: byte[,]) (slice: float32[,]) =
    ///     (slice |> Sam.refineSlice sam coarse).Mask
    /// </code></example>
    let refineSlice (sam: Model) (coarse: byte[,]) (slice: float32[,]) : Refined =
        let height, width = Array2D.length1 slice, Array2D.length2 slice

        let refined =
            sam.With(fun refiner ->
                refiner.Refine(ReadOnlySpan(Rows.flat slice), ReadOnlySpan(Rows.flat coarse), height, width))

        {
            Mask = Rows.square height width refined.Mask
            Boxes = Seq.toArray refined.Boxes
            Qualities = Seq.toArray refined.Qualities
        }

    /// <summary>Refines a model's masks of slices of its data set.</summary>
    /// <exception cref="T:System.OperationCanceledException">The cell was stopped.</exception>
    /// <example><code>
    /// let better sam slices (model: FineTune.Model) =
    ///     model |> Evaluate.predict slices |> Sam.refine sam |> Array.averageBy _.DiceAfter
    /// </code></example>
    let refine (sam: Model) (predictions: Evaluate.Prediction[]) : Refinement[] =
        predictions
        |> Array.map (fun prediction ->
            Workspace.token().ThrowIfCancellationRequested()
            let image = prediction.Image

            let refined =
                sam.With(fun refiner -> refiner.Refine(image.Pixels, prediction.Mask, image.Size, image.Size))

            {
                Image = image
                Coarse = prediction.Mask
                Boxes = Seq.toArray refined.Boxes
                Qualities = Seq.toArray refined.Qualities
                Mask = refined.Mask
                DiceBefore = prediction.Dice
                DiceAfter = MaskCounts.Of(refined.Mask, image.Mask).Dice
            })

    /// <summary>Refines a scan file's coarse mask, slice by slice, and writes the result in the scan's geometry; gives counts, volume, warnings.</summary>
    /// <exception cref="T:PolyCL.Core.ScanFormatException">A file cannot be read, the two are not on one grid, or the mask is empty.</exception>
    /// <exception cref="T:System.IO.FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="T:System.ArgumentException">The file to write has another ending, or is one of the inputs.</exception>
    /// <exception cref="T:System.OperationCanceledException">The cell was stopped; nothing is written.</exception>
    /// <example><code>
    /// let millilitres sam =
    ///     (ScanFiles.create "ct.nii.gz" "coarse.nii.gz" "refined.nii.gz" |> Sam.refineFile sam).Millilitres
    /// </code></example>
    let refineFile (sam: Model) (files: ScanFiles) : VolumeRefinement =
        sam.With(fun refiner ->
            VolumeRefinement.Of(
                refiner,
                files.Image,
                files.Mask,
                files.Output,
                sam.Window,
                Option.toNullable files.Label,
                ScanFiles.orientation files,
                Progress.sink (),
                Workspace.token ()
            ))
