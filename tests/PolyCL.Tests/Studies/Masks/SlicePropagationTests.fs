module PolyCL.Tests.Studies.Masks.SlicePropagationTests

open System
open System.Threading
open Expecto
open PolyCL.Sam
open PolyCL.Studies
open PolyCL.Studies.Masks
open PolyCL.Tests

/// A step on the small SAM 2, with the scan of the small data that keeps the most slices.
let private withStep (options: StudySamOptions) every body =
    TestData.withTempFolder (fun folder ->
        let store, _ = SmallData.store folder
        use _ = store
        let scan = ScanSlices.Read(store, store.Scans |> Seq.maxBy _.SliceCount)
        use model = Sam2.Load TinyWeights.Sam2
        body scan (SlicePropagation(model, options, every, "test") :> IMaskStep))

let private make (step: IMaskStep) scan coarse =
    step.Make(scan, coarse, CancellationToken.None)

let private shown (scan: ScanSlices) (masks: byte array) = [
    for slice in 0 .. scan.Count - 1 do
        if MemoryExtensions.Contains(scan.Of(masks, slice), 1uy) then
            slice
]

/// The masks of some slices alone.
let private only slices (scan: ScanSlices) =
    let masks = Array.zeroCreate scan.Truth.Length

    for slice in slices do
        scan.Of(scan.Truth, slice).CopyTo(scan.Of(masks, slice))

    masks

[<Tests>]
let tests =
    testList "Studies.Masks.SlicePropagation" [
        testCase "the middle labelled slice is the reference, and no mask leaves the labelled slices"
        <| fun () ->
            withStep (StudySamOptions()) 0 (fun scan step ->
                let range = shown scan scan.Truth
                let made = make step scan scan.Truth
                Expect.equal (List.ofSeq made.References) [ range[range.Length / 2] ] "reference"
                Expect.isEmpty (List.except range (shown scan made.Masks)) "outside"
                Expect.contains (shown scan made.Masks) made.References[0] "the reference itself")

        testCase
            "without a coarse mask in the middle slice the nearest one that has it is taken; without any there are no masks"
        <| fun () ->
            withStep (StudySamOptions()) 0 (fun scan step ->
                let range = shown scan scan.Truth
                let middle = range.Length / 2
                let made = make step scan (only [ range[0]; range[middle - 1] ] scan)
                Expect.equal (List.ofSeq made.References) [ range[middle - 1] ] "nearest"
                let none = make step scan (Array.zeroCreate scan.Truth.Length)
                Expect.isEmpty none.References "no reference"
                Expect.isFalse (Array.contains 1uy none.Masks) "no mask")

        testCase "every third slice is given: each stretch from its own reference, all of the range covered"
        <| fun () ->
            withStep (StudySamOptions()) 3 (fun scan step ->
                let range = shown scan scan.Truth
                let made = make step scan scan.Truth
                let stretches = max 1 (range.Length / 3)
                Expect.hasLength made.References stretches "references"

                Expect.equal
                    made.References[0]
                    range[(if stretches = 1 then range.Length else 3) / 2]
                    "the middle of the first stretch"

                Expect.equal (List.ofSeq made.References |> List.except range) [] "labelled ones"

                for reference in made.References do
                    Expect.contains (shown scan made.Masks) reference "given slices have a mask")

        testCase "without labels the slice with the largest coarse mask is the reference, whatever the truth is"
        <| fun () ->
            withStep (StudySamOptions(Range = SliceRange.StopRule)) 0 (fun scan step ->
                let first = scan.Count - 1
                let masks = Array.zeroCreate scan.Truth.Length
                scan.Of(masks, first).Slice(0, 200).Fill 1uy
                scan.Of(masks, 0).Slice(0, 20).Fill 1uy
                let made = make step scan masks
                Expect.equal (List.ofSeq made.References) [ first ] "largest")
    ]
