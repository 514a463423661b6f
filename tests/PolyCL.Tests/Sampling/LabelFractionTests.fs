module PolyCL.Tests.Sampling.LabelFractionTests

open System
open Expecto
open PolyCL.Core
open PolyCL.Sampling
open PolyCL.Tests.Sampling.SliceTables

let private scans n = List.init n (fun i -> $"volume-{i}")
let private share (low: uint8) = (float low + 1.0) / 256.0

[<Tests>]
let tests =
    testList "Sampling.LabelFraction" [
        testProperty "smaller fractions are part of larger ones, of scans and of slices"
        <| fun (count: uint8) (a: uint8) (b: uint8) (seed: int64) ->
            let low, high = share (min a b), share (max a b)
            let ids = scans (int count + 1)

            let few, many =
                LabelFraction.Choose(ids, low, seed), LabelFraction.Choose(ids, high, seed)

            expectSubset (Set.ofSeq few) (Set.ofSeq many) "scans"
            let slices = [| 0..3 .. 3 * int count |]

            let few, many =
                LabelFraction.OfSlices(slices, low, seed), LabelFraction.OfSlices(slices, high, seed)

            expectSubset (Set.ofSeq few) (Set.ofSeq many) "slices"

        testProperty "neither the list's order nor other scans change which scan ranks before which"
        <| fun (count: uint8) (seed: int64) ->
            let ids = scans (int count + 2)
            let half = LabelFraction.Choose(ids, 0.5, seed) |> Set.ofSeq
            Expect.equal (LabelFraction.Choose(List.rev ids, 0.5, seed) |> Set.ofSeq) half "reversed"
            let more = LabelFraction.Choose(ids @ [ "extra" ], 0.5, seed) |> Set.ofSeq
            Expect.isLessThanOrEqual (Set.difference half more).Count 1 "at most one makes room"

        testCase "10 % of the paper's 100 scans are 10, in the order given; 1 % is 1; 100 % is all"
        <| fun () ->
            let ids = scans 100
            let ten = LabelFraction.Choose(ids, 0.1, 1L) |> Seq.toList
            Expect.hasLength ten 10 "10 %"
            Expect.equal ten (ids |> List.filter (fun id -> List.contains id ten)) "order"
            Expect.hasLength (LabelFraction.Choose(ids, 0.01, 1L)) 1 "1 %"
            Expect.sequenceEqual (LabelFraction.Choose(ids, 1.0, 1L)) ids "100 %"
            Expect.hasLength (LabelFraction.Choose(scans 3, 0.01, 1L)) 1 "at least one"
            Expect.hasLength (LabelFraction.OfSlices([| 0..11436 |], 0.05, 1L)) 572 "5 % of 11,437 slices"
            Expect.notEqual (LabelFraction.Choose(ids, 0.1, 2L) |> Seq.toList) ten "seed"

        testCase "over the seeds every scan is chosen alike (chi-square, 0.1 %)"
        <| fun () ->
            let ids = scans 9
            let number (id: string) = int (id.Substring 7)

            let chosen =
                Array.init 9_000 (fun seed -> LabelFraction.Choose(ids, 0.1, int64 seed)[0] |> number)

            let expected = Map [ for i in 0..8 -> i, 1.0 / 9.0 ]
            Expect.isLessThan (chiSquare expected chosen) (chiSquareLimit 8) "chi-square"

        testCase "no scans and fractions outside (0, 1] are refused"
        <| fun () ->
            Expect.throwsT<DatasetException> (fun () -> LabelFraction.Choose([], 0.5, 1L) |> ignore) "no scans"

            for fraction in [ 0.0; -0.1; 1.1; nan ] do
                Expect.throwsT<ArgumentOutOfRangeException>
                    (fun () -> LabelFraction.Choose([ "a" ], fraction, 1L) |> ignore)
                    $"{fraction}"
    ]
