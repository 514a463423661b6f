/// A small data set that tests train on: boxes of tissue with a bright organ in the upper half of each scan.
module PolyCL.Tests.SmallData

open System.IO
open System.Threading
open PolyCL.Core
open PolyCL.Data
open PolyCL.Imaging

let private size = 24
let private depth = 24

/// One scan: noise of soft tissue, an organ from a third of the height upward whose place and size depend on the scan.
let private write (folder: string) (scan: int) =
    let mutable noise = RandomStream(7L, "small-data", 0L, scan)
    let voxels = Array.zeroCreate<int16>(size * size * depth)
    let labels = Array.zeroCreate<byte>(voxels.Length)
    let centre, radius, first = 8 + scan % 4, 4 + scan % 3, depth / 3 + scan % 5

    for z in 0 .. depth - 1 do
        for y in 0 .. size - 1 do
            for x in 0 .. size - 1 do
                let i = (z * size + y) * size + x

                let inside =
                    z >= first
                    && (x - centre) * (x - centre) + (y - 12) * (y - 12) < radius * radius

                let tissue = if inside then 130.0 else -20.0
                voxels[i] <- int16 (tissue + 25.0 * noise.NextNormal())
                labels[i] <- if inside then 1uy else 0uy

    // Air, as in every CT, in a slice that is not kept.
    voxels[0] <- -1000s

    let shape = VolumeShape(size, size, depth)
    let affine = Affine.Diagonal(Spacing(2.0, 2.0, 3.0))
    NiftiWriter.Write(Path.Combine(folder, $"volume-{scan}.nii"), Volume.FromArray(shape, affine, voxels))
    NiftiWriter.Write(Path.Combine(folder, $"segmentation-{scan}.nii"), Volume.FromArray(shape, affine, labels))

/// Writes the scans in LiTS's layout.
let dataset (folder: string) (scans: int) =
    Directory.CreateDirectory folder |> ignore

    for scan in 0 .. scans - 1 do
        write folder scan

    DatasetReader.Open(DatasetKind.Lits, folder)

/// The store of the scans, 32×32, and a split into 5, 1 and 2 of 8 scans.
let store (folder: string) =
    let store =
        SliceStoreBuilder.OpenOrBuild(
            dataset (Path.Combine(folder, "data")) 8,
            PrepareOptions(Size = 32),
            Path.Combine(folder, "stores"),
            0,
            null,
            CancellationToken.None
        )

    let ids = store.Scans |> Seq.map _.Id
    store, ScanSplit.BySeed(ids, 5, 1, 2, 1L)
