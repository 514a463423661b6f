module PolyCL.Tests.Training.AdamTests

open Expecto
open PolyCL.Losses
open PolyCL.Tests.Models
open TorchSharp

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.Adam" [
        testCase "gradients, parameters, losses and moments of five steps equal PyTorch's"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let arrays = NnFixture.readNpz (NnFixture.path "optim/adam_tiny.npz")
            let losses = arrays["loss_f64"].data<float>().ToArray()
            let input, truth = arrays["x"], arrays["y"]
            use network = NnFixture.tiny ()
            use optimiser = torch.optim.Adam(network.parameters (), lr = 1e-2)

            let check what actual name =
                NnFixture.within 1e-12 (NnFixture.difference actual arrays[name]) what

            for step in 0..4 do
                network.zero_grad ()
                let loss = DiceLoss.OfProbabilities(network.call input, truth)
                loss.backward ()
                let wanted = losses[step]
                NnFixture.within 1e-12 (abs (loss.ToDouble() - wanted)) "loss"

                for struct (name, parameter) in network.named_parameters () do
                    check "gradient" (nonNull parameter.grad) $"grad{step}.{name}"

                optimiser.step () |> ignore

                for struct (name, parameter) in network.named_parameters () do
                    check "parameter" parameter $"step{step + 1}.{name}"

            match optimiser.state_dict().State[0] with
            | :? Modules.Adam.State as state ->
                check "first moment" state.exp_avg "adam.c1.weight.exp_avg"
                check "second moment" state.exp_avg_sq "adam.c1.weight.exp_avg_sq"
            | other -> failtest $"state {other}"
    ]
