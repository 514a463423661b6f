module PolyCL.Tests.Metrics.SurfaceDistancesTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open PolyCL.Core
open PolyCL.Imaging
open PolyCL.Metrics
open PolyCL.Tests.Metrics.MetricsFixture

/// MONAI works in float32.
let private monaiTolerance = 1e-6

/// Sums and roots in double, in another order.
let private doubleTolerance = 1e-12

let private distances planar (slices, height, width) (sz, sy, sx) (prediction: byte[]) (truth: byte[]) =
    if planar then
        SurfaceDistances.OfSlices(prediction, truth, height, width, sy, sx)
    else
        SurfaceDistances.OfVolumes(prediction, truth, slices, height, width, Spacing(sx, sy, sz))

let private close tolerance (expected: double) (actual: double) message =
    Expect.isLessThanOrEqual
        (abs (actual - expected))
        (tolerance * max 1.0 (abs expected))
        $"{message}: {actual} against {expected}"

/// Name, golden values, and our distances, for every golden pair.
let private goldenPairs =
    lazy
        [
            for name, pair in pairs.Value do
                let shape = dimensions pair
                let planar = (numbers pair "shape").Length = 2

                let spacing =
                    match numbers pair "spacing" with
                    | [ sy; sx ] -> 1.0, sy, sx
                    | sizes -> sizes[0], sizes[1], sizes[2]

                name, pair, distances planar shape spacing (mask $"{name}.pred") (mask $"{name}.gt")
        ]

let private last (values: ReadOnlySpan<double>) = values[values.Length - 1]

let private average (values: ReadOnlySpan<double>) = Array.average (values.ToArray())

type private Pair = {
    Shape: int * int * int
    Spacing: double * double * double
    Prediction: byte[]
    Truth: byte[]
    Planar: bool
}

/// Small random pairs: blobs and dust, in 2-D and 3-D, with unequal spacing; both masks have voxels.
let private genPair =
    gen {
        let! planar = Gen.elements [ true; false ]
        let! slices = if planar then Gen.constant 1 else Gen.choose (1, 5)
        let! height = Gen.choose (1, 9)
        let! width = Gen.frequency [ 4, Gen.choose (1, 9); 1, Gen.choose (60, 70) ]
        let! sizes = Gen.listOfLength 3 (Gen.elements [ 1.0; 0.7; 2.0; 5.0 ])
        let count = slices * height * width

        let genMask =
            gen {
                let! dense = Gen.elements [ 1; 3; 9 ]
                let! bits = Gen.arrayOfLength count (Gen.choose (0, 9))
                let! one = Gen.choose (0, count - 1)
                return Array.init count (fun i -> if i = one || bits[i] < dense then 1uy else 0uy)
            }

        let! prediction = genMask
        let! truth = genMask

        return {
            Shape = slices, height, width
            Spacing = sizes[0], sizes[1], sizes[2]
            Prediction = prediction
            Truth = truth
            Planar = planar
        }
    }

type private Pairs =
    static member Pair() = Arb.fromGen genPair

let private config = {
    FsCheckConfig.defaultConfig with
        maxTest = 300
        arbitrary = [ typeof<Pairs> ]
}

let private of' pair =
    nonNull (distances pair.Planar pair.Shape pair.Spacing pair.Prediction pair.Truth)

let private summary (d: SurfaceDistances) = [ d.Hausdorff; d.Hd95; d.Hd95Pooled; d.Assd; d.MeanOfDirectedMeans ]

/// Two filled squares of the same size, the second moved.
let private squares (height, width) size (y, x) (y2, x2) =
    let square y0 x0 =
        Array.init (height * width) (fun i ->
            let y, x = i / width, i % width

            if y >= y0 && y < y0 + size && x >= x0 && x < x0 + size then
                1uy
            else
                0uy)

    square y x, square y2 x2

[<Tests>]
let tests =
    testList "Metrics.SurfaceDistances" [
        testCase "every golden pair agrees with MONAI 1.5"
        <| fun () ->
            Expect.hasLength goldenPairs.Value 20 "pairs"

            for name, pair, ours in goldenPairs.Value do
                let monai = pair.GetProperty "monai"

                match ours with
                | null -> Expect.isFalse (Double.IsFinite(field monai "hd")) $"{name}: no distance"
                | ours ->
                    let same key actual =
                        close monaiTolerance (field monai key) actual $"{name} {key}"

                    same "hd" ours.Hausdorff
                    same "hd95" ours.Hd95
                    same "assd" ours.Assd
                    same "hd_pred_to_gt" (last ours.FromPrediction)
                    same "hd_gt_to_pred" (last ours.FromTruth)
                    same "hd95_pred_to_gt" (Percentile.OfSorted(ours.FromPrediction, 95))
                    same "hd95_gt_to_pred" (Percentile.OfSorted(ours.FromTruth, 95))
                    same "asd_pred_to_gt" (average ours.FromPrediction)
                    same "asd_gt_to_pred" (average ours.FromTruth)

                    for tolerance in [ "1.0"; "2.0"; "5.0" ] do
                        close
                            monaiTolerance
                            (field (monai.GetProperty "nsd") tolerance)
                            (ours.SurfaceDice(float tolerance))
                            $"{name} nsd {tolerance}"

        testCase "every golden pair agrees with SciPy's erosion and distances"
        <| fun () ->
            for name, pair, ours in goldenPairs.Value do
                match ours with
                | null -> Expect.isFalse (fst (pair.TryGetProperty "scipy_edges")) $"{name}: no distance"
                | ours ->
                    let scipy = pair.GetProperty "scipy_edges"

                    let same key actual =
                        close doubleTolerance (field scipy key) actual $"{name} {key}"

                    same "n_edge_pred" (double ours.FromPrediction.Length)
                    same "n_edge_gt" (double ours.FromTruth.Length)
                    same "directed_pred_to_gt" (last ours.FromPrediction)
                    same "directed_gt_to_pred" (last ours.FromTruth)
                    same "hd" ours.Hausdorff
                    same "hd95_max_of_two" ours.Hd95
                    same "hd95_pooled" ours.Hd95Pooled
                    same "assd_pooled" ours.Assd
                    same "assd_mean_of_two" ours.MeanOfDirectedMeans

        testPropertyWithConfig config "distances are those of the definition, all pairs compared"
        <| fun pair ->
            let ours = of' pair
            let a = edgeTwin pair.Planar pair.Shape pair.Prediction
            let b = edgeTwin pair.Planar pair.Shape pair.Truth

            let same (expected: double[]) (actual: double[]) =
                Expect.hasLength actual expected.Length "edge voxels"
                Array.iter2 (fun e a -> close doubleTolerance e a "distance") expected actual

            same (distancesTwin pair.Spacing a b) (ours.FromPrediction.ToArray())
            same (distancesTwin pair.Spacing b a) (ours.FromTruth.ToArray())

        testPropertyWithConfig config "the distance transform and the comparison of all pairs agree"
        <| fun pair ->
            let slices, height, width = pair.Shape
            let sz, sy, sx = pair.Spacing
            let spacing = Spacing(sx, sy, sz)

            let edge (mask: byte[]) =
                BitVolume.FromMask(mask, slices, height, width).Edge pair.Planar

            let edgeA, edgeB = edge pair.Prediction, edge pair.Truth
            let a, b = EdgePoints.Of edgeA, EdgePoints.Of edgeB

            let fromA, fromB =
                Array.zeroCreate<double> a.Count, Array.zeroCreate<double> b.Count

            NearestPoints.Fill(a, b, spacing, fromA.AsSpan(), fromB.AsSpan())
            let transformed = Array.zeroCreate<double> a.Count
            DistanceTransform.Fill(a, edgeB, b, spacing, transformed.AsSpan())
            Array.iter2 (fun e t -> close doubleTolerance e t "prediction to truth") fromA transformed
            let transformed = Array.zeroCreate<double> b.Count
            DistanceTransform.Fill(b, edgeA, a, spacing, transformed.AsSpan())
            Array.iter2 (fun e t -> close doubleTolerance e t "truth to prediction") fromB transformed

        testPropertyWithConfig config "swapping prediction and truth changes nothing but the direction"
        <| fun pair ->
            let ours = of' pair

            let swapped =
                of' {
                    pair with
                        Prediction = pair.Truth
                        Truth = pair.Prediction
                }

            List.iter2 (fun a b -> close doubleTolerance a b "symmetric") (summary ours) (summary swapped)
            Expect.sequenceEqual (ours.FromPrediction.ToArray()) (swapped.FromTruth.ToArray()) "directions"

        testPropertyWithConfig config "three times the spacing gives three times the distances"
        <| fun pair ->
            let sz, sy, sx = pair.Spacing

            let scaled =
                of' {
                    pair with
                        Spacing = 3.0 * sz, 3.0 * sy, 3.0 * sx
                        Planar = pair.Planar
                }

            List.iter2 (fun a b -> close doubleTolerance (3.0 * a) b "scaled") (summary (of' pair)) (summary scaled)

        testPropertyWithConfig config "a mask is at distance 0 from itself"
        <| fun pair ->
            let same = of' { pair with Truth = pair.Prediction }
            Expect.equal (summary same) [ 0.0; 0.0; 0.0; 0.0; 0.0 ] "distances"
            Expect.equal (same.SurfaceDice 0.0) 1.0 "surface Dice"

        testPropertyWithConfig config "moving both masks together changes nothing"
        <| fun pair ->
            let slices, height, width = pair.Shape
            let room = 3
            let larger = slices + (if pair.Planar then 0 else room), height + room, width + room

            let place offset (mask: byte[]) =
                let s, h, w = larger
                let result = Array.zeroCreate<byte>(s * h * w)

                for z in 0 .. slices - 1 do
                    for y in 0 .. height - 1 do
                        for x in 0 .. width - 1 do
                            let dz = if pair.Planar then 0 else offset

                            result[((z + dz) * h + y + offset) * w + x + offset] <- mask[(z * height + y) * width + x]

                result

            let at offset =
                summary (
                    of' {
                        pair with
                            Shape = larger
                            Prediction = place offset pair.Prediction
                            Truth = place offset pair.Truth
                    }
                )

            List.iter2 (fun a b -> close doubleTolerance a b "moved") (at 0) (at room)

        testPropertyWithConfig
            config
            "mean ≤ HD95-bounds ≤ Hausdorff ≤ the box's diagonal, and Hausdorff obeys the triangle inequality"
        <| fun pair ->
            let slices, height, width = pair.Shape
            let sz, sy, sx = pair.Spacing
            let ours = of' pair
            let square n s = (double (n - 1) * s) ** 2.0
            let diagonal = sqrt (square slices sz + square height sy + square width sx)
            Expect.isLessThanOrEqual ours.Assd (ours.Hausdorff + 1e-12) "mean"
            Expect.isLessThanOrEqual ours.Hd95 ours.Hausdorff "95th percentile"
            Expect.isLessThanOrEqual ours.Hd95Pooled ours.Hausdorff "pooled"
            Expect.isLessThanOrEqual ours.Hausdorff (diagonal + 1e-9) "diagonal"
            let middle = Array.create pair.Truth.Length 1uy
            let toMiddle = of' { pair with Truth = middle }
            let fromMiddle = of' { pair with Prediction = middle }
            Expect.isLessThanOrEqual ours.Hausdorff (toMiddle.Hausdorff + fromMiddle.Hausdorff + 1e-9) "triangle"

        testPropertyWithConfig
            config
            "surface Dice grows with the tolerance, from the shared edge to 1 at the Hausdorff distance"
        <| fun pair ->
            let ours = of' pair

            let at =
                [ 0.0; 0.5; 1.0; 2.0; 5.0; ours.Hausdorff ]
                |> List.sort
                |> List.map ours.SurfaceDice

            Expect.equal at (List.sort at) "monotone"
            Expect.equal (ours.SurfaceDice ours.Hausdorff) 1.0 "everything within the largest distance"

        testCase "two squares 2 mm apart have Hausdorff 2"
        <| fun () ->
            let a, b = squares (12, 12) 4 (3, 3) (3, 5)
            let d = nonNull (SurfaceDistances.OfSlices(a, b, 12, 12))
            Expect.equal d.Hausdorff 2.0 "2 px"
            let d = nonNull (SurfaceDistances.OfSlices(a, b, 12, 12, 1.0, 2.0))
            Expect.equal d.Hausdorff 4.0 "2 px of 2 mm across columns"
            let a, b = squares (12, 12) 4 (3, 3) (5, 3)
            let d = nonNull (SurfaceDistances.OfSlices(a, b, 12, 12, 2.0, 1.0))
            Expect.equal d.Hausdorff 4.0 "2 px of 2 mm across rows"

        testCase "two voxels three slices, one row and two columns apart, spacing 3×1×2"
        <| fun () ->
            let a, b = Array.zeroCreate<byte> 60, Array.zeroCreate<byte> 60
            a[0] <- 1uy
            b[3 * 15 + 1 * 5 + 2] <- 255uy
            let d = nonNull (SurfaceDistances.OfVolumes(a, b, 4, 3, 5, Spacing(2.0, 1.0, 3.0)))
            let expected = sqrt (81.0 + 1.0 + 16.0)
            Expect.equal (summary d) (List.replicate 5 expected) "one distance each way"
            Expect.equal (d.SurfaceDice 9.0, d.SurfaceDice 10.0) (0.0, 1.0) "surface Dice"

        testCase "the edge of a 4×4 square are its 12 outer pixels, also at the image border"
        <| fun () ->
            for at in [ 0, 0; 3, 5; 8, 8 ] do
                let a, _ = squares (12, 12) 4 at (0, 0)
                let d = nonNull (SurfaceDistances.OfSlices(a, a, 12, 12))
                Expect.equal d.FromPrediction.Length 12 $"at {at}"

        testCase "an empty mask has no distance"
        <| fun () ->
            let one, none = Array.create 9 1uy, Array.zeroCreate<byte> 9

            for a, b in [ one, none; none, one; none, none ] do
                Expect.isNull (SurfaceDistances.OfSlices(a, b, 3, 3)) "2-D"
                Expect.isNull (SurfaceDistances.OfVolumes(a, b, 1, 3, 3, Spacing(1, 1, 1))) "3-D"

        testCase "masks that do not fit their size are refused with both numbers"
        <| fun () ->
            Expect.throwsC
                (fun () ->
                    SurfaceDistances.OfSlices(Array.zeroCreate<byte> 9, Array.zeroCreate<byte> 8, 3, 3)
                    |> ignore)
                (fun e -> Expect.stringContains e.Message "9 voxels; 8 were given" "message")

        testCase "large masks take the distance transform and give the same as all pairs"
        <| fun () ->
            let size = 40

            let ball radius (cz, cy, cx) =
                Array.init (size * size * size) (fun i ->
                    let z, y, x = i / (size * size), i / size % size, i % size

                    if
                        (z - cz) * (z - cz) + (y - cy) * (y - cy) + (x - cx) * (x - cx)
                        <= radius * radius
                    then
                        1uy
                    else
                        0uy)

            let a, b = ball 16 (18, 19, 20), ball 15 (21, 19, 18)

            let bits (mask: byte[]) =
                BitVolume.FromMask(mask, size, size, size).Edge false

            let edgeA, edgeB = EdgePoints.Of(bits a), EdgePoints.Of(bits b)
            Expect.isFalse (NearestPoints.Suits(edgeA, edgeB)) "large enough for the transform"
            let spacing = Spacing(0.7, 0.8, 2.5)
            let d = nonNull (SurfaceDistances.OfVolumes(a, b, size, size, size, spacing))

            let fromA, fromB =
                Array.zeroCreate<double> edgeA.Count, Array.zeroCreate<double> edgeB.Count

            NearestPoints.Fill(edgeA, edgeB, spacing, fromA.AsSpan(), fromB.AsSpan())

            let same (expected: double[]) (actual: double[]) =
                Array.iter2 (fun e a -> close doubleTolerance (sqrt e) a "distance") (Array.sort expected) actual

            same fromA (d.FromPrediction.ToArray())
            same fromB (d.FromTruth.ToArray())
    ]
