module PolyCL.Tests.Models.TransUNetTests

open System
open Expecto
open PolyCL.Models
open PolyCL.Tests.Models.NetworkChecks
open TorchSharp

/// The fixture's size.
let private small: TransUNetOptions =
    TransUNetOptions(
        ImageSize = 64,
        StemWidth = 32,
        Units = [| 1; 1; 1 |],
        Hidden = 32,
        Mlp = 64,
        Heads = 4,
        Layers = 2,
        DecoderWidths = [| 8; 8; 8; 4 |]
    )

let private setKey (network: Network) step =
    (network :?> Segmenter).SetDropoutKey(1L, step)

let private run (dtype: torch.ScalarType) tolerance gradientTolerance () =
    use _ = torch.NewDisposeScope()
    let arrays = NnFixture.readNpz (NnFixture.path "models/transunet_small.npz")
    use network = new TransUNet(small)
    NnFixture.toType dtype network
    NnFixture.fill 1008 network
    network.eval ()

    let close (name: string) actual =
        NnFixture.within tolerance (NnFixture.difference actual arrays[name]) name

    let input = arrays["input"].to_type dtype
    let logits = network.call input
    close "logits" logits
    let features = network.Features.call input
    close "tokens" (features[3].flatten(2).transpose(1, 2))
    close "tokens_mean" (network.Features.Pool features)

    for skip in 0..2 do
        close $"skip{skip}_mean" (features[2 - skip].mean [| 2L; 3L |])

    let loss =
        NnFixture.diceLoss (torch.sigmoid logits) (arrays["target"].to_type dtype)

    loss.backward ()
    NnFixture.expectGradients "models/transunet_small_grads.json" gradientTolerance network

let private billions (cost: NetworkCost) =
    Math.Round(float cost.MultiplyAdds / 1e9, 2)

[<Tests>]
let tests =
    testSequenced
    <| testList "Models.TransUNet" [
        testCase "float64 equals the reference in value and gradient" (run torch.float64 1e-6 1e-9)
        testCase "float32 equals the reference" (run torch.float32 1e-4 1e-3)

        testCase "has the reference's names and shapes"
        <| fun () ->
            use network = new TransUNet(small)
            Expect.equal (parameterCount network) 751557L "parameters"
            expectEntries "transunet_small" network
            expectCleanStart network

        testCase "the small presets have 11,292,785 and 992,849 parameters, 5.80 and 1.15 billion multiply-adds"
        <| fun () ->
            let smaller = NetworkCost.OfSegmenter(TransUNetOptions.Small 256, 256)
            let tiny = NetworkCost.OfSegmenter(TransUNetOptions.Tiny 256, 256)
            Expect.equal (smaller.Parameters, tiny.Parameters) (11292785L, 992849L) "parameters"
            Expect.equal (billions smaller, billions tiny) (5.80, 1.15) "multiply-adds"

        testCase
            "R50-ViT-B/16 has 105,322,001 parameters under the reference's names, 37.2 billion multiply-adds, and its output"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let arrays = NnFixture.readNpz (NnFixture.path "models/transunet_r50_b16_256.npz")
            use network = new TransUNet()
            Expect.equal (parameterCount network) 105322001L "parameters"
            expectEntries "transunet_r50_b16_256" network
            NnFixture.fill 1011 network
            network.eval ()
            use _ = torch.no_grad ()
            expectSummary arrays (network.call (arrays["input"].to_type torch.float32))

            Expect.equal
                (Math.Round(float (NetworkCost.OfSegmenter(TransUNetOptions(), 256)).MultiplyAdds / 1e9, 1))
                37.2
                "multiply-adds"

        testCase "dropout is fixed by (seed, step) and differs between steps and passes"
        <| fun () ->
            use network = new TransUNet(small)
            use input = torch.rand (2L, 1L, 64L, 64L)

            let output seed step =
                network.SetDropoutKey(seed, step)
                use result = network.call input
                result.data<float32>().ToArray()

            let first = output 1L 7L
            Expect.equal (output 1L 7L) first "same key"
            Expect.notEqual (output 1L 8L) first "next step"
            Expect.notEqual (output 2L 7L) first "other seed"
            use second = network.call input
            Expect.notEqual (second.data<float32>().ToArray()) first "next pass"

        testCase "slices of another size than it was built for are refused"
        <| fun () ->
            use network = new TransUNet(small)
            use input = torch.zeros (1L, 1L, 96L, 96L)

            Expect.throwsC (fun () -> network.call input |> ignore) (fun e ->
                Expect.isTrue (e :? ArgumentException) "type"
                Expect.stringContains e.Message "built for 64×64" "message")

        testCase "heads that do not divide the tokens are refused"
        <| fun () ->
            Expect.throwsT<ArgumentException>
                (fun () -> TransUNetOptions(Hidden = 100, Heads = 12).CreateEncoder() |> ignore)
                "heads"

        testCase "construct, train and dispose leave no tensor"
        <| fun () -> expectNoLeak (fun () -> new TransUNet(small)) setKey 64L

        testCase "saved and loaded it gives the same output"
        <| fun () -> expectSameAfterLoading (fun () -> new TransUNet(small)) 64L

        testCase "bfloat16 stays near float32"
        <| fun () -> expectBFloat16 small 64L 0.05
    ]
