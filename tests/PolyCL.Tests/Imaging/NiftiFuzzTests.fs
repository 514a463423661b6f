module PolyCL.Tests.Imaging.NiftiFuzzTests

open Expecto
open PolyCL.Tests.Cli

[<Tests>]
let tests =
    testSequenced
    <| testList "Imaging.NiftiFuzz" [
        testCase "500 damaged files are read or refused in one line, in bounded memory, also by inspect"
        <| fun () ->
            let report = NiftiFuzz.run 500 2L CommandLine.complaintOfInspect ignore
            Expect.isEmpty report.Failures "failures"
            Expect.isGreaterThan report.Read 50 "some are still readable"
            Expect.isGreaterThan report.Refused 100 "many are not"
    ]
