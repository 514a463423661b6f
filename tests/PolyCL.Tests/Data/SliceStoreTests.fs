module PolyCL.Tests.Data.SliceStoreTests

open System
open System.Diagnostics
open System.IO
open System.Threading
open System.Threading.Tasks
open Expecto
open FsCheck
open PolyCL.Cli
open PolyCL.Core
open PolyCL.Data
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Data.ScanFiles

let private shape = VolumeShape(20, 16, 20)
let private small = PrepareOptions(Size = 24)

let private withLits count (body: Dataset -> string -> 'a) =
    TestData.withTempFolder (fun folder ->
        let root = Path.Combine(folder, "data")
        writeLits root shape count
        body (DatasetReader.Open(DatasetKind.Lits, root)) (Path.Combine(folder, "stores")))

let private build dataset folder =
    use store = SliceStoreBuilder.OpenOrBuild(dataset, small, folder)
    store.Path

let private contents folder =
    Directory.GetFiles folder
    |> Array.map (fun path -> string (Path.GetFileName path))
    |> Array.sort
    |> List.ofArray

let private expectRefused (part: string) (path: string) =
    Expect.throwsC (fun () -> SliceStore.Open(path).Dispose()) (fun e ->
        Expect.isTrue (e :? RunStateException) $"kind of {e.Message}"
        Expect.stringContains e.Message part "message"
        Expect.stringContains e.Message path "file"
        Expect.isFalse (e.Message.Contains '\n') "one line")

/// Tells the token to stop after some scans, as Ctrl+C would.
let private stopAfter (scans: int64) (source: CancellationTokenSource) = {
    new IProgress<ProgressReport> with
        member _.Report report =
            if report.Done >= scans then
                source.Cancel()
}

let private prepare (root: string) (out: string) =
    let start =
        ProcessStartInfo(
            "dotnet",
            [
                typeof<Application>.Assembly.Location
                "prepare"
                "--data"
                root
                "--out"
                out
                "--threads"
                "1"
            ],
            RedirectStandardError = true,
            RedirectStandardOutput = true
        )

    match Process.Start start with
    | null -> failtest "the command line did not start"
    | started -> started

[<Tests>]
let tests =
    testList "Data.SliceStore" [
        testCase "every slice comes back as the pipeline made it: pixels within 2⁻¹⁷, masks exactly"
        <| fun () ->
            withLits 3 (fun dataset folder ->
                for options in
                    [
                        small
                        PrepareOptions(Size = 9, KeepShare = 1.0)
                        PrepareOptions(Size = 40, Order = SliceOrder.AsStored)
                    ] do
                    use store = SliceStoreBuilder.OpenOrBuild(dataset, options, folder)
                    store.Verify()
                    Expect.equal store.Options options "settings"
                    Expect.equal [ for scan in store.Scans -> scan.Id ] (ids dataset.Scans) "scans"
                    let struct (first, stop) = options.KeptOf shape.Z
                    Expect.hasLength store.Slices (3 * (stop - first)) "slices"
                    let pipeline = SlicePipeline options
                    let pixels = Array.zeroCreate<float32>(options.Size * options.Size)
                    let mask = Array.zeroCreate<byte>(options.Size * options.Size)
                    let expected = Array.zeroCreate<float32> pixels.Length
                    let expectedMask = Array.zeroCreate<byte> mask.Length

                    for s in 0..2 do
                        let scan = dataset.Scans[s]
                        let image = SlicePipeline.View(NiftiReader.Read scan.ImagePath, options.Order)

                        let organ =
                            SlicePipeline.View(NiftiReader.Read(string scan.LabelPath), options.Order)

                        let stored = store.Scans[s]
                        Expect.equal (stored.FirstIndex, stored.SliceCount) (first, stop - first) "kept"

                        Expect.equal
                            stored.GridSpacing
                            (Spacing(
                                float image.Shape.X / float options.Size,
                                float image.Shape.Y / float options.Size,
                                2.0
                            ))
                            "grid spacing"

                        Expect.equal
                            (store.SlicesOf [ scan.Id ])
                            [| stored.FirstSlice .. stored.FirstSlice + stored.SliceCount - 1 |]
                            "slices of the scan"

                        for i in 0 .. stored.SliceCount - 1 do
                            let place = stored.FirstSlice + i
                            pipeline.Pixels(image, first + i, expected)
                            let count = pipeline.Mask(organ, first + i, OrganRule(), expectedMask)
                            store.CopyPixels(place, pixels)
                            store.CopyMask(place, mask)
                            Expect.equal store.Slices[place] (SliceRecord(s, first + i, count > 0, count)) "record"
                            Expect.sequenceEqual mask expectedMask "mask"

                            let worst =
                                Seq.map2 (fun (a: float32) (b: float32) -> abs (float a - float b)) pixels expected
                                |> Seq.max

                            Expect.isLessThanOrEqual worst (2.0 ** -17.0 + 1e-7) "pixels"

                    Expect.equal (store.Scans |> Seq.sumBy _.OrganSlices) (3 * 10) "organ slices in all")

        testCase "the error of 16-bit pixels is at most 2⁻¹⁷ of the range for every code, and 0 and 1 are exact"
        <| fun () ->
            let shares = Array.init 262_145 (fun i -> float32 i / 262_144.0f)
            let codes = Array.zeroCreate<uint16> shares.Length
            let back = Array.zeroCreate<float32> shares.Length
            let code = PixelCode PrepareOptions.Paper
            code.Encode(shares, codes)
            code.Decode(codes, back)

            let worst =
                Seq.map2 (fun (a: float32) (b: float32) -> abs (float a - float b)) shares back
                |> Seq.max

            Expect.isLessThanOrEqual worst (2.0 ** -17.0 + 6e-8) "worst"
            Expect.equal (back[0], back[262_144]) (0.0f, 1.0f) "ends"
            // The scalar twin of the vector loop, on a length that leaves a rest.
            Expect.sequenceEqual back[..50] (codes[..50] |> Array.map (fun c -> float32 c / 65535.0f)) "twin"
            let outside = [| -1e-7f; 1.0000001f |]
            code.Encode(outside, codes)
            Expect.equal (codes[0], codes[1]) (0us, 65535us) "rounding of the resize"

        testProperty "a mask packed into bits comes back"
        <| fun (bits: bool[]) ->
            let mask = bits |> Array.map (fun bit -> if bit then 1uy else 0uy)
            let packed = Array.create (PixelCode.MaskBytes mask.Length) 0xFFuy
            PixelCode.Pack(mask, packed)
            let back = Array.create mask.Length 7uy
            PixelCode.Unpack(packed, back)
            Expect.sequenceEqual back mask "mask"

        testCase
            "the second call opens the same file without reading a scan; touched scans make another, with the same fingerprint"
        <| fun () ->
            withLits 2 (fun dataset folder ->
                let path = build dataset folder
                let written = File.GetLastWriteTimeUtc path
                let volume = dataset.Scans[0].ImagePath
                let time = File.GetLastWriteTimeUtc volume
                let bytes = File.ReadAllBytes volume
                File.WriteAllBytes(volume, Array.zeroCreate bytes.Length)
                File.SetLastWriteTimeUtc(volume, time)
                Expect.equal (build dataset folder) path "same store"
                Expect.equal (File.GetLastWriteTimeUtc path) written "not written again"
                File.WriteAllBytes(volume, bytes)
                File.SetLastWriteTimeUtc(volume, time.AddHours 1.0)
                let other = build dataset folder
                Expect.notEqual other path "another store"
                use a = SliceStore.Open path
                use b = SliceStore.Open other
                Expect.equal a.Fingerprint b.Fingerprint "fingerprint")

        testCase "the fingerprint follows voxels, labels and settings, not names, types or axis order"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let fingerprint name (options: PrepareOptions) (image: Volume) (organ: Volume) =
                    let root = Path.Combine(folder, name)
                    write (Path.Combine(root, $"{name}.nii.gz")) image
                    write (Path.Combine(root, $"{name}_seg.nii.gz")) organ

                    use store =
                        SliceStoreBuilder.OpenOrBuild(DatasetReader.Open(DatasetKind.Folder, root), options, root)

                    store.Fingerprint

                let place = affine "LPS" [ 1.0; 1.0; 2.0 ]
                let hu = voxels 1 shape
                let organ = label shape (8, 14)
                let image = Volume.FromArray(shape, place, hu)
                let mask = Volume.FromArray(shape, place, organ)
                let first = fingerprint "first" small image mask
                let floats = Volume.FromArray(shape, place, Array.map float32 hu)
                let turned = floats.Reorient(Orientation.Parse "AIR")

                Expect.equal
                    (fingerprint "second" small turned (mask.Reorient(Orientation.Parse "RAS")))
                    first
                    "same content"

                let changed = Array.copy hu
                changed[0] <- changed[0] + 1s

                Expect.notEqual
                    (fingerprint "third" small (Volume.FromArray(shape, place, changed)) mask)
                    first
                    "one voxel in a slice not kept"

                let other = Array.copy organ
                other[0] <- 1uy

                Expect.notEqual
                    (fingerprint "fourth" small image (Volume.FromArray(shape, place, other)))
                    first
                    "one label voxel"

                Expect.notEqual (fingerprint "fifth" (PrepareOptions(Size = 25)) image mask) first "settings"

                let wide = affine "LPS" [ 1.0; 1.0; 2.5 ]

                Expect.notEqual
                    (fingerprint
                        "sixth"
                        small
                        (Volume.FromArray(shape, wide, hu))
                        (Volume.FromArray(shape, wide, organ)))
                    first
                    "spacing")

        testCase "a store cut at any length is refused"
        <| fun () ->
            withLits 1 (fun dataset folder ->
                let path = build dataset folder
                let bytes = File.ReadAllBytes path

                for length in [ 0; 1; 63; 64; 4095; 4096; bytes.Length / 2; bytes.Length - 1 ] do
                    File.WriteAllBytes(path, bytes[.. length - 1])
                    expectRefused (if length < 64 then "no slice store" else "cut short") path

                File.WriteAllBytes(path, Array.append bytes [| 0uy |])
                expectRefused "cut short" path)

        testCase "a change of any byte of the header is refused, of pixels and masks found by Verify"
        <| fun () ->
            withLits 1 (fun dataset folder ->
                let path = build dataset folder
                let bytes = File.ReadAllBytes path
                let json = int (BitConverter.ToInt64(bytes, 16))

                let damage (i: int) =
                    let copy = Array.copy bytes
                    copy[i] <- copy[i] ^^^ 0x04uy
                    File.WriteAllBytes(path, copy)

                for i in Seq.append (seq { 0..63 }) (seq { json..7 .. bytes.Length - 1 }) do
                    damage i
                    expectRefused "" path

                for i, what in [ 4096, "pixels"; json - 1, "masks" ] do
                    damage i
                    use store = SliceStore.Open path

                    Expect.throwsC (fun () -> store.Verify()) (fun e ->
                        Expect.isTrue (e :? RunStateException) "kind"
                        Expect.stringContains e.Message $"the {what} of scan 'volume-0' are damaged" "message"))

        testCase "a store of another version is refused by its number, another file as no store"
        <| fun () ->
            withLits 1 (fun dataset folder ->
                let path = build dataset folder
                let bytes = File.ReadAllBytes path
                bytes[8] <- 9uy
                File.WriteAllBytes(path, bytes)
                expectRefused "version 9" path
                File.Copy(dataset.Scans[0].ImagePath, path, overwrite = true)
                expectRefused "no slice store" path
                Expect.throwsT<FileNotFoundException> (fun () -> SliceStore.Open(path + "x").Dispose()) "absent")

        testCase "a damaged store is made again by OpenOrBuild"
        <| fun () ->
            withLits 1 (fun dataset folder ->
                let path = build dataset folder
                let bytes = File.ReadAllBytes path
                File.WriteAllBytes(path, bytes[.. bytes.Length / 2])
                Expect.equal (build dataset folder) path "path"
                Expect.sequenceEqual (File.ReadAllBytes path) bytes "the same bytes again")

        testCase "six builders at once make one store, the same as one worker makes, and leave nothing else"
        <| fun () ->
            withLits 6 (fun dataset folder ->
                let paths =
                    Array.init 6 (fun _ ->
                        Task.Factory.StartNew((fun () -> build dataset folder), TaskCreationOptions.LongRunning))

                Task.WaitAll(paths |> Array.map (fun t -> t :> Task))
                let path = paths[0].Result
                Expect.allEqual (paths |> Array.map _.Result) path "path"
                Expect.equal (contents folder) [ string (Path.GetFileName path) ] "files"
                let alone = Path.Combine(folder, "alone")
                use store = SliceStoreBuilder.OpenOrBuild(dataset, small, alone, 1)
                Expect.sequenceEqual (File.ReadAllBytes path) (File.ReadAllBytes store.Path) "bytes")

        testCase "a cancelled build leaves nothing; the next one succeeds"
        <| fun () ->
            withLits 4 (fun dataset folder ->
                use source = new CancellationTokenSource()

                Expect.throws
                    (fun () ->
                        SliceStoreBuilder
                            .OpenOrBuild(dataset, small, folder, 1, stopAfter 2L source, source.Token)
                            .Dispose())
                    "cancelled"

                Expect.isEmpty (contents folder) "files"
                Expect.equal (contents folder) [] "still none"
                build dataset folder |> ignore)

        testCase "a builder killed half-way leaves no store; the next one clears up and makes it"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let root = Path.Combine(folder, "data")
                let out = Path.Combine(folder, "stores")
                writeLits root (VolumeShape(200, 200, 60)) 16
                use killed = prepare root out

                match killed.StandardError.ReadLine() with
                | null -> failtest ("the command line ended early: " + killed.StandardOutput.ReadToEnd())
                | line -> Expect.stringContains line "prepare slices" "progress"

                killed.Kill()
                killed.WaitForExit()
                let left = contents out
                Expect.isNonEmpty left "a temporary file"
                Expect.isFalse (left |> List.exists (fun name -> name.EndsWith ".polycl")) $"no store among {left}"
                use again = prepare root out
                let text = again.StandardOutput.ReadToEndAsync()
                again.StandardError.ReadToEnd() |> ignore
                again.WaitForExit()
                Expect.equal again.ExitCode 0 "exit code"
                Expect.stringContains text.Result "fingerprint" "summary"

                match contents out with
                | [ name ] ->
                    use store = SliceStore.Open(Path.Combine(out, name))
                    store.Verify()
                    Expect.hasLength store.Scans 16 "scans"
                | files -> failtest $"left {files}")

        testCase "a scan whose label has another shape stops the build, naming both files; nothing is left"
        <| fun () ->
            withLits 2 (fun dataset folder ->
                write
                    (string dataset.Scans[1].LabelPath)
                    (Volume.FromArray(
                        VolumeShape(20, 16, 19),
                        affine "LPS" [ 1.0; 1.0; 2.0 ],
                        Array.zeroCreate<byte>(20 * 16 * 19)
                    ))

                Expect.throwsC (fun () -> build dataset folder |> ignore) (fun e ->
                    Expect.isTrue (e :? DatasetException) "kind"
                    Expect.stringContains e.Message dataset.Scans[1].ImagePath "scan"
                    Expect.stringContains e.Message (string dataset.Scans[1].LabelPath) "label"
                    Expect.stringContains e.Message "20×16×20" "shape")

                Expect.isEmpty (contents folder) "files")

        testCase
            "a label with a shifted affine is taken voxel by voxel, with a warning; one in another axis order is reordered"
        <| fun () ->
            withLits 2 (fun dataset folder ->
                let organ = label shape (10, 19)
                let shifted = (affine "LPS" [ 1.0; 1.0; 2.0 ]).ToRows()
                shifted[3] <- 40.0
                write (string dataset.Scans[0].LabelPath) (Volume.FromArray(shape, Affine.FromRows shifted, organ))

                let turned =
                    Volume.FromArray(shape, affine "LPS" [ 1.0; 1.0; 2.0 ], organ).Reorient(Orientation.Parse "SRA")

                use plain = SliceStoreBuilder.OpenOrBuild(dataset, small, folder)
                Expect.equal plain.Warnings.Count 1 "warnings"

                Expect.stringContains
                    plain.Warnings[0]
                    "volume-0: the affines of scan and label differ by up to 40 mm"
                    "warning"

                write (string dataset.Scans[0].LabelPath) turned
                use reordered = SliceStoreBuilder.OpenOrBuild(dataset, small, folder)
                Expect.stringContains reordered.Warnings[0] "the scan's axes are LPS, its label's SRA" "warning"
                Expect.equal reordered.Slices plain.Slices "slices")

        testCase "scans that keep nothing stay in the list; a store of no slice opens"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let root = Path.Combine(folder, "data")
                writePair root 1 (VolumeShape(9, 9, 3)) (0, 2) "volume-0.nii" "segmentation-0.nii"

                use store =
                    SliceStoreBuilder.OpenOrBuild(DatasetReader.Open(DatasetKind.Lits, root), small, folder)

                Expect.hasLength store.Scans 1 "scans"
                Expect.equal (store.Scans[0].SliceCount, store.Scans[0].OrganSlices) (0, 3) "counts"
                Expect.isEmpty store.Slices "slices"
                store.Verify())

        testCase "partners are kept wider than anchors and say so"
        <| fun () ->
            withLits 1 (fun dataset folder ->
                use store = SliceStoreBuilder.OpenOrBuild(dataset, PrepareOptions.Authors, folder)

                let anchors = [
                    for i in 0 .. store.Slices.Count - 1 do
                        if store.CanBeAnchor i then
                            store.Slices[i].Index
                ]

                Expect.equal [ for slice in store.Slices -> slice.Index ] [ 7..12 ] "partners of 20 slices"
                Expect.equal anchors [ 7..11 ] "anchors of 20 slices")

        testCase "slices and scans that are not there, short buffers and a closed store are refused"
        <| fun () ->
            withLits 1 (fun dataset folder ->
                let store = SliceStoreBuilder.OpenOrBuild(dataset, small, folder)
                let pixels = Array.zeroCreate<float32>(24 * 24)
                Expect.throwsT<ArgumentOutOfRangeException> (fun () -> store.CopyPixels(-1, pixels)) "before"

                Expect.throwsT<ArgumentOutOfRangeException>
                    (fun () -> store.CopyPixels(store.Slices.Count, pixels))
                    "behind"

                Expect.throwsT<ArgumentException> (fun () -> store.CopyPixels(0, pixels[1..])) "short"

                Expect.throwsT<ArgumentException>
                    (fun () -> store.CopyMask(0, Array.zeroCreate<byte> 575))
                    "short mask"

                Expect.throwsT<DatasetException> (fun () -> store.SlicesOf [ "volume-7" ] |> ignore) "scan"
                store.Dispose()
                Expect.throwsT<ObjectDisposedException> (fun () -> store.CopyPixels(0, pixels)) "closed"
                store.Dispose())
    ]
