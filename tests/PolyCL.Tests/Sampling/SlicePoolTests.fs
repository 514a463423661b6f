module PolyCL.Tests.Sampling.SlicePoolTests

open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Imaging
open PolyCL.Sampling

let private scan id first count labelled =
    StoredScan(
        Id = id,
        FirstSlice = first,
        SliceCount = count,
        FirstIndex = 5,
        Shape = VolumeShape(8, 8, 20),
        Spacing = Spacing(1.0, 1.0, 2.0),
        GridSpacing = Spacing(1.0, 1.0, 2.0),
        Orientation = "LPS",
        Labelled = labelled,
        OrganSlices = 0,
        OrganVoxels = 0L,
        ContentHash = ""
    )

let private scans = [|
    scan "a" 0 3 true
    scan "b" 3 0 true
    scan "c" 3 2 false
    scan "d" 5 4 true
|]

let private of' strategy ids =
    SlicePool.Of(scans, ids, StrategyOptions(Strategy = strategy))

[<Tests>]
let tests =
    testList "Sampling.SlicePool" [
        testCase "slices of the training scans come in the store's order, each once"
        <| fun () ->
            Expect.equal (of' Strategy.Scan [ "d"; "b"; "a"; "d" ]) [| 0; 1; 2; 5; 6; 7; 8 |] "slices"
            Expect.isEmpty (of' Strategy.Mixed [ "b" ]) "a scan that keeps no slice"

        testCase "strategies that go by organ labels refuse scans without one, the others take them"
        <| fun () ->
            for strategy in [ Strategy.Organ; Strategy.Mixed; Strategy.SupCon ] do
                Expect.throwsC (fun () -> of' strategy [ "a"; "c" ] |> ignore) (fun e ->
                    Expect.isTrue (e :? DatasetException) "type"
                    Expect.stringContains e.Message "Scan 'c' has no label" "message")

            for strategy in [ Strategy.Scan; Strategy.SimClr; Strategy.Custom ] do
                Expect.equal (of' strategy [ "c" ]) [| 3; 4 |] "slices"

        testCase "a training scan that the store lacks is named"
        <| fun () ->
            Expect.throwsC (fun () -> of' Strategy.Scan [ "a"; "z" ] |> ignore) (fun e ->
                Expect.stringContains e.Message "Scan 'z' of the training split" "message")
    ]
