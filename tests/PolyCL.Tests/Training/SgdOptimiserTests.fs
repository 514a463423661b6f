module PolyCL.Tests.Training.SgdOptimiserTests

open Expecto
open PolyCL.Losses
open PolyCL.Training
open PolyCL.Tests.Models
open TorchSharp

/// Six steps of a float32 layer on the same data; its numbers after them.
let private train (stepper: Modules.Parameter array -> (float -> unit)) =
    torch.manual_seed 4L |> ignore
    use network = torch.nn.Linear(6L, 5L)
    let step = stepper (network.parameters () |> Array.ofSeq)

    for i in 1..6 do
        use _ = torch.NewDisposeScope()
        torch.manual_seed (int64 i) |> ignore
        network.zero_grad ()
        // Large enough that the first norms lie above 12 and are clipped.
        let loss = (network.call (torch.rand (7L, 6L) * 40.0)).square().mean()
        loss.backward ()
        step (1e-2 / float i)

    network.parameters ()
    |> Seq.map (fun p -> p.data<float32>().ToArray())
    |> Seq.toList

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.SgdOptimiser" [
        testCase "losses, gradient norms and parameters of five clipped steps equal PyTorch's"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let arrays = NnFixture.readNpz (NnFixture.path "optim/sgd_nesterov_tiny.npz")
            let losses = arrays["loss"].data<float>().ToArray()
            let input, truth = arrays["x"], arrays["y"]
            use network = NnFixture.tiny ()
            use optimiser = new SgdOptimiser(Array.ofSeq (network.parameters ()))

            for step in 0..4 do
                network.zero_grad ()
                let loss = DiceLoss.OfProbabilities(network.call input, truth)
                loss.backward ()
                let wanted = losses[step]
                NnFixture.within 1e-12 (abs (loss.ToDouble() - wanted)) "loss"
                let norm = optimiser.Step(1e-2, (if step % 2 = 0 then 12.0 else 0.01))
                let wanted = arrays[$"gradnorm{step}"].item<float>()
                NnFixture.within 1e-12 (abs (norm - wanted)) "norm of the gradients"

                for struct (name, parameter) in network.named_parameters () do
                    NnFixture.within
                        1e-12
                        (NnFixture.difference parameter arrays[$"step{step + 1}.{name}"])
                        $"{name} after step {step}"

        testCase "gives torch's own SGD behind its clipping at 12 to the last bit, with a rate of its own for each step"
        <| fun () ->
            let mutable clipped = 0

            let theirs =
                train (fun parameters ->
                    let sgd =
                        torch.optim.SGD(parameters, 1e-2, momentum = 0.99, weight_decay = 3e-5, nesterov = true)

                    fun rate ->
                        let norm = torch.nn.utils.clip_grad_norm_ (parameters, 12.0)

                        if norm > 12.0 then
                            clipped <- clipped + 1

                        for group in sgd.ParamGroups do
                            group.LearningRate <- rate

                        sgd.step () |> ignore)

            let ours =
                train (fun parameters ->
                    let sgd = new SgdOptimiser(parameters)
                    fun rate -> sgd.Step rate)

            Expect.equal ours theirs "parameters"
            Expect.isGreaterThan clipped 0 "some steps were clipped"

        testCase "a parameter without gradient keeps its numbers and its momentum of zeros"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use network = torch.nn.Linear(6L, 5L)
            let weight, bias = network.weight, nonNull network.bias
            let before = bias.data<float32>().ToArray()
            use optimiser = new SgdOptimiser([| weight; bias |])
            (weight.square().sum()).backward()
            optimiser.Step 1e-2
            Expect.equal (bias.data<float32>().ToArray()) before "numbers"
            let momentum = optimiser.Tensors()
            Expect.equal (momentum["sgd/1/momentum"].abs().sum().ToSingle()) 0.0f "its momentum"
            Expect.isGreaterThan (momentum["sgd/0/momentum"].abs().sum().ToSingle()) 0.0f "the other's"

        testCase "a step leaves no tensor alive"
        <| fun () ->
            use network = torch.nn.Linear(6L, 5L)
            use optimiser = new SgdOptimiser(Array.ofSeq (network.parameters ()))

            let step () =
                use _ = torch.NewDisposeScope()
                (network.call (torch.rand (7L, 6L))).square().mean().backward()
                optimiser.Step 1e-2

            step ()
            let before = DisposeScopeManager.Statistics.ThreadTotalLiveCount

            for _ in 1..20 do
                step ()

            Expect.equal DisposeScopeManager.Statistics.ThreadTotalLiveCount before "live tensors"
    ]
