module PolyCL.Tests.Studies.Statistics.SignedRankTestTests

open System
open System.IO
open System.Text.Json
open Expecto
open FsCheck
open FsCheck.FSharp
open PolyCL.Studies.Statistics
open PolyCL.Tests

let private golden =
    lazy
        (File.ReadAllText(Path.Combine(TestData.golden, "statistics", "statistics.json"))
         |> JsonDocument.Parse)

let private cases = [
    for case in golden.Value.RootElement.GetProperty("signed_rank").EnumerateArray() ->
        [| for d in case.GetProperty("d").EnumerateArray() -> d.GetDouble() |], case.GetProperty("p").GetDouble()
]

/// Differences 1 … n, of which those whose ranks sum to `smaller` are negative.
let private withNegativeRanks n smaller =
    let mutable left = smaller

    [|
        for rank in n .. -1 .. 1 ->
            if rank <= left then
                left <- left - rank
                float -rank
            else
                float rank
    |]

let private p (differences: float seq) =
    SignedRankTest.Of(Seq.toArray differences).PValue

/// Every sign pattern counted one by one.
let private byCounting (differences: float[]) =
    let values = differences |> Array.filter (fun d -> d <> 0.0)

    let ranks =
        values
        |> Array.map (fun d ->
            let below = values |> Array.filter (fun other -> abs other < abs d) |> Array.length

            let equal = values |> Array.filter (fun other -> abs other = abs d) |> Array.length

            float below + (float equal + 1.0) / 2.0)

    let sums = [|
        for signs in 0 .. (1 <<< values.Length) - 1 ->
            ranks
            |> Seq.mapi (fun i rank -> if signs >>> i &&& 1 = 1 then rank else 0.0)
            |> Seq.sum
    |]

    let observed =
        Seq.zip values ranks
        |> Seq.sumBy (fun (d, rank) -> if d > 0.0 then rank else 0.0)

    let tail f =
        float (sums |> Array.filter f |> Array.length) / float sums.Length

    min
        1.0
        (2.0
         * min (tail (fun sum -> sum <= observed)) (tail (fun sum -> sum >= observed)))

let private few = Arb.fromGen (Gen.choose (-4, 4) |> Gen.arrayOfLength 9)

[<Tests>]
let tests =
    testList "Studies.Statistics.SignedRankTest" [
        testCase "p equals SciPy's exact one: 40 samples of 1 to 20 without zeros and ties, 20 with both"
        <| fun () ->
            Expect.equal cases.Length 60 "cases"

            for differences, expected in cases do
                Expect.isLessThan (abs (p differences - expected)) 1e-12 $"{differences.Length}"

        // Critical values as published (two-sided; for example Wilcoxon and Wilcox 1964): the largest smaller rank sum that is significant.
        for level, first, values in
            [
                0.05, 6, [ 0; 2; 3; 5; 8; 10; 13; 17; 21; 25; 29; 34; 40; 46; 52; 58; 65; 73; 81; 89 ]
                0.01, 8, [ 0; 1; 3; 5; 7; 9; 12; 15; 19; 23; 27; 32; 37; 42; 48; 54; 61; 68 ]
            ] do
            testCase $"critical values at {level} are the published ones, n = {first} to 25"
            <| fun () ->
                for i, critical in List.indexed values do
                    let n = first + i
                    Expect.isLessThanOrEqual (p (withNegativeRanks n critical)) level $"n = {n}, {critical}"
                    Expect.isGreaterThan (p (withNegativeRanks n (critical + 1))) level $"n = {n}, {critical + 1}"

        testPropertyWithConfig
            {
                FsCheckConfig.defaultConfig with
                    maxTest = 60
            }
            "with zeros and ties, p is that of counting all sign patterns"
        <| Prop.forAll few (fun values ->
            let differences = values |> Array.map float
            Expect.isLessThan (abs (p differences - byCounting differences)) 1e-12 "p")

        testPropertyWithConfig
            {
                FsCheckConfig.defaultConfig with
                    maxTest = 60
            }
            "swapping the arms turns the effect and keeps p; scaling changes nothing"
        <| Prop.forAll few (fun values ->
            let test factor =
                SignedRankTest.Of(values |> Array.map (fun value -> factor * float value))

            Expect.equal (test -1.0).PValue (test 1.0).PValue "swapped"
            Expect.equal (test -1.0).RankBiserial -(test 1.0).RankBiserial "effect"
            Expect.equal (test 0.125) (test 1.0) "scaled")

        testCase "four pairs by hand: ranks 1, 2.5, 2.5, 4; against: 1; effect 0.8"
        <| fun () ->
            let test = SignedRankTest.Of [ -1.0; 2.0; 0.0; 2.0; 3.0 ]
            Expect.equal (test.N, test.Zeros, test.Ties) (4, 1, true) "counts"
            Expect.equal (test.PositiveRanks, test.NegativeRanks) (9.0, 1.0) "rank sums"
            Expect.equal test.RankBiserial 0.8 "effect"
            // Sums of 1 or less: {} and {1}, of 16 patterns.
            Expect.equal test.PValue 0.25 "p"

        testCase "nothing but zeros is p = 1 without effect"
        <| fun () ->
            let test = SignedRankTest.Of [ 0.0; 0.0 ]
            Expect.equal (test.N, test.PValue, test.RankBiserial) (0, 1.0, 0.0) "all equal"

        testCase "p of 200 pairs agrees with the normal approximation"
        <| fun () ->
            let differences = [ for i in 1..200 -> if i % 5 < 2 then -float i else float i ]
            let test = SignedRankTest.Of differences
            let n = 200.0
            let sd = sqrt (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0)
            let z = (test.NegativeRanks + 0.5 - n * (n + 1.0) / 4.0) / sd
            let normal = 2.0 * MathNet.Numerics.Distributions.Normal.CDF(0.0, 1.0, z)
            Expect.isLessThan (abs (test.PValue / normal - 1.0)) 0.02 $"{test.PValue} against {normal}"

        testCase "no differences, and one that is not finite, are refused"
        <| fun () ->
            Expect.throwsT<ArgumentException> (fun () -> p [] |> ignore) "none"
            Expect.throwsT<ArgumentException> (fun () -> p [ 1.0; nan ] |> ignore) "NaN"
    ]
