module PolyCL.Tests.Imaging.LabelMapTests

open System
open Expecto
open FsCheck
open PolyCL.Core
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Imaging.HeaderBytes

let private shape = VolumeShape(4, 3, 2)
let private grid = lps 1.0 1.0 2.0

let private volume (values: 'a[]) = Volume.FromArray(shape, grid, values)

/// Stored numbers with slope and intercept, as a file.
let private scaled folder (values: 'a[]) (slope: float) (intercept: float) =
    write folder "scaled.nii" (volume values) [ At.slope, singles [ slope; intercept ] ]

let private labels = Array.init 24 (fun i -> [| 0; 1; 2; 0 |][i % 4])

let private values (map: LabelMap) =
    let organ k = map.Select(Nullable<int> k)

    [|
        for z in 0..1 do
            for y in 0..2 do
                for x in 0..3 ->
                    [ 1..6 ]
                    |> List.tryFind (fun k -> (organ k)[x, y, z] = 1.0)
                    |> Option.defaultValue 0
    |]

let private refused (read: unit -> LabelMap) =
    match NiftiCorpus.attempt read with
    | Error e -> e.Message
    | Ok map -> failtest $"accepted as {List.ofSeq map.Labels}"

[<Tests>]
let tests =
    testList "Imaging.LabelMap" [
        testCase "values near whole numbers are these: arithmetic in float types, rounding of the file's own scaling"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let floats error =
                    labels
                    |> Array.map (fun v -> float32 v * (1.0f - error) + (if v = 0 then error / 100.0f else 0.0f))

                for error in [ 0.0f; 1e-5f; 1e-4f; 4e-4f ] do
                    let map = LabelMap.Of("m", volume (floats error))
                    Expect.equal (values map) labels $"float32, {error} off"

                // What nibabel stores for a float array in an integer type: the range over the type's numbers, rounded.
                for most in [ 2; 6; 13 ] do
                    let wanted = labels |> Array.map (fun v -> if v = 2 then most else v)
                    let slope = float most / 255.0
                    let stored = wanted |> Array.map (fun v -> byte (Math.Round(float v / slope)))
                    let map = LabelMap.Read(scaled folder stored slope 0.0)
                    Expect.equal (List.ofSeq map.Labels) [ 1L; int64 most ] $"uint8, labels to {most}"
                    let expected = wanted |> Array.map (fun v -> if v > 6 then 0 else v)
                    Expect.equal (values map) expected $"uint8, labels to {most}: voxels"

                let slope, middle = 2.0 / 65535.0, 1.0 + 1.0 / 65535.0

                let stored =
                    labels |> Array.map (fun v -> int16 (Math.Round((float v - middle) / slope)))

                let map = LabelMap.Read(scaled folder stored slope middle)
                Expect.equal (values map) labels "int16 with an intercept")

        testCase "0.9882 is 1 in a file whose step is 0.0235, and no label in one whose step is 0.0039"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let stored = labels |> Array.map (fun v -> byte (v * 42 + v / 2))
                let map = LabelMap.Read(scaled folder stored (6.0 / 255.0) 0.0)
                Expect.equal (values map) labels "42 · 6/255"
                Expect.exists map.Notes (fun note -> note.Contains "off whole numbers were rounded") "noted"
                let finer = labels |> Array.map (fun v -> byte (v * 126))

                let message =
                    refused (fun () -> LabelMap.Read(scaled folder finer (1.0 / 255.0) 0.0))

                Expect.stringContains message "12 of 24 voxels hold no whole number" "count"
                Expect.stringContains message "0.98823" "value")

        testCase "halves, amounts and what is not a number are refused with value and count, in every type"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let expect message parts =
                    for part in parts do
                        Expect.stringContains message part part

                let of' (values: 'a[]) =
                    refused (fun () -> LabelMap.Of("m.nii", volume values))

                expect (of' (labels |> Array.map (fun v -> 0.5f * float32 v))) [
                    "m.nii: voxels"
                    "6 of 24"
                    "0.5 in 6"
                ]

                expect (of' (labels |> Array.map (fun v -> 14.245 * float v))) [ "14.245 in 6"; "28.49 in 6" ]
                expect (of' (labels |> Array.map (fun v -> if v = 1 then nan else 0.0))) [ "NaN in 6" ]
                expect (of' (labels |> Array.map (fun v -> if v = 2 then infinityf else 0.0f))) [ "Infinity in 6" ]
                expect (of' (labels |> Array.map (fun v -> float v + 0.002))) [ "24 of 24"; "0.002 in 12" ]
                let halves = labels |> Array.map byte
                expect (refused (fun () -> LabelMap.Read(scaled folder halves 0.5 0.0))) [ "0.5 in 6" ]
                expect (refused (fun () -> LabelMap.Read(scaled folder halves 1.0 0.5))) [ "24 of 24" ]
                let huge = labels |> Array.map (fun v -> uint64 v * (UInt64.MaxValue / 2UL))
                expect (of' huge) [ "12 of 24" ])

        testCase "0 and 255 are a mask, whatever label is asked; 255 beside others is a label"
        <| fun () ->
            let painted = labels |> Array.map (fun v -> if v = 1 then 255uy else 0uy)
            let map = LabelMap.Of("m", volume painted)
            let mask = labels |> Array.map (fun v -> if v = 1 then 1 else 0)
            Expect.equal (values map) mask "as 1"
            Expect.exists map.Notes (fun note -> note.Contains "0 and 255") "noted"
            Expect.isTrue (map.Has 255 && map.Has 1) "both names"
            Expect.isFalse (map.Has 2) "no other"

            let count (organ: Volume) =
                Seq.sum [ for x in 0..3 -> organ[x, 0, 0] ]

            Expect.equal (count (map.Select(Nullable 255))) 1.0 "255 asked"
            Expect.equal (count (map.Select(Nullable()))) 1.0 "none asked"
            let ignored = Array.map2 (fun v p -> if v = 2 then 1uy else p) labels painted
            let map = LabelMap.Of("m", volume ignored)
            Expect.equal (List.ofSeq map.Labels) [ 1L; 255L ] "labels"
            Expect.isEmpty map.Notes "nothing to note"

        testCase "labels below 0 are background and noted; large labels are exact"
        <| fun () ->
            let map = LabelMap.Of("m", volume (labels |> Array.map (fun v -> sbyte (v - 1))))
            Expect.equal (List.ofSeq map.Labels) [ -1L; 1L ] "labels"
            Expect.exists map.Notes (fun note -> note.Contains "labels below 0 (-1, 12 voxels)") "noted"
            let large = labels |> Array.map (fun v -> if v = 0 then 0 else 16777215 + v)
            let map = LabelMap.Of("m", volume large)
            Expect.equal ((map.Select(Nullable 16777217))[2, 0, 0]) 1.0 "2^24 + 1"
            Expect.equal ((map.Select(Nullable 16777217))[1, 0, 0]) 0.0 "2^24"
            let most = labels |> Array.map (fun v -> int64 v * 4503599627370495L)
            Expect.equal (Seq.last (LabelMap.Of("m", volume most)).Labels) 9007199254740990L "2^53 - 2"

        testCase "a volume of a hundred thousand values is no label map"
        <| fun () ->
            let all = Array.init 100_000 (fun i -> i - 50_000)
            let whole = Volume.FromArray(VolumeShape(100, 100, 10), grid, all)
            let message = refused (fun () -> LabelMap.Of("m", whole))
            Expect.stringContains message "more than 65536 different values" "message"

        testProperty "a mask survives any reordering, and every integer type"
        <| fun (NonEmptyArray(cells: bool[])) (order: int) ->
            let mask = Array.init 24 (fun i -> if cells[i % cells.Length] then 1 else 0)
            let names = [| "RAS"; "LPS"; "SAR"; "AIL"; "PSL"; "LAI" |]
            let target = Orientation.Parse names[(order &&& 0x7fffffff) % names.Length]

            let seen (v: Volume) =
                let organ =
                    (LabelMap.Of("m", v.Reorient target).Select(Nullable())).Reorient(Orientation.Lps)

                [|
                    for z in 0..1 do
                        for y in 0..2 do
                            for x in 0..3 -> int organ[x, y, z]
                |]

            for v in
                [
                    volume (Array.map byte mask)
                    volume (Array.map int16 mask)
                    volume (Array.map uint64 mask)
                    volume (Array.map float32 mask)
                ] do
                Expect.equal (seen v) mask "mask"
    ]
