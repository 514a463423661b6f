module PolyCL.Tests.Imaging.AffineTests

open System
open Expecto
open FsCheck
open PolyCL.Imaging

let private identity = [|
    1.0
    0.0
    0.0
    0.0
    0.0
    1.0
    0.0
    0.0
    0.0
    0.0
    1.0
    0.0
    0.0
    0.0
    0.0
    1.0
|]

let private withElement index value =
    let rows = Array.copy identity
    rows[index] <- value
    rows

/// Position of a voxel, mm.
let private position (affine: Affine) (x: int, y: int, z: int) = [
    for row in 0..2 ->
        affine[row, 0] * double x
        + affine[row, 1] * double y
        + affine[row, 2] * double z
        + affine[row, 3]
]

[<Tests>]
let tests =
    testList "Imaging.Affine" [
        testCase "spacing is the length of each column"
        <| fun () ->
            let affine =
                Affine.FromRows [|
                    0.0
                    -2.0
                    0.0
                    1.0
                    3.0
                    0.0
                    0.0
                    2.0
                    4.0
                    0.0
                    0.5
                    3.0
                    0.0
                    0.0
                    0.0
                    1.0
                |]

            Expect.equal affine.Spacing (Spacing(5.0, 2.0, 0.5)) "3-4-5"

        testCase "elements are read by row and column, and nothing else"
        <| fun () ->
            let rows =
                Array.init 16 (fun i ->
                    if i = 15 then 1.0
                    elif i >= 12 then 0.0
                    else double (i * i + 1))

            let affine = Affine.FromRows rows

            Expect.equal
                [
                    for r in 0..3 do
                        for c in 0..3 -> affine[r, c]
                ]
                (List.ofArray rows)
                "elements"

            Expect.equal (affine.ToRows()) rows "rows"

            for row, column in [ -1, 0; 0, 4; 4, 0 ] do
                Expect.throwsT<ArgumentOutOfRangeException> (fun () -> affine[row, column] |> ignore) "outside"

        testCase "the numbers are copied in and out"
        <| fun () ->
            let rows = Array.copy identity
            let affine = Affine.FromRows rows
            rows[0] <- 9.0
            affine.ToRows()[5] <- 9.0
            Expect.equal (affine.ToRows()) identity "unchanged"

        testCase "what is no map of space is refused with the reason"
        <| fun () ->
            for rows, reason in
                [
                    identity[..14], "has 15 numbers; 16 are needed"
                    withElement 3 nan, "not finite"
                    withElement 0 infinity, "not finite"
                    withElement 12 1.0, "last row"
                    withElement 15 2.0, "last row"
                    withElement 0 0.0, "singular"
                    Array.append (Array.zeroCreate 12) identity[12..], "singular"
                    Array.append (Array.map ((*) 1e-200) identity[..11]) identity[12..], "singular"
                ] do
                Expect.throwsC (fun () -> Affine.FromRows rows |> ignore) (fun e ->
                    Expect.stringContains e.Message reason reason)

        testCase "a tiny spacing is not singular, two parallel axes are"
        <| fun () ->
            let small =
                Affine.FromRows(Array.mapi (fun i v -> if i < 12 then v * 1e-4 else v) identity)

            Expect.equal small.Spacing (Spacing(1e-4, 1e-4, 1e-4)) "0.1 µm"

            let leaning = Array.copy identity
            leaning[1] <- 1.0
            leaning[5] <- 1e-9
            Expect.throwsT<ArgumentException> (fun () -> Affine.FromRows leaning |> ignore) "leaning"

        testCase "equality is by the numbers"
        <| fun () ->
            let a, b = Affine.FromRows identity, Affine.Diagonal(Spacing(1, 1, 1))
            Expect.equal a b "equal"
            Expect.equal (a.GetHashCode()) (b.GetHashCode()) "hash"
            Expect.notEqual a (Affine.FromRows(withElement 3 1e-12)) "another origin"

        testProperty "reordering keeps every voxel where it is"
        <| fun (PositiveInt a) (PositiveInt b) (PositiveInt c) (order: int) ->
            let shape = VolumeShape(1 + a % 4, 1 + b % 4, 1 + c % 4)

            let affine =
                Affine.FromRows [|
                    -2.0
                    0.5
                    0.0
                    7.0
                    0.25
                    1.0
                    0.0
                    -3.0
                    0.0
                    0.0
                    4.0
                    9.0
                    0.0
                    0.0
                    0.0
                    1.0
                |]

            let voxels = Array.init (int shape.VoxelCount) int
            let volume = Volume.FromArray(shape, affine, voxels)
            let names = [ "RAS"; "LPS"; "SAR"; "AIL"; "PSL"; "LAI" ]
            let turned = volume.Reorient(Orientation.Parse names[abs (order % names.Length)])

            let places (v: Volume) =
                [
                    for z in 0 .. v.Shape.Z - 1 do
                        for y in 0 .. v.Shape.Y - 1 do
                            for x in 0 .. v.Shape.X - 1 ->
                                v[x, y, z], position v.Affine (x, y, z) |> List.map (fun p -> Math.Round(p, 9))
                ]
                |> List.sort

            Expect.equal (places turned) (places volume) "value and position of every voxel"
    ]
