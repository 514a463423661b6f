module PolyCL.Tests.Metrics.ContourPointsTests

open System
open System.Text.Json
open Expecto
open PolyCL.Metrics
open PolyCL.Tests.Metrics.MetricsFixture

let private points (contour: ContourPoints) =
    [ for i in 0 .. contour.Count - 1 -> let struct (r, c) = contour[i] in r, c ]
    |> List.sort

let private golden (array: MetricsFixture.Array) =
    array.Values
    |> Array.chunkBySize 2
    |> Array.map (fun p -> p[0], p[1])
    |> List.ofArray

/// Compares point sets; repeated points count once.
let private expectPoints tolerance expected actual message =
    let distinct points =
        points
        |> List.map (fun (r: double, c: double) -> Math.Round(r, 9), Math.Round(c, 9))
        |> List.distinct
        |> List.sort

    let expected, actual = distinct expected, distinct actual
    Expect.hasLength actual expected.Length $"{message}: number of points"

    List.iter2
        (fun (r, c) (r2, c2) ->
            Expect.isLessThanOrEqual (max (abs (r - r2)) (abs (c - c2))) tolerance $"{message}: ({r}, {c})")
        expected
        actual

let private rows (element: JsonElement) (name: string) = [
    for row in element.GetProperty(name).EnumerateArray() -> [ for item in row.EnumerateArray() -> item.GetDouble() ]
]

[<Tests>]
let tests =
    testList "Metrics.ContourPoints" [
        testCase "a probability map has the points of scikit-image's contours at 0.9 and 0.5"
        <| fun () ->
            let soft = arrays "soft_contours.npz"
            let map = soft["prob"].Values |> Array.map float32

            for level, name in [ 0.9, "points_0p9"; 0.5, "points_0p5" ] do
                // The stored map is float64; rounding it to float32 moves a point by up to this much.
                expectPoints 2e-5 (golden soft[name]) (points (ContourPoints.Of(ReadOnlySpan map, 32, 40, level))) name

        testCase "a mask has the points of its contour at 0.9, as bits and as values"
        <| fun () ->
            let soft = arrays "soft_contours.npz"
            let mask = soft["gt"].Values |> Array.map byte
            let values = soft["gt"].Values |> Array.map float32
            let ofBits = points (ContourPoints.Of(ReadOnlySpan mask, 32, 40, 0.9))
            expectPoints 1e-9 (golden soft["gt_points_0p9"]) ofBits "golden"
            Expect.equal ofBits (points (ContourPoints.Of(ReadOnlySpan values, 32, 40, 0.9))) "the same to the last bit"

        testCase "the two contours one can check by hand"
        <| fun () ->
            for example in json.Value.GetProperty("contour_small").EnumerateArray() do
                let map =
                    match example.TryGetProperty "map" with
                    | true, _ -> rows example "map"
                    | _ -> rows example "mask"

                let values = map |> List.concat |> List.map float32 |> Array.ofList
                let expected = rows example "points_0p9" |> List.map (fun p -> p[0], p[1])

                expectPoints
                    1e-6
                    expected
                    (points (ContourPoints.Of(ReadOnlySpan values, map.Length, map[0].Length, 0.9)))
                    "example"

        testProperty "points are the crossings of every neighbour pair"
        <| fun (seed: byte[]) (wide: bool) ->
            let width = if wide then 67 else 5
            let height = 4
            let levels = [| 0.0f; 0.2f; 0.9f; 0.95f; 1.0f; 0.90000004f |]

            let values =
                Array.init (height * width) (fun i ->
                    if seed.Length = 0 then
                        0.0f
                    else
                        levels[(int seed[i % seed.Length] + i / 7) % levels.Length])

            let at y x = double values[y * width + x]

            let expected = [
                for y in 0 .. height - 1 do
                    for x in 0 .. width - 1 do
                        for dy, dx in [ 0, 1; 1, 0 ] do
                            if y + dy < height && x + dx < width then
                                let a, b = at y x, at (y + dy) (x + dx)

                                if (a > 0.9) <> (b > 0.9) then
                                    let share = (0.9 - a) / (b - a)
                                    double y + double dy * share, double x + double dx * share
            ]

            Expect.equal
                (points (ContourPoints.Of(ReadOnlySpan values, height, width, 0.9)))
                (List.sort expected)
                "points"

        testCase "the directed distance is that of all pairs, and of an empty set"
        <| fun () ->
            let prediction, truth = mask "liver_like_256.pred", mask "liver_like_256.gt"

            let contour (m: byte[]) =
                ContourPoints.Of(ReadOnlySpan m, 256, 256, 0.9)

            let a, b = contour prediction, contour truth

            let twin a b =
                points a
                |> List.map (fun (r, c) ->
                    points b
                    |> List.map (fun (r2, c2) -> (r - r2) * (r - r2) + (c - c2) * (c - c2))
                    |> List.min)
                |> List.max
                |> sqrt

            Expect.equal (a.DirectedHausdorffTo b) (Nullable(twin a b)) "one way"
            Expect.equal (b.DirectedHausdorffTo a) (Nullable(twin b a)) "the other way"
            let none = contour (Array.zeroCreate 65536)
            Expect.equal (none.DirectedHausdorffTo a) (Nullable()) "from nothing"
            Expect.equal (a.DirectedHausdorffTo none) (Nullable infinity) "to nothing"
    ]
