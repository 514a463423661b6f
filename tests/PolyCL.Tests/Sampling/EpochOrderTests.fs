module PolyCL.Tests.Sampling.EpochOrderTests

open System
open Expecto
open PolyCL.Sampling
open PolyCL.Tests.Sampling.SliceTables

[<Tests>]
let tests =
    testList "Sampling.EpochOrder" [
        testProperty "an epoch visits every anchor once"
        <| fun (anchors: int list) (seed: int64) (epoch: int64) ->
            let anchors = List.distinct anchors
            Expect.equal (EpochOrder.Of(anchors, seed, epoch) |> Seq.sort |> Seq.toList) (List.sort anchors) "anchors"

        testCase "epochs and seeds give other orders, the same ones the same"
        <| fun () ->
            let anchors = [| 0..99 |]

            let order seed epoch =
                EpochOrder.Of(anchors, seed, epoch) |> Array.toList

            Expect.equal (order 1L 3L) (order 1L 3L) "again"
            Expect.hasLength (List.distinct [ order 1L 0L; order 1L 1L; order 2L 0L; [ 0..99 ] ]) 4 "others"

        testCase "over the epochs every anchor comes first alike (chi-square, 0.1 %)"
        <| fun () ->
            let anchors = [| 3; 5; 8; 13; 21; 34; 55 |]

            let first =
                Array.init 14_000 (fun epoch -> EpochOrder.Of(anchors, 1L, int64 epoch)[0])

            let expected = anchors |> Seq.map (fun a -> a, 1.0 / 7.0) |> Map.ofSeq
            Expect.isLessThan (chiSquare expected first) (chiSquareLimit 6) "chi-square"

        testProperty "batches are the order cut in pieces, only the last may be shorter"
        <| fun (count: uint8) (size: uint8) ->
            let anchors = [| 0 .. int count |]
            let size = int size + 1
            let order = EpochOrder.Of(anchors, 1L, 0L)
            let batches = EpochOrder.BatchCount(order.Length, size)

            let pieces =
                Array.init batches (fun b -> EpochOrder.Batch(order, size, b).ToArray())

            Expect.equal (Array.concat pieces) order "together"
            Expect.all pieces[.. batches - 2] (fun p -> p.Length = size) "full"
            Expect.isGreaterThan pieces[batches - 1].Length 0 "last"

            Expect.throwsT<ArgumentOutOfRangeException>
                (fun () -> EpochOrder.Batch(order, size, batches).ToArray() |> ignore)
                "one more"
    ]
