/// Many damaged files: read or refused, never another exception, never much memory.
module PolyCL.Tests.Models.Weights.WeightFuzzTests

open System
open System.IO
open System.Text
open Expecto
open PolyCL.Core
open PolyCL.Models.Weights
open PolyCL.Tests
open PolyCL.Tests.Models
open TorchSharp

let private interesting = [|
    0UL
    1UL
    0x7FUL
    0x80UL
    0xFFUL
    0xFFFFUL
    0x7FFFFFFFUL
    0xFFFFFFFFUL
    UInt64.MaxValue
|]

/// One to four changes: a byte, a number of 2, 4 or 8 bytes, a cut, a repeated or removed piece; half of them in [from, until).
let private mutate (from: int) (until: int) (round: int64) (original: byte[]) =
    let mutable stream =
        RandomStream(20260101L, "weight-fuzz", int64 original.Length, round)

    let mutable bytes = Array.copy original

    for _ in 0 .. stream.NextInt 4 do
        let low, high =
            if stream.NextInt 2 = 0 && until <= bytes.Length then
                from, until
            else
                0, bytes.Length

        if high - low > 16 then
            let at = low + stream.NextInt(high - low - 8)
            let length = 1 + stream.NextInt 16 |> min (bytes.Length - at)

            match stream.NextInt 8 with
            | 0 -> bytes <- Array.truncate at bytes
            | 1 -> bytes <- Array.concat [ bytes[.. at + length - 1]; bytes[at..] ]
            | 2 -> bytes <- Array.removeManyAt at length bytes
            | 3 ->
                let value = BitConverter.GetBytes interesting[stream.NextInt interesting.Length]
                Array.blit value 0 bytes at (min (2 <<< stream.NextInt 3) (bytes.Length - at) |> min 8)
            | 4 -> bytes[at] <- bytes[at] ^^^ (1uy <<< stream.NextInt 8)
            | _ -> bytes[at] <- byte (stream.NextInt 256)

    bytes

/// Where the interesting part of a file lies: the header, or the pickle.
let private middle (path: string) (bytes: byte[]) =
    if path.EndsWith ".safetensors" then
        0, 8 + int (BitConverter.ToUInt64(bytes, 0))
    elif bytes[0] = 0x80uy then
        // Before zip: everything but the storages at the end.
        0, 3 * bytes.Length / 4
    else
        let at =
            bytes.AsSpan().IndexOf(ReadOnlySpan<byte>(Encoding.ASCII.GetBytes "\x80\x02"))

        at |> max 0,
        bytes.AsSpan().IndexOf(ReadOnlySpan<byte>(Encoding.ASCII.GetBytes "PK\x07\x08"))
        |> max 64

let private tryRead (path: string) =
    try
        use weights = WeightFile.Read path

        for entry in weights.Entries do
            use _ = torch.NewDisposeScope()

            if entry.ByteCount < 16_000_000L then
                weights.ReadTensor entry.FullName |> ignore

        true
    with :? WeightMismatchException ->
        false

[<Tests>]
let tests =
    testSequenced
    <| testList "Models.Weights.WeightFuzz" [
        for file in
            [
                "statedicts/mixed.safetensors"
                "statedicts/mixed.pth"
                "statedicts/checkpoint_nested.pth"
                "loader/training_checkpoint.pth"
                "loader/parameter.pth"
                "statedicts/mixed_legacy.pth"
                "loader/legacy_not_zip.pth"
            ] do
            testCase $"{file}, damaged 500 ways, is read or refused within 64 MB"
            <| fun () ->
                TestData.withTempFolder (fun folder ->
                    let original = File.ReadAllBytes(NnFixture.path file)
                    let from, until = middle file original
                    let path = Path.Combine(folder, "fuzzed")
                    let mutable accepted = 0

                    for round in 1L .. 500L do
                        File.WriteAllBytes(path, mutate from until round original)
                        let before = GC.GetAllocatedBytesForCurrentThread()

                        if tryRead path then
                            accepted <- accepted + 1

                        let allocated = GC.GetAllocatedBytesForCurrentThread() - before
                        Expect.isLessThan allocated 64_000_000L $"round {round}"

                    Expect.isGreaterThan accepted 0 "some changes hit only values"
                    Expect.isLessThan accepted 450 "most changes are noticed")
    ]
