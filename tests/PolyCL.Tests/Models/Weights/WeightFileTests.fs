module PolyCL.Tests.Models.Weights.WeightFileTests

open System
open System.Collections.Generic
open System.IO
open System.Text
open System.Text.Json
open Expecto
open PolyCL.Core
open PolyCL.Models.Weights
open PolyCL.Tests
open PolyCL.Tests.Models
open TorchSharp

let private golden folder file = NnFixture.path $"{folder}/{file}"

let private dtypes =
    dict [
        "float32", torch.float32
        "float16", torch.float16
        "bfloat16", torch.bfloat16
        "float64", torch.float64
        "int64", torch.int64
        "int32", torch.int32
        "uint8", torch.uint8
        "bool", torch.bool
    ]

/// Compares one tensor with its description {dtype, shape, values}.
let private expectTensor (weights: WeightSet) (name: string) (expected: JsonElement) =
    use _ = torch.NewDisposeScope()
    let actual = weights.ReadTensor name
    let text = expected.GetProperty("dtype").GetString() |> string
    Expect.equal actual.dtype dtypes[text.Replace("torch.", "")] $"{name}: format"

    let shape = [|
        for size in expected.GetProperty("shape").EnumerateArray() -> size.GetInt64()
    |]

    Expect.equal actual.shape shape $"{name}: shape"
    Expect.isTrue (actual.is_contiguous ()) $"{name}: contiguous"
    Expect.isFalse actual.requires_grad $"{name}: no gradient"

    let values =
        if actual.numel () = 0L then
            [||]
        else
            actual.to_type(torch.float64).data<float>().ToArray()

    Expect.equal values (NnFixture.numbers (expected.GetProperty "values")) $"{name}: values"

let private mixed =
    lazy (NnFixture.readJson(golden "statedicts" "statedicts.json").GetProperty "mixed")

let private loader = lazy (NnFixture.readJson (golden "loader" "expected.json"))

/// What WeightFile.Read says against a file.
let private refusal (path: string) =
    try
        use weights = WeightFile.Read path
        failtest $"{Path.GetFileName path} was read with {weights.Entries.Count} tensors"
    with :? WeightMismatchException as e ->
        Expect.equal e.File path "names the file"
        e.Message

let private expectRefusal (path: string) (part: string) =
    Expect.stringContains (refusal path) part "message"

let private withBytes (bytes: byte[]) body =
    TestData.withTempFolder (fun folder ->
        let path = Path.Combine(folder, "weights.bin")
        File.WriteAllBytes(path, bytes)
        body path)

/// A .safetensors file with any header and so many bytes of data.
let private safetensors (header: string) (data: int) =
    let header = Encoding.UTF8.GetBytes header

    Array.concat [
        BitConverter.GetBytes(uint64 header.Length)
        header
        Array.zeroCreate<byte> data
    ]

let private fixtureTests = [
    for file in [ "mixed.safetensors"; "mixed.pth"; "mixed_contiguous.pth"; "mixed_legacy.pth" ] do
        testCase $"{file}: all fifteen tensors as PyTorch stored them"
        <| fun () ->
            use weights = WeightFile.Read(golden "statedicts" file)
            Expect.hasLength weights.Entries 15 "tensors"

            for entry in mixed.Value.EnumerateObject() do
                expectTensor weights entry.Name entry.Value

    for file in
        [
            "plain"
            "transposed_stride"
            "channels_last"
            "view_with_offset"
            "shared_storage"
            "parameter"
            "dtypes"
            "training_checkpoint"
        ] do
        testCase $"loader/{file}.pth as PyTorch stored it"
        <| fun () ->
            use weights = WeightFile.Read(golden "loader" $"{file}.pth")

            for entry in (loader.Value.GetProperty $"{file}.pth").EnumerateObject() do
                expectTensor weights entry.Name entry.Value

    testCase "a nested checkpoint shows its dictionaries and plain values"
    <| fun () ->
        use weights = WeightFile.Read(golden "statedicts" "checkpoint_nested.pth")
        Expect.contains weights.Sections "state_dict" "sections"
        Expect.equal weights.Metadata["epoch"] "12" "epoch"
        Expect.equal weights.Metadata["best_loss"] "0.25" "best loss"
        Expect.equal weights.Metadata["name"] "polycl" "name"

        for name in [ "f32"; "i64"; "scalar" ] do
            expectTensor weights $"state_dict.module.{name}" (mixed.Value.GetProperty name)

    testCase "SAM's checkpoint in its three forms holds the same numbers (large corpus)"
    <| fun () ->
        use _ = torch.NewDisposeScope()

        let read file =
            WeightFile.Read(TestData.sharedFile $"fixtures/sam/sam1-tiny/{file}")

        use plain = read "weights.pth"
        use strided = read "weights_strided.pth"
        use safe = read "weights.safetensors"
        Expect.isGreaterThan plain.Entries.Count 190 "tensors"

        for entry in plain.Entries do
            let values = plain.ReadTensor(entry.FullName).bytes.ToArray()
            Expect.equal (strided.ReadTensor(entry.FullName).bytes.ToArray()) values entry.FullName
            Expect.equal (safe.ReadTensor(entry.FullName).bytes.ToArray()) values entry.FullName

    testCase "SAM 2's checkpoint lies under 'model' (large corpus)"
    <| fun () ->
        use weights =
            WeightFile.Read(TestData.sharedFile "fixtures/sam/sam2-tiny-video/weights.pt")

        Expect.equal (List.ofSeq weights.Sections) [ "model" ] "sections"

    testCase "the golden copies are the corpus's files (large corpus)"
    <| fun () ->
        let corpus = TestData.sharedFile "fixtures/nn"
        let golden = Path.Combine(TestData.golden, "nn")

        for file in Directory.GetFiles(golden, "*", SearchOption.AllDirectories) do
            let relative = Path.GetRelativePath(golden, file).Replace('\\', '/')

            // The losses are a subset; its arrays are compared by the test below.
            if not (relative.StartsWith "losses/") && relative <> "README.md" then
                let original =
                    if relative.StartsWith "loader/" then
                        TestData.sharedFile $"fixtures/sam/{relative}"
                    else
                        Path.Combine(corpus, relative)

                Expect.equal (ContentHash.OfFile file) (ContentHash.OfFile original) relative

    testCase "the golden subset of the losses has the corpus's numbers (large corpus)"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        let all = NnFixture.readNpz (TestData.sharedFile "fixtures/nn/losses/losses.npz")

        for pair in NnFixture.readNpz (NnFixture.path "losses/losses.npz") do
            Expect.equal (pair.Value.bytes.ToArray()) (all[pair.Key].bytes.ToArray()) pair.Key
]

let private everyFormat () : IReadOnlyDictionary<string, torch.Tensor> =
    let values = torch.arange(12, dtype = torch.float32).reshape(3L, 4L)

    readOnlyDict [
        for dtype in
            [
                torch.bool
                torch.uint8
                torch.int8
                torch.int16
                torch.int32
                torch.int64
                torch.float16
                torch.bfloat16
                torch.float32
                torch.float64
            ] do
            $"b.{dtype}", values.to_type dtype
        "transposed", values.t ()
        "scalar", torch.tensor 2.5f
        "empty", torch.zeros [| 0L; 3L |]
        "ünï \"quoted\"", values
    ]

let private roundTripTests = [
    testCase "writing and reading gives every number format back, strided and empty tensors too"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            use _ = torch.NewDisposeScope()
            let path = Path.Combine(folder, "all.safetensors")
            let tensors = everyFormat ()
            WeightFile.Write(path, tensors, readOnlyDict [ "seed", "7"; "profile", "smoke" ])
            use weights = WeightFile.Read path
            Expect.equal weights.Metadata["seed"] "7" "metadata"
            Expect.equal weights.Entries.Count tensors.Count "tensors"

            for pair in tensors do
                let back = weights.ReadTensor pair.Key
                Expect.equal back.dtype pair.Value.dtype $"{pair.Key}: format"
                Expect.equal back.shape pair.Value.shape $"{pair.Key}: shape"
                Expect.equal (back.bytes.ToArray()) (pair.Value.contiguous().bytes.ToArray()) $"{pair.Key}: values")

    testCase "the same content gives the same bytes, whatever the order; header and elements are aligned"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            use _ = torch.NewDisposeScope()
            let first, second = Path.Combine(folder, "a"), Path.Combine(folder, "b")
            let tensors = everyFormat ()
            WeightFile.Write(first, tensors, readOnlyDict [ "x", "1"; "y", "2" ])

            let reversed =
                tensors |> Seq.rev |> Seq.map (fun pair -> pair.Key, pair.Value) |> readOnlyDict

            WeightFile.Write(second, reversed, readOnlyDict [ "y", "2"; "x", "1" ])
            Expect.equal (File.ReadAllBytes first) (File.ReadAllBytes second) "bytes"
            Expect.equal (BitConverter.ToInt64(File.ReadAllBytes first, 0) % 8L) 0L "header length"
            use weights = WeightFile.Read first

            for entry in weights.Entries do
                let size =
                    if entry.Count = 0L then
                        1L
                    else
                        entry.ByteCount / entry.Count

                Expect.equal (entry.Position % size) 0L $"{entry.Name} is aligned")

    testCase "a complex tensor is refused and no file is left"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            use z = torch.zeros ([| 2L |], torch.complex64)
            let path = Path.Combine(folder, "z.safetensors")

            Expect.throwsT<ArgumentException>
                (fun () -> WeightFile.Write(path, readOnlyDict [ "z", z ], readOnlyDict []))
                "format"

            Expect.isEmpty (Directory.GetFiles folder) "folder")

    testCase "a bool byte of 255 is read as true"
    <| fun () ->
        let header = """{"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}"""
        let bytes = safetensors header 2
        bytes[bytes.Length - 1] <- 255uy

        withBytes bytes (fun path ->
            use weights = WeightFile.Read path
            use a = weights.ReadTensor "a"
            Expect.equal (a.bytes.ToArray()) [| 0uy; 1uy |] "bytes")

    testCase "reading leaves one tensor alive: the result"
    <| fun () ->
        use weights = WeightFile.Read(golden "statedicts" "mixed.pth")

        for entry in weights.Entries do
            let before = DisposeScopeManager.Statistics.ThreadTotalLiveCount
            use tensor = weights.ReadTensor entry.FullName
            let grown = DisposeScopeManager.Statistics.ThreadTotalLiveCount - before
            Expect.equal (grown, tensor.shape.Length) (1L, entry.Shape.Count) entry.Name
]

let private tensor shape offsets =
    sprintf """{"dtype":"F32","shape":%s,"data_offsets":%s}""" shape offsets

let private refusalTests = [
    for what, header, data, part in
        [
            "overlapping tensors", $"""{{"a":{tensor "[2]" "[0,8]"},"b":{tensor "[2]" "[4,12]"}}}""", 12, "overlap"
            "a hole", $"""{{"a":{tensor "[1]" "[0,4]"},"b":{tensor "[1]" "[8,12]"}}}""", 12, "hole of 4 bytes"
            "bytes after the end", $"""{{"a":{tensor "[1]" "[0,4]"}}}""", 8, "4 bytes after the last tensor"
            "too few bytes", $"""{{"a":{tensor "[4]" "[0,16]"}}}""", 8, "truncated"
            "a size that is not the shape's", $"""{{"a":{tensor "[3]" "[0,8]"}}}""", 8, "takes 12"
            "a negative size", $"""{{"a":{tensor "[-1,-2]" "[0,8]"}}}""", 8, "impossible shape"
            "an overflowing shape", $"""{{"a":{tensor "[4294967296,4294967296]" "[0,8]"}}}""", 8, "impossible shape"
            "offsets backwards", $"""{{"a":{tensor "[0]" "[8,8]"}}}""", 4, "truncated"
            "an unknown number format", """{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""", 4, "F8_E4M3"
            "no format", """{"a":{"shape":[4],"data_offsets":[0,4]}}""", 4, "describes 'a' without dtype"
            "a format that is no text",
            """{"a":{"dtype":7,"shape":[4],"data_offsets":[0,4]}}""",
            4,
            "a dtype that is the number 7"
            "a shape that is null",
            """{"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}""",
            4,
            "a shape that is null, not a list of whole numbers"
            "a size that is no whole number", $"""{{"a":{tensor "[1.5]" "[0,4]"}}}""", 4, "a shape with 1.5"
            "a size of 70 bits",
            $"""{{"a":{tensor "[1180591620717411303424]" "[0,4]"}}}""",
            4,
            "no whole number of 64 bits"
            "a tensor that is a number", """{"a":5}""", 4, "describes 'a' by the number 5"
            "half of a surrogate pair as name", $"""{{"\ud800":{tensor "[1]" "[0,4]"}}}""", 4, "valid JSON"
            "broken JSON", """{"a":{"dtype":"F32",""", 4, "valid JSON"
            "a number among its metadata",
            """{"__metadata__":{"a":1}}""",
            0,
            "the metadata 'a' that is the number 1, not a text"
            "null among its metadata", """{"__metadata__":{"a":null}}""", 0, "the metadata 'a' that is null, not a text"
            "a list among its metadata",
            """{"__metadata__":{"a":["b"]}}""",
            0,
            "the metadata 'a' that is a list, not a text"
            "metadata that are null", """{"__metadata__":null}""", 0, "metadata that are null, not texts by name"
            "metadata that are a number", """{"__metadata__":3.5}""", 0, "metadata that are the number 3.5"
            "metadata of one name twice", """{"__metadata__":{"a":"1","a":"2"}}""", 0, "the metadata 'a' twice"
            "two tensors of one name",
            $"""{{"a":{tensor "[1]" "[0,4]"},"a":{tensor "[1]" "[4,8]"}}}""",
            8,
            "two tensors named 'a'"
            "two overlapping tensors of one name",
            $"""{{"a":{tensor "[1]" "[0,4]"},"a":{tensor "[1]" "[0,4]"}}}""",
            4,
            "two tensors named 'a'"
        ] do
        testCase $"a .safetensors with {what} is refused"
        <| fun () -> withBytes (safetensors header data) (fun path -> expectRefusal path part)

    testCase "an absurd header length is refused before memory is taken for it"
    <| fun () ->
        for length in [ 1UL <<< 40; UInt64.MaxValue; 100_000_000UL ] do
            let bytes =
                Array.append (BitConverter.GetBytes length) (Encoding.UTF8.GetBytes "{\"a\":1}")

            let before = GC.GetAllocatedBytesForCurrentThread()
            withBytes bytes (fun path -> expectRefusal path "claims a header")
            Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 1_000_000L "allocated"

    for what, bytes, part in
        [
            "an empty file", [||], "is empty"
            "a web page", Encoding.UTF8.GetBytes "<!DOCTYPE html><html></html>", "web page"
            "a Git LFS pointer",
            Encoding.UTF8.GetBytes "version https://git-lfs.github.com/spec/v1\noid",
            "git lfs pull"
            "a bare pickle", [| 0x80uy; 2uy; 125uy; 46uy |], "bare Python pickle"
            "something else", Array.create 64 7uy, "neither .safetensors nor"
            "an image called weights", Encoding.UTF8.GetBytes "GIF89a", "neither .safetensors nor"
        ] do
        testCase $"{what} is refused with the way to mend it"
        <| fun () -> withBytes bytes (fun path -> expectRefusal path part)

    testCase "an absent file and a folder are named"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            expectRefusal (Path.Combine(folder, "none.pth")) "does not exist"
            expectRefusal folder "is a folder")

    testCase "a file cut at any byte is refused"
    <| fun () ->
        for file in [ "mixed.safetensors"; "checkpoint_nested.pth"; "mixed_legacy.pth" ] do
            let bytes = File.ReadAllBytes(golden "statedicts" file)

            for length in 0..29 .. bytes.Length - 1 do
                withBytes (Array.truncate length bytes) (fun path -> refusal path |> ignore)
]

[<Tests>]
let tests =
    testList "Models.Weights.WeightFile" (fixtureTests @ roundTripTests @ refusalTests)
