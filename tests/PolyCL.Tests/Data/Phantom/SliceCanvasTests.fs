module PolyCL.Tests.Data.Phantom.SliceCanvasTests

open System
open System.Numerics
open Expecto
open FsCheck
open FsCheck.FSharp
open PolyCL.Data.Phantom

let private canvas () = SliceCanvas(40, 32, -20f, -16f, 1f)

let private area (polygon: Vector2[]) =
    let n = polygon.Length

    abs (
        Seq.sum (
            seq {
                for i in 0 .. n - 1 ->
                    let a, b = polygon[i], polygon[(i + 1) % n]
                    float (a.X * b.Y - b.X * a.Y) / 2.0
            }
        )
    )

let private covered (polygon: Vector2[]) =
    let canvas = canvas ()
    canvas.Cover(ReadOnlySpan polygon, canvas.Cavity)
    canvas.Cavity

/// Polygons around the middle whose corners follow each other round it, inside the canvas.
let private polygons =
    gen {
        let! count = Gen.choose (3, 14)
        let! radii = Gen.listOfLength count (Gen.choose (10, 150))

        return [|
            for i, radius in List.indexed radii ->
                let angle = Math.Tau * float i / float count
                Vector2(float32 (cos angle * float radius / 10.0), float32 (sin angle * float radius / 10.0))
        |]
    }
    |> Arb.fromGen

[<Tests>]
let tests =
    testList "Data.Phantom.SliceCanvas" [
        testProperty "the coverage of a polygon sums to its area, each pixel within 0 and 1"
        <| Prop.forAll polygons (fun polygon ->
            let shares = covered polygon
            let sum = Array.sumBy float shares

            abs (sum - area polygon) < 0.02
            && Array.forall (fun s -> s >= 0f && s <= 1f) shares)

        testCase "a rectangle covers its edge pixels by hand-computed shares"
        <| fun () ->
            let shares =
                covered [|
                    Vector2(-1.5f, -1f)
                    Vector2(1.25f, -1f)
                    Vector2(1.25f, 0.5f)
                    Vector2(-1.5f, 0.5f)
                |]

            let at x y = float shares[(y + 16) * 40 + x + 20]
            Expect.floatClose Accuracy.medium (at -2 -1) 0.5 "left edge"
            Expect.floatClose Accuracy.medium (at 0 -1) 1.0 "inside"
            Expect.floatClose Accuracy.medium (at 1 -1) 0.25 "right edge"
            Expect.floatClose Accuracy.medium (at 1 0) 0.125 "corner"
            Expect.floatClose Accuracy.medium (at 2 0) 0.0 "outside"

        testCase "a polygon that leaves the canvas covers what is inside"
        <| fun () ->
            let shares =
                covered [|
                    Vector2(-99f, -99f)
                    Vector2(99f, -99f)
                    Vector2(99f, 99f)
                    Vector2(-99f, 99f)
                |]

            Expect.all shares (fun s -> s = 1f) "everything"

        testCase "a ball's section has the area of the circle at that height"
        <| fun () ->
            let canvas = canvas ()
            canvas.Begin(3f, 3f, Vector3.Zero)
            canvas.Distance.Begin()
            canvas.Distance.Ellipsoid(Vector3.Zero, Vector3(9f, 9f, 9f), 0f)
            let paint = Paint(0f)
            canvas.Distance.Fill(&paint, 0f, null)
            let sum = canvas.Hu |> Array.sumBy (fun hu -> float (hu + 1000f) / 1000.0)
            Expect.isLessThan (abs (sum - Math.PI * 72.0)) 2.5 "π·(9² − 3²)"
    ]
