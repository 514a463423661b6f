namespace PolyCL

open System
open PolyCL.Data
open PolyCL // again, for the names that PolyCL.Data has too

/// <summary>The settings of each profile together, for scripts and notebooks that switch between them.</summary>
[<RequireQualifiedAccess>]
module Profile =
    /// <summary>Everything that a profile sets.</summary>
    [<NoComparison>]
    type Settings = {
        /// <summary>The phantom that stands in for data.</summary>
        Phantom: Phantom
        /// <summary>How scans become slices.</summary>
        Dataset: Dataset.Settings
        /// <summary>Scans of each part.</summary>
        Split: Split.Settings
        /// <summary>How an encoder is pre-trained.</summary>
        Pretrain: Pretrain.Settings
        /// <summary>How a segmenter is trained.</summary>
        FineTune: FineTune.Settings
    }

    /// <summary>The paper's settings; for a GPU. Its phantom has as many scans as the paper's data.</summary>
    /// <example><code>
    /// let batch = Profile.paper.Pretrain.BatchSize
    /// </code></example>
    let paper = {
        Phantom = Phantom.abdomen
        Dataset = Dataset.paper
        Split = Split.paper
        Pretrain = Pretrain.paper
        FineTune = FineTune.paper
    }

    /// <summary>Minutes on a laptop.</summary>
    /// <example><code>
    /// let encoder split = split |> Pretrain.run Profile.quick.Pretrain
    /// </code></example>
    let quick = {
        Phantom = Phantom.quick
        Dataset = Dataset.quick
        Split = Split.quick
        Pretrain = Pretrain.quick
        FineTune = FineTune.quick
    }

    /// <summary>Seconds; shows that everything runs.</summary>
    /// <example><code>
    /// let encoder split = split |> Pretrain.run Profile.smoke.Pretrain
    /// </code></example>
    let smoke = {
        Phantom = Phantom.smoke
        Dataset = Dataset.smoke
        Split = Split.smoke
        Pretrain = Pretrain.smoke
        FineTune = FineTune.smoke
    }

    /// <summary>A profile by its name: "smoke", "quick" or "paper".</summary>
    /// <exception cref="T:System.ArgumentException">There is no such profile.</exception>
    /// <example><code>
    /// let settings = Profile.named "quick"
    /// </code></example>
    let named (name: string) =
        match name with
        | "smoke" -> smoke
        | "quick" -> quick
        | "paper" -> paper
        | _ -> raise (ArgumentException $"There is no profile '{name}'; give smoke, quick or paper.")

    /// <summary>The same settings with another seed for split, pre-training and fine-tuning.</summary>
    /// <example><code>
    /// let second = Profile.quick |> Profile.withSeed 2
    /// </code></example>
    let withSeed (seed: int) (settings: Settings) =
        let seed = int64 seed

        {
            settings with
                Split = { settings.Split with Seed = seed }
                Pretrain = { settings.Pretrain with Seed = seed }
                FineTune = { settings.FineTune with Seed = seed }
        }

    /// <summary>The data of a profile by layout ("phantom", "lits", "totalsegmentator", "msd", "nnunet" or "folder") and root folder, prepared as the
    /// profile says, with results in a folder. The phantom needs no root.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such layout, or the root is missing.</exception>
    /// <example><code>
    /// let data = Profile.quick |> Profile.data "phantom" "" "results"
    /// </code></example>
    let data (layout: string) (root: string) (results: string) (settings: Settings) =
        let scans =
            match Enum.TryParse<DatasetKind>(layout, true) with
            | true, DatasetKind.Phantom -> Dataset.phantom settings.Phantom
            | true, _ when String.IsNullOrWhiteSpace root ->
                raise (
                    ArgumentException $"The data set '{layout}' needs the folder it was downloaded to; give it as root."
                )
            | true, kind when Enum.IsDefined kind -> Dataset.read DatasetOptions.Default kind root
            | _ ->
                raise (
                    ArgumentException
                        $"There is no data set layout '{layout}'; give phantom, lits, totalsegmentator, msd, nnunet or folder."
                )

        scans
        |> Dataset.prepare settings.Dataset
        |> Dataset.on {
            Workspace.local with
                Results = results
        }

    /// <summary>The data of a profile (see <c>Profile.data</c>), shared out by scan as the profile says.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such layout, or the root is missing.</exception>
    /// <example><code>
    /// let split = Profile.quick |> Profile.split "phantom" "" "results"
    /// </code></example>
    let split (layout: string) (root: string) (results: string) (settings: Settings) =
        settings |> data layout root results |> Split.byScan settings.Split
