module PolyCL.Tests.Studies.EmbeddingMapTests

open System
open Expecto
open PolyCL.Core
open PolyCL.Studies

let private cloud seed count (centre: float[]) spread =
    let mutable noise = RandomStream(seed, "cloud")

    Array.init count (fun _ -> centre |> Array.map (fun c -> float32 (c + spread * noise.NextNormal())))

let private distance (a: float[]) (b: float[]) =
    Math.Sqrt((a[0] - b[0]) ** 2.0 + (a[1] - b[1]) ** 2.0)

[<Tests>]
let tests =
    testList "Studies.EmbeddingMap" [
        testCase "principal components by hand: points on a line of slope 1/2"
        <| fun () ->
            // Centred: (−4, −2), (0, 0), (4, 2); the direction is (2, 1)/√5, so the scores are ∓√20 and 0, and nothing is left across.
            let map = EmbeddingMap.Pca [| [| 1f; 1f |]; [| 5f; 3f |]; [| 9f; 5f |] |]

            for place, expected in Array.zip map [| -sqrt 20.0; 0.0; sqrt 20.0 |] do
                Expect.floatClose Accuracy.high place[0] expected "along"
                Expect.floatClose Accuracy.medium place[1] 0.0 "across"

        testCase "principal components by hand: variances 8, 2 and 0 on the axes"
        <| fun () ->
            let map =
                EmbeddingMap.Pca [| [| 0f; 2f; 7f |]; [| 0f; -2f; 7f |]; [| 1f; 0f; 7f |]; [| -1f; 0f; 7f |] |]

            let flat = map |> Array.collect id
            let expected = [| 2.0; 0.0; -2.0; 0.0; 0.0; 1.0; 0.0; -1.0 |]

            for a, b in Array.zip flat expected do
                Expect.floatClose Accuracy.medium a b "scores"

        testCase "the map is the same by the small and by the large matrix"
        <| fun () ->
            let tall = cloud 1L 12 [| 0.0; 1.0; 2.0 |] 1.0
            // Columns of zeros change no score, but make the matrix wide.
            let wide = tall |> Array.map (fun v -> Array.append v (Array.zeroCreate 20))

            for a, b in Array.zip (EmbeddingMap.Pca tall) (EmbeddingMap.Pca wide) do
                Expect.floatClose Accuracy.medium (distance a b) 0.0 "place"

        testCase "t-SNE keeps well separated groups apart and together, and is the same twice"
        <| fun () ->
            let groups = [|
                for i in 0..3 -> cloud (int64 i) 25 (Array.init 10 (fun k -> if k = i then 20.0 else 0.0)) 1.0
            |]

            let vectors = Array.concat groups
            let map = EmbeddingMap.TSne(vectors, 3L, 15.0)
            Expect.equal (EmbeddingMap.TSne(vectors, 3L, 15.0)) map "deterministic"

            for i in 0 .. map.Length - 1 do
                let nearest =
                    [ 0 .. map.Length - 1 ]
                    |> List.except [ i ]
                    |> List.sortBy (fun j -> distance map[i] map[j])
                    |> List.take 5

                Expect.all nearest (fun j -> j / 25 = i / 25) $"neighbours of {i}"

        testCase "equal vectors and two vectors are placed at finite coordinates"
        <| fun () ->
            for vectors in [ Array.create 6 [| 1f; 2f |]; [| [| 0f |]; [| 1f |] |] ] do
                for map in [ EmbeddingMap.Pca vectors; EmbeddingMap.TSne(vectors, iterations = 50) ] do
                    Expect.all (Array.concat map) Double.IsFinite "finite"

        testCase "one vector, uneven lengths and numbers that are not finite are refused"
        <| fun () ->
            for vectors in
                [
                    [| [| 1f |] |]
                    [| [| 1f |]; [| 1f; 2f |] |]
                    [| [| 1f |]; [| nanf |] |]
                    [| [||]; [||] |]
                ] do
                Expect.throwsT<ArgumentException> (fun () -> EmbeddingMap.Pca vectors |> ignore) "refused"
    ]
