module PolyCL.Tests.Models.ResUNetTests

open System
open System.Collections.Generic
open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Models
open PolyCL.Models.Weights
open PolyCL.Tests
open PolyCL.Tests.Models.NetworkChecks
open TorchSharp

let private plain = ResUNetOptions(Kernels = UNetKernels.Plain)
let private imageNetWidths: int[] = [| 64; 64; 128; 256; 512 |]
let private small: int[] = [| 16; 16; 16; 32; 32 |]

let private setKey (network: Network) step =
    (network :?> Segmenter).SetDropoutKey(1L, step)

let private prepared seed (dtype: torch.ScalarType) (network: torch.nn.Module) =
    NnFixture.toType dtype network
    NnFixture.fill seed network
    network.eval ()

let private evaluate (options: ResUNetOptions) (dtype: torch.ScalarType) tolerance gradientTolerance () =
    use _ = torch.NewDisposeScope()
    let arrays = NnFixture.readNpz (NnFixture.path "models/resunet.npz")
    use network = new ResUNet(options)
    prepared 1004 dtype network
    let input = arrays["input"].to_type dtype
    let probabilities = torch.sigmoid (network.call input)
    NnFixture.within tolerance (NnFixture.difference probabilities arrays["seg"]) "segmentation"
    let features = network.Features.call input
    expectStages arrays tolerance features
    let cls = (network.Features :?> ResUNetEncoder).ClassOutput features
    NnFixture.within tolerance (NnFixture.difference cls arrays["cls"]) "class output"
    let loss = NnFixture.diceLoss probabilities (arrays["target"].to_type dtype)
    loss.backward ()
    NnFixture.expectGradients "models/resunet_grads.json" gradientTolerance network

let private train (dtype: torch.ScalarType) tolerance () =
    use _ = torch.NewDisposeScope()
    let arrays = NnFixture.readNpz (NnFixture.path "models/resunet_train.npz")

    use network =
        new ResUNet(ResUNetOptions(Dropout = 0.0, Kernels = UNetKernels.Plain))

    prepared 1005 dtype network
    network.train ()
    let probabilities = torch.sigmoid (network.call (arrays["input"].to_type dtype))
    NnFixture.within tolerance (NnFixture.difference probabilities arrays["seg"]) "segmentation"
    let state = network.state_dict ()

    for ours, theirs in [ "bn1", "bn1"; "layer4.1.bn2", "l4_bn2" ] do
        for statistic in [ "running_mean"; "running_var" ] do
            let error =
                NnFixture.difference state[$"encoder.{ours}.{statistic}"] arrays[$"{theirs}_{statistic}"]

            NnFixture.within tolerance error $"{ours} {statistic}"

    Expect.equal (state["encoder.bn1.num_batches_tracked"].ToInt64()) 8L "counted one more"

let private embed sigmoid (name: string) (dtype: torch.ScalarType) tolerance () =
    use _ = torch.NewDisposeScope()
    let arrays = NnFixture.readNpz (NnFixture.path "models/resnet_encoder_256.npz")

    use network =
        new ContrastiveEncoder(new ResUNetEncoder(ResUNetOptions(SigmoidEmbedding = sigmoid)))

    NnFixture.toType dtype network
    // Theirs is the encoder's own class head with 256 units.
    NnFixture.fillAs _.Replace("projHead", "fc.0") 1006 network
    network.eval ()
    let input = arrays["input"].to_type dtype
    NnFixture.within tolerance (NnFixture.difference (network.call input) arrays[name]) name
    expectStages arrays tolerance (network.Features.call input)

/// A torchvision ResNet-18 whose weights come from the hash.
let private writeResNet18 (path: string) =
    use _ = torch.NewDisposeScope()
    let tensors = Dictionary<string, torch.Tensor>()

    for entry in (NnFixture.modelCase "resnet18_torchvision").GetProperty("entries").EnumerateArray() do
        let name = string (entry[0].GetString())
        let shape = Array.map int64 (NnFixture.numbers entry[1])
        let values = torch.tensor(NnFixture.hashed 1007 name shape).reshape shape

        tensors[name] <-
            if name.EndsWith "num_batches_tracked" then
                values.to_type torch.int64
            else
                values

    WeightFile.Write(path, tensors)

/// The same file with one tensor changed, or left out.
let private alter (path: string) (name: string) (change: torch.Tensor -> torch.Tensor option) =
    use _ = torch.NewDisposeScope()

    let tensors =
        using (WeightFile.Read path) (fun weights ->
            dict [
                for entry in weights.Entries do
                    let tensor = weights.ReadTensor entry.FullName

                    match
                        (if entry.Name.EndsWith name then
                             change tensor
                         else
                             Some tensor)
                    with
                    | Some tensor -> "module." + entry.Name, tensor
                    | None -> ()
            ])

    WeightFile.Write(path, Dictionary tensors)

let private withResNet18 body =
    TestData.withTempFolder (fun folder ->
        let path = Path.Combine(folder, "resnet18.safetensors")
        writeResNet18 path
        body path)

[<Tests>]
let tests =
    testSequenced
    <| testList "Models.ResUNet" [
        testCase "float64 equals the authors' network in value and gradient" (evaluate plain torch.float64 1e-6 1e-9)
        testCase "float32 equals the authors' network" (evaluate plain torch.float32 1e-4 1e-3)
        testCase
            "float32 with fused kernels in the decoder equals the authors' network"
            (evaluate (ResUNetOptions()) torch.float32 1e-4 1e-3)
        testCase "training in float64 uses the batch's statistics and moves the running ones" (train torch.float64 1e-6)
        testCase "training in float32 uses the batch's statistics and moves the running ones" (train torch.float32 1e-4)
        testCase "the embedding is linear by default" (embed false "projection_linear" torch.float64 1e-6)
        testCase "the embedding has the authors' sigmoid on demand" (embed true "projection_sigmoid" torch.float64 1e-6)
        testCase "the embedding in float32" (embed false "projection_linear" torch.float32 1e-4)

        testCase "has the authors' 14,287,298 parameters under the authors' names"
        <| fun () ->
            use network = new ResUNet()
            Expect.equal (parameterCount network) 14287298L "parameters"
            Expect.equal (parameterCount network.Features) 11152865L "encoder with class head"
            expectEntries "resunet" network
            expectCleanStart network

        testCase "with a stem of 64 it has 14,314,402 parameters"
        <| fun () ->
            use network = new ResUNet(ResUNetOptions(Widths = imageNetWidths))
            Expect.equal (parameterCount network) 14314402L "parameters"
            Expect.equal (parameterCount network.Features) 11170753L "encoder with class head"

        testCase "costs 4.59 billion multiply-adds at 256×256, 4.83 with a stem of 64"
        <| fun () ->
            let cost widths =
                let cost = NetworkCost.OfSegmenter(ResUNetOptions(Widths = widths), 256)
                Math.Round(float cost.MultiplyAdds / 1e9, 2)

            Expect.equal (cost (ResUNetOptions().Widths |> Array.ofSeq)) 4.59 "stem 32"
            Expect.equal (cost imageNetWidths) 4.83 "stem 64"

        testCase
            "a torchvision ResNet-18 fills the whole encoder, and grey gives what RGB of three equal channels gives"
        <| fun () ->
            withResNet18 (fun path ->
                use _ = torch.NewDisposeScope()
                let arrays = NnFixture.readNpz (NnFixture.path "models/resnet18_torchvision.npz")

                let options =
                    ResUNetOptions(Widths = imageNetWidths, ImageNet = ImageNetWeights.FromFile path)

                use encoder = options.CreateEncoder()
                let report = nonNull (options.LoadInitialWeights encoder)
                Expect.hasLength report.Matched 119 "matched"
                Expect.hasLength report.Adapted 1 "adapted"
                Expect.isTrue report.Fits "nothing else"
                NnFixture.toType torch.float64 encoder
                encoder.eval ()
                let deepest = Array.last (encoder.call arrays["input_grey"])
                let mean = deepest.mean [| 2L; 3L |]
                NnFixture.within 1e-5 (NnFixture.difference mean arrays["grey_conv5_mean"]) "mean"
                NnFixture.within 1e-5 (NnFixture.difference deepest arrays["grey_conv5_corner"]) "map")

        testCase "the authors' stem of 32 takes 114 of its 128 entries in part, and none without being told"
        <| fun () ->
            withResNet18 (fun path ->
                let options partial =
                    ResUNetOptions(ImageNet = ImageNetWeights.FromFile(path, partial))

                use encoder = (options true).CreateEncoder()
                let report = nonNull ((options true).LoadInitialWeights encoder)
                Expect.hasLength (encoder.state_dict().Keys |> Seq.toList) 128 "entries"
                Expect.hasLength report.Matched 114 "matched"
                Expect.hasLength report.Missing 6 "the shortcut of layer1"
                Expect.hasLength report.WrongShape 6 "stem, its norm and the first convolution"

                Expect.throwsT<WeightMismatchException>
                    (fun () -> (options false).LoadInitialWeights encoder |> ignore)
                    "refused")

        testCase
            "a ResNet-18 older than the counters, or saved by DataParallel, fits; one with NaN in its stem does not"
        <| fun () ->
            withResNet18 (fun path ->
                let load () =
                    let options =
                        ResUNetOptions(Widths = imageNetWidths, ImageNet = ImageNetWeights.FromFile path)

                    use encoder = options.CreateEncoder()
                    nonNull (options.LoadInitialWeights encoder)

                alter path "num_batches_tracked" (fun _ -> None)
                let report = load ()
                Expect.isTrue report.Fits "fits"
                Expect.hasLength report.Matched 99 "119 without twenty counters"
                Expect.hasLength report.Adapted 21 "counters and stem"

                alter path "module.conv1.weight" (fun stem -> Some(stem.mul (nanf.ToScalar())))

                Expect.throwsC (load >> ignore) (fun e ->
                    Expect.isTrue (e :? WeightMismatchException) "type"
                    Expect.stringContains e.Message "module.conv1.weight' (NaN in 9408 of 9408 numbers)" "message"))

        testCase "another file than the one of the options is refused, and so is none"
        <| fun () ->
            withResNet18 (fun path ->
                let weights = ImageNetWeights.FromFile path
                File.WriteAllText(path, "changed")
                let options = ResUNetOptions(Widths = imageNetWidths, ImageNet = weights)
                use encoder = options.CreateEncoder()

                Expect.throwsC (fun () -> options.LoadInitialWeights encoder |> ignore) (fun e ->
                    Expect.stringContains e.Message "give that file" "changed")

                let json = SettingsJson.ToLine<NetworkOptions> options
                Expect.stringContains json weights.Sha256 "the digest is part of the identity"
                Expect.isFalse (json.Contains path) "the path is not"
                let read = SettingsJson.Read<NetworkOptions>(json, "card")

                Expect.throwsC (fun () -> read.LoadInitialWeights encoder |> ignore) (fun e ->
                    Expect.stringContains e.Message "give the file again" "no path"))

        testCase "one slice of 32×32 trains: where the batch has no spread, the running statistics stand in"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use network = new ResUNet(ResUNetOptions(Widths = small))
            network.train ()
            let output = network.call (torch.rand (1L, 1L, 32L, 32L))
            Expect.isTrue (output.isfinite().all().ToBoolean()) "logits"

            for entry in network.state_dict () do
                Expect.isTrue (entry.Value.isfinite().all().ToBoolean()) entry.Key

        testCase "construct, train and dispose leave no tensor"
        <| fun () ->
            expectNoLeak
                (fun () -> new ResUNet(ResUNetOptions(Widths = small, LastWidth = 16, Kernels = UNetKernels.Plain)))
                setKey
                64L

        testCase "saved and loaded it gives the same output"
        <| fun () -> expectSameAfterLoading (fun () -> new ResUNet(ResUNetOptions(Widths = small))) 64L

        testCase "bfloat16 stays near float32"
        <| fun () -> expectBFloat16 (ResUNetOptions(Widths = small, Kernels = UNetKernels.Plain)) 64L 0.05
    ]

[<Tests>]
let residualTests =
    testSequenced
    <| testList "Models.ResidualBlock" [
        for dtype, tolerance in [ torch.float64, 1e-6; torch.float32, 1e-4 ] do
            testCase $"the U-Net with the authors' residual blocks equals theirs in {dtype}"
            <| fun () ->
                use _ = torch.NewDisposeScope()
                let arrays = NnFixture.readNpz (NnFixture.path "models/unet_residual_blocks.npz")
                use network = new UNet(UNetOptions(ResidualBlocks = true))
                prepared 1003 dtype network
                let input = arrays["input"].to_type dtype
                let probabilities = torch.sigmoid (network.call input)
                NnFixture.within tolerance (NnFixture.difference probabilities arrays["seg"]) "segmentation"
                let features = network.Features.call input
                expectStages arrays tolerance features
                let cls = (network.Features :?> UNetEncoder).ClassOutput features
                NnFixture.within tolerance (NnFixture.difference cls arrays["cls"]) "class output"

        testCase "has 2,006,626 parameters under the authors' names and 3.52 billion multiply-adds"
        <| fun () ->
            let options = UNetOptions(ResidualBlocks = true)
            use network = new UNet(options)
            Expect.equal (parameterCount network) 2006626L "parameters"
            expectEntries "unet_residual_blocks" network
            let cost = NetworkCost.OfSegmenter(options, 256)
            Expect.equal cost.Parameters 2006626L "parameters counted"
            Expect.equal (Math.Round(float cost.MultiplyAdds / 1e9, 2)) 3.52 "multiply-adds"

        testCase "construct, train and dispose leave no tensor"
        <| fun () ->
            expectNoLeak
                (fun () ->
                    new UNet(
                        UNetOptions(Widths = [| 4; 4; 8; 8; 8 |], ResidualBlocks = true, Kernels = UNetKernels.Plain)
                    ))
                setKey
                32L

        testCase "bfloat16 stays near float32"
        <| fun () ->
            expectBFloat16 (UNetOptions(Widths = small, ResidualBlocks = true, Kernels = UNetKernels.Plain)) 32L 0.05
    ]
