module PolyCL.Tests.Models.Fused.TensorPoolTests

open System
open Expecto
open PolyCL.Models.Fused
open TorchSharp

let private kib = 1024L

let private rent (size: int64) =
    TensorPool.Rent(torch.float32, ReadOnlySpan [| size; kib / 4L |])

/// Rents a tensor of so many KiB and gives it back; its memory is never touched.
let private passing (size: int64) = using (rent size) ignore

[<Tests>]
let tests =
    testSequenced
    <| testList "Models.Fused.TensorPool" [
        testCase "what waits never exceeds the most that was in use, whatever the sizes"
        <| fun () ->
            // Above what was ever in use, so that these blocks set the mark; each of a size of its own, so that none serves another.
            let first = TensorPool.MostUsedBytes / kib + 65536L

            for size in [ first; first - 8L; first - 16L; first - 24L ] do
                passing size
                let waiting = TensorPool.WaitingBytes
                Expect.isLessThanOrEqual waiting TensorPool.MostUsedBytes $"bytes waiting after {size} KiB"

        testCase "a block is used again by the next request of its size"
        <| fun () ->
            passing 4096L
            let waiting = TensorPool.WaitingBytes
            use _ = rent 4096L
            Expect.equal (waiting - TensorPool.WaitingBytes) (4096L * kib) "bytes that no longer wait"

        testCase "serves the TorchSharp alone whose native signatures it declares"
        <| fun () ->
            Expect.isTrue TensorPool.IsSupported "this one"
            Expect.isTrue (TensorPool.IsKnown(System.Version "0.107.0.0")) "0.107.0"

            for other in [ "0.107.1.0"; "0.108.0.0"; "1.107.0.0" ] do
                Expect.isFalse (TensorPool.IsKnown(System.Version other)) other

            Expect.isFalse (TensorPool.IsKnown null) "none"
    ]
