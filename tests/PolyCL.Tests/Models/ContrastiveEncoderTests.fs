module PolyCL.Tests.Models.ContrastiveEncoderTests

open Expecto
open PolyCL.Core
open PolyCL.Models
open TorchSharp

let private cosine (a: torch.Tensor) (b: torch.Tensor) =
    torch.nn.functional.cosine_similarity (a, b, 1L, 1e-8)

let private run kernels (dtype: torch.ScalarType) tolerance gradientTolerance () =
    use _ = torch.NewDisposeScope()
    let arrays = NnFixture.readNpz (NnFixture.path "models/contrastive_encoder.npz")

    use network =
        new ContrastiveEncoder(new UNetEncoder(UNetOptions(Kernels = kernels)))

    NnFixture.toType dtype network
    NnFixture.fill 1002 network
    network.eval ()
    let input (name: string) = arrays[name].to_type dtype
    let anchor = network.call (input "anchor")
    Expect.isLessThan (NnFixture.difference anchor arrays["projection"]) tolerance "projection"
    let pooled = network.Pooled(input "anchor")
    Expect.isLessThan (NnFixture.difference pooled arrays["gap_after_maxpool"]) tolerance "pooled"
    let deepest = Array.last (network.Features.call (input "anchor"))

    Expect.isLessThan
        (NnFixture.difference (deepest.mean [| 2L; 3L |]) arrays["gap_without_maxpool"])
        tolerance
        "average of stage 5"

    let negative = network.call (input "negative")
    let positive = network.call (input "positive")

    let loss =
        torch.nn.functional.softplus((cosine anchor negative - cosine anchor positive) * 3.0.ToScalar()).mean()

    loss.backward ()
    NnFixture.expectGradients "models/contrastive_encoder_grads.json" gradientTolerance network

/// Nine slices in one pass and in three of three; the largest difference of an embedding, in training mode without dropout.
let private joinedAgainstSeparate (options: NetworkOptions) =
    use _ = torch.NewDisposeScope()
    torch.manual_seed 3L |> ignore
    use network = new ContrastiveEncoder(options.CreateEncoder(), 16)
    network.train ()
    let input = torch.rand (9L, 1L, 32L, 32L)

    let separate =
        torch.cat [| for part in 0L .. 2L -> network.call (input.narrow (0L, 3L * part, 3L)) |]

    NnFixture.difference (network.call input) (separate.to_type torch.float64)

[<Tests>]
let tests =
    testSequenced
    <| testList "Models.ContrastiveEncoder" [
        testCase
            "float64 equals the authors' encoder in value and gradient"
            (run UNetKernels.Plain torch.float64 1e-6 1e-8)
        testCase "float32 equals the authors' encoder" (run UNetKernels.Plain torch.float32 1e-4 2e-3)
        testCase
            "float32 with fused kernels equals the authors' encoder"
            (run UNetKernels.Fused torch.float32 1e-4 2e-3)

        testCase "has 1,244,272 parameters and no class head"
        <| fun () ->
            use network = new ContrastiveEncoder(new UNetEncoder())
            Expect.equal (network.parameters () |> Seq.sumBy (fun p -> p.numel ())) 1244272L "parameters"
            let keys = network.state_dict().Keys |> Seq.toList
            Expect.contains keys "dconv_down5.3.bias" "stage"
            Expect.contains keys "projHead.weight" "head"
            Expect.isFalse (keys |> List.exists (fun key -> key.StartsWith "fc")) "no class head"

        testCase "a segmenter that takes the encoder gives the same features"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let options = UNetOptions(Widths = [| 4; 4; 8; 8; 8 |])
            use pretrained = new ContrastiveEncoder(new UNetEncoder(options))
            use segmenter = new UNet(options)
            Expect.equal (segmenter.TakeEncoder pretrained) 20 "tensors copied"
            pretrained.eval ()
            segmenter.eval ()
            let input = torch.rand (1L, 1L, 32L, 32L)
            let ours = segmenter.Features.call input |> Array.last
            let theirs = pretrained.Features.call input |> Array.last
            Expect.equal (ours.data<float32>().ToArray()) (theirs.data<float32>().ToArray()) "features"

        testCase "an encoder of other widths is refused and nothing is copied"
        <| fun () ->
            use pretrained =
                new ContrastiveEncoder(new UNetEncoder(UNetOptions(Widths = [| 4; 4; 8; 8; 8 |])))

            use segmenter = new UNet(UNetOptions(Widths = [| 4; 4; 8; 8; 16 |]))
            Expect.throwsT<WeightMismatchException> (fun () -> segmenter.TakeEncoder pretrained |> ignore) "widths"

        testCase "slices of a pass do not change each other's embeddings where norms are per slice"
        <| fun () ->
            for options in
                [
                    UNetOptions(Widths = [| 8; 8; 16; 16; 16 |], Dropout = 0.0) :> NetworkOptions
                    UNetOptions(Dropout = 0.0)
                    UNetOptions(Widths = [| 8; 8; 16; 16; 16 |], ResidualBlocks = true, Dropout = 0.0)
                    NnUNetOptions.Of(NnUNetPlan.ForSlices(32, 8, 32))
                    TransUNetOptions(
                        ImageSize = 32,
                        StemWidth = 32,
                        Units = [| 1; 1; 1 |],
                        Hidden = 32,
                        Mlp = 64,
                        Heads = 4,
                        Layers = 2,
                        Dropout = 0.0
                    )
                ] do
                NnFixture.within 1e-5 (joinedAgainstSeparate options) $"{options.Backbone}: joined and separate passes"

        testCase "slices of a pass change each other's embeddings where norms are per batch"
        <| fun () ->
            let options = ResUNetOptions(Widths = [| 16; 16; 16; 32; 32 |])
            Expect.isGreaterThan (joinedAgainstSeparate options) 1e-2 "batch statistics differ"

        for kernels in [ UNetKernels.Plain; UNetKernels.Fused ] do
            testCase $"three passes and a step backward leave no tensor alive ({kernels})"
            <| fun () ->
                use network =
                    new ContrastiveEncoder(
                        new UNetEncoder(UNetOptions(Widths = [| 8; 8; 8; 16; 16 |], Kernels = kernels))
                    )

                use input = torch.rand (6L, 1L, 32L, 32L)

                let live step =
                    network.SetDropoutKey(1L, step)
                    use _ = torch.NewDisposeScope()
                    network.zero_grad ()

                    let embedding first =
                        network.call (input.narrow (0L, first, 2L))

                    let anchor, positive, negative = embedding 0L, embedding 2L, embedding 4L

                    let loss = (cosine anchor negative - cosine anchor positive).mean()
                    loss.backward ()

                let counts = [
                    for step in 0L .. 8L do
                        live step
                        DisposeScopeManager.Statistics.ThreadTotalLiveCount
                ]

                Expect.equal (List.last counts) counts[2] $"{counts}"
    ]
