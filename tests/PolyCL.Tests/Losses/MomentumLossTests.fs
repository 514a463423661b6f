module PolyCL.Tests.Losses.MomentumLossTests

open System
open Expecto
open PolyCL.Losses
open PolyCL.Tests.Models
open TorchSharp

let private arrays () =
    NnFixture.readNpz (NnFixture.path "losses/losses.npz")

let private scalar (name: string) =
    (NnFixture.readJson(NnFixture.path "losses/losses.json").GetProperty "scalars").GetProperty(name).GetDouble()

let private leaf (x: torch.Tensor) = x.detach().clone().requires_grad_ true

let private gradientOf (x: torch.Tensor) = nonNull x.grad

[<Tests>]
let tests =
    testList "Losses.MomentumLoss" [
        for step in 0..2 do
            testCase $"MoCo equals lightly's in value and gradient at step {step}"
            <| fun () ->
                use _ = torch.NewDisposeScope()
                let arrays = arrays ()

                let queue =
                    if step = 0 then
                        arrays["moco.bank0"]
                    else
                        arrays[$"moco.step{step - 1}.bank_after"]

                let query = leaf arrays[$"moco.step{step}.query"]
                let loss = ContrastiveLoss.MoCo(query, arrays[$"moco.step{step}.key"], queue, 0.2)
                loss.backward ()
                NnFixture.within 1e-12 (abs (loss.ToDouble() - scalar $"moco.step{step}.loss")) "value"

                NnFixture.within
                    1e-12
                    (NnFixture.difference (gradientOf query) arrays[$"moco.step{step}.grad_query"])
                    "gradient of the query"

        testCase "BYOL equals lightly's in value and gradient, and gives the targets none"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let arrays = arrays ()

            let inputs =
                [ "byol.p0"; "byol.p1"; "byol.z0"; "byol.z1" ]
                |> List.map (fun name -> leaf arrays[name])

            let loss = ContrastiveLoss.Byol(inputs[0], inputs[1], inputs[2], inputs[3])
            loss.backward ()
            NnFixture.within 1e-12 (abs (loss.ToDouble() - scalar "byol.loss")) "value"

            for name, input in [ "byol.grad_p0", inputs[0]; "byol.grad_p1", inputs[1] ] do
                NnFixture.within 1e-12 (NnFixture.difference (gradientOf input) arrays[name]) name

            for target in inputs[2..] do
                Expect.isNull target.grad "gradient of a target"

        testCase "a prediction that points at its target costs -1, the opposite 1"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let p, q = torch.rand (3L, 5L, torch.float64), torch.rand (3L, 5L, torch.float64)
            NnFixture.within 1e-12 (abs (ContrastiveLoss.Byol(p, q, q, p).ToDouble() + 1.0)) "same"
            NnFixture.within 1e-12 (abs (ContrastiveLoss.Byol(p, q, q.neg (), p.neg ()).ToDouble() - 1.0)) "opposite"

        testCase "MoCo does not depend on the order of the queue or the length of the vectors"
        <| fun () ->
            use _ = torch.NewDisposeScope()

            let q, k, queue =
                torch.randn (4L, 6L, torch.float64),
                torch.randn (4L, 6L, torch.float64),
                torch.randn (7L, 6L, torch.float64)

            let value queue scale =
                ContrastiveLoss.MoCo(q * (scale: torch.Tensor), k, queue, 0.2).ToDouble()

            let plain = value queue (torch.tensor 1.0)
            NnFixture.within 1e-12 (abs (value (queue.flip 0L) (torch.tensor 3.0) - plain)) "value"

        testCase "keys of another length are refused by name"
        <| fun () ->
            use q = torch.rand (2L, 4L)
            use queue = torch.rand (5L, 3L)

            Expect.throwsC (fun () -> ContrastiveLoss.MoCo(q, q, queue, 0.2) |> ignore) (fun e ->
                Expect.isTrue (e :? ArgumentException) "type"
                Expect.stringContains e.Message "length 3" "message")
    ]
