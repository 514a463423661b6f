/// Hostile and damaged .pth files: refused in one sentence, nothing run, nothing large allocated.
module PolyCL.Tests.Models.Weights.TorchArchiveTests

open System
open System.IO
open System.IO.Compression
open System.Text
open Expecto
open PolyCL.Core
open PolyCL.Models.Weights
open PolyCL.Tests
open PolyCL.Tests.Models.Weights.TorchPickle
open TorchSharp

/// A checkpoint of a pickle and one storage of 24 bytes.
let private checkpoint folder pickle =
    archive folder [
        "archive/data.pkl", Pickle.program pickle
        "archive/data/0", Array.init 24 byte
    ]

let private refusalOf (path: string) =
    try
        use weights = WeightFile.Read path
        failtest $"was read with {weights.Entries.Count} tensors"
    with :? WeightMismatchException as e ->
        e.Message

let private expectRefusal part (path: string) =
    Expect.stringContains (refusalOf path) part "message"

let private floats count = Pickle.storage "FloatStorage" "0" count
let private one = Pickle.tensorOf (floats 6L) 0L [ 2L; 3L ] [ 3L; 1L ]

let private pickleTests = [
    testCase "the test's own archive is read"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            use weights = WeightFile.Read(checkpoint folder (Pickle.dictionary [ "a", one ]))
            use a = weights.ReadTensor "a"
            Expect.equal (a.bytes.ToArray()) (Array.init 24 byte) "bytes")

    for moduleName, name in
        [
            "os", "system"
            "posix", "system"
            "builtins", "eval"
            "__builtin__", "exec"
            "subprocess", "Popen"
            "torch", "load"
            "torch.serialization", "_load"
            "torch._utils", "_rebuild_qtensor"
            "torch", "ComplexFloatStorage"
            "torch.jit", "load"
            "numpy.core.multiarray", "_reconstruct"
            "models.unet", "UNet"
        ] do
        testCase $"{moduleName}.{name} is refused by name"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let called =
                    Pickle.call (Pickle.name moduleName name) [ Pickle.text "touch hacked" ]

                let path = checkpoint folder (Pickle.dictionary [ "a", one; "b", called ])
                expectRefusal $"'{moduleName}.{name}', which is never run here" path

                let byStack =
                    Array.concat [ Pickle.text moduleName; Pickle.text name; Pickle.bytes [ 0x93 ] ]

                expectRefusal $"'{moduleName}.{name}'" (checkpoint folder byStack))

    for operation in Pickle.bytes [ int 'i'; int 'o'; int 'P'; 0x81; 0x82; 0x92; 0x97 ] do
        testCase $"pickle operation 0x{operation:x2} is refused"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                checkpoint folder (Array.append one [| operation |])
                |> expectRefusal $"pickle operation 0x{operation:x2}")

    for what, tensor, part in
        [
            "a storage shorter than claimed", Pickle.tensorOf (floats 7L) 0L [ 7L ] [ 1L ], "claims 7 elements"
            "an offset past the storage", Pickle.tensorOf (floats 6L) 6L [ 1L ] [ 1L ], "impossible shape"
            "a view past the storage", Pickle.tensorOf (floats 6L) 1L [ 2L; 3L ] [ 3L; 1L ], "impossible shape"
            "a negative offset", Pickle.tensorOf (floats 6L) -1L [ 1L ] [ 1L ], "impossible shape"
            "a negative size", Pickle.tensorOf (floats 6L) 0L [ -1L ] [ 1L ], "impossible shape"
            "a negative stride", Pickle.tensorOf (floats 6L) 0L [ 2L ] [ -1L ], "impossible shape"
            "a shape without stride", Pickle.tensorOf (floats 6L) 0L [ 2L; 3L ] [ 1L ], "_rebuild_tensor_v2"
            "an overflowing shape",
            Pickle.tensorOf (floats 6L) 0L [ 1L <<< 40; 1L <<< 40 ] [ 0L; 0L ],
            "impossible shape"
            "a repeated element blown up", Pickle.tensorOf (floats 6L) 0L [ 1L <<< 36 ] [ 0L ], "impossible shape"
            "an absent storage",
            Pickle.tensorOf (Pickle.storage "FloatStorage" "1" 6L) 0L [ 1L ] [ 1L ],
            "lacks the storage '1'"
            "a storage outside the archive",
            Pickle.tensorOf (Pickle.storage "FloatStorage" "../../etc/passwd" 6L) 0L [ 1L ] [ 1L ],
            "lacks the storage"
            "a storage of negative length",
            Pickle.tensorOf (Pickle.storage "FloatStorage" "0" -1L) 0L [ 0L ] [ 1L ],
            "FloatStorage"
        ] do
        testCase $"{what} is refused"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                checkpoint folder (Pickle.dictionary [ "a", tensor ]) |> expectRefusal part)

    for what, value, shown in
        [
            "bytes", Array.append "C\003"B "abc"B, "3 bytes"
            "bytes of 300", Array.concat [ "B"B; BitConverter.GetBytes 300; Array.zeroCreate 300 ], "300 bytes"
            "bytes with a length of 64 bits", Array.concat [ [| 0x8euy |]; BitConverter.GetBytes 2L; "ab"B ], "2 bytes"
            "a bytearray", Array.concat [ [| 0x96uy |]; BitConverter.GetBytes 2L; "ab"B ], "2 bytes"
            "bytes as protocol 2 writes them",
            Pickle.call (Pickle.name "_codecs" "encode") [ Pickle.text "abc"; Pickle.text "latin1" ],
            "3 bytes"
            "no bytes as protocol 2 writes them", Pickle.call (Pickle.name "__builtin__" "bytes") [], "0 bytes"
            "an integer of 65 bits",
            Array.concat [ [| 0x8auy; 9uy |]; Array.zeroCreate 8; [| 1uy |] ],
            "18446744073709551616"
            "an integer below -2^63",
            Array.concat [ [| 0x8auy; 9uy |]; Array.create 7 0xffuy; [| 0x7fuy; 0xffuy |] ],
            "-9223372036854775809"
            "an integer with a length of 32 bits",
            Array.concat [ [| 0x8buy |]; BitConverter.GetBytes 2; [| 0uy; 1uy |] ],
            "256"
            "an integer of 2 MB",
            Array.concat [ [| 0x8buy |]; BitConverter.GetBytes 2_000_000; Array.create 2_000_000 0x7fuy ],
            "2000000 bytes"
        ] do
        testCase $"{what} beside the tensors is read"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use weights =
                    WeightFile.Read(checkpoint folder (Pickle.dictionary [ "x", value; "a", one ]))

                Expect.equal weights.Metadata["x"] shown "text"
                Expect.hasLength weights.Entries 1 "tensors")

    testCase "bytes longer than the file are refused before memory is taken for them"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            let before = GC.GetAllocatedBytesForCurrentThread()

            for claim in
                [
                    Array.append "B"B (BitConverter.GetBytes UInt32.MaxValue)
                    Array.append [| 0x8euy |] (BitConverter.GetBytes Int64.MaxValue)
                    Array.append [| 0x96uy |] (BitConverter.GetBytes -1L)
                    Array.append [| 0x8buy |] (BitConverter.GetBytes Int32.MaxValue)
                    Array.append [| 0x8buy |] (BitConverter.GetBytes -5)
                ] do
                checkpoint folder claim |> expectRefusal "end in the middle of an operation"

            Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 1_000_000L "allocated")

    testCase "an expanded tensor (stride 0) is read"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            let expanded = Pickle.tensorOf (floats 6L) 1L [ 2L; 3L ] [ 0L; 1L ]

            use weights =
                WeightFile.Read(checkpoint folder (Pickle.dictionary [ "a", expanded ]))

            use a = weights.ReadTensor "a"
            let row = Array.init 12 (fun i -> byte (i + 4))
            Expect.equal (a.bytes.ToArray()) (Array.append row row) "bytes")

    testCase "dictionaries that contain each other many times over are refused, not unrolled"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            // d0 = {}, then forty times: put it under two names of the next one.
            let level i =
                Array.concat [
                    "}("B
                    Pickle.text "a"
                    Pickle.bytes [ int 'h'B; i ]
                    Pickle.text "b"
                    Pickle.bytes [ int 'h'B; i ]
                    "u"B
                    Pickle.bytes [ int 'q'B; i + 1 ]
                ]

            let body levels =
                Array.concat [
                    "}"B
                    Pickle.bytes [ int 'q'B; 0 ]
                    Array.concat [ for i in 0 .. levels - 1 -> level i ]
                ]

            let before = GC.GetAllocatedBytesForCurrentThread()
            checkpoint folder (body 28) |> expectRefusal "nests its contents"
            checkpoint folder (body 40) |> expectRefusal "nests its contents"
            Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 2_000_000_000L "allocated")

    testCase "a dictionary within itself is refused"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            Array.concat [ "}q"B; [| 0uy |]; Pickle.text "self"; "h"B; [| 0uy |]; "s"B ]
            |> checkpoint folder
            |> expectRefusal "nests its contents")

    testCase "a list copied into dictionaries again and again is stopped"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            let pairs = [
                for i in 0..999 -> Array.concat [ Pickle.integer (int64 i); "N"B; Pickle.bytes [ 0x86 ] ]
            ]

            let list =
                Array.concat [
                    "]("B
                    Array.concat pairs
                    "e"B
                    Pickle.bytes [ 0x85; int 'q'B; 0; int '0'B ]
                ]

            let again =
                Array.concat [
                    Pickle.name "collections" "OrderedDict"
                    Pickle.bytes [ int 'h'B; 0; int 'R'B; int '0'B ]
                ]

            let body = Array.concat [ list; Array.concat (List.replicate 20_000 again) ]
            checkpoint folder body |> expectRefusal "operations")
]

let private sharedTests = [
    testCase "what is not a dictionary of tensors is refused"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            checkpoint folder one |> expectRefusal "no dictionary of tensors"
            checkpoint folder "N"B |> expectRefusal "no dictionary of tensors"
            checkpoint folder "("B |> expectRefusal "damaged or unusual pickle"
            checkpoint folder [||] |> expectRefusal "damaged or unusual pickle")

    testCase "an archive written on a big-endian machine is refused"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            archive folder [
                "archive/data.pkl", Pickle.program (Pickle.dictionary [ "a", one ])
                "archive/byteorder", "big"B
                "archive/data/0", Array.zeroCreate 24
            ]
            |> expectRefusal "'big' byte order")

    testCase "TorchScript and zips of other kinds are refused"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            let pickle = "archive/data.pkl", Pickle.program "}"B

            archive folder [ pickle; "archive/constants.pkl", [||] ]
            |> expectRefusal "TorchScript"

            archive folder [ "readme.txt", [||] ] |> expectRefusal "not one of torch.save"

            archive folder [ pickle; "other/data.pkl", [||] ]
            |> expectRefusal "not one of torch.save")

    for name in [ "../evil"; "/etc/passwd"; "archive/../../evil"; "C:\\evil"; "a\\..\\b" ] do
        testCase $"a member named {name} is refused"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                archive folder [ "archive/data.pkl", Pickle.program "}"B; name, [||] ]
                |> expectRefusal "points outside the archive")

    testCase "two members of one name are refused"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            archive folder [
                "archive/data.pkl", Pickle.program "}"B
                "archive/data.pkl", Pickle.program "}"B
            ]
            |> expectRefusal "two zip members")

    testCase "a zip bomb is refused without unpacking: members must be stored"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            let path = Path.Combine(folder, "bomb.pth")

            (use stream = File.Create path
             use zip = new ZipArchive(stream, ZipArchiveMode.Create)
             use entry = zip.CreateEntry("archive/data.pkl", CompressionLevel.Optimal).Open()
             entry.Write(Array.zeroCreate<byte> 10_000_000, 0, 10_000_000))

            let before = GC.GetAllocatedBytesForCurrentThread()
            expectRefusal "compressed or encrypted" path
            Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 1_000_000L "allocated")

    testCase "tensors that share a storage are read apart, each only its own bytes"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            use _ = torch.NewDisposeScope()
            let a = Pickle.tensorOf (floats 6L) 0L [ 2L ] [ 3L ]
            let b = Pickle.tensorOf (floats 6L) 5L [] []

            use weights =
                WeightFile.Read(checkpoint folder (Pickle.dictionary [ "a", a; "b", b ]))

            let all = Array.init 24 byte
            Expect.equal (weights.ReadTensor("a").bytes.ToArray()) (Array.append all[0..3] all[12..15]) "a"
            Expect.equal (weights.ReadTensor("b").bytes.ToArray()) all[20..23] "b")
]

[<Tests>]
let tests = testList "Models.Weights.TorchArchive" (pickleTests @ sharedTests)
