/// Whole networks with the fused kernels: agreement, masks, bits, memory.
module PolyCL.Tests.Models.Fused.FusedUNetTests

open System
open Expecto
open PolyCL.Models
open PolyCL.Models.Fused
open PolyCL.Tests.Models
open TorchSharp

let private make kernels precision =
    torch.manual_seed 8L |> ignore
    new UNet(UNetOptions(Widths = [| 16; 32; 16; 32; 48 |], Kernels = kernels, Precision = precision))

/// One step's logits and gradients in float64, by name; its number draws the images and the masks.
let private step (network: UNet) training (number: int64) =
    use _ = torch.NewDisposeScope()
    network.train training
    network.SetDropoutKey(2L, number)
    network.zero_grad ()
    torch.manual_seed number |> ignore
    let dtype = (Seq.head (network.parameters ())).dtype
    let input = torch.rand([| 3L; 1L; 64L; 32L |]).to_type dtype
    let truth = torch.rand([| 3L; 1L; 64L; 32L |]).gt(0.7.ToScalar()).to_type dtype
    let logits = network.call input
    let loss = NnFixture.diceLoss (torch.sigmoid logits) truth
    loss.backward ()

    let values (t: torch.Tensor) =
        t.detach().to_type(torch.float64).cpu().contiguous().data<float>().ToArray()

    [
        "logits", values logits
        for struct (name, parameter) in network.named_parameters () do
            match parameter.grad with
            | null -> ()
            | gradient -> name, values gradient
    ]

let private worst (ours: float array) (theirs: float array) =
    let largest = theirs |> Array.map abs |> Array.max

    Array.map2 (fun a b -> abs (a - b)) ours theirs
    |> Array.max
    |> (fun d -> d / largest)

let private beforeNorm (name: string) =
    name.Contains "dconv" && name.EndsWith "bias"

let private withThreads threads body =
    let before = torch.get_num_threads ()

    try
        torch.set_num_threads threads
        body ()
    finally
        torch.set_num_threads before

[<Tests>]
let tests =
    testSequenced
    <| testList "Models.Fused.UNet" [
        for training in [ true; false ] do
            let mode =
                if training then
                    "training, with the same dropout masks"
                else
                    "evaluation"

            testCase $"equals the plain network in {mode}"
            <| fun () ->
                use fused = make UNetKernels.Fused ComputePrecision.Full
                use plain = make UNetKernels.Plain ComputePrecision.Full
                NnFixture.toType torch.float64 plain

                let errors number =
                    let theirs = dict (step plain training number)

                    [
                        for name, ours in step fused training number do
                            Expect.isFalse (beforeNorm name) $"{name} has no gradient"
                            name, worst ours theirs[name]
                    ]

                let all = List.map errors [ 1L .. 7L ]

                for errors in all do
                    Expect.isLessThan (snd errors.Head) 1e-5 "logits"

                // Where a value lies within float32's rounding of 0, Leaky ReLU's slope is a matter of luck, in torch's own float32 as well
                // (2.5e-3 at the worst weight of such a batch); most batches have none.
                let gradients =
                    all
                    |> List.map (fun errors -> errors.Tail |> List.map snd |> List.max)
                    |> List.sort

                Expect.isLessThan gradients[3] 1e-4 $"median of the largest gradient errors {gradients}"

        testCase "bfloat16 gives float32 logits near the exact ones and float32 gradients that point the same way"
        <| fun () ->
            use fused = make UNetKernels.Fused ComputePrecision.BFloat16
            use plain = make UNetKernels.Plain ComputePrecision.Full
            NnFixture.toType torch.float64 plain

            let cosine (a: float array) (b: float array) =
                let dot x y = Array.sum (Array.map2 (*) x y)
                dot a b / sqrt (dot a a * dot b b)

            // torch's operations in bfloat16 reach 0.90 to 0.95 at the worst weight of this small network.
            for number in [ 3L; 4L; 5L ] do
                let exact = dict (step plain true number)

                for name, ours in step fused true number do
                    let least = if name = "logits" then 0.999 else 0.85
                    Expect.isGreaterThan (cosine ours exact[name]) least name

            for parameter in fused.parameters () do
                match parameter.grad with
                | null -> ()
                | gradient -> Expect.equal gradient.dtype torch.float32 "gradient on the float32 parameter"

        testCase "bfloat16 works on the plain path too"
        <| fun () ->
            use plain = make UNetKernels.Plain ComputePrecision.BFloat16
            use exact = make UNetKernels.Plain ComputePrecision.Full
            let ours, theirs = step plain false 3L, step exact false 3L
            Expect.isLessThan (worst (snd ours.Head) (snd theirs.Head)) 0.1 "logits"

        testCase "bfloat16 contrastive embeddings are float32 and near the exact ones"
        <| fun () ->
            use _ = torch.NewDisposeScope()

            let embed precision =
                torch.manual_seed 8L |> ignore

                use network =
                    new ContrastiveEncoder(new UNetEncoder(UNetOptions(Precision = precision)), 32)

                network.eval ()
                torch.manual_seed 9L |> ignore
                network.call (torch.rand ([| 2L; 1L; 64L; 64L |]))

            let ours, theirs = embed ComputePrecision.BFloat16, embed ComputePrecision.Full
            Expect.equal ours.dtype torch.float32 "type"
            let similarity = torch.nn.functional.cosine_similarity (ours, theirs, 1L, 1e-8)
            Expect.isGreaterThan (similarity.min().ToDouble()) 0.99 "similarity"

        for precision in [ ComputePrecision.Full; ComputePrecision.BFloat16 ] do
            testCase $"gives the same bits on 1, 2 and 3 threads and again ({precision})"
            <| fun () ->
                use network = make UNetKernels.Fused precision

                let bits threads =
                    withThreads threads (fun () -> step network true 5L)

                let first = bits 1
                Expect.equal (bits 2) first "two threads"
                Expect.equal (bits 3) first "three threads"
                Expect.equal (bits 2) first "again"

        testCase "a frozen encoder changes no gradient of the decoder"
        <| fun () ->
            use network = make UNetKernels.Fused ComputePrecision.Full

            let decoder () =
                step network true 4L |> List.filter (fun (name, _) -> name.StartsWith "decoder")

            let free = decoder ()

            for parameter in network.Features.parameters () do
                parameter.requires_grad_ false |> ignore

            Expect.equal (decoder ()) free "bits"

        testCase "gradients may be asked for twice"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use network = make UNetKernels.Fused ComputePrecision.Full
            let input = torch.rand ([| 1L; 1L; 32L; 32L |])
            let loss = network.call(input).square().mean()
            let weight = network.parameters () |> Seq.head

            let gradient () =
                torch.autograd.grad([| loss |], [| weight |], retain_graph = true)[0]

            let first, second = gradient (), gradient ()
            Expect.isTrue (first.equal(second).all().ToBoolean()) "bits"

        testCase "three hundred steps leave no tensor alive and memory flat"
        <| fun () ->
            use network = make UNetKernels.Fused ComputePrecision.Full

            let run (number: int64) =
                step network true number |> ignore
                // A forward whose graph is thrown away without a backward must not stay either.
                use _ = torch.NewDisposeScope()
                network.call (torch.rand ([| 1L; 1L; 32L; 32L |])) |> ignore

            for number in 1L .. 20L do
                run number

            let memory () =
                GC.Collect()
                GC.WaitForPendingFinalizers()
                Diagnostics.Process.GetCurrentProcess().WorkingSet64 >>> 20

            let live = DisposeScopeManager.Statistics.ThreadTotalLiveCount

            let used, waiting, resident =
                TensorPool.UsedBytes, TensorPool.WaitingBytes, memory ()

            for number in 21L .. 320L do
                run number

            Expect.equal DisposeScopeManager.Statistics.ThreadTotalLiveCount live "live tensors"
            Expect.equal TensorPool.UsedBytes used "bytes in use"
            Expect.equal TensorPool.WaitingBytes waiting "bytes waiting"
            // A leak of one deepest map a step would be over 40 MiB; the runtime's own heap moves by less.
            Expect.isLessThan (memory () - resident) 32L "MiB grown"
    ]
