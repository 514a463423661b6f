namespace PolyCL

open System
open PolyCL.Models
open PolyCL.Sampling
open PolyCL.Studies
open PolyCL.Training
open PolyCL // again, for the names that PolyCL.Sampling has too

/// <summary>The family of networks.</summary>
type Backbone =
    /// <summary>The authors' U-Net.</summary>
    | UNet
    /// <summary>The U-Net with the authors' residual blocks in its encoder.</summary>
    | UNetResidual
    /// <summary>ResU-Net: a ResNet-18 encoder of the authors' widths.</summary>
    | ResUNet
    /// <summary>ResU-Net whose encoder starts from ImageNet weights: your file of torchvision's ResNet-18, .safetensors or zip .pth.</summary>
    | PtResUNet of weights: string
    /// <summary>TransUNet, in the profile's size.</summary>
    | TransUNet
    /// <summary>nnU-Net's 2-D plan for the slice size, in the profile's widths.</summary>
    | NnUNet

/// <summary>How the second encoder of MoCo and BYOL follows the first; the fields are those of the library's MomentumOptions.</summary>
type Momentum = {
    /// <summary>Share of itself that MoCo's key encoder keeps in each step.</summary>
    OfMoCo: float
    /// <summary>Keys in MoCo's queue.</summary>
    QueueSize: int
    /// <summary>Share of itself that BYOL's target encoder keeps in the first step.</summary>
    OfByol: float
    /// <summary>Hidden units of BYOL's predictor.</summary>
    PredictorWidth: int
}

/// <summary>How the two views of a slice may differ; the fields are those of the library's ViewOptions.</summary>
type Views = {
    /// <summary>Smallest share of the slice's area that a crop keeps.</summary>
    MinimumArea: float
    /// <summary>Largest share of the slice's area that a crop keeps.</summary>
    MaximumArea: float
    /// <summary>Largest ratio of a crop's longer to its shorter side.</summary>
    MaximumAspect: float
    /// <summary>Probability of a horizontal flip.</summary>
    FlipShare: float
    /// <summary>Brightness factors lie in 1 ± this.</summary>
    Brightness: float
    /// <summary>Contrast factors lie in 1 ± this.</summary>
    Contrast: float
    /// <summary>Whether view 0, the anchor, stays as it is.</summary>
    OnlySecondView: bool
    /// <summary>Whether every epoch uses the views of epoch 0.</summary>
    Frozen: bool
}

/// <summary>Pre-training by contrast (§3.1).</summary>
[<RequireQualifiedAccess>]
module Pretrain =
    /// <summary>How an encoder is pre-trained; the fields are those of the library's PretrainOptions.</summary>
    [<NoComparison>]
    type Settings = {
        /// <summary>The profile these settings come from.</summary>
        Profile: Profile
        /// <summary>Which slices are positive and negative.</summary>
        Strategy: Strategy
        /// <summary>How the two views of a slice differ; PolyCL's strategies take slices as they are.</summary>
        Views: Views
        /// <summary>Settings of MoCo and BYOL.</summary>
        Momentum: Momentum
        /// <summary>The network.</summary>
        Backbone: Backbone
        /// <summary>Length of the embedding, E.</summary>
        EmbeddingSize: int
        /// <summary>Passes over the anchors.</summary>
        Epochs: int
        /// <summary>Anchors in a minibatch, M in the paper.</summary>
        BatchSize: int
        /// <summary>Adam's learning rate at each restart of the schedule.</summary>
        LearningRate: float
        /// <summary>Epochs between warm restarts of the cosine schedule.</summary>
        RestartEpochs: int
        /// <summary>Epochs between probes of the embeddings of the validation slices, or 0 for none; they change no weight.</summary>
        ProbeEvery: int
        /// <summary>Temperature of the loss, or None for the strategy's own.</summary>
        Temperature: float option
        /// <summary>Seed of initialisation, order, draws and dropout.</summary>
        Seed: int64
    }

    /// <summary>A pre-trained encoder: its run, the data it saw and its settings. The weights stay in the run's folder.</summary>
    [<NoComparison>]
    type Encoder = {
        /// <summary>The data and their split.</summary>
        Split: Split
        /// <summary>The settings.</summary>
        Settings: Settings
        /// <summary>What the run left: name, folder, loss, time.</summary>
        Run: RunResult
    }

    /// <summary>A slice with its embedding.</summary>
    type Embedding = {
        /// <summary>The slice.</summary>
        Slice: Slice
        /// <summary>"train", "validation" or "test".</summary>
        Part: string
        /// <summary>E numbers, not length-normalised.</summary>
        Vector: float32[]
    }

    /// <summary>A slice's place on a two-dimensional map.</summary>
    type Place = {
        /// <summary>The slice.</summary>
        Slice: Slice
        /// <summary>"train", "validation" or "test".</summary>
        Part: string
        /// <summary>First coordinate, without unit.</summary>
        X: float
        /// <summary>Second coordinate, without unit.</summary>
        Y: float
    }

    let private settings (profile: Profile) =
        let options = ProfileSettings.Pretrain profile
        let views, momentum = options.Views, options.Momentum

        {
            Profile = profile
            Strategy = Strategy.mixed
            Views = {
                MinimumArea = views.MinimumArea
                MaximumArea = views.MaximumArea
                MaximumAspect = views.MaximumAspect
                FlipShare = views.FlipShare
                Brightness = views.Brightness
                Contrast = views.Contrast
                OnlySecondView = views.OnlySecondView
                Frozen = views.Frozen
            }
            Momentum = {
                OfMoCo = momentum.OfMoCo
                QueueSize = momentum.QueueSize
                OfByol = momentum.OfByol
                PredictorWidth = momentum.PredictorWidth
            }
            Backbone = UNet
            EmbeddingSize = options.EmbeddingSize
            Epochs = options.Epochs
            BatchSize = options.BatchSize
            LearningRate = options.LearningRate
            RestartEpochs = options.RestartEpochs
            ProbeEvery = options.ProbeEvery
            Temperature = Option.ofNullable options.Temperature
            Seed = options.Seed
        }

    /// <summary>The paper's settings (§4.2); for a GPU.</summary>
    /// <example><code>
    /// let settings = { Pretrain.paper with Strategy = Strategy.organ; Seed = 2 }
    /// </code></example>
    let paper = settings Profile.Paper

    /// <summary>Minutes on a laptop.</summary>
    /// <example><code>
    /// let encoder split = split |> Pretrain.run Pretrain.quick
    /// </code></example>
    let quick = settings Profile.Quick

    /// <summary>Seconds; shows that everything runs.</summary>
    /// <example><code>
    /// let encoder split = split |> Pretrain.run Pretrain.smoke
    /// </code></example>
    let smoke = settings Profile.Smoke

    let internal kindOf (backbone: Backbone) =
        match backbone with
        | UNet -> BackboneKind.UNet
        | UNetResidual -> BackboneKind.UNetResidual
        | ResUNet -> BackboneKind.ResUNet
        | PtResUNet _ -> BackboneKind.PtResUNet
        | TransUNet -> BackboneKind.TransUNet
        | NnUNet -> BackboneKind.NnUNet

    /// <summary>The network in a profile's size for slices of a size.</summary>
    let internal networkOf (profile: Profile) (size: int) (backbone: Backbone) =
        match ProfileSettings.Network(profile, kindOf backbone, size), backbone with
        | :? ResUNetOptions as network, PtResUNet file ->
            network.StartingFrom(ImageNetWeights.FromFile file) :> NetworkOptions
        | network, _ -> network

    let internal sizeOf (profile: Profile) = (ProfileSettings.Prepare profile).Size

    let internal toLibFor (size: int) (settings: Settings) =
        let views, momentum = settings.Views, settings.Momentum

        PretrainOptions(
            Selection = Strategy.toLib settings.Strategy,
            Views =
                ViewOptions(
                    MinimumArea = views.MinimumArea,
                    MaximumArea = views.MaximumArea,
                    MaximumAspect = views.MaximumAspect,
                    FlipShare = views.FlipShare,
                    Brightness = views.Brightness,
                    Contrast = views.Contrast,
                    OnlySecondView = views.OnlySecondView,
                    Frozen = views.Frozen
                ),
            Momentum =
                MomentumOptions(
                    OfMoCo = momentum.OfMoCo,
                    QueueSize = momentum.QueueSize,
                    OfByol = momentum.OfByol,
                    PredictorWidth = momentum.PredictorWidth
                ),
            Network = networkOf settings.Profile size settings.Backbone,
            EmbeddingSize = settings.EmbeddingSize,
            Epochs = settings.Epochs,
            BatchSize = settings.BatchSize,
            LearningRate = settings.LearningRate,
            RestartEpochs = settings.RestartEpochs,
            ProbeEvery = settings.ProbeEvery,
            Temperature = Option.toNullable settings.Temperature,
            Seed = settings.Seed
        )

    /// <summary>The library's options of the same content, for slices of the profile's size; a custom strategy's predicates go beside them.</summary>
    /// <exception cref="T:System.IO.IOException">The file of ImageNet weights cannot be read.</exception>
    /// <example><code>
    /// let options = Pretrain.toLib Pretrain.paper
    /// </code></example>
    let toLib (settings: Settings) =
        toLibFor (sizeOf settings.Profile) settings

    /// <summary>Pre-trains an encoder on the training scans, goes on where an interrupted run stopped, or gives back a finished one.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">The strategy finds no anchor with partners; the message has the counts.</exception>
    /// <exception cref="T:PolyCL.Core.RunStateException">Another process works on the run, or its folder is damaged.</exception>
    /// <exception cref="T:System.OperationCanceledException">The cell was stopped; the state is saved.</exception>
    /// <example><code>
    /// let encoder split = split |> Pretrain.run { Pretrain.paper with Strategy = Strategy.mixed; Backbone = UNet }
    /// </code></example>
    let run (settings: Settings) (split: Split) : Encoder =
        let data = split.Dataset
        let options = toLibFor data.Store.Size settings

        {
            Split = split
            Settings = settings
            Run =
                Pretraining.Run(
                    options,
                    split.ForTraining,
                    Workspace.place data.Workspace (ProfileSettings.NameOf(settings.Profile, data.Preparation, options)),
                    Strategy.customOf data settings.Strategy,
                    Progress.sink (),
                    Workspace.token ()
                )
        }

    /// <summary>Loss, learning rate and time of each epoch.</summary>
    /// <example><code>
    /// let losses encoder = encoder |> Pretrain.epochs |> Array.map _.Loss
    /// </code></example>
    let epochs (encoder: Encoder) = Seq.toArray (encoder.Run.ReadEpochs())

    let private embedded (split: Split) (embedder: Embedder) : Embedding[] =
        let data = split.Dataset
        let store = data.Store

        let partOf =
            dict [
                for part, scans in [ "train", split.Train; "validation", split.Validation; "test", split.Test ] do
                    for scan in scans -> scan, part
            ]

        let indices = store.SlicesOf partOf.Keys
        let area = store.Size * store.Size

        indices
        |> Array.chunkBySize embedder.BatchSize
        |> Array.collect (fun chunk ->
            let pixels = Array.zeroCreate<float32>(chunk.Length * area)

            chunk
            |> Array.iteri (fun i index -> store.CopyPixels(index, pixels.AsSpan(i * area, area)))

            embedder.Embeddings(pixels, chunk.Length, Workspace.token ())
            |> Array.map2
                (fun index vector ->
                    let slice = data.Slices[index]

                    {
                        Slice = slice
                        Part = partOf[slice.Scan]
                        Vector = vector
                    })
                chunk)

    /// <summary>Embeddings of all kept slices of the split's scans, in the order of the data set.</summary>
    /// <exception cref="T:PolyCL.Core.WeightMismatchException">The run's weight file is damaged.</exception>
    /// <example><code>
    /// let ofTest encoder = encoder |> Pretrain.embeddings |> Array.filter (fun e -> e.Part = "test")
    /// </code></example>
    let embeddings (encoder: Encoder) : Embedding[] =
        use embedder =
            Embedder.Open(encoder.Run.WeightsPath(), Workspace.compute encoder.Split.Dataset.Workspace)

        embedded encoder.Split embedder

    /// <summary>Embeddings of the same slices by the network that the encoder's training started from: what training has to improve on.</summary>
    /// <example><code>
    /// let both encoder = Pretrain.embeddingsBefore encoder, Pretrain.embeddings encoder
    /// </code></example>
    let embeddingsBefore (encoder: Encoder) : Embedding[] =
        let split = encoder.Split
        let data = split.Dataset

        use embedder =
            Embedder.BeforeTraining(
                toLibFor data.Store.Size encoder.Settings,
                data.Store,
                split.Lib,
                Workspace.compute data.Workspace
            )

        embedded split embedder

    /// <summary>What embeddings tell without training anything on them: nearest-neighbour accuracy of organ and scan, effective rank, alignment,
    /// uniformity.</summary>
    /// <exception cref="T:System.ArgumentException">There are fewer than two embeddings, or one holds a value that is not finite.</exception>
    /// <example><code>
    /// let ofTest encoder = encoder |> Pretrain.embeddings |> Array.filter (fun e -> e.Part = "test") |> Pretrain.probe
    /// </code></example>
    let probe (embeddings: Embedding[]) =
        let scans = embeddings |> Array.map _.Slice.Scan |> Array.distinct
        let number = scans |> Array.mapi (fun i scan -> scan, i) |> dict

        EmbeddingProbe.Of(
            embeddings |> Array.map _.Vector,
            embeddings
            |> Array.map (fun e ->
                Data.SliceRecord(number[e.Slice.Scan], e.Slice.Z, e.Slice.Organ, e.Slice.OrganPixels))
        )

    let private placed (embeddings: Embedding[]) (map: float[][]) : Place[] =
        Array.map2
            (fun (e: Embedding) (xy: float[]) -> {
                Slice = e.Slice
                Part = e.Part
                X = xy[0]
                Y = xy[1]
            })
            embeddings
            map

    /// <summary>Places embeddings along their two directions of largest variance.</summary>
    /// <exception cref="T:System.ArgumentException">There are fewer than two embeddings.</exception>
    /// <example><code>
    /// let map encoder = encoder |> Pretrain.embeddings |> Pretrain.pca
    /// </code></example>
    let pca (embeddings: Embedding[]) =
        EmbeddingMap.Pca(embeddings |> Array.map _.Vector) |> placed embeddings

    /// <summary>Places embeddings so that neighbours stay neighbours (exact t-SNE, perplexity 30); for up to about 2,000.</summary>
    /// <exception cref="T:System.ArgumentException">There are fewer than two embeddings.</exception>
    /// <example><code>
    /// let map encoder = encoder |> Pretrain.embeddings |> Pretrain.tSne 1L
    /// </code></example>
    let tSne (seed: int64) (embeddings: Embedding[]) =
        EmbeddingMap.TSne(embeddings |> Array.map _.Vector, seed, token = Workspace.token ())
        |> placed embeddings
