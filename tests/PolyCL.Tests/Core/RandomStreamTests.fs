module PolyCL.Tests.Core.RandomStreamTests

open Expecto
open PolyCL.Core

[<Tests>]
let tests =
    testList "Core.RandomStream" [
        testCase "the same key gives the same numbers, another key others"
        <| fun () ->
            let draw (seed: int64, purpose: string, epoch: int64, position: int64) =
                let mutable stream = RandomStream(seed, purpose, epoch, position)
                List.init 4 (fun _ -> stream.NextUInt64())

            let keys = [
                1L, "a", 0L, 0L
                2L, "a", 0L, 0L
                1L, "b", 0L, 0L
                1L, "a", 1L, 0L
                1L, "a", 0L, 1L
            ]

            Expect.equal (List.map draw keys) (List.map draw keys) "repeated"
            Expect.hasLength (keys |> List.map draw |> List.distinct) keys.Length "all different"

        testCase "NextInt is uniform over a bound that is no power of two (chi-square, 6 degrees, 0.1 %)"
        <| fun () ->
            let mutable stream = RandomStream(7L, "uniform", 0L, 0L)
            let counts = Array.zeroCreate<int> 7

            for _ in 1..70_000 do
                let i = stream.NextInt 7
                counts[i] <- counts[i] + 1

            let chiSquare =
                counts |> Array.sumBy (fun c -> (float c - 10_000.0) ** 2.0 / 10_000.0)

            Expect.isLessThan chiSquare 22.46 "chi-square"

        testCase "consecutive positions give uncorrelated first numbers"
        <| fun () ->
            let first position =
                let mutable stream = RandomStream(3L, "order", 5L, position)
                stream.NextDouble()

            let xs = Array.init 20_000 (int64 >> first)
            Expect.isLessThan (abs (Array.average xs - 0.5)) 0.01 "mean"

            let correlation =
                Array.pairwise xs
                |> Array.averageBy (fun (a, b) -> (a - 0.5) * (b - 0.5))
                |> (*) 12.0

            Expect.isLessThan (abs correlation) 0.03 "lag-1 correlation"

        testCase "a bound of zero is refused with the value in the message"
        <| fun () ->
            Expect.throwsC
                (fun () ->
                    let mutable stream = RandomStream(1L, "x", 0L, 0L)
                    stream.NextInt 0 |> ignore)
                (fun e -> Expect.stringContains e.Message "bound is 0" "message")
    ]
