namespace PolyCL

open System
open System.IO
open System.Threading
open PolyCL.Core
open PolyCL.Data
open PolyCL.Imaging
open PolyCL.Studies

/// <summary>One kept slice of a scan, as a strategy sees it.</summary>
type Slice = {
    /// <summary>Id of the scan.</summary>
    Scan: string
    /// <summary>Axial index in the scan, counted from the feet.</summary>
    Z: int
    /// <summary>Height in the scan: 0 at the feet's end, 1 at the head's.</summary>
    Position: float
    /// <summary>Whether the slice shows the target organ; T(s) of eq. 1.</summary>
    Organ: bool
    /// <summary>Target-organ pixels at full size.</summary>
    OrganPixels: int
}

/// <summary>A slice with its pixels as the network sees them.</summary>
type SliceImage = {
    /// <summary>Which slice.</summary>
    Slice: Slice
    /// <summary>Rows and columns.</summary>
    Size: int
    /// <summary>Row by row, 0 to 1 over the window.</summary>
    Pixels: float32[]
    /// <summary>Row by row, 1 inside the target organ.</summary>
    Mask: byte[]
    /// <summary>Height of a pixel divided by its width.</summary>
    PixelAspect: float
}

/// <summary>What is known of one scan.</summary>
type Scan = {
    /// <summary>Its id in the data set.</summary>
    Id: string
    /// <summary>Slices kept after preparation.</summary>
    KeptSlices: int
    /// <summary>Kept slices that show the organ.</summary>
    KeptOrganSlices: int
    /// <summary>Columns, rows and slices of the whole scan.</summary>
    Shape: int * int * int
    /// <summary>Voxel size along columns, rows and slices, mm.</summary>
    SpacingMm: float * float * float
    /// <summary>Axis order in the file, such as LPS.</summary>
    Orientation: string
    /// <summary>Volume of the organ, ml.</summary>
    OrganMl: float
    /// <summary>Whether the scan has a label.</summary>
    Labelled: bool
}

/// <summary>Scans and how they become slices. Nothing is read, generated or prepared before it is needed; then once, kept in the workspace.</summary>
[<Sealed; AllowNullLiteral(false)>]
type Dataset
    internal
    (name: string, profile: Profile, preparation: PrepareOptions, workspace: Workspace, find: Workspace -> Data.Dataset)
    =
    // PublicationOnly: a failure is not remembered, so a mended folder can be tried again.
    let scans =
        Lazy<_>((fun () -> find workspace), LazyThreadSafetyMode.PublicationOnly)

    let store =
        Lazy<_>(
            (fun () ->
                SliceStoreBuilder.OpenOrBuild(
                    scans.Value,
                    preparation,
                    Path.Combine(workspace.Results, "stores"),
                    Progress.sink (),
                    Workspace.token ()
                )),
            LazyThreadSafetyMode.PublicationOnly
        )

    let slices =
        Lazy<_>(
            (fun () ->
                let store: SliceStore = store.Value

                store.Slices
                |> Seq.map (fun slice ->
                    let scan = store.Scans[slice.Scan]

                    {
                        Scan = scan.Id
                        Z = slice.Index
                        Position = (float slice.Index + 0.5) / float scan.Shape.Z
                        Organ = slice.ContainsOrgan
                        OrganPixels = slice.OrganPixels
                    })
                |> Seq.toArray),
            LazyThreadSafetyMode.PublicationOnly
        )

    /// <summary>A short name for tables and provenance.</summary>
    member _.Name = name

    /// <summary>Where results are kept and what computes.</summary>
    member _.Workspace = workspace

    /// <summary>Whether the slices are already there, so that looking at them costs nothing.</summary>
    member internal _.IsOpen = store.IsValueCreated

    member internal _.Profile = profile
    member internal _.Preparation = preparation
    member internal _.Found = scans.Value
    member internal _.Store = store.Value
    member internal _.Slices = slices.Value

    /// <summary>Gives the slice of a library record; made once for the many calls of a strategy.</summary>
    member internal this.Look() =
        let scans, slices = this.Store.Scans, this.Slices

        fun (slice: SliceRecord) ->
            let scan = scans[slice.Scan]
            slices[scan.FirstSlice + slice.Index - scan.FirstIndex]

    member internal _.With(profile, preparation, workspace) =
        Dataset(name, profile, preparation, workspace, find)

    /// <inheritdoc/>
    override _.ToString() =
        $"{name}, {preparation.Size}×{preparation.Size}"

/// <summary>Data sets as downloaded, and generated ones.</summary>
[<RequireQualifiedAccess>]
module Dataset =
    /// <summary>How scans become slices; the fields are those of the library's PrepareOptions.</summary>
    type Settings = {
        /// <summary>The profile these settings come from.</summary>
        Profile: Profile
        /// <summary>The HU range shown.</summary>
        Window: Window
        /// <summary>Rows and columns of a slice, pixels.</summary>
        Size: int
        /// <summary>Share of slices kept, from the middle; 1 keeps all.</summary>
        KeepShare: float
        /// <summary>Which middle range is kept.</summary>
        KeptRange: KeptRange
        /// <summary>Axis order of the slices.</summary>
        Order: SliceOrder
        /// <summary>Shrinks with a filter as wide as the scale.</summary>
        Antialias: bool
        /// <summary>Counts tumour labels as organ.</summary>
        TumourIsOrgan: bool
        /// <summary>How HU become pixel values.</summary>
        Intensity: Intensity
    }

    let private settings (profile: Profile) =
        let options = ProfileSettings.Prepare profile

        {
            Profile = profile
            Window = options.Window
            Size = options.Size
            KeepShare = options.KeepShare
            KeptRange = options.KeptRange
            Order = options.Order
            Antialias = options.Antialias
            TumourIsOrgan = options.TumourIsOrgan
            Intensity = options.Intensity
        }

    /// <summary>The paper's preparation (§4.2): window 40/400, 256×256, middle 30 %.</summary>
    /// <example><code>
    /// let wider = { Dataset.paper with KeepShare = 0.5 }
    /// </code></example>
    let paper = settings Profile.Paper

    /// <summary>The preparation of the quick profile: 96×96 pixels.</summary>
    /// <example><code>
    /// let data = Dataset.phantom Phantom.quick |> Dataset.prepare Dataset.quick
    /// </code></example>
    let quick = settings Profile.Quick

    /// <summary>The preparation of the smoke profile: 32×32.</summary>
    /// <example><code>
    /// let data = Dataset.phantom Phantom.smoke |> Dataset.prepare Dataset.smoke
    /// </code></example>
    let smoke = settings Profile.Smoke

    /// <summary>The library's options of the same content.</summary>
    /// <example><code>
    /// let options = Dataset.toLib Dataset.paper
    /// </code></example>
    let toLib (settings: Settings) =
        PrepareOptions(
            Window = settings.Window,
            Size = settings.Size,
            KeepShare = settings.KeepShare,
            KeptRange = settings.KeptRange,
            Order = settings.Order,
            Antialias = settings.Antialias,
            TumourIsOrgan = settings.TumourIsOrgan,
            Intensity = settings.Intensity
        )

    let private dataset name find =
        Dataset(name, Profile.Paper, toLib paper, Workspace.local, find)

    /// <summary>Generated scans; they are written into the workspace at the first use and found there afterwards.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">The folder holds something else.</exception>
    /// <example><code>
    /// let data = Dataset.phantom Phantom.abdomen
    /// </code></example>
    let phantom (phantom: Phantom) =
        let options = Phantom.toLib phantom

        dataset $"phantom {phantom.Site}, {phantom.Scans} scans" (fun workspace ->
            let root = Path.Combine(workspace.Results, "data", Phantom.folder phantom)
            Data.Phantom.PhantomDataset.Write(options, root, Progress.sink (), Workspace.token ())
            DatasetReader.Open(DatasetKind.Phantom, root))

    /// <summary>A folder read with settings of your own: another organ, its class in a multi-class map, a subset, corrected axes.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">The folder holds no scan of this layout.</exception>
    /// <example><code>
    /// let spleen =
    ///     Dataset.read (Data.DatasetOptions(Organ = "spleen")) Data.DatasetKind.TotalSegmentator "/data/TotalSegmentator"
    /// </code></example>
    let read (options: DatasetOptions) (kind: DatasetKind) (root: string) =
        dataset (DirectoryInfo root).Name (fun _ -> DatasetReader.Open(kind, root, options))

    /// <summary>LiTS as downloaded: volume-N.nii and segmentation-N.nii in any sub-folders.</summary>
    /// <example><code>
    /// let data = Dataset.lits "/data/LiTS"
    /// </code></example>
    let lits root =
        read DatasetOptions.Default DatasetKind.Lits root

    /// <summary>TotalSegmentator as downloaded; the liver.</summary>
    /// <example><code>
    /// let data = Dataset.totalSegmentator "/data/TotalSegmentator"
    /// </code></example>
    let totalSegmentator root =
        read DatasetOptions.Default DatasetKind.TotalSegmentator root

    /// <summary>A task of the Medical Segmentation Decathlon as downloaded.</summary>
    /// <example><code>
    /// let data = Dataset.msd "/data/Task03_Liver"
    /// </code></example>
    let msd root =
        read DatasetOptions.Default DatasetKind.Msd root

    /// <summary>nnU-Net's raw data, version 1 or 2; its dataset.json says which label is the liver.</summary>
    /// <example><code>
    /// let data = Dataset.nnUnet "/data/nnUNet_raw/Dataset003_Liver"
    /// </code></example>
    let nnUnet root =
        read DatasetOptions.Default DatasetKind.NnUnet root

    /// <summary>A plain folder of scans and labels with pairing names.</summary>
    /// <example><code>
    /// let data = Dataset.folder "/data/mine"
    /// </code></example>
    let folder root =
        read DatasetOptions.Default DatasetKind.Folder root

    /// <summary>The same scans, made into slices with other settings.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A setting is out of its range.</exception>
    /// <example><code>
    /// let small data = data |> Dataset.prepare { Dataset.paper with Size = 128 }
    /// </code></example>
    let prepare (settings: Settings) (data: Dataset) =
        data.With(settings.Profile, toLib settings, data.Workspace)

    /// <summary>The same scans in another workspace.</summary>
    /// <example><code>
    /// let onGpu data = data |> Dataset.on { Workspace.local with Device = "cuda:0" }
    /// </code></example>
    let on (workspace: Workspace) (data: Dataset) =
        data.With(data.Profile, data.Preparation, workspace)

    /// <summary>What is known of every scan, in natural order.</summary>
    /// <example><code>
    /// let millilitres data = data |> Dataset.scans |> Array.map _.OrganMl
    /// </code></example>
    let scans (data: Dataset) =
        let store = data.Store

        store.Scans
        |> Seq.map (fun scan -> {
            Id = scan.Id
            KeptSlices = scan.SliceCount
            KeptOrganSlices =
                Seq.init scan.SliceCount (fun i -> store.Slices[scan.FirstSlice + i])
                |> Seq.filter _.ContainsOrgan
                |> Seq.length
            Shape = scan.Shape.X, scan.Shape.Y, scan.Shape.Z
            SpacingMm = scan.Spacing.X, scan.Spacing.Y, scan.Spacing.Z
            Orientation = scan.Orientation
            OrganMl = float scan.OrganVoxels * scan.VoxelVolume / 1000.0
            Labelled = scan.Labelled
        })
        |> Seq.toArray

    /// <summary>All kept slices, by scan, from the feet up.</summary>
    /// <example><code>
    /// let withOrgan data = data |> Dataset.slices |> Array.filter _.Organ
    /// </code></example>
    let slices (data: Dataset) = Array.copy data.Slices

    /// <summary>Position of a slice in the store.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">The slice is not kept.</exception>
    let internal indexOf (slice: Slice) (data: Dataset) =
        let scan = data.Store.Scans[data.Store.Find slice.Scan]
        let place = slice.Z - scan.FirstIndex

        if place < 0 || place >= scan.SliceCount then
            raise (
                DatasetException(
                    $"Scan '{slice.Scan}' keeps the slices {scan.FirstIndex} to {scan.FirstIndex + scan.SliceCount - 1}; slice {slice.Z} is not among them.",
                    data.Store.Path
                )
            )

        scan.FirstSlice + place

    let internal imageAt (index: int) (data: Dataset) =
        let store = data.Store
        let pixels = Array.zeroCreate<float32>(store.Size * store.Size)
        let mask = Array.zeroCreate<byte> pixels.Length
        store.CopyPixels(index, pixels.AsSpan())
        store.CopyMask(index, mask.AsSpan())
        let spacing = store.Scans[store.Slices[index].Scan].GridSpacing

        {
            Slice = data.Slices[index]
            Size = store.Size
            Pixels = pixels
            Mask = mask
            PixelAspect = spacing.Y / spacing.X
        }

    /// <summary>Pixels and mask of a slice.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">The slice is not among those kept.</exception>
    /// <example><code>
    /// let first data = data |> Dataset.image (Array.head (Dataset.slices data))
    /// </code></example>
    let image (slice: Slice) (data: Dataset) = imageAt (indexOf slice data) data

    /// <summary>Digest of voxels, labels, spacing and preparation; equal for equal data whatever its paths and names.</summary>
    /// <example><code>
    /// let digest data = Dataset.fingerprint data
    /// </code></example>
    let fingerprint (data: Dataset) = data.Store.Fingerprint

    /// <summary>What was odd about folder and scans, one sentence each.</summary>
    /// <example><code>
    /// let complaints data = Dataset.warnings data
    /// </code></example>
    let warnings (data: Dataset) =
        Seq.append data.Found.Warnings data.Store.Warnings
        |> Seq.distinct
        |> Seq.toArray

    /// <summary>Reads every scan and label and says what is odd; a scan that cannot be read does not stop the others.</summary>
    /// <example><code>
    /// let unusable data = (Dataset.check data).Errors
    /// </code></example>
    let check (data: Dataset) =
        DatasetCheck.Run(data.Found, data.Preparation, 0, Progress.sink (), Workspace.token ())

    /// <summary>Compares the voxels of all scans of two data sets: scans they share under whatever name, duplicates, axis orders that disagree.</summary>
    /// <exception cref="T:PolyCL.Core.ScanFormatException">A scan cannot be read.</exception>
    /// <example><code>
    /// let shared data = data |> Dataset.audit (Dataset.msd "/data/Task03_Liver") |> _.Findings
    /// </code></example>
    let audit (other: Dataset) (data: Dataset) =
        DatasetAudit.Run(data.Found, other.Found, 0, Progress.sink (), Workspace.token ())
