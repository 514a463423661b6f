module PolyCL.Tests.Training.RunEnvironmentTests

open System
open Expecto
open PolyCL.Core
open PolyCL.Training
open TorchSharp

[<Tests>]
let tests =
    // The switches of TF32 belong to the process.
    testSequenced
    <| testList "Training.RunEnvironment" [
        testCase "auto is recorded as the device that it stands for; TF32 and GPU only with a GPU"
        <| fun () ->
            let environment = RunEnvironment.Of(ComputeOptions(Device = "auto", Tf32 = true))

            if environment.Device = "cpu" then
                Expect.isNull environment.Gpu "no GPU"
                Expect.isFalse environment.Tf32.HasValue "the CPU has no TF32"
            else
                Expect.stringStarts environment.Device "cuda:" "a GPU by its index"
                Expect.isNotNull environment.Gpu "its name"
                Expect.equal environment.Tf32 (Nullable true) "as asked for"

            Expect.equal
                (SettingsJson.Read<RunEnvironment>(SettingsJson.ToText environment, "environment.json"))
                environment
                "written and read"

        testCase "TF32 is off in products and convolutions unless it is asked for, whatever torch's own default"
        <| fun () ->
            let switches (options: ComputeOptions) =
                options.Open() |> ignore
                torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32

            Expect.equal (switches (ComputeOptions(Tf32 = true))) (true, true) "on"
            Expect.equal (switches (ComputeOptions())) (false, false) "off"

        testCase "an environment written before TF32 was recorded can be read"
        <| fun () ->
            let text =
                """{"poly_cl":"0.1.0","lib_torch":"2.10.0","dot_net":".NET 10","system":"Linux","device":"cpu","threads":2}"""

            let environment = SettingsJson.Read<RunEnvironment>(text, "environment.json")
            Expect.equal (environment.Device, environment.Threads) ("cpu", 2) "what it says"
            Expect.isFalse environment.Tf32.HasValue "what it does not say"

        testCase "a device of another name is refused"
        <| fun () ->
            Expect.throwsC (fun () -> ComputeOptions(Device = "gpu") |> ignore) (fun e ->
                Expect.stringContains e.Message "cpu, cuda, cuda:N or auto" "the names")
    ]
