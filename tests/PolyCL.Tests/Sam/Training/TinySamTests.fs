module PolyCL.Tests.Sam.Training.TinySamTests

open System.IO
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Data.Phantom
open PolyCL.Metrics
open PolyCL.Models
open PolyCL.Models.Weights
open PolyCL.Sam
open PolyCL.Sam.Modules
open PolyCL.Sam.Training
open PolyCL.Studies
open PolyCL.Tests
open PolyCL.Training
open TorchSharp

/// A network of a few ten thousand weights for images of 64×64.
let private sizes =
    SamArchitecture(
        Grid = 4,
        Width = 32,
        Heads = 2,
        MlpWidth = 64,
        Windows = [| 2; 4 |],
        EmbeddingWidth = 32,
        DecoderMlpWidth = 32,
        IouWidth = 32
    )

let private phantoms =
    TinyPhantoms(Sites = [| PhantomSite.A |], Grids = [| TinyGrid(64, 32) |], Scans = 2, Slices = 16)

let private recipe steps =
    TinyRecipe(
        Model = "sam",
        Phantoms = phantoms,
        Steps = steps,
        Batch = 4,
        LearningRate = 3e-3,
        WarmUp = 3,
        Threads = 2
    )

let private trainWith report token recipe path =
    let progress = {
        new System.IProgress<ProgressReport> with
            member _.Report value =
                if value.Stage = "train" then
                    report value.Done
    }

    TinySam.Train(recipe, sizes, path, progress, token) |> List.ofSeq

let private train recipe path =
    trainWith ignore CancellationToken.None recipe path

let private heldOut =
    lazy
        TinyScan.Generate(
            TinyPhantoms(
                Sites = [| PhantomSite.A; PhantomSite.B |],
                Grids = [| TinyGrid(128, 64) |],
                Scans = 1,
                Seed = TinyPhantoms.HeldOutSeed
            )
        )

[<Tests>]
let tests =
    testSequenced
    <| testList "Sam.Training.TinySam" [
        testCase "the same recipe writes the same bytes, another seed others; the thread count is set back"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let threads = torch.get_num_threads ()
                let file (name: string) = Path.Combine(folder, name)
                let again = train (recipe 3) (file "again.safetensors")
                Expect.equal (train (recipe 3) (file "first.safetensors")) again "losses"

                Expect.equal
                    (File.ReadAllBytes(file "first.safetensors"))
                    (File.ReadAllBytes(file "again.safetensors"))
                    "bytes"

                train
                    (TinyRecipe(
                        Phantoms = phantoms,
                        Steps = 3,
                        Batch = 4,
                        LearningRate = 3e-3,
                        WarmUp = 3,
                        Threads = 2,
                        Seed = 2L
                    ))
                    (file "other.safetensors")
                |> ignore

                let digest name =
                    use weights = WeightFile.Read(file name)
                    weights.Metadata[TinyFile.WeightsKey]

                Expect.notEqual (digest "other.safetensors") (digest "first.safetensors") "another seed"
                Expect.equal (torch.get_num_threads ()) threads "threads")

        testCase "the loss falls in 30 steps, and steps leave no tensor"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let live = ResizeArray<int64>()

                let losses =
                    trainWith
                        (fun _ -> live.Add DisposeScopeManager.Statistics.ThreadTotalLiveCount)
                        CancellationToken.None
                        (recipe 30)
                        (Path.Combine(folder, "sam.safetensors"))

                Expect.equal live[29] live[1] "live tensors in the second and the last step"
                Expect.hasLength losses 30 "losses"
                let first, last = List.average losses[..4], List.average losses[25..]
                Expect.isLessThan last (0.8 * first) $"mean loss {first} became {last}")

        testCase "stopping writes nothing"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let file = Path.Combine(folder, "sam.safetensors")
                use source = new CancellationTokenSource()

                Expect.throwsT<System.OperationCanceledException>
                    (fun () ->
                        trainWith
                            (fun step ->
                                if step = 2L then
                                    source.Cancel())
                            source.Token
                            (recipe 5)
                            file
                        |> ignore)
                    "cancelled"

                Expect.isEmpty (Directory.GetFiles folder) "files")

        testCase "the rate rises to its height and falls to 0"
        <| fun () ->
            let recipe = TinyRecipe(Steps = 1000, WarmUp = 10, LearningRate = 1e-3)
            Expect.floatClose Accuracy.high (recipe.Rate 0) 1e-4 "first"
            Expect.floatClose Accuracy.high (recipe.Rate 9) 1e-3 "height"
            Expect.floatClose Accuracy.high (recipe.Rate 505) 5e-4 "half way down"
            Expect.isLessThan (recipe.Rate 999) 1e-8 "last"

        testCase "no phantom is one of the studies', nor held out"
        <| fun () ->
            let known = TinyPhantoms()
            let seeds = [ for i in 0 .. known.Grids.Count - 1 -> known.Seed + int64 i ]
            Expect.isTrue (seeds |> List.forall (fun seed -> seed > 1000L)) "seeds 1001 and up"
            Expect.isFalse (List.contains PhantomSettings.Seed seeds) "the studies' seed"
            Expect.isFalse (List.contains TinyPhantoms.HeldOutSeed seeds) "the held-out seed"

        testCase "the shipped file carries label, recipe, seed and digests, and is below 5 MB"
        <| fun () ->
            Expect.isLessThan (FileInfo(TinyWeights.Sam).Length) 5_000_000L "bytes"
            use weights = WeightFile.Read TinyWeights.Sam
            Expect.equal weights.Metadata[TinyWeights.LabelKey] "phantom-tiny, not Meta's weights" "label"
            Expect.equal weights.Metadata[TinyFile.RecipeKey] (SettingsJson.ToLine TinySam.Recipe) "recipe"
            Expect.equal weights.Metadata[TinyFile.SizesKey] (SettingsJson.ToLine TinySam.Sizes) "sizes"
            Expect.equal weights.Metadata[TinyFile.SeedKey] (string TinySam.Recipe.Seed) "seed"
            Expect.hasLength weights.Metadata[TinyFile.DataKey] 64 "digest of the phantoms"
            use network = SamNetwork.Load(TinyWeights.Sam, ComputePrecision.Full, torch.CPU)
            Expect.equal (WeightsDigest.Of network) weights.Metadata[TinyFile.WeightsKey] "digest of the weights"

        testCase "the shipped file makes the masks of phantoms it has not seen better"
        <| fun () ->
            use refiner = SamRefiner.Load TinyWeights.Sam
            Expect.equal refiner.ModelLabel TinyWeights.Label "label"
            Expect.stringContains (nonNull refiner.Warning) TinyWeights.Label "warning"

            let scores = [
                for number, scan in Seq.indexed heldOut.Value do
                    for slice in scan.OrganSlices -> TinySamScore.Of(refiner, scan, number, slice)
            ]

            let mean pick = scores |> List.averageBy pick
            let before = mean (fun struct (before, _, _) -> before)
            let after = mean (fun struct (_, after, _) -> after)
            let best = mean (fun struct (_, _, best) -> best)
            Expect.isLessThan before 0.7 $"degraded masks, {scores.Length} slices"
            Expect.isGreaterThan after (before + 0.2) $"{before} became {after}"
            Expect.isGreaterThan after 0.8 "refined"
            Expect.isGreaterThan best 0.8 "boxes round the true masks"

        testCase "the box chooses the organ: one round the spleen or a kidney gives that, not the liver"
        <| fun () ->
            use refiner = SamRefiner.Load TinyWeights.Sam

            let scores = [
                for scan in heldOut.Value do
                    for organ in [ PhantomTissue.Spleen; PhantomTissue.KidneyLeft ] do
                        for slice in 0 .. scan.Slices - 1 do
                            let truth = scan.Mask(slice, organ)

                            if Seq.sumBy int truth >= 20 then
                                let shares =
                                    scan.Grey(slice).ToArray() |> Array.map (fun grey -> float32 grey / 255f)

                                let refined = refiner.Refine(shares, truth, scan.Height, scan.Width).Mask
                                MaskCounts.Of(refined, truth).Dice, MaskCounts.Of(refined, scan.Mask slice).Dice
            ]

            let own, liver = List.averageBy fst scores, List.averageBy snd scores
            Expect.isGreaterThan own 0.5 $"the organ in {scores.Length} slices"
            Expect.isLessThan liver 0.2 "the liver"
    ]
