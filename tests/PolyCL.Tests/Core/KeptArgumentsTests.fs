/// TorchSharp keeps the arguments of its native calls alive: numbers and training are the same, bit for bit, while everything that can be freed is freed.
module PolyCL.Tests.Core.KeptArgumentsTests

open System
open System.Diagnostics
open System.IO
open System.Reflection
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Models
open PolyCL.Sam
open PolyCL.Sam.Video
open PolyCL.Sampling
open PolyCL.Training
open PolyCL.Tests
open PolyCL.Tests.Sam
open PolyCL.Tests.Sam.Video
open PolyCL.Tests.Training.TinyNetworks
open PolyCL.Tests.Training.TrainingRuns
open TorchSharp

/// Runs an action while another thread collects and waits for finalizers all the time; the collections of that time are counted.
let private stressed action =
    use stop = new ManualResetEventSlim()
    let before = GC.CollectionCount 0

    let collect () =
        while not stop.IsSet do
            GC.Collect 0
            GC.WaitForPendingFinalizers()

    let thread = Thread(collect, IsBackground = true)
    thread.Start()

    try
        action ()
    finally
        stop.Set()
        thread.Join()
        Expect.isGreaterThan (GC.CollectionCount 0 - before) 10 "collections meanwhile"

let private pretrained strategy data =
    TestData.withTempFolder (fun results ->
        let options =
            PretrainOptions(
                Selection = StrategyOptions(Strategy = strategy),
                Network = network,
                Momentum = MomentumOptions(QueueSize = 25, PredictorWidth = 8),
                EmbeddingSize = 16,
                Epochs = 1,
                BatchSize = 6,
                Seed = 5L
            )

        (pretrain options data results).WeightsDigest)

let private tuned kind protocol data =
    TestData.withTempFolder (fun results ->
        let options =
            FineTuneOptions(
                Network = tiny kind,
                LabelFraction = 0.2,
                Epochs = 1,
                BatchSize = 4,
                LearningRate = 5e-3,
                Protocol = protocol,
                Seed = 5L
            )

        let result = fineTune options null data results
        use predictor = Predictor.Open(Path.Combine(result.Folder, result.Weights), compute)
        let pixels = Array.zeroCreate<float32>(32 * 32)
        (fst data: PolyCL.Data.SliceStore).CopyPixels(0, pixels)
        result.WeightsDigest, predictor.Probabilities(pixels, 1, CancellationToken.None))

let private refined () =
    use refiner = SamRefiner.Load(SamFixture.tinySam (), SamOptions(DecoderHeads = 4))
    let shape, slice = SamFixture.floats "sam1-tiny/case_a_landscape/slice.npy"
    let _, coarse = SamFixture.bytes "sam1-tiny/case_a_landscape/coarse_mask.npy"

    let result =
        refiner.Refine(ReadOnlySpan slice, ReadOnlySpan coarse, shape[0], shape[1])

    result.Mask, Array.ofSeq result.Qualities

let private propagated () =
    TestData.withTempFolder (fun folder ->
        let file = Path.Combine(folder, "tiny-video.safetensors")
        using (VideoFixture.network false) (fun network -> network.Save file)
        use model = Sam2.Load(file, Sam2Options())
        let case = VideoFixture.videoCase

        let bytes name =
            snd (SamFixture.bytes $"{case.Folder}/{name}.npy")

        let scan = SliceSequence.Of(bytes "frames_u8", case.Count, case.Height, case.Width)

        [
            for slice in model.Propagate(scan, case.Prompted, ReadOnlySpan(bytes "mask"), null) ->
                slice.Mask, slice.ObjectScore
        ])

/// Calls that hand native code a number nobody else holds; how many gave another value.
let private wrongCalls (call: unit -> bool) =
    Seq.init 50_000 ignore |> Seq.filter (fun () -> not (call ())) |> Seq.length

[<Tests>]
let tests =
    testSequenced
    <| testList "Core.KeptArguments" [
        testCase "the TorchSharp that is loaded is the mended one"
        <| fun () ->
            let attribute =
                nonNull (typeof<torch>.Assembly.GetCustomAttribute<DebuggableAttribute>())

            Expect.isTrue
                attribute.IsJITOptimizerDisabled
                "its methods run without the optimisation that forgets arguments"

        testCase "numbers beside tensors arrive as they were given"
        <| fun () ->
            use scalar = torch.tensor 3.5
            use ones = torch.ones 4L

            let first (result: torch.Tensor) =
                use result = result
                result.data<float32>()[0]

            stressed (fun () ->
                for name, call in
                    [
                        "read", (fun () -> scalar.ToDouble() = 3.5)
                        "item", (fun () -> scalar.item<double>() = 3.5)
                        "mul", (fun () -> first (ones.mul ((2.25).ToScalar())) = 2.25f)
                        "add", (fun () -> first (ones.add ((2.25).ToScalar())) = 3.25f)
                        "clamp", (fun () -> first (ones.clamp ((0.25).ToScalar(), (0.5).ToScalar())) = 0.5f)
                        "pow", (fun () -> first (ones.pow ((2.25).ToScalar())) = 1f)
                        "full", (fun () -> first (torch.full ([| 4L |], (2.25).ToScalar())) = 2.25f)
                    ] do
                    Expect.equal (wrongCalls call) 0 name)

        for strategy in Enum.GetValues<Strategy>() do
            if strategy <> Strategy.Custom then
                testCase $"{strategy}: pre-training gives the same weights"
                <| fun () ->
                    withStore (fun _ data ->
                        let calm = pretrained strategy data
                        Expect.equal (stressed (fun () -> pretrained strategy data)) calm "weights")

        for kind, protocol in
            [
                for kind in Enum.GetValues<BackboneKind>() do
                    kind, TrainingProtocol.Paper

                BackboneKind.NnUNet, TrainingProtocol.Native
            ] do
            testCase $"{kind}, {protocol} protocol: fine-tuning and prediction give the same numbers"
            <| fun () ->
                withStore (fun _ data ->
                    let calm = tuned kind protocol data
                    Expect.equal (stressed (fun () -> tuned kind protocol data)) calm "weights and probabilities")

        testCase "SAM gives the same mask and qualities"
        <| fun () -> Expect.equal (stressed refined) (refined ()) "mask and qualities"

        testCase "SAM 2 gives the same masks and scores"
        <| fun () -> Expect.equal (stressed propagated) (propagated ()) "masks and scores"
    ]
