module PolyCL.Tests.Models.NnUNetTests

open System
open Expecto
open PolyCL.Losses
open PolyCL.Models
open PolyCL.Tests.Models.NetworkChecks
open TorchSharp

let private small = NnUNetOptions(Features = [| 8; 16; 32; 32 |])

/// The reference's loss carries float32 rounding even where its logits are float64: 2e-8 of the value, 5e-9 of a gradient's largest entry.
let private run (dtype: torch.ScalarType) tolerance lossTolerance gradientTolerance () =
    use _ = torch.NewDisposeScope()
    let arrays = NnFixture.readNpz (NnFixture.path "models/nnunet_small.npz")
    use network = new NnUNet(small)
    NnFixture.toType dtype network
    NnFixture.fill 1009 network
    network.eval ()
    let input = arrays["input"].to_type dtype
    let outputs = network.Outputs input

    for i in 0..2 do
        NnFixture.within tolerance (NnFixture.difference outputs[i] arrays[$"ds{i}"]) $"output {i}"

    let logit = network.call input
    let organShare = torch.nn.functional.softmax(arrays["ds0"], 1L).narrow(1, 1L, 1L)
    NnFixture.within tolerance (NnFixture.difference (torch.sigmoid logit) organShare) "sigmoid is softmax"
    let loss = NnUNetLoss.OfOutputs(outputs, arrays["target"])

    let wanted =
        (NnFixture.readJson (NnFixture.path "models/nnunet_small_grads.json")).GetProperty("value").GetDouble()

    NnFixture.within lossTolerance (abs (loss.ToDouble() - wanted)) "loss"
    loss.backward ()
    NnFixture.expectGradients "models/nnunet_small_grads.json" gradientTolerance network

    Expect.isNull
        (nonNull (network.get_parameter "decoder.seg_layers.0.weight")).grad
        "the coarsest output weighs nothing"

[<Tests>]
let tests =
    testSequenced
    <| testList "Models.NnUNet" [
        testCase "float64 equals the reference in value and gradient" (run torch.float64 1e-6 5e-8 1e-7)
        testCase "float32 equals the reference" (run torch.float32 1e-4 1e-5 1e-3)

        testCase "has the reference's names and shapes"
        <| fun () ->
            use network = new NnUNet(small)
            Expect.equal (parameterCount network) 80342L "parameters"
            expectEntries "nnunet_small" network
            expectCleanStart network

        testCase
            "the plan for 256×256 has 33,471,820 parameters under the reference's names, 14.8 billion multiply-adds, and its output"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let arrays = NnFixture.readNpz (NnFixture.path "models/nnunet_2d_plan256.npz")
            use network = new NnUNet()
            Expect.equal (parameterCount network) 33471820L "parameters"
            expectEntries "nnunet_2d_plan256" network
            NnFixture.fill 1010 network
            network.eval ()
            use _ = torch.no_grad ()
            expectSummary arrays (network.Outputs(arrays["input"].to_type torch.float32)[0])

            Expect.equal
                (Math.Round(float (NetworkCost.OfSegmenter(NnUNetOptions(), 256)).MultiplyAdds / 1e9, 1))
                14.8
                "multiply-adds"

        testCase "construct, train and dispose leave no tensor"
        <| fun () -> expectNoLeak (fun () -> new NnUNet(small)) (fun _ _ -> ()) 32L

        testCase "saved and loaded it gives the same output"
        <| fun () -> expectSameAfterLoading (fun () -> new NnUNet(small)) 32L

        testCase "bfloat16 stays near float32"
        <| fun () -> expectBFloat16 small 32L 0.05

        testCase "a size that does not halve evenly is refused"
        <| fun () ->
            use network = new NnUNet(small)
            use input = torch.zeros (1L, 1L, 36L, 36L)

            Expect.throwsC (fun () -> network.call input |> ignore) (fun e ->
                Expect.isTrue (e :? ArgumentException) "type"
                Expect.stringContains e.Message "multiples of 8" "message")
    ]

[<Tests>]
let planTests =
    testList "Models.NnUNetPlan" [
        for size, features, estimate, batch, parameters in
            [
                256, [ 32; 64; 128; 256; 512; 512; 512 ], 20627456L, 49, 33471820L
                512, [ 32; 64; 128; 256; 512; 512; 512; 512 ], 82624512L, 12, 46324558L
                128, [ 32; 64; 128; 256; 512; 512 ], 5128192L, 199, 20619082L
            ] do
            testCase $"{size}×{size} gets the planner's stages, estimate, batch and parameters"
            <| fun () ->
                let plan = NnUNetPlan.ForSlices size
                Expect.equal (List.ofSeq plan.Features) features "features"
                Expect.equal plan.FeatureMapEstimate estimate "estimate"
                Expect.equal plan.BatchSize batch "batch"
                use network = (NnUNetOptions.Of plan).CreateSegmenter()
                Expect.equal (parameterCount network) parameters "parameters"

        testCase "the deepest map keeps four to seven pixels"
        <| fun () ->
            for size in [ 8; 32; 96; 160; 256; 448 ] do
                let plan = NnUNetPlan.ForSlices size
                let deepest = size >>> (plan.Features.Count - 1)
                Expect.isTrue (deepest >= 4 && deepest < 8) $"{size} ends at {deepest}"

        testCase "a size that does not halve evenly is refused with the multiple"
        <| fun () ->
            Expect.throwsC (fun () -> NnUNetPlan.ForSlices 100 |> ignore) (fun e ->
                Expect.isTrue (e :? ArgumentException) "type"
                Expect.stringContains e.Message "multiple of 16" "message")
    ]
