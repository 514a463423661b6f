module PolyCL.Tests.Imaging.NiftiWriterTests

open System
open System.Buffers.Binary
open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Imaging.NiftiCorpus

let private shape = VolumeShape(4, 3, 5)

let private sheared =
    Affine.FromRows [|
        1.5
        0.25
        0.0
        -10.0
        0.0
        -2.0
        0.5
        20.0
        0.125
        0.0
        3.0
        30.5
        0.0
        0.0
        0.0
        1.0
    |]

/// Writes, reads, and gives back the volume with the bytes of the file.
let private roundTrip name (volume: Volume) =
    TestData.withTempFolder (fun folder ->
        let path = Path.Combine(folder, name)
        NiftiWriter.Write(path, volume)
        Expect.hasLength (Directory.GetFiles folder) 1 "no temporary file is left"
        NiftiReader.Read path, NiftiReader.ReadHeader path)

let private expectSame (expected: Volume) (actual: Volume) message =
    Expect.equal actual.StoredType expected.StoredType $"{message}: type"
    Expect.equal actual.Shape expected.Shape $"{message}: shape"
    Expect.equal actual.Affine expected.Affine $"{message}: affine"
    Expect.equal actual.OrientationKnown expected.OrientationKnown $"{message}: orientation known"
    Expect.equal (actual.Slope, actual.Intercept) (expected.Slope, expected.Intercept) $"{message}: scaling"
    Expect.equal (voxelHash actual) (voxelHash expected) $"{message}: voxels"

/// One volume per type, with its extreme values.
let private volumes = [
    let make (values: 'a[]) =
        Volume.FromArray(shape, sheared, Array.init 60 (fun i -> values[i % values.Length]))

    make [| 0uy; 1uy; 255uy |]
    make [| 0y; 127y; -128y |]
    make [| 0s; Int16.MaxValue; Int16.MinValue; 7s |]
    make [| 0us; UInt16.MaxValue; 3us |]
    make [| 0; Int32.MaxValue; Int32.MinValue |]
    make [| 0u; UInt32.MaxValue |]
    make [| 0L; Int64.MaxValue; Int64.MinValue |]
    make [| 0UL; UInt64.MaxValue |]
    make [| 0.0f; Single.Epsilon; Single.MaxValue; nanf; -infinityf |]
    make [| -0.0; Double.Epsilon; Double.MaxValue; nan; infinity |]
]

let private scaled known slope intercept =
    Volume(VoxelArray<int16>(Array.init 60 (fun i -> int16 (i * 17 - 500))), shape, sheared, known, slope, intercept)

/// Fails once more than a few bytes have been written, like a full disk.
type private FullDisk(room: int) =
    inherit MemoryStream()

    override this.Write(buffer: ReadOnlySpan<byte>) =
        this.Write(buffer.ToArray(), 0, buffer.Length)

    override this.Write(buffer: byte[], offset, count) =
        if this.Length + int64 count > int64 room then
            raise (IOException "No space left on device")

        base.Write(buffer, offset, count)

[<Tests>]
let tests =
    testList "Imaging.NiftiWriter" [
        testCase "every type comes back with its extreme values, plain and compressed"
        <| fun () ->
            Expect.hasLength (volumes |> List.distinctBy _.StoredType) 10 "types"

            for volume in volumes do
                for name in [ "a.nii"; "a.nii.gz" ] do
                    let back, header = roundTrip name volume
                    expectSame volume back $"{volume.StoredType} {name}"
                    Expect.equal header.Version 1 "NIfTI-1 suffices"
                    Expect.equal header.Compressed (name.EndsWith "gz") "compressed by its name"

        testCase "all 48 axis orders come back as they were"
        <| fun () ->
            let straight =
                Affine.FromRows [|
                    2.0
                    0.0
                    0.0
                    -7.5
                    0.0
                    1.0
                    0.0
                    3.0
                    0.0
                    0.0
                    4.0
                    11.0
                    0.0
                    0.0
                    0.0
                    1.0
                |]

            let volume = Volume.FromArray(shape, straight, Array.init 60 int16)

            let orders = [
                for a in "RL" do
                    for b in "AP" do
                        for c in "SI" do
                            for p in [ [ a; b; c ]; [ a; c; b ]; [ b; a; c ]; [ b; c; a ]; [ c; a; b ]; [ c; b; a ] ] do
                                String(Array.ofList p)
            ]

            Expect.hasLength orders 48 "orders"

            for letters in orders do
                let turned = volume.Reorient(Orientation.Parse letters)
                let back, header = roundTrip "a.nii" turned
                Expect.equal (string back.Orientation) letters "order"
                expectSame turned back letters

                Expect.equal
                    (header.QFormCode, header.SFormCode)
                    (1, 1)
                    $"{letters}: both forms, the axes are orthogonal"

        testCase "the quaternion form gives the same affine as the matrix form"
        <| fun () ->
            // A rotation by 30° about an oblique axis, spacing 1×2×3, left- and right-handed.
            let c, s = cos (Math.PI / 6.0), sin (Math.PI / 6.0)
            let n = 1.0 / sqrt 3.0
            let t = (1.0 - c) * n * n

            for hand in [ 1.0; -1.0 ] do
                let affine =
                    Affine.FromRows [|
                        (t + c)
                        (t - s * n) * 2.0
                        (t + s * n) * 3.0 * hand
                        5.0
                        (t + s * n)
                        (t + c) * 2.0
                        (t - s * n) * 3.0 * hand
                        -6.0
                        (t - s * n)
                        (t + s * n) * 2.0
                        (t + c) * 3.0 * hand
                        7.0
                        0.0
                        0.0
                        0.0
                        1.0
                    |]

                TestData.withTempFolder (fun folder ->
                    let path = Path.Combine(folder, "a.nii")
                    NiftiWriter.Write(path, Volume.FromArray(shape, affine, Array.init 60 int16))
                    let bytes = File.ReadAllBytes path
                    Array.fill bytes 254 2 0uy // sform_code
                    File.WriteAllBytes(path, bytes)
                    let header = NiftiReader.ReadHeader path
                    Expect.equal (header.QFormCode, header.SFormCode) (1, 0) "quaternion only"

                    Seq.iter2
                        (fun (a: double) b -> Expect.isLessThan (abs (a - b)) 2e-6 $"hand {hand}")
                        (affine.ToRows())
                        (header.Affine.ToRows()))

        testCase "a sheared affine is written as matrix only"
        <| fun () ->
            let back, header = roundTrip "a.nii" volumes.Head
            Expect.equal (header.QFormCode, header.SFormCode) (0, 1) "forms"
            Expect.equal back.Affine sheared "affine"

        testCase "an unknown orientation stays unknown"
        <| fun () ->
            let back, header = roundTrip "a.nii" (scaled false 1.0 0.0)
            Expect.isFalse back.OrientationKnown "unknown"
            Expect.equal (header.QFormCode, header.SFormCode) (0, 0) "no form"
            let spacing = sheared.Spacing

            Seq.iter2
                (fun (a: double) b -> Expect.isLessThan (abs (a - b)) 1e-6 "the spacing is kept")
                [ spacing.X; spacing.Y; spacing.Z ]
                header.PixelSizes

        testCase "scaling is kept exactly; numbers beyond float32 make it NIfTI-2"
        <| fun () ->
            for slope, intercept, version in [ 0.5, -1024.0, 1; -2.0, 0.0, 1; 0.1, 0.0, 2; 1.0, 1e300, 2 ] do
                let volume = scaled true slope intercept

                for name in [ "a.nii"; "a.nii.gz" ] do
                    let back, header = roundTrip name volume
                    Expect.equal header.Version version $"slope {slope}"
                    expectSame volume back $"slope {slope}, intercept {intercept}"

        testCase "an axis above 32,767 voxels makes it NIfTI-2"
        <| fun () ->
            for size, version in [ 32767, 1; 32768, 2 ] do
                let volume =
                    Volume.FromArray(VolumeShape(1, size, 1), Affine.Diagonal(Spacing(1, 1, 1)), Array.init size byte)

                let back, header = roundTrip "a.nii" volume
                Expect.equal header.Version version $"{size} voxels"
                expectSame volume back $"{size} voxels"

        testCase "NIfTI-2 keeps an affine that float32 cannot hold"
        <| fun () ->
            let affine =
                Affine.FromRows [|
                    0.1
                    0.0
                    0.0
                    1.0 / 3.0
                    0.0
                    0.7
                    0.0
                    1e-9
                    0.0
                    0.0
                    3.0
                    0.0
                    0.0
                    0.0
                    0.0
                    1.0
                |]

            let volume =
                Volume(VoxelArray<int16>(Array.init 60 int16), shape, affine, true, 0.1, 0.0)

            let back, _ = roundTrip "a.nii" volume
            Expect.equal back.Affine affine "affine"

        testCase "every valid volume of the corpus comes back from our writer"
        <| fun () ->
            for entry in entries "valid" do
                match attempt (fun () -> NiftiReader.Read(path entry)) with
                | Error _ -> () // a series of volumes
                | Ok volume ->
                    let name = text entry "file"
                    let back, _ = roundTrip "a.nii.gz" volume
                    Expect.equal (voxelHash back) (text entry "sha256_scaled_f64le_fortran") $"{name}: voxels"
                    Expect.equal back.StoredType volume.StoredType $"{name}: type"

                    if volume.OrientationKnown then
                        Seq.iter2
                            (fun (a: double) b ->
                                Expect.isLessThanOrEqual (abs (a - b)) (1e-6 * max 1.0 (abs a)) $"{name}: affine")
                            (volume.Affine.ToRows())
                            (back.Affine.ToRows())

        testCase "the header names mm, and the voxels begin right behind it"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path = Path.Combine(folder, "a.nii")
                NiftiWriter.Write(path, scaled true 1.0 0.0)
                let bytes = File.ReadAllBytes path

                Expect.equal
                    (bytes.Length, bytes[123], BitConverter.ToSingle(bytes, 108))
                    (352 + 120, 2uy, 352.0f)
                    "layout"

                let first = BinaryPrimitives.ReadInt16LittleEndian(ReadOnlySpan(bytes, 352, 2))
                Expect.equal first -500s "first voxel")

        testCase "a full disk at any moment leaves the old file and no other"
        <| fun () ->
            let volume = scaled true 0.1 0.0

            for compressed, name in [ false, "a.nii"; true, "a.nii.gz" ] do
                let whole = new MemoryStream()
                NiftiWriter.WriteTo(whole, volume, compressed)

                TestData.withTempFolder (fun folder ->
                    let path = Path.Combine(folder, name)
                    File.WriteAllText(path, "old")

                    for room in [ 0; 1; int whole.Length / 2; int whole.Length - 1 ] do
                        let write (stream: Stream) =
                            use full = new FullDisk(room)
                            stream.WriteByte 7uy
                            NiftiWriter.WriteTo(full, volume, compressed)

                        Expect.throwsT<IOException> (fun () -> AtomicFile.Write(path, write)) $"{room} bytes"
                        Expect.equal (File.ReadAllText path) "old" "the old file"
                        Expect.hasLength (Directory.GetFiles folder) 1 "nothing else"

                    use enough = new FullDisk(int whole.Length)
                    NiftiWriter.WriteTo(enough, volume, compressed))

        testCase "a name that is no NIfTI name is refused before anything is written"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                for name in [ "a.gz"; "a.nii.bz2"; "a"; "a.img" ] do
                    Expect.throwsC (fun () -> NiftiWriter.Write(Path.Combine(folder, name), volumes.Head)) (fun e ->
                        Expect.stringContains e.Message ".nii or .nii.gz" name)

                Expect.isEmpty (Directory.GetFiles folder) "nothing written")
    ]
