module PolyCL.Tests.Cli.ModelsCommandTests

open System.Collections.Generic
open System.IO
open System.Text.Json
open Expecto
open PolyCL
open PolyCL.Models
open PolyCL.Models.Weights
open PolyCL.Studies
open PolyCL.Tests
open PolyCL.Tests.Models.Weights
open PolyCL.Training
open TorchSharp

let private succeed arguments =
    let outcome = CommandLine.run ("models" :: arguments)
    Expect.equal outcome.ExitCode 0 $"exit code; errors: {outcome.Errors}"
    outcome.Output

let private json arguments =
    use document = JsonDocument.Parse(succeed (arguments @ [ "--json" ]))
    document.RootElement.Clone()

let private refuse (word: string) arguments =
    let outcome = CommandLine.run ("models" :: arguments)
    Expect.equal outcome.ExitCode 2 $"exit code; errors: {outcome.Errors}"
    Expect.hasLength (outcome.Errors.TrimEnd().Split '\n') 1 $"one line: {outcome.Errors}"
    Expect.stringContains outcome.Errors word "message"

/// State dictionaries of two models, bit for bit.
let private expectSameWeights (first: string) (second: string) =
    use one = WeightFile.Read first
    use two = WeightFile.Read second

    for entry in one.Entries do
        use a = one.ReadTensor entry.FullName
        use b = two.ReadTensor entry.FullName
        Expect.equal (b.bytes.ToArray()) (a.bytes.ToArray()) entry.FullName

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.ModelsCommand" [
        testCase "list names every network with its cost"
        <| fun () ->
            let rows = json [ "list"; "--profile"; "smoke" ]

            let names = [
                for row in rows.EnumerateArray() -> string (row.GetProperty("backbone").GetString())
            ]

            Expect.equal names [ "unet"; "unet-residual"; "resunet"; "pt-resunet"; "transunet"; "nnunet" ] "names"
            let first = rows[0]
            Expect.equal (first.GetProperty("parameters").GetInt64()) 175842L "parameters of the small U-Net"

        testCase "describe gives one row a layer, whose sums are the network's"
        <| fun () ->
            let cost = json [ "describe"; "--backbone"; "unet"; "--size"; "64" ]
            let layers = cost.GetProperty("layers")
            Expect.equal (layers.GetArrayLength()) 19 "nine blocks of two convolutions, and the last"
            let first = layers[0]
            Expect.equal (string (first.GetProperty("name").GetString())) "encoder.dconv_down1.0" "name"
            // 16 kernels of 3×3 at 64×64 pixels.
            Expect.equal (first.GetProperty("multiply_adds").GetInt64()) (16L * 9L * 4096L) "multiply-adds"

            let sum =
                layers.EnumerateArray()
                |> Seq.sumBy (fun layer -> layer.GetProperty("multiply_adds").GetInt64())

            Expect.equal (cost.GetProperty("multiply_adds").GetInt64()) sum "sum"

        testCase "import, export and import again keep every bit; the model says where it comes from"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let file name = Path.Combine(folder, name)
                let network = ProfileSettings.Network(Profile.Smoke, BackboneKind.NnUNet, 32)
                use segmenter = network.CreateSegmenter()
                WeightFile.WriteTorch(file "theirs.pth", segmenter.state_dict ())
                let smoke = [ "--backbone"; "nnunet"; "--profile"; "smoke" ]

                let report =
                    json ([ "import"; file "theirs.pth"; "--out"; file "model.safetensors" ] @ smoke)

                Expect.equal (report.GetProperty("missing").GetArrayLength()) 0 "missing"
                let card = ModelFile.ReadCard(file "model.safetensors")
                Expect.equal card.Network.Kind BackboneKind.NnUNet "network"
                Expect.equal card.Preparation.Size 32 "size"
                Expect.stringStarts card.Origin "imported from a file of SHA-256" "origin"
                expectSameWeights (file "theirs.pth") (file "model.safetensors")

                succeed [ "export"; file "model.safetensors"; "--out"; file "again.pth" ]
                |> ignore

                expectSameWeights (file "theirs.pth") (file "again.pth")

                use predictor =
                    Predictor.Open(file "model.safetensors", ComputeOptions(Threads = 1))

                Expect.hasLength (predictor.Probabilities(Array.zeroCreate 1024, 1)) 1024 "it predicts")

        testCase "--like takes network and slice size from a model at hand, of whatever widths"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let file name = Path.Combine(folder, name)
                use segmenter = (UNetOptions(Widths = [| 8; 8; 16; 16; 24 |])).CreateSegmenter()
                use other = (UNetOptions(Widths = [| 8; 8; 16; 16; 24 |])).CreateSegmenter()
                WeightFile.WriteTorch(file "theirs.pth", segmenter.state_dict ())

                ModelFile.Save(
                    file "ours.safetensors",
                    other,
                    ModelCard(
                        Kind = ModelFile.SegmenterKind,
                        Network = UNetOptions(Widths = [| 8; 8; 16; 16; 24 |]),
                        Preparation = Data.PrepareOptions(Size = 48),
                        DataFingerprint = "none",
                        Split = null,
                        Profile = "custom",
                        Seed = 0L,
                        Run = "none",
                        Origin = "random weights"
                    )
                )

                let arguments = [ "import"; file "theirs.pth"; "--out"; file "model.safetensors" ]
                refuse "does not fit UNet" arguments
                succeed (arguments @ [ "--like"; file "ours.safetensors" ]) |> ignore
                Expect.equal (ModelFile.ReadCard(file "model.safetensors")).Preparation.Size 48 "size"
                expectSameWeights (file "theirs.pth") (file "model.safetensors"))

        testCase "a contrastive encoder is imported as such"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let file name = Path.Combine(folder, name)
                use encoder = new ContrastiveEncoder(UNetOptions().CreateEncoder())
                WeightFile.Write(file "theirs.safetensors", encoder)
                let arguments = [ "import"; file "theirs.safetensors"; "--out"; file "encoder.safetensors" ]
                refuse "does not fit UNet" arguments
                Expect.isFalse (File.Exists(file "encoder.safetensors")) "nothing written"
                succeed (arguments @ [ "--encoder" ]) |> ignore
                let mutable card = Unchecked.defaultof<ModelCard>
                use read = ModelFile.LoadEncoder(file "encoder.safetensors", &card)
                Expect.equal card.EmbeddingSize 256 "embedding")

        testCase "what savers put before names is taken off, float64 converts, counters may lack: the notes say so"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use _ = torch.NewDisposeScope()
                let file name = Path.Combine(folder, name)
                let network = ProfileSettings.Network(Profile.Smoke, BackboneKind.ResUNet, 32)
                use segmenter = network.CreateSegmenter()
                WeightFile.WriteTorch(file "plain.pth", segmenter.state_dict ())

                let wrapped =
                    dict [
                        for entry in segmenter.state_dict () do
                            if not (entry.Key.EndsWith "num_batches_tracked") then
                                "model._orig_mod." + entry.Key, entry.Value.to_type torch.float64
                    ]

                WeightFile.WriteTorch(file "theirs.pth", Dictionary wrapped)

                let import source = [
                    "import"
                    file source
                    "--backbone"
                    "resunet"
                    "--profile"
                    "smoke"
                    "--out"
                ]

                let text = succeed (import "theirs.pth" @ [ file "model.safetensors" ])
                Expect.stringContains text $"note: 'model._orig_mod.' was taken off {wrapped.Count} names" "names"
                Expect.stringContains text $"note: {wrapped.Count} tensors converted from float64 to float32" "format"
                Expect.stringContains text "adapted: a counter the file lacks, left as it was" "counters"
                succeed (import "plain.pth" @ [ file "expected.safetensors" ]) |> ignore
                expectSameWeights (file "expected.safetensors") (file "model.safetensors")
                let report = json (import "theirs.pth" @ [ file "again.safetensors" ])
                let stripped = report.GetProperty("stripped").GetProperty("model._orig_mod.")
                Expect.equal (stripped.GetInt32()) wrapped.Count "JSON"
                Expect.equal (report.GetProperty("notes").GetArrayLength()) 3 "notes")

        testCase "PyTorch's format before zip is imported"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use _ = torch.NewDisposeScope()
                let file name = Path.Combine(folder, name)
                let network = ProfileSettings.Network(Profile.Smoke, BackboneKind.UNet, 32)
                use segmenter = network.CreateSegmenter()
                WeightFile.WriteTorch(file "zip.pth", segmenter.state_dict ())

                let state =
                    segmenter.state_dict ()
                    |> Seq.map (fun entry -> entry.Key, entry.Value)
                    |> List.ofSeq

                let legacy = TorchPickle.write folder (TorchPickle.legacyOfSections [ "", state ])
                let import source = [ "import"; source; "--profile"; "smoke"; "--out"; file "model.safetensors" ]
                succeed (import legacy) |> ignore
                expectSameWeights (file "zip.pth") (file "model.safetensors"))

        testCase "NaN and infinite weights are refused by name: in import, predict, evaluate and finetune"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use _ = torch.NewDisposeScope()
                let file name = Path.Combine(folder, name)

                let spoil (value: float32) (network: torch.nn.Module) =
                    use _ = torch.no_grad ()
                    (Seq.head (network.parameters ())).fill_(value.ToScalar()) |> ignore

                let options = ProfileSettings.Network(Profile.Smoke, BackboneKind.UNet, 32)
                use segmenter = options.CreateSegmenter()
                use encoder = new ContrastiveEncoder(options.CreateEncoder())
                spoil nanf segmenter
                spoil infinityf encoder
                WeightFile.WriteTorch(file "theirs.pth", segmenter.state_dict ())
                let name = segmenter.state_dict().Keys |> Seq.head

                refuse $"'{name}' (NaN in " [
                    "import"
                    file "theirs.pth"
                    "--profile"
                    "smoke"
                    "--out"
                    file "x.safetensors"
                ]

                Expect.isFalse (File.Exists(file "x.safetensors")) "nothing written"

                let save (path: string) kind (network: torch.nn.Module) =
                    ModelFile.Save(
                        path,
                        network,
                        ModelCard(
                            Kind = kind,
                            Network = options,
                            EmbeddingSize = (if kind = ModelFile.EncoderKind then 256 else 0),
                            Preparation = Data.PrepareOptions(Size = 32),
                            DataFingerprint = "none",
                            Split = null,
                            Profile = "custom",
                            Seed = 0L,
                            Run = "none",
                            Origin = "a failed training"
                        )
                    )

                save (file "model.safetensors") ModelFile.SegmenterKind segmenter
                save (file "encoder.safetensors") ModelFile.EncoderKind encoder
                let data = SmallData.dataset (file "data") 8
                let scan = Path.Combine(file "data", "volume-0.nii")

                let refuse (words: string) arguments =
                    let outcome = CommandLine.run (arguments @ [ "--quiet" ])
                    Expect.equal outcome.ExitCode 2 $"exit code; errors: {outcome.Errors}"
                    Expect.stringContains outcome.Errors words "message"

                let predict = [ "predict"; "--model"; file "model.safetensors"; "--image"; scan ]
                refuse $"'{name}' (NaN in " (predict @ [ "--out"; file "mask.nii" ])
                let evaluate = [ "evaluate"; "--model"; file "model.safetensors"; "--data"; file "data" ]

                refuse
                    $"'{name}' (NaN in "
                    (evaluate @ [ "--dataset"; "lits"; "--results"; file "results"; "--part"; "all" ])

                let tune = [
                    "finetune"
                    "--encoder"
                    file "encoder.safetensors"
                    "--data"
                    file "data"
                    "--dataset"
                    "lits"
                ]

                refuse "' (infinite in " (tune @ [ "--size"; "32"; "--profile"; "smoke"; "--results"; file "results" ])
                ignore data)

        testCase "wrong files, endings and sizes are one sentence"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let file name = Path.Combine(folder, name)
                File.WriteAllText(file "notes.txt", "no weights")
                refuse "does not exist" [ "describe"; file "absent.safetensors" ]
                refuse "neither" [ "describe"; file "notes.txt" ]

                refuse "must end in .safetensors, .pth or .pt" [
                    "export"
                    file "notes.txt"
                    "--out"
                    file "model.onnx"
                ]

                refuse "multiples of 16" [ "describe"; "--backbone"; "unet"; "--size"; "40" ])
    ]
