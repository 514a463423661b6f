module PolyCL.Tests.Studies.Statistics.HolmCorrectionTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open PolyCL.Studies.Statistics

let private shares =
    Gen.choose (0, 1000)
    |> Gen.map (fun value -> float value / 1000.0)
    |> Gen.arrayOfLength 8
    |> Arb.fromGen

[<Tests>]
let tests =
    testList "Studies.Statistics.HolmCorrection" [
        testCase "0.01, 0.04, 0.03, 0.005 become 0.03, 0.06, 0.06, 0.02"
        <| fun () ->
            // 4 × 0.005; 3 × 0.01; 2 × 0.03; 0.04, raised to the one before it.
            let adjusted = HolmCorrection.Of [ 0.01; 0.04; 0.03; 0.005 ]

            for expected, value in Seq.zip [ 0.03; 0.06; 0.06; 0.02 ] adjusted do
                Expect.floatClose Accuracy.veryHigh value expected "adjusted"

        testPropertyWithConfig
            {
                FsCheckConfig.defaultConfig with
                    maxTest = 100
            }
            "rejects what the step-down rule rejects, at every level"
        <| Prop.forAll shares (fun values ->
            let adjusted = HolmCorrection.Of values

            for level in [ 0.01; 0.05; 0.2; 0.5 ] do
                // Holm's rule: from the smallest on, reject while p ≤ level / (tests left).
                let steps =
                    values
                    |> Array.sort
                    |> Seq.indexed
                    |> Seq.takeWhile (fun (i, p) -> p * float (values.Length - i) <= level)
                    |> Seq.length

                Expect.equal (adjusted |> Seq.filter (fun p -> p <= level) |> Seq.length) steps $"{level}")

        testCase "a p-value above 1 or of no number is refused"
        <| fun () ->
            Expect.throwsT<ArgumentException> (fun () -> HolmCorrection.Of [ 0.5; 1.5 ] |> ignore) "1.5"
            Expect.throwsT<ArgumentException> (fun () -> HolmCorrection.Of [ nan ] |> ignore) "NaN"
    ]
