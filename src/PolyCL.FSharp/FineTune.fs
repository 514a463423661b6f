namespace PolyCL

open PolyCL.Models
open PolyCL.Studies
open PolyCL.Training
open PolyCL // again, for the names that PolyCL.Models has too

/// <summary>Training of a segmenter on few labelled scans (§3.2).</summary>
[<RequireQualifiedAccess>]
module FineTune =
    /// <summary>How a segmenter is trained; the fields are those of the library's FineTuneOptions.</summary>
    type Settings = {
        /// <summary>The profile these settings come from.</summary>
        Profile: Profile
        /// <summary>The network, or None for the encoder's (from scratch: the U-Net).</summary>
        Backbone: Backbone option
        /// <summary>Share of the training scans whose labels are used, above 0 and at most 1.</summary>
        LabelFraction: float
        /// <summary>Counts the label fraction in slices instead of scans.</summary>
        OfSlices: bool
        /// <summary>Passes over the labelled slices.</summary>
        Epochs: int
        /// <summary>Slices in a minibatch.</summary>
        BatchSize: int
        /// <summary>Whose optimiser, schedule and minibatches: the paper's, or nnU-Net's own, which takes no other network.</summary>
        Protocol: TrainingProtocol
        /// <summary>Learning rate at the start and at each restart of the schedule, or None for the profile's: in the small profiles TransUNet has a lower one, and nnU-Net's own protocol begins at 0.01.</summary>
        LearningRate: float option
        /// <summary>Epochs between warm restarts of the paper's cosine schedule.</summary>
        RestartEpochs: int
        /// <summary>Changes the learning rate once an epoch, as in the authors' loop.</summary>
        AuthorsSchedule: bool
        /// <summary>Added to numerator and denominator of the Dice loss.</summary>
        DiceSmooth: float
        /// <summary>Seed of initialisation, choice of labelled scans, order and dropout.</summary>
        Seed: int64
    }

    /// <summary>A trained segmenter: its run, the data it saw and its settings. The weights stay in the run's folder.</summary>
    [<NoComparison>]
    type Model = {
        /// <summary>The data and their split.</summary>
        Split: Split
        /// <summary>The settings.</summary>
        Settings: Settings
        /// <summary>The encoder it started from, or None.</summary>
        Encoder: Pretrain.Encoder option
        /// <summary>What the run left: name, folder, losses, time.</summary>
        Run: RunResult
    }

    let private settings (profile: Profile) =
        let options = ProfileSettings.FineTune profile

        {
            Profile = profile
            Backbone = None
            LabelFraction = options.LabelFraction
            OfSlices = options.OfSlices
            Epochs = options.Epochs
            BatchSize = options.BatchSize
            Protocol = options.Protocol
            LearningRate = None
            RestartEpochs = options.RestartEpochs
            AuthorsSchedule = options.AuthorsSchedule
            DiceSmooth = options.DiceSmooth
            Seed = options.Seed
        }

    /// <summary>The paper's settings (§4.2); for a GPU.</summary>
    /// <example><code>
    /// let settings = { FineTune.paper with LabelFraction = 0.10 }
    /// </code></example>
    let paper = settings Profile.Paper

    /// <summary>Minutes on a laptop.</summary>
    /// <example><code>
    /// let model encoder = encoder |> FineTune.run FineTune.quick
    /// </code></example>
    let quick = settings Profile.Quick

    /// <summary>Seconds; shows that everything runs.</summary>
    /// <example><code>
    /// let model encoder = encoder |> FineTune.run FineTune.smoke
    /// </code></example>
    let smoke = settings Profile.Smoke

    let private toLibWith (network: NetworkOptions) (settings: Settings) =
        FineTuneOptions(
            Network = network,
            LabelFraction = settings.LabelFraction,
            OfSlices = settings.OfSlices,
            Epochs = settings.Epochs,
            BatchSize = settings.BatchSize,
            Protocol = settings.Protocol,
            LearningRate =
                (settings.LearningRate
                 |> Option.defaultWith (fun () ->
                     ProfileSettings.FineTune(settings.Profile, network.Kind, settings.Protocol).LearningRate)),
            RestartEpochs = settings.RestartEpochs,
            AuthorsSchedule = settings.AuthorsSchedule,
            DiceSmooth = settings.DiceSmooth,
            Seed = settings.Seed
        )

    /// <summary>The library's options of the same content, for slices of the profile's size.</summary>
    /// <exception cref="T:System.IO.IOException">The file of ImageNet weights cannot be read.</exception>
    /// <example><code>
    /// let options = FineTune.toLib FineTune.paper
    /// </code></example>
    let toLib (settings: Settings) =
        let network =
            defaultArg settings.Backbone UNet
            |> Pretrain.networkOf settings.Profile (Pretrain.sizeOf settings.Profile)

        toLibWith network settings

    let private train (used: Settings) (encoder: Pretrain.Encoder option) (split: Split) =
        let data = split.Dataset

        let settings = {
            used with
                Backbone = used.Backbone |> Option.orElse (encoder |> Option.map _.Settings.Backbone)
        }

        // A network's size is that of the profile which pre-trained it.
        let profile =
            encoder |> Option.map _.Settings.Profile |> Option.defaultValue settings.Profile

        let network =
            defaultArg settings.Backbone UNet |> Pretrain.networkOf profile data.Store.Size

        let weights: string | null =
            match encoder with
            | Some encoder -> encoder.Run.WeightsPath()
            | None -> null

        let options = toLibWith network settings

        {
            Split = split
            Settings = settings
            Encoder = encoder
            Run =
                FineTuning.Run(
                    options,
                    weights,
                    split.ForTraining,
                    Workspace.place data.Workspace (ProfileSettings.NameOf(settings.Profile, data.Preparation, options)),
                    Progress.sink (),
                    Workspace.token ()
                )
        }

    /// <summary>Trains a segmenter from a pre-trained encoder, on its split, goes on with an interrupted run, or gives back a finished one.</summary>
    /// <exception cref="T:PolyCL.Core.WeightMismatchException">The encoder does not fit the network.</exception>
    /// <exception cref="T:PolyCL.Core.RunStateException">Another process works on the run, or its folder is damaged.</exception>
    /// <exception cref="T:System.OperationCanceledException">The cell was stopped; the state is saved.</exception>
    /// <example><code>
    /// let model encoder = encoder |> FineTune.run { FineTune.paper with LabelFraction = 0.10 }
    /// </code></example>
    let run (settings: Settings) (encoder: Pretrain.Encoder) : Model =
        train settings (Some encoder) encoder.Split

    /// <summary>Trains the same segmenter from random weights: the arm that pre-training has to beat.</summary>
    /// <exception cref="T:PolyCL.Core.RunStateException">Another process works on the run, or its folder is damaged.</exception>
    /// <exception cref="T:System.OperationCanceledException">The cell was stopped; the state is saved.</exception>
    /// <example><code>
    /// let scratch split = split |> FineTune.fromScratch FineTune.quick
    /// </code></example>
    let fromScratch (settings: Settings) (split: Split) : Model = train settings None split

    /// <summary>Training and validation loss, learning rate and time of each epoch.</summary>
    /// <example><code>
    /// let losses model = model |> FineTune.epochs |> Array.map _.Loss
    /// </code></example>
    let epochs (model: Model) = Seq.toArray (model.Run.ReadEpochs())
