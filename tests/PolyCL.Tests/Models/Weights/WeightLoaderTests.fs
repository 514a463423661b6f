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

let private strippedOf (report: WeightReport) =
    report.Stripped
    |> Seq.map (fun entry -> entry.Key, entry.Value)
    |> Seq.sort
    |> List.ofSeq

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
            Expect.equal (strippedOf report) [ "module.", 40 ] "prefix"
            Expect.equal (List.ofSeq report.Notes) [ "'module.' was taken off 40 names" ] "note"
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

/// What people's savers make of a name of the segmenter, and what is to be taken off.
let private wrappings: (string * (string -> string) * (string * int) list) list = [
    "torch.compile", (fun name -> $"_orig_mod.{name}"), [ "_orig_mod.", 40 ]
    "compile within DataParallel", (fun name -> $"module._orig_mod.{name}"), [ "module._orig_mod.", 40 ]
    "DataParallel within compile", (fun name -> $"_orig_mod.module.{name}"), [ "_orig_mod.module.", 40 ]
    "Lightning's attribute", (fun name -> $"model.{name}"), [ "model.", 40 ]
    "nested attributes", (fun name -> $"net.model.{name}"), [ "net.model.", 40 ]
    "a compiled attribute", (fun name -> $"model._orig_mod.{name}"), [ "model._orig_mod.", 40 ]
    "an attribute named as a part", (fun name -> $"encoder.{name}"), [ "encoder.", 40 ]
    "one part compiled", (fun name -> name.Replace("encoder.", "encoder._orig_mod.")), [ "_orig_mod.", 22 ]
    "one part compiled within an attribute",
    (fun name -> "model." + name.Replace("decoder.", "decoder._orig_mod.")),
    [ "model.", 22; "model._orig_mod.", 18 ]
    "a mixture",
    (fun name ->
        if name.StartsWith "decoder." then
            $"net.{name}"
        else
            $"module.{name}"),
    [ "module.", 22; "net.", 18 ]
]

let private savedTests = [
    for what, wrap, taken in wrappings do
        testCase $"{what}: the names are found, and the report says what was taken off"
        <| fun () ->
            use source = small ()
            use target = small ()

            withTensors (stateOf source |> List.map (fun (name, x) -> wrap name, x)) (fun weights ->
                let report = WeightLoader.Load(target, weights)
                Expect.isTrue report.Fits "fits"
                Expect.equal (strippedOf report) taken "taken off"
                Expect.equal (bytesOf target) (bytesOf source) "weights")

    testCase "an encoder under Lightning's 'encoder.' is found, its head beside it"
    <| fun () ->
        let create () =
            new ContrastiveEncoder(new UNetEncoder(UNetOptions(Widths = [| 4; 4; 8; 8; 8 |])))

        use source = create ()
        use target = create ()

        let wrapped = [
            for name, x in stateOf source ->
                (if name.StartsWith "projHead." then
                     name
                 else
                     $"encoder.{name}"),
                x
        ]

        withTensors wrapped (fun weights ->
            let report = WeightLoader.Load(target, weights)
            Expect.equal (strippedOf report) [ "encoder.", 20 ] "taken off"
            Expect.equal (bytesOf target) (bytesOf source) "weights")

    testCase "only what leads to a name of the network is taken off"
    <| fun () ->
        use source = small ()
        use target = small ()

        let extra = [ "model.loss.weight", torch.zeros 1L; "ema.model.x", torch.zeros 1L ]

        withTensors ((stateOf source |> List.map (fun (name, x) -> $"model.{name}", x)) @ extra) (fun weights ->
            expectRefused target weights null [ "2 unexpected (ema.model.x, model.loss.weight)" ]
            let report = WeightLoader.Load(target, weights, WeightLoadOptions(Partial = true))
            Expect.hasLength report.Matched 40 "the rest fits")

    testCase "two tensors for one name are refused with both names"
    <| fun () ->
        use target = linear ()
        use _ = torch.NewDisposeScope()

        withTensors
            [
                "model.weight", torch.zeros (4L, 3L)
                "net.weight", torch.zeros (4L, 3L)
                "bias", torch.zeros 4L
            ]
            (fun weights ->
                expectRefused target weights null [ "two tensors for 'weight': 'model.weight' and 'net.weight'" ])

    testCase "a name of a thousand wrappers is refused, not unrolled"
    <| fun () ->
        use target = linear ()
        use _ = torch.NewDisposeScope()
        let deep = String.replicate 300 "net." + "weight"

        withTensors [ deep, torch.zeros (4L, 3L); "bias", torch.zeros 4L ] (fun weights ->
            expectRefused target weights null [ "1 missing (weight)" ])

    testCase "float64 converts when narrowing is allowed, with a note; numbers beyond float32 are refused by name"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        use target = linear ()
        let allowed = WeightLoadOptions(AllowNarrowing = true)
        let weight = torch.arange(12L, dtype = torch.float64).reshape(4L, 3L)

        withTensors [ "weight", weight; "bias", torch.zeros (4L, dtype = torch.float64) ] (fun weights ->
            let report = WeightLoader.Load(target, weights, allowed)
            Expect.equal (List.ofSeq report.Notes) [ "2 tensors converted from float64 to float32" ] "note"
            Expect.equal (target.weight.detach().data<float32>().ToArray()) (Array.init 12 float32) "values")

        let large = weight.clone ()
        large[1L, 1L] <- torch.tensor (1e300, torch.float64)

        withTensors [ "weight", large; "bias", torch.zeros (4L, dtype = torch.float64) ] (fun weights ->
            expectRefused target weights allowed [ "'weight' (numbers beyond float32)" ])

    for what, counter, note in
        [
            "missing", None, "1 tensor adapted: a counter the file lacks, left as it was"
            "of one dimension", Some(torch.tensor ([| 5L |])), "1 tensor adapted: int64 [1] read as int64 []"
            "a float", Some(torch.tensor (5.0f)), "1 tensor adapted: float32 [] read as int64 []"
            "a float of one dimension", Some(torch.tensor ([| 5.0 |])), "1 tensor adapted: float64 [1] read as int64 []"
            "an int32", Some(torch.tensor (5)), "1 tensor adapted: int32 [] read as int64 []"
        ] do
        testCase $"a batch norm's counter that is {what} is accepted, with a note"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use target = torch.nn.BatchNorm2d 3L

            let numbers = [
                "weight", torch.ones 3L
                "bias", torch.zeros 3L
                "running_mean", torch.full ([| 3L |], 0.5f.ToScalar())
                "running_var", torch.ones 3L
            ]

            let tensors =
                numbers
                @ (counter |> Option.map (fun x -> "num_batches_tracked", x) |> Option.toList)

            withTensors tensors (fun weights ->
                let report = WeightLoader.Load(target, weights)
                Expect.isTrue report.Fits "fits"
                Expect.equal (List.ofSeq report.Notes) [ note ] "note"
                let wanted = if counter.IsSome then 5L else 0L
                let state = target.state_dict ()
                Expect.equal (state["num_batches_tracked"].ToInt64()) wanted "counter"
                let mean = state["running_mean"].data<float32>().ToArray()
                Expect.equal mean (Array.create 3 0.5f) "mean")

            withTensors (List.filter (fun (name, _) -> name <> "running_mean") tensors) (fun weights ->
                expectRefused target weights null [ "running_mean" ])

    testCase "a counter of several numbers is refused"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        use target = torch.nn.BatchNorm2d 3L

        let state =
            stateOf target |> List.filter (fun (name, _) -> name <> "num_batches_tracked")

        withTensors (("num_batches_tracked", torch.zeros (2L, dtype = torch.int64)) :: state) (fun weights ->
            expectRefused target weights null [ "num_batches_tracked: file int64 [2], network int64 []" ])
]

let private finiteTests = [
    for value, what in
        [
            nanf, "NaN in 1 of 12 numbers"
            infinityf, "infinite in 1 of 12"
            -infinityf, "infinite in 1 of 12"
        ] do
        for format in [ torch.float32; torch.float16; torch.bfloat16; torch.float64 ] do
            testCase $"a weight of {value} in {format} is refused by the tensor's name, and nothing is changed"
            <| fun () ->
                use _ = torch.NewDisposeScope()
                use target = linear ()
                let weight = torch.ones (4L, 3L)
                weight[2L, 1L] <- torch.tensor value
                let tensors = [ "module.weight", weight.to_type format; "module.bias", torch.ones 4L ]

                withTensors tensors (fun weights ->
                    expectRefused target weights (WeightLoadOptions(AllowNarrowing = true)) [
                        "weights that are not finite"
                        $"'module.weight' ({what}"
                        "give a file saved before its training failed"
                    ])

    testCase "all tensors at fault are counted, three are named"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        use target = small ()
        let bad (x: torch.Tensor) = torch.full_like (x, nanf.ToScalar())

        withTensors (stateOf target |> List.map (fun (name, x) -> name, bad x)) (fun weights ->
            expectRefused target weights null [ "'decoder.conv_last.bias' (NaN in 1 of 1 numbers), "; "and 37 more" ])

    testCase "a tensor that is not loaded may hold NaN"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        use target = linear ()

        withTensors (("other", torch.tensor nanf) :: stateOf target) (fun weights ->
            WeightLoader.Load(target, weights, WeightLoadOptions(IgnoreInFile = [| "other" |]))
            |> ignore)
]

[<Tests>]
let tests =
    testSequenced
    <| testList
        "Models.Weights.WeightLoader"
        (corpusTests
         @ roundTripTests
         @ mismatchTests
         @ nestedTests
         @ savedTests
         @ finiteTests)
