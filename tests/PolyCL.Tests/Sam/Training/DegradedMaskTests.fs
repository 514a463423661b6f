module PolyCL.Tests.Sam.Training.DegradedMaskTests

open System
open Expecto
open PolyCL.Core
open PolyCL.Metrics
open PolyCL.Sam.Training

let private size = 40

/// A disc of radius 9 off the centre.
let private disc =
    Array.init (size * size) (fun i ->
        let y, x = i / size - 16, i % size - 22
        if y * y + x * x <= 81 then 1uy else 0uy)

let private draw (truth: byte[]) position =
    let mutable random = RandomStream(5L, "degraded", 0L, int64 position)
    DegradedMask.Draw(ReadOnlySpan truth, size, size, &random)

let private dice (mask: byte[]) =
    MaskCounts.Of(ReadOnlySpan mask, ReadOnlySpan disc).Dice

[<Tests>]
let tests =
    testList "Sam.Training.DegradedMask" [
        testCase "is of 0 and 1, never empty, and worse than the truth"
        <| fun () ->
            let masks = List.init 200 (draw disc)

            for mask in masks do
                Expect.isTrue (mask |> Array.forall (fun value -> value <= 1uy)) "values"
                Expect.contains mask 1uy "not empty"

            // A line along the edge may cut nothing off, and an ellipse may lie within the organ.
            let same = masks |> List.filter (fun mask -> mask = disc) |> List.length
            Expect.isLessThan same 20 "masks as the truth"

        testCase "has, on average, the Dice of weak networks: between 0.4 and 0.7"
        <| fun () ->
            let mean = List.init 400 (draw disc >> dice) |> List.average
            Expect.isTrue (mean > 0.4 && mean < 0.7) $"mean Dice {mean}"

        testCase "the same numbers give the same mask, others another"
        <| fun () ->
            Expect.equal (draw disc 7) (draw disc 7) "same"
            Expect.notEqual (draw disc 7) (draw disc 8) "other"

        testCase "of an empty truth only false areas come"
        <| fun () ->
            let empty = Array.zeroCreate<byte>(size * size)
            let drawn = List.init 50 (draw empty)
            Expect.isTrue (drawn |> List.forall (Array.contains 1uy)) "all have some"
            Expect.isFalse (Array.contains 1uy empty) "the truth is left as it was"
    ]
