/// Damages NIfTI files in ways that depend on the seed only, and reads them: success or ScanFormatException, in bounded time and memory.
module PolyCL.Tests.Imaging.NiftiFuzz

open System
open System.Buffers.Binary
open System.Diagnostics
open System.IO
open System.IO.Compression
open PolyCL.Core
open PolyCL.Imaging

/// One file to damage; a pair keeps its undamaged half in Partner.
type private Base = {
    Name: string
    Content: byte[]
    Partner: (string * byte[]) option
}

type Report = {
    Files: int
    Read: int
    Refused: int
    Slowest: TimeSpan
    MostBytes: int64
    Failures: string list
}

let private inflate (bytes: byte[]) =
    use source =
        new GZipStream(new MemoryStream(bytes, writable = false), CompressionMode.Decompress)

    use target = new MemoryStream()
    source.CopyTo target
    target.ToArray()

let private deflate (bytes: byte[]) =
    use target = new MemoryStream()

    (use gzip = new GZipStream(target, CompressionLevel.Fastest, leaveOpen = true)
     gzip.Write(bytes, 0, bytes.Length))

    target.ToArray()

let private isGzip (bytes: byte[]) =
    bytes.Length > 2 && bytes[0] = 0x1fuy && bytes[1] = 0x8buy

/// The valid files of the corpus, both halves of pairs, and some of our own.
let private bases folder = [
    for entry in NiftiCorpus.entries "valid" do
        let path = NiftiCorpus.path entry
        let content = File.ReadAllBytes path

        match entry.TryGetProperty "data_file" with
        | true, data ->
            let dataPath = NiftiCorpus.file (string (data.GetString()))
            let voxels = File.ReadAllBytes dataPath

            let name, dataName =
                string (Path.GetFileName path), string (Path.GetFileName dataPath)

            {
                Name = name
                Content = content
                Partner = Some(dataName, voxels)
            }

            {
                Name = dataName
                Content = voxels
                Partner = Some(name, content)
            }
        | _ when content.Length < 30_000 -> {
            Name = string (Path.GetFileName path)
            Content = content
            Partner = None
          }
        | _ -> ()
    for name, volume in
        [
            "own.nii", Volume.FromArray(VolumeShape(5, 4, 3), Affine.Diagonal(Spacing(1, 2, 3)), Array.init 60 int16)
            "own.nii.gz",
            Volume.FromArray(VolumeShape(30, 20, 10), Affine.Diagonal(Spacing(1, 1, 1)), Array.init 6000 float32)
        ] do
        let path = Path.Combine(folder, name)
        NiftiWriter.Write(path, volume)

        {
            Name = name
            Content = File.ReadAllBytes path
            Partner = None
        }
]

let private extremes = [|
    0L
    1L
    -1L
    2L
    7L
    8L
    348L
    540L
    32767L
    -32768L
    65535L
    int64 Int32.MaxValue
    int64 Int32.MinValue
    1L <<< 32
    1L <<< 40
    1L <<< 62
    Int64.MaxValue
    Int64.MinValue
|]

let private reals = [|
    0.0
    -0.0
    1e-45
    1e-300
    -1.0
    0.5
    352.5
    1e9
    1e18
    1e38
    -1e38
    1e300
    Double.MaxValue
    nan
    infinity
    -infinity
|]

/// Starts and widths of the fields worth an absurd value: NIfTI-1, then NIfTI-2.
let private fields = [|
    [|
        0, 4
        38, 2
        yield! Seq.init 8 (fun i -> 40 + 2 * i, 2)
        68, 2
        70, 2
        72, 2
        yield! Seq.init 8 (fun i -> 76 + 4 * i, 4)
        108, 4
        112, 4
        116, 4
        252, 2
        254, 2
        yield! Seq.init 6 (fun i -> 256 + 4 * i, 4)
        yield! Seq.init 12 (fun i -> 280 + 4 * i, 4)
        344, 4
        348, 4
        352, 4
    |]
    [|
        0, 4
        4, 4
        8, 4
        12, 2
        14, 2
        yield! Seq.init 8 (fun i -> 16 + 8 * i, 8)
        yield! Seq.init 8 (fun i -> 104 + 8 * i, 8)
        168, 8
        176, 8
        184, 8
        344, 4
        348, 4
        yield! Seq.init 18 (fun i -> 352 + 8 * i, 8)
        540, 4
        544, 4
    |]
|]

let private overwrite (stream: byref<RandomStream>) (bytes: byte[]) =
    let table =
        fields[if bytes.Length > 4 && (bytes[0] = 28uy || bytes[3] = 28uy) then
                   1
               else
                   0]

    let start, width = table[stream.NextInt table.Length]

    if start + width <= bytes.Length then
        let target = bytes.AsSpan(start, width)
        let whole = extremes[stream.NextInt extremes.Length]
        let real = reals[stream.NextInt reals.Length]

        match width, stream.NextInt 2 with
        | 2, _ -> BinaryPrimitives.WriteInt16LittleEndian(target, int16 whole)
        | 4, 0 -> BinaryPrimitives.WriteInt32LittleEndian(target, int32 whole)
        | 4, _ -> BinaryPrimitives.WriteSingleLittleEndian(target, float32 real)
        | _, 0 -> BinaryPrimitives.WriteInt64LittleEndian(target, whole)
        | _ -> BinaryPrimitives.WriteDoubleLittleEndian(target, real)

        if stream.NextInt 2 = 0 then
            target.Reverse()

let private splice (stream: byref<RandomStream>) (bytes: byte[]) (other: byte[]) =
    let at = stream.NextInt(bytes.Length + 1)

    match stream.NextInt 5 with
    | 0 -> Array.append bytes[.. at - 1] other[stream.NextInt(other.Length + 1) ..] // head of one, tail of another
    | 1 -> Array.concat [ bytes[.. at - 1]; bytes[at / 2 ..] ] // a part twice
    | 2 -> Array.append bytes[.. at / 2 - 1] bytes[at..] // a part missing
    | 3 -> Array.append bytes (Array.zeroCreate (stream.NextInt 100_000)) // zeros behind
    | _ ->
        let count = 1 + stream.NextInt 64
        let noise = Array.zeroCreate<byte> count

        for i in 0 .. count - 1 do
            noise[i] <- byte (stream.NextInt 256)

        Array.concat [ bytes[.. at - 1]; noise; bytes[at..] ]

let private flip (stream: byref<RandomStream>) (bytes: byte[]) bound =
    for _ in 0 .. stream.NextInt 8 do
        let at = stream.NextInt(max 1 (min bound bytes.Length))

        if at < bytes.Length then
            bytes[at] <- bytes[at] ^^^ (1uy <<< stream.NextInt 8)

/// One to three damages, inside the compressed stream or outside it.
let private damage (stream: byref<RandomStream>) (content: byte[]) (other: byte[]) =
    let compressed = isGzip content
    let inside = compressed && stream.NextInt 4 > 0
    let mutable bytes = if inside then inflate content else Array.copy content

    for _ in 0 .. stream.NextInt 3 do
        match stream.NextInt 10 with
        | 0 -> flip &stream bytes 560
        | 1 -> flip &stream bytes bytes.Length
        | 2 -> bytes <- bytes[.. stream.NextInt(bytes.Length + 1) - 1]
        | 3 -> bytes <- splice &stream bytes other
        | _ -> overwrite &stream bytes

    match inside, stream.NextInt 12 with
    | true, 0 -> deflate (deflate bytes)
    | true, 1 ->
        let packed = deflate bytes
        flip &stream packed packed.Length
        packed
    | true, 2 -> Array.append (deflate bytes) (deflate other) // one more member
    | true, _ -> deflate bytes
    | false, 0 -> deflate bytes
    | false, _ -> bytes

/// What reading may allocate: a few copies of what the file can hold, and the fixed buffers.
let private allocationBound (path: string) =
    let length = FileInfo(path).Length
    use stream = File.OpenRead path
    let compressed = stream.ReadByte() = 0x1f && stream.ReadByte() = 0x8b
    8_000_000L + 4L * length * (if compressed then 1032L else 1L)

let private readAll (path: string) =
    let header = NiftiReader.ReadHeader path
    let summary, _ = NiftiReader.Summarize path
    let volume = NiftiReader.Read(path).Reorient Orientation.Lps
    let slice = Array.zeroCreate<float32>(volume.Shape.X * volume.Shape.Y)
    volume.CopySlice(volume.Shape.Z - 1, slice.AsSpan())

    if summary.FiniteCount > header.VoxelCount then
        failwith "more finite voxels than voxels"

/// Damages and reads files 0 … count − 1 of a seed; also hands each to `inspect`, which returns a complaint or nothing.
let run (count: int) (seed: int64) (inspect: string -> string option) (progress: int -> unit) =
    let folder = Directory.CreateTempSubdirectory "polycl-fuzz-"

    try
        let bases = Array.ofList (bases folder.FullName)

        let one (report: Report) i =
            let mutable stream = RandomStream(seed, "fuzz-nifti", 0L, int64 i)
            let chosen = bases[stream.NextInt bases.Length]
            let other = bases[stream.NextInt bases.Length].Content
            let path = Path.Combine(folder.FullName, chosen.Name)
            File.WriteAllBytes(path, damage &stream chosen.Content other)

            match chosen.Partner with
            | Some(name, bytes) -> File.WriteAllBytes(Path.Combine(folder.FullName, name), bytes)
            | None -> ()

            let bound =
                allocationBound path
                + (match chosen.Partner with
                   | Some(name, _) -> allocationBound (Path.Combine(folder.FullName, name))
                   | None -> 0L)

            let watch = Stopwatch.StartNew()
            let before = GC.GetAllocatedBytesForCurrentThread()

            let read, complaint =
                try
                    readAll path
                    true, None
                with
                | :? ScanFormatException as e when e.Message.Contains '\n' ->
                    false, Some $"more than one line: {e.Message}"
                | :? ScanFormatException -> false, None
                | e -> false, Some $"{e.GetType().Name}: {e.Message}"

            let spent = GC.GetAllocatedBytesForCurrentThread() - before
            let time = watch.Elapsed

            let complaints = [
                yield! Option.toList complaint
                yield! Option.toList (inspect path)
                if spent > bound then
                    $"allocated {spent} bytes, {bound} allowed"
            ]

            if i % 1000 = 999 then
                progress (i + 1)

            {
                Files = report.Files + 1
                Read = report.Read + (if read then 1 else 0)
                Refused = report.Refused + (if read then 0 else 1)
                Slowest = max report.Slowest time
                MostBytes = max report.MostBytes spent
                Failures = [ for c in complaints -> $"file {i} ({chosen.Name}): {c}" ] @ report.Failures
            }

        Seq.fold
            one
            {
                Files = 0
                Read = 0
                Refused = 0
                Slowest = TimeSpan.Zero
                MostBytes = 0L
                Failures = []
            }
            (seq { 0 .. count - 1 })
    finally
        folder.Delete true
