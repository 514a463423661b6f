module PolyCL.Tests.Imaging.VolumeTests

open System
open Expecto
open FsCheck
open PolyCL.Imaging

let private letters = [
    for a in "RL" do
        for b in "AP" do
            for c in "SI" do
                for p in [ [ a; b; c ]; [ a; c; b ]; [ b; a; c ]; [ b; c; a ]; [ c; a; b ]; [ c; b; a ] ] do
                    String(Array.ofList p)
]

let private make shape (slope: double) (intercept: double) =
    let shape: VolumeShape = shape

    let voxels =
        Array.init (int shape.VoxelCount) (fun i -> int16 (i * 37 % 4001 - 2000))

    Volume(VoxelArray<int16> voxels, shape, Affine.Diagonal(Spacing(1, 2, 3)), true, slope, intercept)

let private sliceOf (volume: Volume) z =
    let slice = Array.zeroCreate<double>(volume.Shape.X * volume.Shape.Y)
    volume.CopySlice(z, slice.AsSpan())
    slice

[<Tests>]
let tests =
    testList "Imaging.Volume" [
        testProperty "a slice is what the indexer says, in every axis order, scaled or not, in double and float"
        <| fun (PositiveInt a) (PositiveInt b) (PositiveInt c) (order: int) (isScaled: bool) ->
            let shape = VolumeShape(1 + a % 6, 1 + b % 6, 1 + c % 6)
            let slope, intercept = if isScaled then -0.1, 1024.5 else 1.0, 0.0

            let volume =
                (make shape slope intercept).Reorient(Orientation.Parse letters[abs (order % letters.Length)])

            for volume in [ volume; volume.TransposeInPlane() ] do
                for z in 0 .. volume.Shape.Z - 1 do
                    let expected = [|
                        for y in 0 .. volume.Shape.Y - 1 do
                            for x in 0 .. volume.Shape.X - 1 -> volume[x, y, z]
                    |]

                    Expect.equal (sliceOf volume z) expected "double"
                    let single = Array.zeroCreate<float32> expected.Length
                    volume.CopySlice(z, single.AsSpan())
                    Expect.equal single (Array.map float32 expected) "float"

        testCase "reordering there and back gives the same voxels and affine, and copies nothing"
        <| fun () ->
            let voxels = Array.init 60 int16

            let volume =
                Volume.FromArray(VolumeShape(4, 3, 5), Affine.Diagonal(Spacing(1, 2, 3)), voxels)

            for name in letters do
                let there = volume.Reorient(Orientation.Parse name)
                let back = there.Reorient volume.Orientation
                Expect.equal back.Affine volume.Affine $"{name}: affine"
                Expect.equal back.Shape volume.Shape $"{name}: shape"

                for z in 0..4 do
                    Expect.equal (sliceOf back z) (sliceOf volume z) $"{name}: slice {z}"

            let turned = volume.Reorient(Orientation.Parse "IPL")
            voxels[0] <- 99s
            // The first voxel of RAS is the last along every axis of IPL.
            Expect.equal turned[4, 2, 3] 99.0 "the same array"

        testCase "transposing exchanges columns and rows only"
        <| fun () ->
            let volume = make (VolumeShape(4, 3, 2)) 1.0 0.0
            let turned = volume.TransposeInPlane()
            Expect.equal turned.Shape (VolumeShape(3, 4, 2)) "shape"
            Expect.equal turned.Spacing (Spacing(2, 1, 3)) "spacing"
            Expect.equal turned[2, 3, 1] volume[3, 2, 1] "voxel"

        testCase "scaled values are raw · slope + intercept with two roundings"
        <| fun () ->
            let volume = make (VolumeShape(4, 3, 5)) 0.1 0.3
            Expect.equal volume[1, 0, 0] (-1963.0 * 0.1 + 0.3) "value"

        testCase "slices and voxels that do not exist, and short destinations, are refused"
        <| fun () ->
            let volume = make (VolumeShape(4, 3, 2)) 1.0 0.0

            let copy z length =
                volume.CopySlice(z, (Array.zeroCreate<float32> length).AsSpan())

            for z in [ -1; 2 ] do
                Expect.throwsC (fun () -> copy z 12) (fun e ->
                    Expect.stringContains e.Message $"Slice {z} does not exist; the volume has 2" "message")

            Expect.throwsC (fun () -> copy 0 11) (fun e ->
                Expect.stringContains e.Message "holds 11 pixels; a slice has 12" "message")

            for x, y, z in [ -1, 0, 0; 4, 0, 0; 0, 3, 0; 0, 0, 2 ] do
                Expect.throwsT<ArgumentOutOfRangeException> (fun () -> volume[x, y, z] |> ignore) "outside"

            Expect.throwsT<ArgumentException>
                (fun () ->
                    Volume.FromArray(VolumeShape(4, 3, 2), volume.Affine, Array.zeroCreate<byte> 23)
                    |> ignore)
                "23 voxels for 24"

            Expect.throwsT<ArgumentException>
                (fun () -> Volume.FromArray(VolumeShape(1, 1, 1), volume.Affine, [| 1m |]) |> ignore)
                "decimal voxels"
    ]
