module PolyCL.Tests.FSharp.PipelineTests

open System
open System.IO
open Deedle
open Expecto
open PolyCL
open PolyCL.Core
open PolyCL.Tests.FSharp.PipelineFixture

let private within name reach =
    Strategy.custom name (fun a s -> s.Scan = a.Scan && abs (s.Z - a.Z) <= reach) (fun a s -> s.Scan <> a.Scan)

let private pretrain strategy =
    split.Value
    |> Pretrain.run {
        Pretrain.smoke with
            Strategy = strategy
            Epochs = 1
    }

[<Tests>]
let tests =
    testSequenced
    <| testList "FSharp.Pipeline" [
        testCase "a data set is not touched before it is needed, and a failure is not remembered"
        <| fun () ->
            let root = Path.Combine(workspace.Results, "later")

            let data =
                Dataset.lits root |> Dataset.prepare Dataset.smoke |> Dataset.on workspace

            Expect.throwsT<DirectoryNotFoundException> (fun () -> Dataset.scans data |> ignore) "not there yet"
            PolyCL.Tests.SmallData.dataset root 3 |> ignore
            Expect.hasLength (Dataset.scans data) 3 "there now"

        testCase "a phantom is generated once and found again"
        <| fun () ->
            let phantom = {
                Phantom.smoke with
                    Scans = 2
                    Matrix = 32
                    Slices = Some 12
            }

            let open' () =
                Dataset.phantom phantom |> Dataset.prepare Dataset.smoke |> Dataset.on workspace

            let first = open' ()
            let prints = Dataset.fingerprint first

            let times () =
                Directory.EnumerateFiles(
                    Path.Combine(workspace.Results, "data"),
                    "*.nii.gz",
                    SearchOption.AllDirectories
                )
                |> Seq.map File.GetLastWriteTimeUtc
                |> Seq.toList

            let before = times ()
            Expect.equal (Dataset.fingerprint (open' ())) prints "fingerprint"
            Expect.equal (times ()) before "files"

        testCase "slices know scan, place and organ, and their pixels are the store's"
        <| fun () ->
            let data = data.Value
            let slices = Dataset.slices data
            Expect.equal slices.Length (Dataset.scans data |> Array.sumBy _.KeptSlices) "count"
            Expect.all slices (fun s -> s.Position > 0.0 && s.Position < 1.0 && s.Organ = (s.OrganPixels > 0)) "place"
            let slice = slices |> Array.find _.Organ
            let image = Dataset.image slice data
            Expect.equal image.Slice slice "slice"
            Expect.isTrue (Array.contains 1uy image.Mask) "mask"
            Expect.all image.Pixels (fun p -> p >= 0f && p <= 1f) "pixels"

            Expect.throwsT<DatasetException>
                (fun () -> Dataset.image { slice with Z = 9999 } data |> ignore)
                "no such slice"

        testCase "a split shares scans out and can be kept"
        <| fun () ->
            let split = split.Value

            Expect.equal (split.Train.Length, split.Validation.Length, split.Test.Length) (5, 1, 2) "sizes"
            let path = Path.Combine(workspace.Results, "split.json")
            Split.write path split
            let again = data.Value |> Split.read path
            Expect.equal (again.Train, again.Test, again.Seed) (split.Train, split.Test, Some 1L) "read back"

        testCase "a finished run is given back, its profile named and a change noted"
        <| fun () ->
            let again = split.Value |> Pretrain.run Pretrain.smoke
            Expect.equal again.Run encoder.Value.Run "same run"
            Expect.equal again.Run.Profile "smoke" "profile"
            Expect.equal (pretrain Strategy.mixed).Run.Profile "smoke, changed" "one epoch is a change"
            Expect.equal (Pretrain.epochs again).Length Pretrain.smoke.Epochs "log"

        testCase "a custom strategy is trained; another predicate under its name is another run, another text is not"
        <| fun () ->
            let three = (pretrain (within "near" 3)).Run
            Expect.equal three.Arm "near" "arm"
            Expect.notEqual (pretrain (within "near" 2)).Run.Run three.Run "reach 2"

            let reworded =
                Strategy.custom "near" (fun a s -> (a.Scan, abs (a.Z - s.Z) < 4) = (s.Scan, true)) (fun a s ->
                    not (s.Scan = a.Scan))

            Expect.equal (pretrain reworded).Run three "the same choice"

            let weighted =
                Strategy.customWeighted "near" (fun a s -> if s.Scan = a.Scan then 1.0 else 0.0) (fun a s ->
                    if s.Scan = a.Scan then 0.0 else 1.0)

            Expect.notEqual (pretrain weighted).Run.Run three.Run "weights"

        testCase "triplets of a custom strategy keep its rule"
        <| fun () ->
            let examples = split.Value |> Strategy.examples 12 3L (within "near" 3)
            Expect.hasLength examples 12 "count"

            for e in examples do
                Expect.equal e.Positive.Slice.Scan e.Anchor.Slice.Scan "positive's scan"
                Expect.isLessThanOrEqual (abs (e.Positive.Slice.Z - e.Anchor.Slice.Z)) 3 "distance"
                Expect.notEqual e.Negative.Value.Slice.Scan e.Anchor.Slice.Scan "negative's scan"

            let views = split.Value |> Strategy.examples 1 3L Strategy.simClr
            Expect.isNone views[0].Negative "SimCLR draws no negative"
            Expect.notEqual views[0].Anchor.Pixels views[0].Positive.Pixels "two views"

        testCase "a strategy that finds nothing is refused with counts, before any run folder"
        <| fun () ->
            let runs () =
                Directory.GetDirectories(workspace.Results, "pretrain-*").Length

            let before = runs ()
            let lonely = Strategy.custom "lonely" (fun _ _ -> true) (fun _ _ -> false)

            Expect.throwsC (fun () -> pretrain lonely |> ignore) (fun e ->
                Expect.isTrue (e :? DatasetException) $"{e}"
                Expect.stringContains e.Message "'lonely'" "name"
                Expect.stringContains e.Message "no negative" "count")

            Expect.equal (runs ()) before "no folder"

        testCase "a model starts from its encoder, with its backbone, and is scored on the test scans"
        <| fun () ->
            Expect.stringContains tuned.Value.Run.Arm "PolyCL-M" "origin"
            Expect.equal tuned.Value.Settings.Backbone (Some UNet) "backbone"
            Expect.stringContains scratch.Value.Run.Arm "from scratch" "origin"
            let scores, _ = scores.Value

            Expect.equal
                (scores.Scans |> Seq.map _.Scan |> Seq.sort |> Seq.toArray)
                (Array.sort split.Value.Test)
                "scans"

            let perScan = Evaluate.perScan Evaluate.Dice scores
            Expect.floatClose Accuracy.high (perScan |> Array.averageBy snd) scores.Scores.Volume.Dice.Value "mean"

        testCase "every network is pre-trained and fine-tuned by its name alone"
        <| fun () ->
            for backbone, name in
                [
                    UNetResidual, "U-Net with residual blocks"
                    ResUNet, "ResU-Net"
                    TransUNet, "TransUNet"
                    NnUNet, "nnU-Net"
                ] do
                let encoder =
                    split.Value
                    |> Pretrain.run {
                        Pretrain.smoke with
                            Backbone = backbone
                            Epochs = 1
                            EmbeddingSize = 16
                    }

                let model =
                    encoder
                    |> FineTune.run {
                        FineTune.smoke with
                            LabelFraction = 0.2
                            Epochs = 1
                    }

                let card = Training.ModelFile.ReadCard(model.Run.WeightsPath())
                Expect.equal card.Network.Backbone name "network"
                Expect.equal (Evaluate.test model).Scans.Count 2 $"{name}: test scans"

        testCase "ImageNet weights that are not there are named before training"
        <| fun () ->
            Expect.throwsC
                (fun () ->
                    split.Value
                    |> Pretrain.run {
                        Pretrain.smoke with
                            Backbone = PtResUNet "no-such-resnet18.pth"
                    }
                    |> ignore)
                (fun e ->
                    Expect.isTrue (e :? IOException) $"{e}"
                    Expect.stringContains e.Message "no-such-resnet18.pth" "file")

        testCase "comparing arms pairs their scans"
        <| fun () ->
            let a, b = scores.Value
            let comparison = Evaluate.compare Evaluate.Dice a b
            Expect.equal comparison.N 2 "pairs"

            Expect.floatClose
                Accuracy.high
                comparison.MeanDifference
                (a.Scores.Volume.Dice.Value - b.Scores.Volume.Dice.Value)
                "difference of means"

            Expect.equal (Evaluate.compare Evaluate.Dice a a).MeanDifference 0.0 "with itself"

        testCase "tables hold the numbers of the evaluation"
        <| fun () ->
            let a, b = scores.Value
            let table = Table.show a
            Expect.equal (table["mean", "volume.dice"] :?> float) a.Scores.Volume.Dice.Value "mean"
            Expect.equal (Table.perScan a).RowCount 2 "a row per scan"
            let arms = Table.arms Evaluate.Dice [ "one", a; "two", b ]
            Expect.isTrue (Double.IsNaN(arms["p", "one"] :?> float)) "the first is compared with nothing"
            Expect.equal (arms["p", "two"] :?> float) (Evaluate.compare Evaluate.Dice a b).PValue "p"
            let text = Table.toMarkdown table
            Expect.equal (text.Split('\n').Length) (2 + 11 + 1) "lines"
            Expect.stringContains text "| volume.dice | " "row"
            let path = Path.Combine(workspace.Results, "table.csv")
            Table.saveCsv path table
            let rows = File.ReadAllLines path
            Expect.hasLength rows 12 "rows"
            Expect.stringStarts rows[0] "name,mean,sd,over" "heading"
            Expect.equal (Table.split split.Value).RowCount 3 "parts"

        testCase "predictions have the model's masks and their Dice"
        <| fun () ->
            let slices =
                Dataset.slices data.Value
                |> Array.filter (fun s -> s.Scan = split.Value.Test[0])

            let predictions = tuned.Value |> Evaluate.predict slices
            Expect.equal (predictions |> Array.map _.Image.Slice) slices "order"

            for p in predictions do
                let both = Seq.zip p.Mask p.Image.Mask |> Seq.filter ((=) (1uy, 1uy)) |> Seq.length
                let sum = Seq.sumBy int p.Mask + Seq.sumBy int p.Image.Mask
                Expect.floatClose Accuracy.high p.Dice (if sum = 0 then 1.0 else 2.0 * float both / float sum) "Dice"

        testCase "embeddings cover all slices of the split, in order, and do not depend on the batch"
        <| fun () ->
            let embeddings = Pretrain.embeddings encoder.Value
            Expect.equal (embeddings |> Array.map _.Slice) (Dataset.slices data.Value) "slices"

            Expect.equal
                (embeddings
                 |> Array.filter (fun e -> e.Part = "test")
                 |> Array.map _.Slice.Scan
                 |> Array.distinct)
                (split.Value.Test)
                "test scans"

            Expect.all embeddings (fun e -> e.Vector.Length = Pretrain.smoke.EmbeddingSize) "length"
            let image = Dataset.image embeddings[3].Slice data.Value
            use embedder = Training.Embedder.Open(encoder.Value.Run.WeightsPath())
            let alone = embedder.Embeddings(image.Pixels, 1)[0]

            // float32 sums in another order; embeddings are about 0.1 here.
            let float32Sum = 1e-5f
            Expect.all (Array.zip alone embeddings[3].Vector) (fun (a, b) -> abs (a - b) < float32Sum) "same alone"

            Expect.throwsT<ArgumentException>
                (fun () -> embedder.Embeddings(image.Pixels, 2) |> ignore)
                "too few pixels"

            Expect.throwsT<WeightMismatchException>
                (fun () -> Training.Embedder.Open(tuned.Value.Run.WeightsPath()).Dispose())
                "a segmenter is no encoder"

            Expect.hasLength (Pretrain.pca embeddings) embeddings.Length "map"

        testCase "settings that name Custom without a strategy are refused, and the reverse"
        <| fun () ->
            let options kind =
                Training.PretrainOptions(Selection = Sampling.StrategyOptions(Strategy = kind))

            let custom = Strategy.customOf data.Value (within "near" 1)

            let select kind custom () =
                Training.Pretraining.Select(options kind, split.Value.ForTraining, custom)
                |> ignore

            Expect.throwsT<ArgumentException> (select Sampling.Strategy.Custom null) "missing"
            Expect.throwsT<ArgumentException> (select Sampling.Strategy.Mixed custom) "not wanted"

        testCase "progress tells each stage from its start to its end, losses included"
        <| fun () ->
            let told = ResizeArray<Stage>()
            Progress.show (fun () -> told.Add)

            try
                split.Value |> Pretrain.run { Pretrain.smoke with Seed = 77 } |> ignore
            finally
                Progress.show (fun () -> Progress.silent)

            let last = told[told.Count - 1]
            Expect.isTrue (Progress.isOver last) "ends"
            Expect.isGreaterThan last.Losses.Length 1 "losses"
            Expect.stringContains (Progress.line last) "took" "line"
            Expect.stringContains (Progress.html last) "<polyline" "sparkline"

            Expect.stringContains (Progress.html { last with Name = "<script>" }) "&lt;script&gt;" "names are escaped"
    ]
