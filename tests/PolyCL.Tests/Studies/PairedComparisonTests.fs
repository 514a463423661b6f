module PolyCL.Tests.Studies.PairedComparisonTests

open System
open Expecto
open PolyCL.Studies

let private compare (first: float list) (second: float list) = PairedComparison.Of(first, second, 1L)

[<Tests>]
let tests =
    testList "Studies.PairedComparison" [
        testCase "five pairs all in one direction have p = 2 / 2⁵"
        <| fun () ->
            let result = compare [ 1.1; 2.3; 3.2; 4.5; 5.7 ] [ 1.0; 2.0; 3.0; 4.0; 5.0 ]
            Expect.floatClose Accuracy.high result.PValue (2.0 / 32.0) "p"
            Expect.floatClose Accuracy.high result.MeanDifference 0.36 "mean"
            Expect.equal (result.Wins, result.Losses) (5, 0) "wins"

        testCase "equal arms have p = 1 and an interval around 0"
        <| fun () ->
            let result = compare [ 1.0; 2.0; 3.0 ] [ 1.0; 2.0; 3.0 ]
            Expect.equal result.PValue 1.0 "p"
            Expect.equal (result.Low, result.High) (0.0, 0.0) "interval"

        testCase "three pairs by hand: differences 3, 1, −2 give p = 6/8"
        <| fun () ->
            // |sum| = 2; sign sums 6, 4, 2, 0, 0, −2, −4, −6: six of eight reach it.
            Expect.equal (compare [ 3.0; 1.0; 0.0 ] [ 0.0; 0.0; 2.0 ]).PValue 0.75 "p"

        testCase "the drawn test beyond 16 pairs agrees with the normal approximation"
        <| fun () ->
            let differences = [ for i in 1..40 -> if i % 3 = 0 then -1.0 else 1.0 ]
            let result = compare differences (List.replicate 40 0.0)
            // 27 of 40 heads: the exact two-sided binomial p-value is 0.0385.
            Expect.isLessThan (abs (result.PValue - 0.0385)) 0.003 "p"

        testCase "lists of different length are refused"
        <| fun () -> Expect.throwsT<ArgumentException> (fun () -> compare [ 1.0 ] [] |> ignore) "length"
    ]
