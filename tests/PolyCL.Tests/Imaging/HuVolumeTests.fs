module PolyCL.Tests.Imaging.HuVolumeTests

open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Imaging
open PolyCL.Tests

let private shape = VolumeShape(10, 10, 10)

let private place = Affine.Diagonal(Spacing(1, 1, 1))

let private read (values: float32[]) =
    HuVolume.Of("scan.nii", Volume.FromArray(shape, place, values))

/// A body: air round it, soft tissue with some bone, one value for every place.
let private body =
    Array.init 1000 (fun i ->
        if i < 400 then -1000.0f
        elif i < 970 then float32 (i % 100)
        else 700.0f)

let private doubt values = List.ofSeq (read values).Notes

let private expectDoubt (parts: string list) values =
    match doubt values with
    | [ note ] ->
        Expect.stringStarts note "not HU?" "note"

        for part in parts do
            Expect.stringContains note part "note"
    | notes -> failtest $"one note expected: {notes}"

[<Tests>]
let tests =
    testList "Imaging.HuVolume" [
        testCase "what is no number becomes -1000 HU in every view, and is counted"
        <| fun () ->
            let values = Array.copy body
            values[0] <- nanf
            values[500] <- infinityf
            values[999] <- -infinityf
            let hu = read values

            Expect.equal
                (List.ofSeq hu.Notes)
                [
                    "3 of 1000 voxels are no numbers (NaN or infinite); they were read as air, -1000 HU"
                ]
                "note"

            let view = hu.Volume.Reorient Orientation.Lps
            let flipped i = 9 - i

            for x, y, z in [ 0, 0, 0; 0, 0, 5; 9, 9, 9 ] do
                Expect.equal hu.Volume[x, y, z] -1000.0 $"voxel {x} {y} {z}"
                Expect.equal view[flipped x, flipped y, z] -1000.0 $"voxel {x} {y} {z} in L, P, S"

            Expect.equal hu.Volume[1, 0, 5] (float body[501]) "its neighbour"

        testCase "with a slope the stored value is the one that scales to -1000"
        <| fun () ->
            let scaled =
                Volume(
                    VoxelArray<float32>([| nanf; 10.0f; 600.0f; 10.0f |]),
                    VolumeShape(2, 2, 1),
                    place,
                    true,
                    2.0,
                    -1024.0
                )

            let hu = HuVolume.Of("scan.nii", scaled)
            Expect.equal [ hu.Volume[0, 0, 0]; hu.Volume[1, 0, 0] ] [ -1000.0; -1004.0 ] "values"

        testCase "a scan without a number is refused, with the count"
        <| fun () ->
            Expect.throwsC (fun () -> read (Array.create 1000 nanf) |> ignore) (fun e ->
                Expect.isTrue (e :? ScanFormatException) $"type of {e}"
                Expect.stringContains e.Message "none of the 1000 voxels is a number" "message")

        testCase "a body in HU is not doubted, nor with padding, noise below -1024 or much air"
        <| fun () ->
            Expect.isEmpty (doubt body) "body"
            Expect.isEmpty (body |> Array.mapi (fun i v -> if i < 200 then -3024.0f else v) |> doubt) "padding"
            Expect.isEmpty (body |> Array.mapi (fun i v -> if i < 300 then -1150.0f else v) |> doubt) "noise"
            Expect.isEmpty (body |> Array.mapi (fun i v -> if i < 900 then -1000.0f else v) |> doubt) "air"

        testCase "0…255, 0…1, +1024, less than -1024 and the window's own range are doubted with their range"
        <| fun () ->
            expectDoubt [ "0 to 255" ] (body |> Array.map (fun v -> (v + 1000.0f) * 0.15f))
            expectDoubt [ "0 to 1;" ] (body |> Array.map (fun v -> (v + 1000.0f) / 1700.0f))
            expectDoubt [ "24 to 1724"; "air near -1000" ] (body |> Array.map (fun v -> v + 1024.0f))
            expectDoubt [ "-9758 to 700" ] (body |> Array.map (fun v -> if v = -1000.0f then -9758.0f else v))
            expectDoubt [ "-4000 to -2300" ] (body |> Array.map (fun v -> v - 3000.0f))
            expectDoubt [ "-160 to 240" ] (body |> Array.map (fun v -> max -160.0f (min 240.0f v)))

        testCase "a shift is seen although padding or tissue falls where air should be"
        <| fun () ->
            // −2000 of padding becomes −976, and tissue becomes bone.
            expectDoubt
                [ "40 % of the voxels would be bone or metal" ]
                (body
                 |> Array.mapi (fun i v ->
                     if i < 200 then -976.0f
                     elif i < 600 then v + 24.0f
                     else v + 1024.0f))

            // The intercept was taken off twice: tissue stands where air should be.
            expectDoubt
                [ "a CT has soft tissue" ]
                (body
                 |> Array.map (fun v -> if v = 700.0f then 1900.0f - 1024.0f else v - 1024.0f))

        testCase "NaN does not hide that the rest is not HU"
        <| fun () ->
            let values =
                body |> Array.mapi (fun i v -> if i < 400 then nanf else (v + 1000.0f) * 0.15f)

            let notes = doubt values
            Expect.hasLength notes 2 $"{notes}"
            Expect.stringStarts notes[0] "400 of 1000 voxels are no numbers" "count"
            Expect.stringStarts notes[1] "not HU? values are 150 to 255" "range"

        testCase "ranges do not depend on how many values go at once"
        <| fun () ->
            // 7 × 1 voxels: none fills a vector.
            let values = [| -1000.0f; 0.0f; nanf; 50.0f; 60.0f; 70.0f; 80.0f |]

            let hu =
                HuVolume.Of("scan.nii", Volume.FromArray(VolumeShape(7, 1, 1), place, values))

            Expect.hasLength hu.Notes 1 "only the count"

        testCase "the cases of people's files"
        <| fun () ->
            for name, expected in
                [
                    "29-nan-voxels/clean", []
                    "30-not-hu/low9758", [ "not HU? values are -9758 to 700; a CT has air near -1000" ]
                    "30-not-hu/unit", [ "not HU? values are 0 to 1; a CT has air near -1000" ]
                    "30-not-hu/plus1024", [ "not HU? values are 14 to 1724; a CT has air near -1000" ]
                ] do
                let path = TestData.sharedFile $"cases/{name}/volume-0.nii.gz"
                Expect.equal (List.ofSeq (HuVolume.Read path).Notes) expected name

            let path = TestData.sharedFile "cases/29-nan-voxels/allnan/volume-0.nii.gz"

            Expect.throwsC (fun () -> HuVolume.Read path |> ignore) (fun e ->
                Expect.equal
                    e.Message
                    $"{path}: voxels: none of the 12288 voxels is a number (NaN or infinite); convert the scan again from its source."
                    "message")

        testCase "the real CT scans are not doubted, the MR and the rescaled heads are"
        <| fun () ->
            for name in
                [
                    "chaos-donor"
                    "dcmqi-3slice"
                    "ts-abdomen-3mm"
                    "ts-aorta-1p5mm"
                    "ts-upper-2mm"
                ] do
                Expect.isEmpty (HuVolume.Read(TestData.sharedFile $"data/ct/{name}/ct.nii.gz")).Notes name

            for name in
                [
                    "data/ct/head-oblique/ct.nii.gz"
                    "data/ct/head-scaled/ct.nii.gz"
                    "data/mr/ts-mr-3mm/mr.nii.gz"
                ] do
                Expect.hasLength (HuVolume.Read(TestData.sharedFile name)).Notes 1 name
    ]
