module PolyCL.Tests.Sampling.OrganLabelsTests

open System
open Expecto
open PolyCL.Sampling
open PolyCL.Tests.Sampling.SliceTables

[<Tests>]
let tests =
    testList "Sampling.OrganLabels" [
        testCase "labels follow the batch's order"
        <| fun () ->
            let t = table [ [ true; false; true ]; [ false ] ]
            Expect.equal (OrganLabels.Of(t.Slices, ReadOnlySpan [| 3; 0; 1; 2; 0 |])) [| 0L; 1L; 0L; 1L; 1L |] "labels"

        testCase "a destination that is too short is refused"
        <| fun () ->
            let t = table [ [ true; false ] ]

            Expect.throwsT<ArgumentException>
                (fun () -> OrganLabels.Fill(t.Slices, ReadOnlySpan [| 0; 1 |], Span(Array.zeroCreate<int64> 1)))
                "short"
    ]
