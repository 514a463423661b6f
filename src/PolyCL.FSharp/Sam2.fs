namespace PolyCL

open System
open PolyCL.Imaging
open PolyCL.Metrics
open PolyCL.Models
open PolyCL.Sam
open PolyCL // again, for the names that PolyCL.Models has too

type private Network = PolyCL.Sam.Sam2

/// <summary>Propagation of one slice's mask through a scan by SAM 2 (§3.3.2).</summary>
[<RequireQualifiedAccess>]
module Sam2 =
    /// <summary>How the mask is carried from slice to slice; the fields are those of the library's PropagationOptions.</summary>
    type Passes = {
        /// <summary>Which direction is tracked first; in one state the second pass sees the memories of the first.</summary>
        Order: PassOrder
        /// <summary>Starts the second pass from the given mask alone.</summary>
        FreshStates: bool
        /// <summary>Fills holes of at most this many pixels in the low-resolution masks; 0 fills none.</summary>
        FillHoles: int
        /// <summary>Ends a pass after this many slices in a row without the object; 0 goes to the ends.</summary>
        StopAfter: int
    }

    /// <summary>How a mask is carried through a scan file; the fields are those of the library's VolumePropagationOptions.</summary>
    type Settings = {
        /// <summary>Which slices are come to: outward until the object is gone, or the labelled ones alone (the paper's).</summary>
        Range: SliceRange
        /// <summary>Which annotated slice is the reference.</summary>
        Reference: ReferenceRule
        /// <summary>Number of the reference slice, counted from the feet from 0, for the rule Index.</summary>
        ReferenceIndex: int
        /// <summary>Order, states, holes, stop rule.</summary>
        Passes: Passes
        /// <summary>The HU range that SAM 2 sees.</summary>
        Window: Window
        /// <summary>Stretches each slice from its least to its largest value after the window.</summary>
        StretchSlices: bool
        /// <summary>Counts the reference slice in the Dice.</summary>
        ScoreReference: bool
    }

    /// <summary>How the weights are opened; the fields are those of the library's Sam2Options.</summary>
    type Opening = {
        /// <summary>Number format of the image encoder and of the memory attention's products.</summary>
        Precision: ComputePrecision
        /// <summary>Rows and columns to which slices are resized, or None for those of the weights.</summary>
        ImageSize: int option
    }

    /// <summary>SAM 2 with its weights: opened once, used from any cell, freed when nobody holds it.</summary>
    [<Sealed>]
    type Model internal (network: Network) =
        /// <summary>Size of the network, such as hiera_tiny.</summary>
        member _.Name = network.Architecture.Name

        /// <summary>SHA-256 of the weights.</summary>
        member _.Sha256 = network.Sha256

        /// <summary>What a user should know of the weight file, if anything.</summary>
        member _.Warning = Option.ofObj network.Warning

        /// One propagation at a time: the network is not for several threads at once.
        member internal _.With(body: Network -> 'a) = lock network (fun () -> body network)

    /// <summary>The mask of one slice of arrays.</summary>
    type Propagated = {
        /// <summary>Number of the slice in the sequence.</summary>
        Slice: int
        /// <summary>The mask, [row, column] of 0 and 1.</summary>
        Mask: byte[,]
        /// <summary>Whether the slice's mask was given.</summary>
        IsReference: bool
        /// <summary>Logit of the object being there, absent at 0 and below; 10 for the given mask.</summary>
        ObjectScore: float
        /// <summary>The network's estimate of the overlap with the truth, 0 to 1; None for the given mask.</summary>
        PredictedIou: float option
    }

    /// <summary>A slice of a data set with the mask that was carried to it.</summary>
    type Carried = {
        /// <summary>The slice with the true mask.</summary>
        Image: SliceImage
        /// <summary>The carried mask, row by row.</summary>
        Mask: byte[]
        /// <summary>Whether the true mask of this slice was given.</summary>
        IsReference: bool
        /// <summary>Logit of the object being there, absent at 0 and below; 10 for the given mask.</summary>
        ObjectScore: float
        /// <summary>Dice of the carried mask with the truth; 1 when both are empty.</summary>
        Dice: float
    }

    let private passesOf (options: PropagationOptions) = {
        Order = options.Order
        FreshStates = options.FreshStates
        FillHoles = options.FillHoles
        StopAfter = options.StopAfter
    }

    /// <summary>To the ends of the slices that are given, forward first, in one state: the official predictor's way.</summary>
    /// <example><code>
    /// let fresh = { Sam2.passes with FreshStates = true }
    /// </code></example>
    let passes = passesOf (PropagationOptions())

    /// <summary>The library's settings for scan files: from the only annotated slice outward, until three slices in a row lack the object.</summary>
    /// <example><code>
    /// let settings = { Sam2.standard with StretchSlices = false }
    /// </code></example>
    let standard =
        let options = VolumePropagationOptions()

        {
            Range = options.Range
            Reference = options.Reference
            ReferenceIndex = options.ReferenceIndex
            Passes = passesOf options.Passes
            Window = options.Window
            StretchSlices = options.StretchSlices
            ScoreReference = options.ScoreReference
        }

    /// <summary>The paper's settings for scan files (§3.3.2): the labelled slices alone, from the middle one; takes the labels of the whole scan.</summary>
    /// <example><code>
    /// let settings = { Sam2.paper with Reference = PolyCL.Sam.ReferenceRule.LargestArea }
    /// </code></example>
    let paper = {
        standard with
            Range = SliceRange.Labelled
            Reference = ReferenceRule.Middle
    }

    /// <summary>Float32, at the weights' own slice size.</summary>
    /// <example><code>
    /// let half = { Sam2.opening with Precision = PolyCL.Models.ComputePrecision.BFloat16 }
    /// </code></example>
    let opening =
        let options = Sam2Options()

        {
            Precision = options.Precision
            ImageSize = Option.ofNullable options.ImageSize
        }

    /// <summary>The library's options of the same content.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A setting is out of range.</exception>
    /// <example><code>
    /// let options = Sam2.toLibPasses Sam2.passes
    /// </code></example>
    let toLibPasses (passes: Passes) =
        PropagationOptions(
            Order = passes.Order,
            FreshStates = passes.FreshStates,
            FillHoles = passes.FillHoles,
            StopAfter = passes.StopAfter
        )

    /// <summary>The library's options of the same content.</summary>
    /// <exception cref="T:System.ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// let options = Sam2.toLib Sam2.paper
    /// </code></example>
    let toLib (settings: Settings) =
        VolumePropagationOptions(
            Range = settings.Range,
            Reference = settings.Reference,
            ReferenceIndex = settings.ReferenceIndex,
            Passes = toLibPasses settings.Passes,
            Window = settings.Window,
            StretchSlices = settings.StretchSlices,
            ScoreReference = settings.ScoreReference
        )

    /// <summary>The library's options of the same content.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The slice size is not above 0.</exception>
    /// <example><code>
    /// let options = Sam2.toLibOpening Sam2.opening
    /// </code></example>
    let toLibOpening (opening: Opening) =
        Sam2Options(Precision = opening.Precision, ImageSize = Option.toNullable opening.ImageSize)

    /// <summary>Opens a weight file in another way, on a workspace's device.</summary>
    /// <exception cref="T:PolyCL.Core.WeightMismatchException">The file is absent, damaged, or of another network.</exception>
    /// <exception cref="T:System.ArgumentException">The slice size does not fit the network.</exception>
    /// <example><code>
    /// let medSam2 () = Sam2.loadWith { Sam2.opening with ImageSize = Some 512 } Workspace.local "MedSAM2_latest.pt"
    /// </code></example>
    let loadWith (opening: Opening) (workspace: Workspace) (path: string) =
        Model(Network.Load(path, toLibOpening opening, (Workspace.compute workspace).Open()))

    /// <summary>Opens a weight file of SAM 2 or 2.1, as Meta publishes it or of the same names, on the CPU.</summary>
    /// <exception cref="T:PolyCL.Core.WeightMismatchException">The file is absent, damaged, or of another network; the message names the official address.</exception>
    /// <example><code>
    /// let sam2 () = Sam2.load "sam2.1_hiera_tiny.pt"
    /// </code></example>
    let load (path: string) = loadWith opening Workspace.local path

    /// <summary>Opens the small network of this project, trained on phantoms: to try things out without a download. It is none of Meta's.</summary>
    /// <exception cref="T:PolyCL.Core.WeightMismatchException">The file is not beside the program.</exception>
    /// <example><code>
    /// let sam2 () = Sam2.tiny ()
    /// </code></example>
    let tiny () = load TinyWeights.Sam2

    /// <summary>Carries a mask, [row, column], from its slice through slices of arrays, [slice, row, column] of grey levels from 0 to 255.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such slice, or the mask is empty or of another size.</exception>
    /// <exception cref="T:System.OperationCanceledException">The cell was stopped.</exception>
    /// <example><code>
    /// let masks (sam2: Sam2.Model) (reference: int) (mask: byte[,]) (slices: byte[,,]) =
    ///     slices |> Sam2.propagateSlices Sam2.passes sam2 reference mask |> Array.map _.Mask
    /// </code></example>
    let propagateSlices
        (passes: Passes)
        (sam2: Model)
        (reference: int)
        (mask: byte[,])
        (slices: byte[,,])
        : Propagated[] =
        let count, height, width =
            Array3D.length1 slices, Array3D.length2 slices, Array3D.length3 slices

        let pixels =
            Array.init slices.Length (fun i -> slices[i / (height * width), i / width % height, i % width])

        sam2.With(fun network ->
            network.Propagate(
                SliceSequence.Of(pixels, count, height, width),
                reference,
                ReadOnlySpan(Rows.flat mask),
                toLibPasses passes,
                Progress.sink (),
                Workspace.token ()
            ))
        |> Seq.map (fun found -> {
            Slice = found.Slice
            Mask = Rows.square height width found.Mask
            IsReference = found.IsReference
            ObjectScore = found.ObjectScore
            PredictedIou = Option.ofNullable found.PredictedIou
        })
        |> Seq.toArray

    /// <summary>Carries the true mask of one slice through neighbouring slices of a data set, each stretched from its least to its largest value;
    /// the reference counts in the array that is given. Slices that no pass came to are left out.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such slice, or it does not show the organ.</exception>
    /// <exception cref="T:System.OperationCanceledException">The cell was stopped.</exception>
    /// <example><code>
    /// let carried sam2 (data: Dataset) =
    ///     let labelled =
    ///         Dataset.slices data
    ///         |> Array.filter (fun s -> s.Scan = "volume-3" &amp;&amp; s.Organ)
    ///         |> Array.map (fun s -> Dataset.image s data)
    ///
    ///     labelled |> Sam2.propagate Sam2.passes sam2 (labelled.Length / 2)
    /// </code></example>
    let propagate (passes: Passes) (sam2: Model) (reference: int) (images: SliceImage[]) : Carried[] =
        if reference < 0 || reference >= images.Length then
            raise (
                ArgumentOutOfRangeException(
                    nameof reference,
                    $"The reference is number {reference} of {images.Length} slices; give one from 0 on."
                )
            )

        let size = images[reference].Size

        let sequence =
            SliceSequence.OfShares(
                images.Length,
                size,
                size,
                true,
                fun slice shares -> images[slice].Pixels.AsSpan().CopyTo shares
            )

        sam2.With(fun network ->
            network.Propagate(
                sequence,
                reference,
                images[reference].Mask,
                toLibPasses passes,
                Progress.sink (),
                Workspace.token ()
            ))
        |> Seq.map (fun found -> {
            Image = images[found.Slice]
            Mask = found.Mask
            IsReference = found.IsReference
            ObjectScore = found.ObjectScore
            Dice = MaskCounts.Of(found.Mask, images[found.Slice].Mask).Dice
        })
        |> Seq.toArray

    /// <summary>Carries a mask through a scan file and writes the masks in the scan's geometry; gives range, volume, each slice, and Dice where annotated.</summary>
    /// <exception cref="T:PolyCL.Core.ScanFormatException">A file cannot be read, the two are not on one grid, or the mask's slices do not fit the settings.</exception>
    /// <exception cref="T:System.IO.FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="T:System.ArgumentException">The file to write has another ending, or is one of the inputs.</exception>
    /// <exception cref="T:System.OperationCanceledException">The cell was stopped; nothing is written.</exception>
    /// <example><code>
    /// let dice sam2 =
    ///     (ScanFiles.create "ct.nii.gz" "liver.nii.gz" "masks.nii.gz" |> Sam2.propagateFile Sam2.paper sam2).Dice
    /// </code></example>
    let propagateFile (settings: Settings) (sam2: Model) (files: ScanFiles) : VolumePropagation =
        sam2.With(fun network ->
            VolumePropagation.Of(
                network,
                files.Image,
                files.Mask,
                files.Output,
                toLib settings,
                Option.toNullable files.Label,
                ScanFiles.orientation files,
                Progress.sink (),
                Workspace.token ()
            ))
