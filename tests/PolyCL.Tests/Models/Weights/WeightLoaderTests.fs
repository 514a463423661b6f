module PolyCL.Tests.Models.Weights.WeightLoaderTests

open System
open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Models
open PolyCL.Models.Weights
open PolyCL.Tests
open PolyCL.Tests.Models
open TorchSharp

let private small () =
    new UNet(UNetOptions(Widths = [| 4; 4; 8; 8; 8 |], Kernels = UNetKernels.Plain))

let private bytesOf (network: torch.nn.Module) = [
    for pair in network.state_dict () ->
        use contiguous = pair.Value.detach().contiguous()
        pair.Key, contiguous.bytes.ToArray()
]

/// Writes tensors as .safetensors and opens them.
let private withTensors (tensors: (string * torch.Tensor) seq) (body: WeightSet -> unit) =
    TestData.withTempFolder (fun folder ->
        let path = Path.Combine(folder, "weights.safetensors")
        WeightFile.Write(path, readOnlyDict tensors)
        use weights = WeightFile.Read path
        body weights)

let private stateOf (network: torch.nn.Module) = [ for pair in network.state_dict () -> pair.Key, pair.Value ]

/// A module of one parameter.
type private Holder(name: string, shape: int64[]) as this =
    inherit torch.nn.Module("Holder")
    let value = new Modules.Parameter(torch.zeros shape)
    do this.register_parameter (name, value)
    member _.Value: torch.Tensor = value

let private linear () = torch.nn.Linear(3L, 4L)

/// Loading must fail with this in the message and leave the network as it was.
let private expectRefused (network: torch.nn.Module) weights (options: WeightLoadOptions | null) (parts: string list) =
    let before = bytesOf network

    Expect.throwsC (fun () -> WeightLoader.Load(network, weights, options) |> ignore) (fun e ->
        Expect.isTrue (e :? WeightMismatchException) "type"

        for part in parts do
            Expect.stringContains e.Message part "message")

    Expect.equal (bytesOf network) before "nothing changed"

let private corpusTests = [
    testCase "the authors' U-Net in float16 gives PyTorch's output (large corpus)"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        use weights = WeightFile.Read(NnFixture.path "statedicts/unet_half.pth")

        let expected =
            NnFixture.readNpz (NnFixture.path "statedicts/unet_half_expected.npz")

        use network = new UNet(UNetOptions(Kernels = UNetKernels.Plain))
        let report = WeightLoader.Load(network, weights)
        Expect.hasLength report.Matched 40 "matched"
        Expect.hasLength report.Converted 40 "float16 widened"
        Expect.stringContains report.Converted[0] "float16 to float32" "converted"
        Expect.all (network.parameters ()) (fun p -> p.requires_grad) "still trainable"
        network.eval ()
        let input = expected["input"].to_type torch.float32
        let output = torch.sigmoid (network.call input)
        NnFixture.within 1e-4 (NnFixture.difference output expected["seg"]) "segmentation"
        let encoder = network.Features :?> UNetEncoder
        NnFixture.within 1e-4 (NnFixture.difference (encoder.ClassOutput(encoder.call input)) expected["cls"]) "class"
        NnFixture.toType torch.float64 network
        let exact = torch.sigmoid (network.call expected["input"])
        NnFixture.within 1e-6 (NnFixture.difference exact expected["seg"]) "in float64"

    testCase "the authors' contrastive encoder gives PyTorch's projection (large corpus)"
    <| fun () ->
        use _ = torch.NewDisposeScope()

        use weights =
            WeightFile.Read(NnFixture.path "statedicts/contrastive_encoder_half.safetensors")

        let expected =
            NnFixture.readNpz (NnFixture.path "statedicts/contrastive_encoder_half_expected.npz")

        use network =
            new ContrastiveEncoder(new UNetEncoder(UNetOptions(Kernels = UNetKernels.Plain)))

        Expect.hasLength (WeightLoader.Load(network, weights).Matched) 22 "matched"
        network.eval ()
        NnFixture.toType torch.float64 network
        let projection = network.call expected["input"]
        // The file's numbers were computed in float32: PyTorch in float64 is 1.2e-6 away from them too.
        NnFixture.within 1e-5 (NnFixture.difference projection expected["projection"]) "projection"
        let stage = network.Features.call expected["input"] |> Array.last
        NnFixture.within 2e-5 (NnFixture.difference stage expected["conv5"]) "stage 5"

    testCase "a pre-trained encoder moved into a segmenter gives PyTorch's output, by either way (large corpus)"
    <| fun () ->
        use _ = torch.NewDisposeScope()

        use encoder =
            WeightFile.Read(NnFixture.path "statedicts/contrastive_encoder_half.safetensors")

        use decoder = WeightFile.Read(NnFixture.path "statedicts/decoder_half.safetensors")
        let expected = NnFixture.readNpz (NnFixture.path "statedicts/transfer_expected.npz")
        let options = UNetOptions(Kernels = UNetKernels.Plain)
        let decoderOnly = WeightLoadOptions(TargetPrefix = "decoder.")

        let check (network: UNet) =
            network.eval ()
            NnFixture.toType torch.float64 network
            let output = torch.sigmoid (network.call expected["input"])
            NnFixture.within 1e-6 (NnFixture.difference output expected["seg"]) "segmentation"

        use byLoader = new UNet(options)

        let encoderOnly =
            WeightLoadOptions(
                TargetPrefix = "encoder.",
                IgnoreInFile = [| "projHead." |],
                KeepInNetwork = [| "encoder.fc." |]
            )

        let report = WeightLoader.Load(byLoader, encoder, encoderOnly)
        Expect.hasLength report.Matched 20 "encoder"

        Expect.equal
            (Set report.LeftOut)
            (Set [ "projHead.weight"; "projHead.bias"; "encoder.fc.weight"; "encoder.fc.bias" ])
            "left out"

        WeightLoader.Load(byLoader, decoder, decoderOnly) |> ignore
        check byLoader
        use pretrained = new ContrastiveEncoder(new UNetEncoder(options))
        WeightLoader.Load(pretrained, encoder) |> ignore
        use byTaking = new UNet(options)
        byTaking.TakeEncoder pretrained |> ignore
        WeightLoader.Load(byTaking, decoder, decoderOnly) |> ignore
        check byTaking
]

let private roundTripTests = [
    testCase "save, load: the same weights and the same output"
    <| fun () ->
        TestData.withTempFolder (fun folder ->
            use _ = torch.NewDisposeScope()
            let path = Path.Combine(folder, "net.safetensors")
            use first = small ()
            use second = small ()
            WeightFile.Write(path, first, readOnlyDict [ "profile", "smoke" ])
            use weights = WeightFile.Read path
            let report = WeightLoader.Load(second, weights)
            Expect.isTrue report.Fits "fits"
            Expect.isEmpty report.Converted "nothing converted"
            Expect.equal (bytesOf second) (bytesOf first) "weights"
            first.eval ()
            second.eval ()
            let input = torch.rand (1L, 1L, 32L, 32L)
            Expect.equal (second.call(input).bytes.ToArray()) (first.call(input).bytes.ToArray()) "output")

    testCase "parameters stay the same objects, trainable or frozen as they were"
    <| fun () ->
        use source = small ()
        use target = small ()
        let objects = target.parameters () |> Array.ofSeq
        objects[0].requires_grad <- false

        withTensors (stateOf source) (fun weights ->
            WeightLoader.Load(target, weights) |> ignore
            let after = target.parameters () |> Array.ofSeq
            Expect.isTrue (Array.forall2 (fun a b -> Object.ReferenceEquals(a, b)) objects after) "objects"
            Expect.isFalse after[0].requires_grad "frozen stays frozen"
            Expect.all (Seq.tail after) (fun p -> p.requires_grad) "trainable stays trainable")

    testCase "a channels-last parameter is filled element by element"
    <| fun () ->
        use source = torch.nn.Conv2d(2L, 3L, 3L)
        use target = torch.nn.Conv2d(2L, 3L, 3L)

        use strided =
            target.weight.detach().permute(0L, 2L, 3L, 1L).contiguous().permute(0L, 3L, 1L, 2L)

        target.weight <- new Modules.Parameter(strided)

        withTensors (stateOf source) (fun weights ->
            WeightLoader.Load(target, weights) |> ignore
            Expect.isFalse (target.weight.is_contiguous ()) "still channels-last"
            Expect.equal (bytesOf target) (bytesOf source) "values")

    testCase "loading leaves no tensor alive"
    <| fun () ->
        use source = small ()
        use target = small ()

        withTensors (stateOf source) (fun weights ->
            let before = DisposeScopeManager.Statistics.ThreadTotalLiveCount
            WeightLoader.Load(target, weights) |> ignore
            WeightLoader.Compare(target, weights) |> ignore
            Expect.equal DisposeScopeManager.Statistics.ThreadTotalLiveCount before "live tensors")
]

let private mismatchTests = [
    testCase "every kind of mismatch is reported with names and both shapes, and nothing is changed"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        use source = small ()
        use target = small ()

        let changed = [
            for name, tensor in stateOf source do
                match name with
                | "encoder.fc.bias" -> "encoder.fc.offset", tensor
                | "decoder.conv_last.bias" -> name, torch.zeros 3L
                | _ -> name, tensor
        ]

        withTensors changed (fun weights ->
            expectRefused target weights null [
                "1 missing (encoder.fc.bias)"
                "1 unexpected (encoder.fc.offset)"
                "1 of another shape or format (decoder.conv_last.bias: file float32 [3], network float32 [1])"
            ]

            let report = WeightLoader.Compare(target, weights)
            Expect.equal report.Matched.Count 38 "matched"
            Expect.isFalse report.Fits "does not fit"
            let partial = WeightLoader.Load(target, weights, WeightLoadOptions(Partial = true))
            Expect.equal (List.ofSeq partial.Matched) (List.ofSeq report.Matched) "taken")

    for shape in [ [| 1L; 3L |]; [| 3L |]; [| 1L |]; [| 4L; 1L |]; [| 3L; 4L |]; [| 12L |] ] do
        testCase $"a weight of shape %A{shape} is never broadcast or reshaped into [4, 3]"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use target = linear ()

            withTensors [ "weight", torch.zeros shape; "bias", torch.zeros 4L ] (fun weights ->
                expectRefused target weights null [ "network float32 [4, 3]" ])

    testCase "narrowing is refused unless allowed; integers never become floats"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        use target = linear ()

        let tensors dtype = [
            "weight", torch.ones(4L, 3L).to_type dtype
            "bias", torch.ones(4L).to_type dtype
        ]

        withTensors (tensors torch.float64) (fun weights ->
            expectRefused target weights null [ "file float64 [4, 3], network float32 [4, 3]" ]

            let report =
                WeightLoader.Load(target, weights, WeightLoadOptions(AllowNarrowing = true))

            Expect.contains report.Converted "weight: float64 to float32" "reported")

        withTensors (tensors torch.int64) (fun weights ->
            expectRefused target weights (WeightLoadOptions(AllowNarrowing = true)) [ "file int64" ])

    for from in [ torch.float16; torch.bfloat16 ] do
        testCase $"{from} is widened exactly"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use target = linear ()
            let weight = torch.rand(4L, 3L).to_type from

            withTensors [ "weight", weight; "bias", torch.zeros(4L).to_type from ] (fun weights ->
                WeightLoader.Load(target, weights) |> ignore
                let wanted = weight.to_type torch.float32
                Expect.equal (target.weight.detach().bytes.ToArray()) (wanted.bytes.ToArray()) "values")

    testCase "nothing in common is refused even when partial"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        use target = linear ()

        withTensors [ "other", torch.zeros 2L ] (fun weights ->
            expectRefused target weights (WeightLoadOptions(Partial = true)) [ "2 missing"; "1 unexpected" ])
]

let private nestedTests = [
    testCase "DataParallel's 'module.' is taken off, and the report says so"
    <| fun () ->
        use source = small ()
        use target = small ()

        withTensors (stateOf source |> List.map (fun (name, x) -> $"module.{name}", x)) (fun weights ->
            let report = WeightLoader.Load(target, weights)
            Expect.equal report.StrippedPrefix "module." "prefix"
            Expect.equal (bytesOf target) (bytesOf source) "weights"
            expectRefused target weights (WeightLoadOptions(StripPrefix = "")) [ "40 missing" ])

    testCase "the dictionary that fits is found in a nested checkpoint"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        use weights = WeightFile.Read(NnFixture.path "loader/training_checkpoint.pth")
        use target = new Holder("a", [| 4L; 6L |])
        let report = WeightLoader.Load(target, weights)
        Expect.equal report.Section "model" "dictionary"
        Expect.equal (target.Value.sum().ToDouble()) 276.0 "values"
        let wrong = WeightLoadOptions(Section = "ema")
        expectRefused target weights wrong [ "has no dictionary of tensors 'ema'"; "'model'" ]

    testCase "a file that does not hold the network's names at all lists what is missing"
    <| fun () ->
        use weights = WeightFile.Read(NnFixture.path "statedicts/checkpoint_nested.pth")
        use target = linear ()
        expectRefused target weights null [ "2 missing (weight, bias)" ]
]

[<Tests>]
let tests =
    testSequenced
    <| testList "Models.Weights.WeightLoader" (corpusTests @ roundTripTests @ mismatchTests @ nestedTests)
