module PolyCL.Tests.Metrics.PercentileTests

open System
open Expecto
open PolyCL.Metrics

[<Tests>]
let tests =
    testList "Metrics.Percentile" [
        testCase "values between two ranks are interpolated linearly"
        <| fun () ->
            let at percent =
                Percentile.OfSorted(ReadOnlySpan [| 1.0; 2.0; 4.0; 8.0; 16.0 |], percent)

            Expect.equal (at 0) 1.0 "minimum"
            Expect.equal (at 100) 16.0 "maximum"
            Expect.equal (at 50) 4.0 "median"
            Expect.floatClose Accuracy.veryHigh (at 95) 14.4 "rank 3.8: 8 + 0.8·8"

        testCase "one value is every percentile"
        <| fun () ->
            for percent in [ 0.0; 33.0; 95.0; 100.0 ] do
                Expect.equal (Percentile.OfSorted(ReadOnlySpan [| 7.0 |], percent)) 7.0 "value"

        testCase "no value, or a percentage outside 0 to 100, is refused"
        <| fun () ->
            Expect.throwsT<ArgumentException> (fun () -> Percentile.OfSorted(ReadOnlySpan [||], 95) |> ignore) "empty"

            Expect.throwsT<ArgumentOutOfRangeException>
                (fun () -> Percentile.OfSorted(ReadOnlySpan [| 1.0 |], 101) |> ignore)
                "above 100"
    ]
