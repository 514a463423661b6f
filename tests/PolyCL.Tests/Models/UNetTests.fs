module PolyCL.Tests.Models.UNetTests

open System
open Expecto
open PolyCL.Models
open TorchSharp

let private parameterCount (network: torch.nn.Module) =
    network.parameters () |> Seq.sumBy (fun p -> p.numel ())

let private options kernels = UNetOptions(Kernels = kernels)

let private run kernels (dtype: torch.ScalarType) tolerance gradientTolerance () =
    use _ = torch.NewDisposeScope()
    let arrays = NnFixture.readNpz (NnFixture.path "models/unet.npz")
    use network = new UNet(options kernels)
    NnFixture.toType dtype network
    NnFixture.fill 1001 network
    network.eval ()
    let input = arrays["input"].to_type dtype
    let probabilities = torch.sigmoid (network.call input)
    Expect.isLessThan (NnFixture.difference probabilities arrays["seg"]) tolerance "segmentation"
    let features = network.Features.call input
    let cls = (network.Features :?> UNetEncoder).ClassOutput features
    Expect.isLessThan (NnFixture.difference cls arrays["cls"]) tolerance "class output"

    for stage in 1..5 do
        let feature = features[stage - 1]

        Expect.isLessThan
            (NnFixture.difference (feature.mean [| 2L; 3L |]) arrays[$"conv{stage}_mean"])
            tolerance
            $"mean of stage {stage}"

        let corner = arrays[$"conv{stage}_corner"]
        let size = corner.shape[2]
        let ours = feature.narrow(2, 0L, size).narrow(3, 0L, size)
        Expect.isLessThan (NnFixture.difference ours corner) tolerance $"corner of stage {stage}"

    let loss = NnFixture.diceLoss probabilities (arrays["target"].to_type dtype)
    loss.backward ()
    NnFixture.expectGradients "models/unet_grads.json" gradientTolerance network

let private train (network: UNet) seed step (input: torch.Tensor) =
    network.SetDropoutKey(seed, step)
    use _ = torch.NewDisposeScope()
    network.zero_grad ()
    let output = network.call input
    let loss = output.square().mean()
    loss.backward ()
    output.cpu().data<float32>().ToArray()

let private small kernels =
    torch.manual_seed 5L |> ignore
    new UNet(UNetOptions(Widths = [| 4; 4; 8; 8; 8 |], Kernels = kernels))

[<Tests>]
let tests =
    testSequenced
    <| testList "Models.UNet" [
        testCase
            "float64 equals the authors' network in value and gradient"
            (run UNetKernels.Plain torch.float64 1e-6 1e-9)
        testCase "float32 equals the authors' network" (run UNetKernels.Plain torch.float32 1e-4 1e-3)
        testCase
            "float32 with fused kernels equals the authors' network"
            (run UNetKernels.Fused torch.float32 1e-4 1e-3)
        testCase "float64 asked to be fused takes the plain path" (run UNetKernels.Fused torch.float64 1e-6 1e-9)

        testCase "has the authors' 1,962,594 parameters under the authors' names"
        <| fun () ->
            use network = new UNet()
            Expect.equal (parameterCount network) 1962594L "parameters"
            Expect.equal (parameterCount network.Features) 1178737L "encoder"
            let keys = network.state_dict().Keys |> Seq.toList
            Expect.hasLength keys 40 "names"

            for key in
                [
                    "encoder.dconv_down1.0.weight"
                    "encoder.fc.bias"
                    "decoder.dconv_up4.3.weight"
                    "decoder.conv_last.bias"
                ] do
                Expect.contains keys key "name"

        testCase "costs 3.48 billion multiply-adds at 256×256, its encoder with head 1.07"
        <| fun () ->
            let billions (cost: NetworkCost) =
                Math.Round(float cost.MultiplyAdds / 1e9, 2)

            Expect.equal (billions (NetworkCost.OfSegmenter(UNetOptions(), 256))) 3.48 "network"
            Expect.equal (billions (NetworkCost.OfEncoder(UNetOptions(), 256))) 1.07 "encoder and head"

        testCase "a size that is no multiple of 16 is refused before torch sees it"
        <| fun () ->
            use network = small UNetKernels.Fused
            use input = torch.zeros (1L, 1L, 40L, 64L)

            Expect.throwsC (fun () -> network.call input |> ignore) (fun e ->
                Expect.isTrue (e :? ArgumentException) "type"
                Expect.stringContains e.Message "40×64" "size named")

        testCase "dropout is fixed by (seed, step) and differs between steps and passes"
        <| fun () ->
            use network = small UNetKernels.Fused
            use input = torch.rand (2L, 1L, 32L, 32L)
            let first = train network 1L 7L input
            Expect.equal (train network 1L 7L input) first "same key"
            Expect.notEqual (train network 1L 8L input) first "next step"
            Expect.notEqual (train network 2L 7L input) first "other seed"
            network.SetDropoutKey(1L, 7L)
            use _ = torch.NewDisposeScope()
            Expect.equal (network.call(input).data<float32>().ToArray()) first "first pass"
            Expect.notEqual (network.call(input).data<float32>().ToArray()) first "second pass"

        testCase "a training step leaves no tensor alive"
        <| fun () ->
            use network = small UNetKernels.Fused
            use input = torch.rand (2L, 1L, 32L, 32L)

            let live step =
                train network 1L step input |> ignore
                DisposeScopeManager.Statistics.ThreadTotalLiveCount

            live 0L |> ignore
            let after = live 1L
            let later = [ for step in 2L .. 20L -> live step ] |> List.last
            Expect.equal later after "live tensors"
    ]
