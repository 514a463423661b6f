/// Whole training loops of this project's networks, losses and schedule against the authors' loops (fixtures/nn/optim/loops.json).
module PolyCL.Tests.Training.LoopParityTests

open System.Text.Json
open Expecto
open PolyCL.Losses
open PolyCL.Models
open PolyCL.Training
open PolyCL.Tests.Models
open TorchSharp

let private loops = lazy (NnFixture.readJson (NnFixture.path "optim/loops.json"))

let private readInputs () =
    NnFixture.readNpz (NnFixture.path "optim/loops_inputs.npz")

let private number (entry: JsonElement) (key: string) = entry.GetProperty(key).GetInt32()

/// What the fixture and the network's number format allow.
type private Tolerance = { Loss: float; Parameters: float }

/// Runs epochs × batches Adam steps and gives the losses and rates.
let private train (entry: JsonElement) (schedule: LearningRateSchedule) (network: torch.nn.Module) loss =
    let batches = number entry "batches"
    use optimiser = torch.optim.Adam(network.parameters (), lr = schedule.BaseRate)

    [|
        for step in 0 .. batches * number entry "epochs" - 1 do
            use _ = torch.NewDisposeScope()
            let rate = schedule.Rate(int64 step, batches)

            for group in optimiser.ParamGroups do
                group.LearningRate <- rate

            network.zero_grad ()
            let value: torch.Tensor = loss (step % batches)
            value.backward ()
            optimiser.step () |> ignore
            value.ToDouble(), rate
    |]

/// Largest deviation of l2, sum and first entries from their summary, relative to the largest size of such a number.
let private parameterError (entry: JsonElement) (network: torch.nn.Module) =
    let expected = entry.GetProperty "params_after"

    network.named_parameters ()
    |> Seq.choose (fun struct (name, parameter) ->
        match expected.TryGetProperty name with
        | true, summary ->
            use _ = torch.NewDisposeScope()
            let values = parameter.detach().to_type(torch.float64).flatten()

            let deviation (key: string) actual =
                abs (actual - summary.GetProperty(key).GetDouble())

            let count = float (values.numel ())
            let norm = values.norm().ToDouble()

            let first =
                NnFixture.numbers (summary.GetProperty "first")
                |> Array.mapi (fun i wanted -> abs (values[int64 i].ToDouble() - wanted))
                |> Array.max

            Some(
                List.max [
                    deviation "l2" norm / norm
                    deviation "sum" (values.sum().ToDouble()) / (norm * sqrt count)
                    first / (norm / sqrt count)
                ]
            )
        | _ -> None)
    |> Seq.max

let private compare (entry: JsonElement) (tolerance: Tolerance) (steps: (float * float)[]) network =
    let worst (key: string) actual =
        Array.map2 (fun a b -> abs (a - b)) (Array.map actual steps) (NnFixture.numbers (entry.GetProperty key))
        |> Array.max

    NnFixture.within 1e-18 (worst "lr_used" snd) "rates"
    NnFixture.within tolerance.Loss (worst "loss" fst) "losses"
    NnFixture.within tolerance.Parameters (parameterError entry network) "parameters"

let private prepare dtype seed (network: torch.nn.Module) =
    NnFixture.toType dtype network
    NnFixture.fill seed network

let private pretrain kernels dtype tolerance () =
    use _ = torch.NewDisposeScope()
    let entry = loops.Value.GetProperty "pretrain"
    let inputs = readInputs ()

    use network =
        new ContrastiveEncoder(new UNetEncoder(UNetOptions(Dropout = 0.0, Kernels = kernels)))

    prepare dtype (number entry "weights_seed") network

    let schedule =
        LearningRateSchedule(BaseRate = entry.GetProperty("base_lr").GetDouble())

    let tau = 1.0 / float (number entry "batch")

    let steps =
        train entry schedule network (fun batch ->
            let embed (set: string) =
                network.call (inputs[$"pretrain.{batch}.{set}"].to_type dtype)

            ContrastiveLoss.PolyCl(embed "anchor", embed "positive", embed "negative", tau))

    compare entry tolerance steps network
    network.eval ()
    let embedding = network.call (inputs["pretrain.0.anchor"].to_type dtype)

    let expected = [|
        for row in entry.GetProperty("embedding_after_first8").EnumerateArray() -> NnFixture.numbers row
    |]

    let expected = torch.tensor(Array.concat expected).reshape(4L, 8L)

    NnFixture.within
        (tolerance.Parameters * 10.0)
        (NnFixture.difference (embedding.narrow (1, 0L, 8L)) expected)
        "embedding"

let private finetune case rule kernels dtype tolerance () =
    use _ = torch.NewDisposeScope()
    let entry = loops.Value.GetProperty(case: string)
    let inputs = readInputs ()
    use network = new UNet(UNetOptions(Dropout = 0.0, Kernels = kernels))
    prepare dtype (number entry "weights_seed") network

    let schedule =
        LearningRateSchedule(Rule = rule, BaseRate = entry.GetProperty("base_lr").GetDouble())

    let steps =
        train entry schedule network (fun batch ->
            let array (set: string) =
                inputs[$"finetune.{batch}.{set}"].to_type dtype

            DiceLoss.OfLogits(network.call (array "x"), array "y"))

    compare entry tolerance steps network

let private double = { Loss = 1e-12; Parameters = 1e-12 }

/// float32: differences grow two- to tenfold a step, and near ties in max-pooling fall differently from one CPU to another. The fixture's
/// machine ended 7e-7 from float64; PyTorch 2.6 on an AVX2 machine ends 1.4e-4 away, with the very losses of this project.
let private pretrainSingle = { Loss = 1e-3; Parameters = 1e-3 }

let private finetuneSingle = { Loss = 1e-3; Parameters = 2e-2 }

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.LoopParity" [
        testCase "pre-training in float64 equals the authors' loop" (pretrain UNetKernels.Plain torch.float64 double)

        for kernels in [ UNetKernels.Plain; UNetKernels.Fused ] do
            testCase
                $"pre-training in float32 follows it, {kernels} kernels"
                (pretrain kernels torch.float32 pretrainSingle)

        for case, rule in
            [
                "finetune_authors_loop", LearningRateRule.AuthorsFineTuning
                "finetune_per_batch_schedule", LearningRateRule.CosineRestarts
            ] do
            testCase
                $"{case} in float64 equals the reference"
                (finetune case rule UNetKernels.Plain torch.float64 double)

            for kernels in [ UNetKernels.Plain; UNetKernels.Fused ] do
                testCase
                    $"{case} in float32 follows it, {kernels} kernels"
                    (finetune case rule kernels torch.float32 finetuneSingle)
    ]
