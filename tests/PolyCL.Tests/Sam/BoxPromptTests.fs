module PolyCL.Tests.Sam.BoxPromptTests

open System
open Expecto
open PolyCL.Sam

/// A mask drawn in text: '#' is foreground.
let private mask (rows: string list) =
    let pixels =
        rows
        |> List.collect (fun row -> [ for c in row -> if c = '#' then 1uy else 0uy ])
        |> Array.ofList

    pixels, rows.Length, rows.Head.Length

let private boxes rule margin (pixels: byte[], height: int, width: int) =
    BoxPrompt.Of(ReadOnlySpan pixels, height, width, rule, margin) |> List.ofSeq

let private two = mask [ "......."; ".#....."; "..#..#."; ".....##"; "......." ]

[<Tests>]
let tests =
    testList "Sam.BoxPrompt" [
        testCase "one box has the first and last foreground pixels as its corners (eqs. 6–7)"
        <| fun () -> Expect.equal (boxes BoxRule.OnePerSlice 0.0 two) [ BoxPrompt(1, 1, 6, 3) ] "box"

        testCase "pixels that touch at a corner are one component"
        <| fun () ->
            Expect.equal
                (boxes BoxRule.OnePerComponent 0.0 two)
                [ BoxPrompt(1, 1, 2, 2); BoxPrompt(5, 2, 6, 3) ]
                "boxes"

        testCase "a single pixel gives a box without extent"
        <| fun () ->
            for rule in [ BoxRule.OnePerSlice; BoxRule.OnePerComponent ] do
                Expect.equal (boxes rule 0.0 (mask [ "..."; "..#" ])) [ BoxPrompt(2, 1, 2, 1) ] "box"

        testCase "an empty mask gives no box"
        <| fun () ->
            for rule in [ BoxRule.OnePerSlice; BoxRule.OnePerComponent ] do
                Expect.isEmpty (boxes rule 3.0 (mask [ "..."; "..." ])) "boxes"

        testCase "the margin ends at the slice's edge"
        <| fun () -> Expect.equal (boxes BoxRule.OnePerSlice 1.5 two) [ BoxPrompt(0, 0, 6, 4) ] "box"

        testCase "the boxes of the reference's coarse masks"
        <| fun () ->
            for case in [ "case_a_landscape"; "case_b_portrait_down"; "case_c_square_2x" ] do
                let shape, pixels = SamFixture.bytes $"sam1-tiny/{case}/coarse_mask.npy"
                let _, expected = SamFixture.floats $"sam1-tiny/{case}/boxes.npy"
                let box = (boxes BoxRule.OnePerSlice 0.0 (pixels, shape[0], shape[1])).Head
                Expect.equal [| box.XMin; box.YMin; box.XMax; box.YMax |] (Array.map float expected[..3]) case

        testProperty "components are whole: equal labels exactly where a path of neighbours leads"
        <| fun (cells: bool[]) ->
            let width = 5
            let height = cells.Length / width

            let pixels = Array.init (height * width) (fun i -> if cells[i] then 1uy else 0uy)

            let found = MaskComponents.Of(ReadOnlySpan pixels, height, width)

            // The smallest index that spreads over neighbours until nothing changes.
            let seeds = Array.init (height * width) (fun i -> if cells[i] then i + 1 else 0)

            let neighbours i = [
                for y in max (i / width - 1) 0 .. min (i / width + 1) (height - 1) do
                    for x in max (i % width - 1) 0 .. min (i % width + 1) (width - 1) -> y * width + x
            ]

            let rec spread (labels: int[]) =
                let next =
                    labels
                    |> Array.mapi (fun i label ->
                        if label = 0 then
                            0
                        else
                            neighbours i
                            |> List.map (fun n -> labels[n])
                            |> List.filter ((<>) 0)
                            |> List.min)

                if next = labels then labels else spread next

            let wanted = spread seeds
            let pairs = Array.zip wanted found.Labels |> Array.distinct
            Expect.equal pairs.Length (pairs |> Array.distinctBy fst |> Array.length) "one label for one path"
            Expect.equal pairs.Length (pairs |> Array.distinctBy snd |> Array.length) "one path for one label"
            Expect.equal found.Count (pairs |> Array.filter (fst >> (<>) 0) |> Array.length) "count"

        testCase "a mask of another length is refused"
        <| fun () ->
            Expect.throwsT<ArgumentException>
                (fun () -> boxes BoxRule.OnePerSlice 0.0 (Array.zeroCreate 5, 2, 3) |> ignore)
                "5 pixels for 2×3"
    ]
