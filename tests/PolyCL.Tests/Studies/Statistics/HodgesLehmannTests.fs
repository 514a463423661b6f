module PolyCL.Tests.Studies.Statistics.HodgesLehmannTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open PolyCL.Studies.Statistics

/// Different magnitudes, so that no shift makes ties but at the means themselves.
let private spread =
    Gen.choose (-1_000_000, 1_000_000)
    |> Gen.arrayOfLength 11
    |> Gen.filter (fun values -> (Array.distinct values).Length = values.Length)
    |> Gen.map (Array.map (fun value -> float value / 1000.0 + 0.00037))
    |> Arb.fromGen

[<Tests>]
let tests =
    testList "Studies.Statistics.HodgesLehmann" [
        testCase "three differences by hand: means 1, 2, 4, 3, 5, 7 have the middle 3.5"
        <| fun () ->
            let result = HodgesLehmann.Of [ 1.0; 3.0; 7.0 ]
            Expect.equal result.Estimate 3.5 "estimate"
            // Three pairs reach no 95 %: the widest interval covers 1 − 2/2³.
            Expect.equal (result.Low, result.High, result.Confidence) (1.0, 7.0, 0.75) "interval"

        testCase "six differences: the ends are the smallest and largest, covering 1 − 2/2⁶"
        <| fun () ->
            let result = HodgesLehmann.Of [ 5.0; 1.0; 2.0; 3.0; 8.0; 4.0 ]
            Expect.equal (result.Low, result.High, result.Confidence) (1.0, 8.0, 0.96875) "interval"

        testPropertyWithConfig
            {
                FsCheckConfig.defaultConfig with
                    maxTest = 40
            }
            "the interval holds the shifts that the signed-rank test does not reject"
        <| Prop.forAll spread (fun values ->
            let result = HodgesLehmann.Of values

            let rejected shift =
                SignedRankTest.Of(values |> Array.map (fun value -> value - shift)).PValue
                <= 1.0 - result.Confidence + 1e-12

            let nudge = 1e-7 * (result.High - result.Low)
            Expect.isGreaterThanOrEqual result.Confidence 0.95 "confidence"
            Expect.isTrue (rejected (result.Low - nudge)) "below"
            Expect.isFalse (rejected (result.Low + nudge)) "just inside"
            Expect.isFalse (rejected result.Estimate) "estimate"
            Expect.isFalse (rejected (result.High - nudge)) "just inside, above"
            Expect.isTrue (rejected (result.High + nudge)) "above")

        testCase "shifting the differences shifts estimate and interval"
        <| fun () ->
            let values = [| 0.5; -1.25; 3.0; 2.0; 0.75; -0.5; 4.0 |]
            let a = HodgesLehmann.Of values
            let b = HodgesLehmann.Of(values |> Array.map (fun value -> value + 2.0))
            Expect.equal (b.Estimate, b.Low, b.High) (a.Estimate + 2.0, a.Low + 2.0, a.High + 2.0) "shifted"

        testCase "a confidence of 1 is refused"
        <| fun () ->
            Expect.throwsT<ArgumentOutOfRangeException> (fun () -> HodgesLehmann.Of([ 1.0 ], 1.0) |> ignore) "1"
    ]
