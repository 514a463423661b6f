module PolyCL.Tests.Data.PrepareOptionsTests

open System
open System.IO
open Expecto
open PolyCL.Data
open PolyCL.Imaging
open PolyCL.Tests

[<Tests>]
let tests =
    testList "Data.PrepareOptions" [
        testCase "scans of 1 to 1100 slices keep the ranges of the authors' script, anchors and partners"
        <| fun () ->
            let table =
                ScanFiles.readJson(Path.Combine(TestData.golden, "preprocess", "slice_ranges.json")).GetProperty "table"

            Expect.equal (table.GetArrayLength()) 1100 "rows"

            for row in table.EnumerateArray() do
                let n = row[0].GetInt32()
                let struct (first, stop) = PrepareOptions.Paper.KeptOf n
                Expect.equal (first, stop) (row[1].GetInt32(), row[2].GetInt32()) $"anchors of {n}"
                let struct (first, stop) = PrepareOptions.Authors.KeptOf n
                Expect.equal (first, stop) (row[3].GetInt32(), row[4].GetInt32()) $"partners of {n}"
                let struct (first, stop) = PrepareOptions.Authors.AnchorsOf n
                Expect.equal (first, stop) (row[1].GetInt32(), row[2].GetInt32()) $"anchors among the partners of {n}"

        testCase "a share of 1 keeps every slice"
        <| fun () ->
            for n in 1..1100 do
                let struct (first, stop) = PrepareOptions(KeepShare = 1.0).KeptOf n
                Expect.equal (first, stop) (0, n) $"of {n}"

        testCase "the defaults are the paper's"
        <| fun () ->
            let paper = PrepareOptions.Preset "paper"
            Expect.equal paper (PrepareOptions()) "preset"
            Expect.equal paper.Window (Window(40.0, 400.0)) "window"
            Expect.equal (paper.Size, paper.KeepShare) (256, 0.3) "size and share"

        testCase "values outside their range are refused, naming the property"
        <| fun () ->
            let expectRefused (name: string) (make: unit -> PrepareOptions) =
                Expect.throwsC (fun () -> make () |> ignore) (fun e ->
                    Expect.isTrue (e :? ArgumentException) $"{name}: kind"
                    Expect.stringContains e.Message name "name")

            expectRefused "Size" (fun () -> PrepareOptions(Size = 0))
            expectRefused "KeepShare" (fun () -> PrepareOptions(KeepShare = 0.0))
            expectRefused "KeepShare" (fun () -> PrepareOptions(KeepShare = Double.NaN))
            expectRefused "Window" (fun () -> PrepareOptions(Window = Window()))
            expectRefused "Order" (fun () -> PrepareOptions(Order = enum 7))
            expectRefused "'thesis'" (fun () -> PrepareOptions.Preset "thesis")
    ]
