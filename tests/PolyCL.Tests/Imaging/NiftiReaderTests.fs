module PolyCL.Tests.Imaging.NiftiReaderTests

open System
open System.IO
open System.Text.Json
open Expecto
open PolyCL.Core
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Imaging.NiftiCorpus

let private expectAffine tolerance (expected: double list) (actual: Affine) name =
    let worst =
        Seq.map2 (fun (a: double) b -> abs (a - b)) expected (actual.ToRows())
        |> Seq.max

    Expect.isLessThanOrEqual worst tolerance $"{name}: affine"

let private expectHeader (entry: JsonElement) (header: NiftiHeader) =
    let name = text entry "file"
    Expect.equal header.Version (entry.GetProperty("version").GetInt32()) $"{name}: version"
    Expect.equal header.BigEndian (entry.GetProperty("big_endian").GetBoolean()) $"{name}: byte order"
    Expect.equal (Seq.map double header.Dimensions |> List.ofSeq) (numbers entry "shape") $"{name}: shape"
    Expect.equal (List.ofSeq header.PixelSizes) (numbers entry "zooms") $"{name}: zooms"
    Expect.equal (header.StoredType.ToString().ToLowerInvariant()) (text entry "dtype") $"{name}: type"
    expectAffine (affineTolerance entry) (affineRows entry "affine") header.Affine name
    Expect.equal (string (Orientation.FromAffine header.Affine)) (text entry "axcodes") $"{name}: axis codes"

    Expect.equal
        header.OrientationKnown
        (header.QFormCode > 0 || header.SFormCode > 0)
        $"{name}: orientation is known when there is a form"

let private expectSummary (entry: JsonElement) (summary: VoxelSummary) =
    let name = text entry "file"
    Expect.equal summary.FiniteCount (entry.GetProperty("finite_count").GetInt64()) $"{name}: finite voxels"
    Expect.equal summary.Minimum (Nullable(number (entry.GetProperty "min"))) $"{name}: minimum"
    Expect.equal summary.Maximum (Nullable(number (entry.GetProperty "max"))) $"{name}: maximum"

    let sum = number (entry.GetProperty "sum")
    let scale = max 1.0 (max (abs sum) (abs summary.Maximum.Value))
    Expect.isLessThanOrEqual (abs (summary.Sum - sum)) (1e-9 * scale) $"{name}: sum"

    let first = numbers entry "first"

    Expect.isTrue
        (first.Length = summary.First.Count && Seq.forall2 same first summary.First)
        $"{name}: first voxels {List.ofSeq summary.First} against {first}"

let private expectMalformed (entry: JsonElement) (outcome: Result<double list * int list, ScanFormatException>) =
    let name = text entry "file"
    let baseline = manifest.Value.GetProperty "malformed_base"

    let expectBase (first: double list) (shape: int list) =
        Expect.equal shape [ for s in numbers baseline "base_shape" -> int s ] $"{name}: base shape"
        Expect.equal first (numbers baseline "base_first") $"{name}: base voxels"

    match text entry "policy", outcome with
    | _, Error e ->
        Expect.stringContains
            e.Path
            (string (Path.GetFileNameWithoutExtension(path entry)))
            $"{name}: the message names the file"

        Expect.isNotEmpty e.Field $"{name}: the message names the place"
        Expect.isFalse (e.Message.Contains '\n') $"{name}: one line"
    | "error", Ok _ -> failtest ($"{name} was read; an error was due: " + text entry "why")
    | "read-bounded", Ok(first, shape) ->
        Expect.equal (first, shape) (List.replicate 8 0.0, [ 4; 4; 4 ]) $"{name}: the small image"
    | _, Ok(first, shape) -> expectBase first shape

[<Tests>]
let tests =
    testList "Imaging.NiftiReader" [
        testCase "all valid files of the corpus agree with the manifest"
        <| fun () ->
            let valid = entries "valid"
            Expect.hasLength valid (if whole then 118 else 21) "files"

            for entry in valid do
                let name = text entry "file"
                let summary, header = NiftiReader.Summarize(path entry)
                expectHeader entry header
                expectSummary entry summary

                if Seq.forall ((=) 1L) (Seq.skip (min 3 header.Dimensions.Count) header.Dimensions) then
                    let volume = NiftiReader.Read(path entry)
                    Expect.equal (voxelHash volume) (text entry "sha256_scaled_f64le_fortran") $"{name}: voxels"
                else
                    match attempt (fun () -> NiftiReader.Read(path entry)) with
                    | Error e -> Expect.stringContains e.Message "more than one volume" $"{name}: a series is refused"
                    | Ok _ -> failtest $"{name}: a series was read as a volume"

        testCase "a pair opens through the name of its voxel file"
        <| fun () ->
            for entry in entries "valid" do
                match entry.TryGetProperty "data_file" with
                | true, data ->
                    let volume = NiftiReader.Read(file (string (data.GetString())))

                    Expect.equal (voxelHash volume) (text entry "sha256_scaled_f64le_fortran") (text entry "file")
                | _ -> ()

        testCase "the 48 storage orders come out as one object in RAS and in LPS, affine exact"
        <| fun () ->
            let oriented =
                entries "valid"
                |> List.filter (fun e -> fst (e.TryGetProperty "sha256_after_RAS"))

            Expect.hasLength oriented (if whole then 48 else 3) "orders"

            for entry in oriented do
                let name = text entry "file"
                let volume = NiftiReader.Read(path entry)

                for letters in [ "RAS"; "LPS" ] do
                    let turned = volume.Reorient(Orientation.Parse letters)
                    Expect.equal (string turned.Orientation) letters $"{name}: order"

                    Expect.equal
                        (voxelHash turned)
                        (text entry $"sha256_after_{letters}")
                        $"{name} as {letters}: voxels"

                    expectAffine 0.0 (affineRows entry $"affine_after_{letters}") turned.Affine $"{name} as {letters}"

        testCase "every malformed file is refused in one line, or read where the policy allows; memory stays bounded"
        <| fun () ->
            let malformed = entries "malformed"
            Expect.hasLength malformed (if whole then 70 else 10) "files"

            for entry in malformed do
                let before = GC.GetAllocatedBytesForCurrentThread()

                expectMalformed
                    entry
                    (attempt (fun () ->
                        let volume = NiftiReader.Read(path entry)
                        let first = [ for i in 0..7 -> volume[i % volume.Shape.X, i / volume.Shape.X, 0] ]
                        first, [ volume.Shape.X; volume.Shape.Y; volume.Shape.Z ]))

                expectMalformed
                    entry
                    (attempt (fun () ->
                        let summary, header = NiftiReader.Summarize(path entry)
                        List.ofSeq summary.First, [ for d in header.Dimensions -> int d ]))

                let spent = GC.GetAllocatedBytesForCurrentThread() - before
                Expect.isLessThan spent 8_000_000L (text entry "file" + ": allocated bytes")

        testCase "a gzip file cut at any byte, or with any byte of its checksum changed, is refused"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let whole = Path.Combine(folder, "whole.nii.gz")
                let voxels = Array.init 60 (fun i -> int16 (i * i))

                NiftiWriter.Write(
                    whole,
                    Volume.FromArray(VolumeShape(5, 4, 3), Affine.Diagonal(Spacing(1, 1, 1)), voxels)
                )

                let bytes = File.ReadAllBytes whole
                let damaged = Path.Combine(folder, "damaged.nii.gz")

                let expectRefused message (content: byte[]) =
                    File.WriteAllBytes(damaged, content)

                    match attempt (fun () -> NiftiReader.Read damaged) with
                    | Error _ -> ()
                    | Ok _ -> failtest message

                for length in 0 .. bytes.Length - 17 do
                    expectRefused $"read {length} of {bytes.Length} bytes" bytes[.. length - 1]

                for i in bytes.Length - 8 .. bytes.Length - 1 do
                    let copy = Array.copy bytes
                    copy[i] <- copy[i] ^^^ 0x10uy
                    expectRefused $"trailer byte {i} changed" copy)
    ]
