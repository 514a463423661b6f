module PolyCL.Tests.Sam.Training.TinySam2Tests

open System.IO
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Data.Phantom
open PolyCL.Models.Weights
open PolyCL.Sam
open PolyCL.Sam.Training
open PolyCL.Sam.Video
open PolyCL.Tests
open PolyCL.Tests.Sam.Training.SmallSam2
open PolyCL.Training
open TorchSharp

let private phantoms =
    TinyPhantoms(Sites = [| PhantomSite.A |], Grids = [| TinyGrid(64, 32) |], Scans = 2, Slices = 16)

let private recipe steps seed =
    TinyRecipe(
        Model = "sam2",
        Phantoms = phantoms,
        Seed = seed,
        Steps = steps,
        Batch = 2,
        LearningRate = 3e-3,
        WarmUp = 3,
        Threads = 2
    )

let private train recipe path =
    let live = ResizeArray<int64>()

    let progress = {
        new System.IProgress<ProgressReport> with
            member _.Report value =
                if value.Stage = "train" then
                    live.Add DisposeScopeManager.Statistics.ThreadTotalLiveCount
    }

    let losses =
        TinySam2.Train(recipe, sizes, path, progress, CancellationToken.None)
        |> List.ofSeq

    losses, List.ofSeq live

/// An organ of held-out scans, as the quick profile prepares them.
let private heldOut organ =
    TinyScan.Generate(
        TinyPhantoms(
            Sites = [| PhantomSite.A; PhantomSite.B |],
            Grids = [| TinyGrid(128, 64) |],
            Scans = 1,
            Slices = 48,
            Seed = TinyPhantoms.HeldOutSeed
        )
    )
    |> Seq.map (fun scan -> FollowedOrgan(scan, organ))

/// Mean Dice of copied and of propagated masks over the slices that show the organ.
let private scores (model: Sam2) (organs: seq<FollowedOrgan>) =
    let slices = [
        for organ in organs do
            for struct (copied, propagated) in TinySam2Score.Of(model, organ, organ.Slices) -> copied, propagated
    ]

    Expect.isGreaterThan slices.Length 20 "slices"
    List.averageBy fst slices, List.averageBy snd slices

[<Tests>]
let tests =
    testSequenced
    <| testList "Sam.Training.TinySam2" [
        testCase "the same recipe writes the same bytes, another seed others; the file opens as it was built"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let file (name: string) = Path.Combine(folder, name)
                // Four steps: one on pairs, one more, and two on whole sequences.
                let again, _ = train (recipe 4 1L) (file "again.safetensors")
                Expect.equal (fst (train (recipe 4 1L) (file "first.safetensors"))) again "losses"

                Expect.equal
                    (File.ReadAllBytes(file "first.safetensors"))
                    (File.ReadAllBytes(file "again.safetensors"))
                    "bytes"

                train (recipe 4 2L) (file "other.safetensors") |> ignore

                let digest name =
                    use weights = WeightFile.Read(file name)
                    weights.Metadata[TinyFile.WeightsKey]

                Expect.notEqual (digest "other.safetensors") (digest "first.safetensors") "another seed"
                use model = Sam2.Load(file "first.safetensors")
                Expect.equal (SettingsJson.ToLine model.Architecture) (SettingsJson.ToLine sizes) "sizes"
                Expect.equal model.ModelLabel TinyWeights.Label "label")

        testCase "the loss falls in 40 steps, and steps leave no tensor"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let losses, live = train (recipe 40 1L) (Path.Combine(folder, "sam2.safetensors"))
                Expect.hasLength losses 40 "losses"
                Expect.equal live[39] live[1] "live tensors in the second and the last step"
                let first, last = List.average losses[..4], List.average losses[35..]
                Expect.isLessThan last (0.8 * first) $"mean loss {first} became {last}")

        testCase "the shipped file carries label, recipe, seed and digests, and is below 5 MB"
        <| fun () ->
            Expect.isLessThan (FileInfo(TinyWeights.Sam2).Length) 5_000_000L "bytes"
            use weights = WeightFile.Read TinyWeights.Sam2
            Expect.equal weights.Metadata[TinyWeights.LabelKey] "phantom-tiny, not Meta's weights" "label"
            Expect.equal weights.Metadata[TinyFile.RecipeKey] (SettingsJson.ToLine TinySam2.Recipe) "recipe"
            Expect.equal weights.Metadata[TinyFile.SizesKey] (SettingsJson.ToLine TinySam2.Sizes) "sizes"
            Expect.equal weights.Metadata[TinyFile.SeedKey] (string TinySam2.Recipe.Seed) "seed"
            Expect.hasLength weights.Metadata[TinyFile.DataKey] 64 "digest of the phantoms"
            use network = Sam2Network.Load(TinyWeights.Sam2, Sam2Options(), torch.CPU)
            Expect.equal (WeightsDigest.Of network) weights.Metadata[TinyFile.WeightsKey] "digest of the weights"
            use model = Sam2.Load TinyWeights.Sam2
            Expect.stringContains (nonNull model.Warning) TinyWeights.Label "warning"

        testCase "the shipped file carries the liver's mask through phantoms it has not seen"
        <| fun () ->
            use model = Sam2.Load TinyWeights.Sam2
            let copied, propagated = scores model (heldOut PhantomTissue.Liver)
            Expect.isGreaterThan propagated 0.8 "propagated"
            Expect.isGreaterThan propagated (copied + 0.1) "above the copied mask"

        testCase "the given mask decides what is followed: from a kidney's, the kidney"
        <| fun () ->
            use model = Sam2.Load TinyWeights.Sam2

            for organ in [ PhantomTissue.KidneyLeft; PhantomTissue.KidneyRight ] do
                let copied, propagated = scores model (heldOut organ)
                Expect.isGreaterThan propagated 0.6 $"{organ}, propagated"
                Expect.isGreaterThan propagated copied $"{organ}, above the copied mask"
    ]
