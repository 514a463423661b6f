module PolyCL.Tests.Cli.SamCommandTests

open System.IO
open Expecto
open PolyCL.Tests

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.SamCommand" [
        testCase "train-tiny refuses wrong arguments in one sentence before it trains"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let out = Path.Combine(folder, "sam.safetensors")

                for arguments, part in
                    [
                        [ "--out"; out; "--steps"; "0" ], "above 0"
                        [ "--out"; out; "--threads"; "-1" ], "0 or above"
                        [ "--out"; out; "--model"; "vit_b" ], "vit_b"
                        [ "--out"; Path.Combine(folder, "sam.pth") ], ".safetensors"
                        [], "--out"
                    ] do
                    let outcome = CommandLine.run ([ "sam"; "train-tiny" ] @ arguments)
                    Expect.equal (outcome.ExitCode, outcome.Output) (2, "") "exit"
                    Expect.stringContains outcome.Errors part "message"
                    Expect.isEmpty (Directory.GetFiles folder) "nothing written")
    ]
