module PolyCL.Tests.Studies.Statistics.WelchTestTests

open System
open System.IO
open System.Text.Json
open Expecto
open PolyCL.Studies.Statistics
open PolyCL.Tests

let private repeats (element: JsonElement) =
    MeanOfRepeats(element[0].GetDouble(), element[1].GetDouble(), element[2].GetInt32())

[<Tests>]
let tests =
    testList "Studies.Statistics.WelchTest" [
        testCase "t and p equal SciPy's, down to p = 1.8e−84"
        <| fun () ->
            use golden =
                File.ReadAllText(Path.Combine(TestData.golden, "statistics", "statistics.json"))
                |> JsonDocument.Parse

            for case in golden.RootElement.GetProperty("welch").EnumerateArray() do
                let test =
                    WelchTest.Of(repeats (case.GetProperty "first"), repeats (case.GetProperty "second"))

                let t, p = case.GetProperty("t").GetDouble(), case.GetProperty("p").GetDouble()
                Expect.isLessThan (abs (test.T - t)) 1e-9 "t"
                Expect.isLessThan (abs (test.PValue / p - 1.0)) 1e-8 $"p {test.PValue} against {p}"

        testCase "by hand: 3 ± 1 and 1 ± 1 over 2 repeats each have t = 2 with 2 degrees of freedom"
        <| fun () ->
            let test = WelchTest.Of(MeanOfRepeats(3.0, 1.0, 2), MeanOfRepeats(1.0, 1.0, 2))
            Expect.floatClose Accuracy.veryHigh test.T 2.0 "t"
            Expect.floatClose Accuracy.veryHigh test.Degrees 2.0 "degrees"
            // With 2 degrees of freedom the tail has a closed form: p = 1 − t / √(t² + 2).
            Expect.floatClose Accuracy.high test.PValue (1.0 - 2.0 / sqrt 6.0) "p"

        testCase "means without spread on both sides are refused"
        <| fun () ->
            Expect.throwsT<ArgumentException>
                (fun () -> WelchTest.Of(MeanOfRepeats(3.0, 0.0, 5), MeanOfRepeats(1.0, 0.0, 5)) |> ignore)
                "no spread"

        testCase "one repeat is refused"
        <| fun () ->
            Expect.throwsT<ArgumentException>
                (fun () -> WelchTest.Of(MeanOfRepeats(3.0, 0.1, 1), MeanOfRepeats(1.0, 0.1, 5)) |> ignore)
                "one"

        testCase "repeats of 1, 2, 3 are 2 ± 1; one value has no spread"
        <| fun () ->
            Expect.equal (MeanOfRepeats.Of [ 1.0; 2.0; 3.0 ]) (Nullable(MeanOfRepeats(2.0, 1.0, 3))) "three"
            Expect.isFalse (MeanOfRepeats.Of [ 1.0 ]).HasValue "one"
    ]
