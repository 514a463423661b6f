/// The NIfTI files to test with: the large corpus when it is there, else the golden part of it; both with a manifest of what is right.
module PolyCL.Tests.Imaging.NiftiCorpus

open System
open System.IO
open System.Security.Cryptography
open System.Text.Json
open PolyCL.Core
open PolyCL.Imaging
open PolyCL.Tests

/// True when all 188 files are there.
let whole = TestData.shared.IsSome

let private folder =
    match TestData.shared with
    | Some shared -> Path.Combine(shared, "fixtures", "nifti")
    | None -> Path.Combine(TestData.golden, "nifti")

let file (relative: string) = Path.Combine(folder, relative)

let manifest =
    lazy
        (use document = JsonDocument.Parse(File.ReadAllText(file "manifest.json"))
         document.RootElement.Clone())

let entries kind = [
    for entry in manifest.Value.GetProperty("entries").EnumerateArray() do
        if entry.GetProperty("kind").GetString() = kind then
            entry
]

let text (entry: JsonElement) (name: string) =
    entry.GetProperty(name).GetString() |> string

let path (entry: JsonElement) = file (text entry "file")

let number (element: JsonElement) =
    match element.ValueKind with
    | JsonValueKind.String ->
        match element.GetString() with
        | "nan"
        | "NaN" -> nan
        | "inf"
        | "Infinity" -> infinity
        | _ -> -infinity
    | _ -> element.GetDouble()

let numbers (entry: JsonElement) (name: string) = [
    for item in entry.GetProperty(name).EnumerateArray() -> number item
]

let affineRows (entry: JsonElement) (name: string) = [
    for row in entry.GetProperty(name).EnumerateArray() do
        for item in row.EnumerateArray() -> item.GetDouble()
]

/// SHA-256 over the scaled voxels as little-endian doubles, x fastest.
let voxelHash (volume: Volume) =
    use hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256
    let slice = Array.zeroCreate<double>(volume.Shape.X * volume.Shape.Y)
    let bytes = Array.zeroCreate<byte>(slice.Length * 8)

    for z in 0 .. volume.Shape.Z - 1 do
        volume.CopySlice(z, Span<double> slice)
        Buffer.BlockCopy(slice, 0, bytes, 0, bytes.Length)
        hash.AppendData bytes

    Convert.ToHexStringLower(hash.GetHashAndReset())

let same (a: double) (b: double) =
    a = b || Double.IsNaN a && Double.IsNaN b

/// From an sform the affine is exact; from a qform float32 rounding remains.
let affineTolerance (entry: JsonElement) =
    if entry.GetProperty("sform_code").GetInt32() > 0 then
        0.0
    else
        1e-5

/// The formatted failure of a reading, or what it gave.
let attempt (read: unit -> 'a) : Result<'a, ScanFormatException> =
    try
        Ok(read ())
    with :? ScanFormatException as e ->
        Error e
