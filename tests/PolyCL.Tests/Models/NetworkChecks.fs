/// What holds for every network: names, counts, stages, one more tensor after a call, no tensor after training, save and load.
module PolyCL.Tests.Models.NetworkChecks

open System
open System.IO
open Expecto
open PolyCL.Models
open PolyCL.Models.Weights
open PolyCL.Tests
open TorchSharp

type Network = torch.nn.Module<torch.Tensor, torch.Tensor>

let parameterCount (network: torch.nn.Module) =
    network.parameters () |> Seq.sumBy (fun p -> p.numel ())

/// The state dictionary's names and shapes are those of a case of models.json.
let expectEntries (case: string) (network: torch.nn.Module) =
    let expected =
        (NnFixture.modelCase case).GetProperty("entries").EnumerateArray()
        |> Seq.map (fun entry ->
            string (entry[0].GetString()), List.map int64 (List.ofArray (NnFixture.numbers entry[1])))
        |> set

    let actual =
        network.state_dict ()
        |> Seq.map (fun e -> e.Key, List.ofArray e.Value.shape)
        |> set

    Expect.isEmpty (expected - actual) "entries of the reference alone"
    Expect.isEmpty (actual - expected) "entries of ours alone"

/// A new network's norms have weights 1, biases 0 and clean statistics; no entry is without a value.
let expectCleanStart (network: torch.nn.Module) =
    for entry in network.state_dict () do
        use _ = torch.NewDisposeScope()
        let values = entry.Value.to_type torch.float64
        Expect.isTrue (values.isfinite().all().ToBoolean()) $"{entry.Key} finite"

        let all (value: float) =
            Expect.equal (values.min().ToDouble(), values.max().ToDouble()) (value, value) entry.Key

        let isNorm =
            Text.RegularExpressions.Regex.IsMatch(
                entry.Key,
                @"(bn|gn|norm|downsample\.1|conv_more\.1|conv\d\.1)[^.]*\.\w+$"
            )

        if isNorm && entry.Key.EndsWith "weight" || entry.Key.EndsWith "running_var" then
            all 1.0
        elif isNorm then
            all 0.0

/// Compares feature maps with the stored means and corners of stages 1 to 5.
let expectStages
    (arrays: System.Collections.Generic.IDictionary<string, torch.Tensor>)
    tolerance
    (features: torch.Tensor[])
    =
    for stage in 1..5 do
        let feature = features[stage - 1]
        let mean = feature.mean [| 2L; 3L |]
        NnFixture.within tolerance (NnFixture.difference mean arrays[$"conv{stage}_mean"]) $"mean of stage {stage}"
        let corner = arrays[$"conv{stage}_corner"]
        let size = corner.shape[2]
        let ours = feature.narrow(2, 0L, size).narrow(3, 0L, size)
        NnFixture.within tolerance (NnFixture.difference ours corner) $"corner of stage {stage}"

/// Compares float32 logits with every eighth pixel and the mean, spread and range per channel.
let expectSummary (arrays: System.Collections.Generic.IDictionary<string, torch.Tensor>) (logits: torch.Tensor) =
    let close (name: string) actual =
        NnFixture.within 1e-4 (NnFixture.difference actual arrays[name]) name

    let pixels = logits.flatten 2
    close "every8" (logits.slice(2, 0, logits.shape[2], 8).slice(3, 0, logits.shape[3], 8))
    close "mean" (pixels.mean [| 2L |])
    close "std" (pixels.std (2L, false))
    close "min" (pixels.amin [| 2L |])
    close "max" (pixels.amax [| 2L |])

let private live () =
    DisposeScopeManager.Statistics.ThreadTotalLiveCount

/// One step: forward, a scalar of the output, backward, a change of the parameters.
let private step (setKey: int64 -> unit) (network: Network) (input: torch.Tensor) number =
    setKey number
    use _ = torch.NewDisposeScope()
    network.zero_grad ()
    network.call(input).square().mean().backward()
    use _ = torch.no_grad ()

    for p in network.parameters () do
        match p.grad with
        | null -> ()
        | gradient -> p.add_ (gradient * (-1e-3).ToScalar()) |> ignore

/// A call leaves one tensor, and construct, three steps, dispose leave none. torch makes some things once: the first round is not counted.
/// Each of torch's own convolutions leaves a handle of its bias behind when it is made; a scope around the making takes these away.
let expectNoLeak (create: unit -> Network) (setKey: Network -> int64 -> unit) (size: int64) =
    use input = torch.rand (2L, 1L, size, size)

    let made () =
        use _ = torch.NewDisposeScope()
        create ()

    let round () =
        let network = made ()

        for number in 0L .. 2L do
            step (setKey network) network input number

        let before = live ()
        let output = network.call input
        Expect.equal (live () - before) 1L "one tensor after a call"
        output.Dispose()
        network.Dispose()

    round ()
    let before = live ()
    round ()
    Expect.equal (live ()) before "tensors after construct, train, dispose"

/// Trained a little, saved and loaded into a new network, the outputs are the same bits.
let expectSameAfterLoading (create: unit -> Network) (size: int64) =
    TestData.withTempFolder (fun folder ->
        use _ = torch.NewDisposeScope()
        let path = Path.Combine(folder, "network.safetensors")
        torch.manual_seed 1L |> ignore
        use first = create ()
        let input = torch.rand (2L, 1L, size, size)
        // A pass in training moves running statistics, which must travel too.
        first.train ()
        first.call input |> ignore
        first.eval ()
        let wanted = first.call(input).data<float32>().ToArray()
        WeightFile.Write(path, first)
        torch.manual_seed 2L |> ignore
        use second = create ()
        second.eval ()
        Expect.notEqual (second.call(input).data<float32>().ToArray()) wanted "before loading"
        use weights = WeightFile.Read path
        Expect.isTrue (WeightLoader.Load(second, weights).Fits) "fits"
        Expect.equal (second.call(input).data<float32>().ToArray()) wanted "after loading")

/// In bfloat16 outputs stay near those in float32, and every parameter that has a gradient in float32 has one, finite.
let expectBFloat16 (options: NetworkOptions) (size: int64) tolerance =
    use _ = torch.NewDisposeScope()
    let input = torch.rand (2L, 1L, size, size)

    let run (options: NetworkOptions) =
        torch.manual_seed 3L |> ignore
        let network = options.CreateSegmenter()
        network.eval ()
        let output = network.call input
        output.square().mean().backward()
        network, output

    let full, wanted = run options
    let half, output = run (options.WithPrecision ComputePrecision.BFloat16)
    use _ = full
    use _ = half
    Expect.equal output.dtype torch.float32 "logits are float32"
    let size = wanted.square().mean().sqrt().ToDouble()
    NnFixture.within tolerance ((output - wanted).abs().mean().ToDouble() / size) "mean deviation by size"
    Expect.notEqual (output.data<float32>().ToArray()) (wanted.data<float32>().ToArray()) "it is another computation"

    for struct (name, p) in half.named_parameters () do
        match p.grad with
        | null -> Expect.isNull (nonNull (full.get_parameter name)).grad $"{name} has no gradient in float32 either"
        | gradient -> Expect.isTrue (gradient.isfinite().all().ToBoolean()) $"{name} finite"
