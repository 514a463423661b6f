namespace PolyCL

open PolyCL.Data
open PolyCL.Studies
open PolyCL // again, for the names that PolyCL.Data has too

/// <summary>A data set with its scans shared out for training, validation and test.</summary>
[<Sealed; AllowNullLiteral(false)>]
type Split internal (data: Dataset, scans: ScanSplit) =
    /// <summary>The data.</summary>
    member _.Dataset = data

    /// <summary>Ids of the training scans.</summary>
    member _.Train = Seq.toArray scans.Train

    /// <summary>Ids of the validation scans.</summary>
    member _.Validation = Seq.toArray scans.Validation

    /// <summary>Ids of the test scans.</summary>
    member _.Test = Seq.toArray scans.Test

    /// <summary>How the split was made: by-seed, by-file-number or given.</summary>
    member _.Rule = scans.Rule

    /// <summary>Seed of a split by seed, or None.</summary>
    member _.Seed = Option.ofNullable scans.Seed

    member internal _.Lib = scans

    member internal _.ForTraining = Training.TrainingData(data.Store, scans)

    /// <inheritdoc/>
    override _.ToString() =
        $"{data.Name}: {scans.Train.Count} training, {scans.Validation.Count} validation, {scans.Test.Count} test scans"

/// <summary>Shares scans out, so that no slice of a test scan is seen in training.</summary>
[<RequireQualifiedAccess>]
module Split =
    /// <summary>Scans of each part and the seed of the draw.</summary>
    type Settings = {
        /// <summary>Training scans.</summary>
        Train: int
        /// <summary>Validation scans.</summary>
        Validation: int
        /// <summary>Test scans.</summary>
        Test: int
        /// <summary>Seed of the draw.</summary>
        Seed: int64
    }

    let private sizes (profile: Profile) =
        let struct (train, validation, test) = PhantomSettings.SplitSizes profile

        {
            Train = train
            Validation = validation
            Test = test
            Seed = PhantomSettings.Seed
        }

    /// <summary>100, 5 and 25 scans (§4.1).</summary>
    /// <example><code>
    /// let split data = data |> Split.byScan { Split.paper with Seed = 2 }
    /// </code></example>
    let paper = sizes Profile.Paper

    /// <summary>20, 2 and 8 scans, for the 30 of the quick phantom.</summary>
    /// <example><code>
    /// let split data = data |> Split.byScan Split.quick
    /// </code></example>
    let quick = sizes Profile.Quick

    /// <summary>6, 1 and 3 scans, for the 10 of the smoke phantom.</summary>
    /// <example><code>
    /// let split data = data |> Split.byScan Split.smoke
    /// </code></example>
    let smoke = sizes Profile.Smoke

    /// <summary>Scans that keep at least one slice.</summary>
    let private usable (data: Dataset) =
        data.Store.Scans |> Seq.filter (fun scan -> scan.SliceCount > 0) |> Seq.map _.Id

    /// <summary>Draws the scans of each part at random; the same seed gives the same split.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">There are too few scans.</exception>
    /// <example><code>
    /// let split data = data |> Split.byScan { Train = 100; Validation = 5; Test = 25; Seed = 1 }
    /// </code></example>
    let byScan (settings: Settings) (data: Dataset) =
        Split(data, ScanSplit.BySeed(usable data, settings.Train, settings.Validation, settings.Test, settings.Seed))

    /// <summary>The first scans by number train, the next validate, the next test; the seed does not matter.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">There are too few scans.</exception>
    /// <example><code>
    /// let split data = data |> Split.byFileNumber Split.paper
    /// </code></example>
    let byFileNumber (settings: Settings) (data: Dataset) =
        Split(data, ScanSplit.ByFileNumber(usable data, settings.Train, settings.Validation, settings.Test))

    /// <summary>A split from lists of scan ids.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">A list is empty, or a scan appears twice.</exception>
    /// <example><code>
    /// let split data = data |> Split.ofLists [ "volume-0"; "volume-1" ] [ "volume-2" ] [ "volume-3" ]
    /// </code></example>
    let ofLists (train: string seq) (validation: string seq) (test: string seq) (data: Dataset) =
        Split(data, ScanSplit.Given(train, validation, test))

    /// <summary>Reads a split file, as written by <c>Split.write</c> or the command line.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">The file is no split.</exception>
    /// <example><code>
    /// let split data = data |> Split.read "split.json"
    /// </code></example>
    let read (path: string) (data: Dataset) = Split(data, ScanSplit.Read path)

    /// <summary>Writes the split to a JSON file, whole or not at all.</summary>
    /// <example><code>
    /// let keep split = split |> Split.write "split.json"
    /// </code></example>
    let write (path: string) (split: Split) = split.Lib.Write path
