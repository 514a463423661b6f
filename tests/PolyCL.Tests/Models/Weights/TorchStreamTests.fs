/// PyTorch's format before zip: read by the same restricted machine, damaged and hostile files refused.
module PolyCL.Tests.Models.Weights.TorchStreamTests

open System
open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Models.Weights
open PolyCL.Tests
open PolyCL.Tests.Models
open PolyCL.Tests.Models.Weights.TorchPickle
open TorchSharp

let private floats key count = Pickle.storage "FloatStorage" key count

let private matrix = Pickle.tensorOf (floats "7" 6L) 0L [ 2L; 3L ] [ 3L; 1L ]

let private numbers: byte[] = Array.init 24 byte

/// One tensor in one storage, as torch.save wrote it.
let private sound =
    legacyOf (Pickle.dictionary [ "a", matrix ]) [ "7" ] [ 6L, numbers ]

let private refusalOf (path: string) =
    let before = GC.GetAllocatedBytesForCurrentThread()

    try
        use weights = WeightFile.Read path
        failtest $"was read with {weights.Entries.Count} tensors"
    with :? WeightMismatchException as e ->
        Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 1_000_000L "allocated"
        Expect.equal e.File path "names the file"
        e.Message

let private expectRefusal part (path: string) =
    Expect.stringContains (refusalOf path) part "message"

/// The sound file with one part changed.
let private changed index (part: byte[]) = sound |> List.updateAt index part

let private refused what parts message =
    testCase $"{what} is refused"
    <| fun () -> TestData.withTempFolder (fun folder -> write folder parts |> expectRefusal message)

[<Tests>]
let tests =
    testList "Models.Weights.TorchStream" [
        testCase "the test's own file is read"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use weights = WeightFile.Read(write folder sound)
                use a = weights.ReadTensor "a"
                Expect.equal a.shape [| 2L; 3L |] "shape"
                Expect.equal (a.bytes.ToArray()) numbers "bytes")

        testCase "PyTorch's own file is read"
        <| fun () ->
            use weights = WeightFile.Read(NnFixture.path "loader/legacy_not_zip.pth")
            use a = weights.ReadTensor weights.Entries[0].FullName
            Expect.isGreaterThan (a.numel ()) 0L "numbers"

        testCase "storages may be shared, strided, empty and in the order of their keys; a checkpoint may nest"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let transposed = Pickle.tensorOf (floats "7" 6L) 0L [ 3L; 2L ] [ 1L; 3L ]
                let last = Pickle.tensorOf (floats "7" 6L) 5L [ 1L ] [ 1L ]
                let counter = Pickle.tensorOf (Pickle.storage "LongStorage" "12" 1L) 0L [] []
                let none = Pickle.tensorOf (floats "3" 0L) 0L [ 0L ] [ 1L ]

                let contents =
                    Pickle.dictionary [
                        "epoch", Pickle.integer 12L
                        "state_dict", Pickle.dictionary [ "t", transposed; "n", counter; "l", last; "e", none ]
                    ]

                let storages = [ 1L, BitConverter.GetBytes 41L; 0L, [||]; 6L, numbers ]

                use weights =
                    WeightFile.Read(write folder (legacyOf contents [ "12"; "3"; "7" ] storages))

                Expect.equal weights.Metadata["epoch"] "12" "epoch"

                let bytes name =
                    use tensor = weights.ReadTensor $"state_dict.{name}"
                    tensor.bytes.ToArray()

                Expect.equal
                    (bytes "t")
                    (Array.concat [ for i in [ 0; 3; 1; 4; 2; 5 ] -> numbers[4 * i .. 4 * i + 3] ])
                    "t"

                Expect.equal (bytes "n") (BitConverter.GetBytes 41L) "n"
                Expect.equal (bytes "l") numbers[20..] "l"
                Expect.equal (bytes "e") [||] "e")

        testCase "a part of a storage, as PyTorch 0.x wrote it, is read from its first element"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let part (first: int64) =
                    Array.concat [
                        Pickle.tuple [
                            Pickle.text "storage"
                            Pickle.name "torch" "FloatStorage"
                            Pickle.text "7"
                            Pickle.text "cpu"
                            Pickle.integer 6L
                            Pickle.tuple [ Pickle.text "8"; Pickle.integer first; Pickle.integer 2L ]
                        ]
                        "Q"B
                    ]

                let file first =
                    let tensor = Pickle.tensorOf (part first) 1L [ 1L ] [ 1L ]
                    write folder (legacyOf (Pickle.dictionary [ "a", tensor ]) [ "7" ] [ 6L, numbers ])

                use weights = WeightFile.Read(file 4L)
                use a = weights.ReadTensor "a"
                Expect.equal (a.bytes.ToArray()) numbers[20..] "the sixth number"

                for first in [ 6L; Int64.MaxValue; -1L ] do
                    refusalOf (file first) |> ignore)

        testCase "classes and functions are refused by name, and nothing is run"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                for moduleName, name in [ "os", "system"; "builtins", "eval"; "torch.nn.modules.conv", "Conv2d" ] do
                    let called =
                        Pickle.call (Pickle.name moduleName name) [ Pickle.text "touch hacked" ]

                    for index in 0..4 do
                        let file = write folder (changed index (Pickle.program called))

                        if index > 0 then
                            expectRefusal $"'{moduleName}.{name}', which is never run here" file
                        else
                            refusalOf file |> ignore)

        refused "another magic number" (changed 0 (Pickle.program (Pickle.integer 0x1950a86aL))) "bare Python pickle"
        refused "another version" (changed 1 (Pickle.program (Pickle.integer 1002L))) "of another version than 1001"
        refused "a big-endian machine" (changed 2 (machine false)) "big-endian"
        refused "a machine that is no dictionary" (changed 2 (Pickle.program "N"B)) "big-endian"
        refused "a tensor alone" (changed 3 (Pickle.program matrix)) "no dictionary of tensors"
        refused "a list of keys that is none" (changed 4 (Pickle.program "N"B)) "no list of its storages"

        refused
            "a storage that no tensor has"
            (legacyOf (Pickle.dictionary [ "a", matrix ]) [ "7"; "8" ] [ 6L, numbers; 6L, numbers ])
            "that no tensor has"

        refused
            "a storage listed twice"
            (legacyOf (Pickle.dictionary [ "a", matrix ]) [ "7"; "7" ] [ 6L, numbers; 6L, numbers ])
            "lists it twice"

        refused
            "a storage that is not listed"
            (legacyOf (Pickle.dictionary [ "a", matrix ]) [] [])
            "lacks the storage '7' of 'a'"

        refused
            "one storage of two sizes"
            (legacyOf (Pickle.dictionary [ "a", matrix; "b", Pickle.tensorOf (floats "7" 2L) 0L [ 2L ] [ 1L ] ]) [ "7" ] [
                6L, numbers
            ])
            "that has 2 elsewhere"

        for what, count in
            [
                "more elements than the tensor's", 7L
                "fewer elements", 5L
                "an absurd number of elements", Int64.MaxValue
                "a negative number of elements", -6L
            ] do
            refused
                $"a storage of {what}"
                (changed 5 (Array.append (BitConverter.GetBytes count) numbers))
                "where 6 belong"

        testCase "absurd sizes are refused before memory is taken for them"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                for count in [ 7L; 1L <<< 40; Int64.MaxValue ] do
                    let tensor = Pickle.tensorOf (floats "7" count) 0L [ count ] [ 1L ]
                    let contents = Pickle.dictionary [ "a", tensor ]

                    write folder (legacyOf contents [ "7" ] [ count, numbers ])
                    |> expectRefusal "it is truncated")

        testCase "a file cut at any byte is refused"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let whole = Array.concat sound
                let path = Path.Combine(folder, "cut.pth")

                for length in 0 .. whole.Length - 1 do
                    File.WriteAllBytes(path, Array.truncate length whole)
                    refusalOf path |> ignore)

        testCase "a pickle longer than is read is refused by that, with its memory bounded"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path = write folder (List.take 3 sound)

                (use stream = File.OpenWrite path
                 stream.Position <- stream.Length
                 stream.Write([| 0x80uy; 2uy; byte 'B' |], 0, 3)
                 stream.Write(BitConverter.GetBytes 100_000_000, 0, 4)
                 stream.SetLength 100_001_000L)

                let before = GC.GetAllocatedBytesForCurrentThread()

                Expect.throwsC (fun () -> WeightFile.Read path |> ignore) (fun e ->
                    Expect.stringContains e.Message "a pickle of more than 33554432 bytes" "message")

                Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 40_000_000L "allocated")
    ]
