/// Writes small scans and labels for tests of datasets.
module PolyCL.Tests.Data.ScanFiles

open System
open System.IO
open System.Text.Json
open PolyCL.Core
open PolyCL.Data
open PolyCL.Imaging
open PolyCL.Tests

/// An affine whose axes run as the letters say, with a spacing in mm.
let affine (letters: string) (spacing: float list) =
    let rows = Array.zeroCreate<float> 16
    rows[15] <- 1.0

    letters
    |> Seq.iteri (fun axis letter ->
        let world = "RLAPSI".IndexOf letter / 2
        let sign = if "RAS".Contains letter then 1.0 else -1.0
        rows[world * 4 + axis] <- sign * spacing[axis])

    Affine.FromRows rows

/// A scan of HU −1000 … 400, different in every voxel region, fixed by a seed.
let voxels (seed: int) (shape: VolumeShape) =
    let mutable stream = RandomStream(int64 seed, "test-scan", 0L, 0L)
    Array.init (int shape.VoxelCount) (fun _ -> int16 (stream.NextInt 1400 - 1000))

/// A label: 1 in the slices of a range along the third axis, in a block in the middle; one voxel of 2.
let label (shape: VolumeShape) (first, last) =
    Array.init (int shape.VoxelCount) (fun i ->
        let x, y, z = i % shape.X, i / shape.X % shape.Y, i / (shape.X * shape.Y)

        if
            z >= first
            && z <= last
            && abs (2 * x - shape.X) < shape.X / 2
            && abs (2 * y - shape.Y) < shape.Y / 2
        then
            if x = shape.X / 2 && y = shape.Y / 2 then 2uy else 1uy
        else
            0uy)

let write (path: string) (volume: Volume) =
    Directory.CreateDirectory(string (Path.GetDirectoryName path)) |> ignore
    NiftiWriter.Write(path, volume)

/// Writes scan and label as LPS, 1×1×2 mm, unless a name is empty.
let writePair (folder: string) seed (shape: VolumeShape) organ (image: string) (labelName: string) =
    let place = affine "LPS" [ 1.0; 1.0; 2.0 ]
    write (Path.Combine(folder, image)) (Volume.FromArray(shape, place, voxels seed shape))

    if labelName <> "" then
        write (Path.Combine(folder, labelName)) (Volume.FromArray(shape, place, label shape organ))

/// n scans as LiTS files; the organ is in the upper half.
let writeLits (folder: string) (shape: VolumeShape) (count: int) =
    for i in 0 .. count - 1 do
        writePair folder i shape (shape.Z / 2, shape.Z - 1) $"volume-{i}.nii" $"segmentation-{i}.nii"

let ids (scans: seq<ScanRecord>) = [ for scan in scans -> scan.Id ]

let readJson (path: string) =
    use document = JsonDocument.Parse(File.ReadAllText path)
    document.RootElement.Clone()

/// Float32 or byte array of a .npy file, version 1.0.
let readNpy<'T> (size: int) (path: string) : 'T[] =
    let _, _, bytes = Npy.parse (File.ReadAllBytes path)
    let data = Array.zeroCreate<'T>(bytes.Length / size)
    Buffer.BlockCopy(bytes, 0, data, 0, bytes.Length)
    data
