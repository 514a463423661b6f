/// What tests that train share: the small data, one thread, and runs that are stopped again and again.
module PolyCL.Tests.Training.TrainingRuns

open System
open System.Collections.Generic
open System.Threading
open PolyCL.Core
open PolyCL.Data
open PolyCL.Models
open PolyCL.Sampling
open PolyCL.Training
open PolyCL.Tests

// One thread: two would wait for each other whenever the machine is busy.
let compute = ComputeOptions(Threads = 1)
let quiet: IProgress<ProgressReport> | null = null

let widths: int[] = [| 8; 8; 16; 16; 16 |]
let network = UNetOptions(Widths = widths)

let pretraining strategy =
    PretrainOptions(
        Selection = StrategyOptions(Strategy = strategy),
        Network = network,
        // 25 keys: a ring that is cut within the first epoch.
        Momentum = MomentumOptions(QueueSize = 25, PredictorWidth = 8),
        EmbeddingSize = 16,
        Epochs = 3,
        BatchSize = 6,
        LearningRate = 1e-3,
        Seed = 5L
    )

let fineTuning =
    FineTuneOptions(Network = network, LabelFraction = 0.4, Epochs = 3, BatchSize = 4, LearningRate = 5e-3, Seed = 5L)

let pretrain options (store: SliceStore, split) results =
    Pretraining.Run(
        options,
        TrainingData(store, split),
        RunPlace(results, compute, "smoke"),
        null,
        quiet,
        CancellationToken.None
    )

let fineTune options (encoder: string | null) (store: SliceStore, split) results =
    FineTuning.Run(
        options,
        encoder,
        TrainingData(store, split),
        RunPlace(results, compute, "smoke"),
        quiet,
        CancellationToken.None
    )

/// The file of a segmenter with random weights that were changed.
let segmenterFile folder (change: Segmenter -> unit) =
    let path = System.IO.Path.Combine(folder, "model.safetensors")
    use segmenter = network.CreateSegmenter()
    using (TorchSharp.torch.no_grad ()) (fun _ -> change segmenter)

    ModelFile.Save(
        path,
        segmenter,
        ModelCard(
            Kind = ModelFile.SegmenterKind,
            Network = network,
            Preparation = PrepareOptions(Size = 32),
            DataFingerprint = "none",
            Split = null,
            Profile = "custom",
            Seed = 0L,
            Run = "none",
            Origin = "random weights"
        )
    )

    path

/// Every convolution multiplies by a number near float32's largest: its sums are infinite, and the norm behind it takes infinity from infinity.
let overflowing (segmenter: Segmenter) =
    for KeyValue(_, values) in segmenter.state_dict () do
        if values.dim () = 4L then
            values.fill_ (TorchSharp.Scalar.op_Implicit 3e38f) |> ignore

let withStore body =
    TestData.withTempFolder (fun folder ->
        let store, split = SmallData.store folder
        use _ = store
        body folder (store, split))

/// Runs a training again and again, stopping it after a number of steps each time, until it comes through; with the number of stops.
let withStops (steps: unit -> int) (run: IProgress<ProgressReport> -> CancellationToken -> RunResult) =
    let mutable result = None
    let mutable stops = 0

    while result.IsNone do
        use source = new CancellationTokenSource()
        let mutable left = steps ()

        let progress = {
            new IProgress<ProgressReport> with
                member _.Report _ =
                    left <- left - 1

                    if left = 0 then
                        source.Cancel()
        }

        try
            result <- Some(run progress source.Token)
        with :? OperationCanceledException ->
            stops <- stops + 1

    result.Value, stops

/// The encoder's own random numbers under torchvision's names, the stem with three colours: a ResNet-18 file to start from.
let withImageNet (path: string) (options: ResUNetOptions) =
    use _ = TorchSharp.torch.NewDisposeScope()
    use encoder = options.CreateEncoder()
    let entries = Dictionary()

    for entry in encoder.state_dict () do
        if not (entry.Key.StartsWith "fc.") then
            entries[entry.Key] <-
                if entry.Key = "conv1.weight" then
                    entry.Value.repeat (1L, 3L, 1L, 1L)
                else
                    entry.Value

    Weights.WeightFile.Write(path, entries)
    options.StartingFrom(ImageNetWeights.FromFile path)
