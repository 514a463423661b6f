module PolyCL.Tests.Training.Arms.TargetEncoderTests

open Expecto
open PolyCL.Tests.Models
open PolyCL.Training.Arms
open TorchSharp

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.Arms.TargetEncoder" [
        testCase "three steps of following equal lightly's"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let arrays = NnFixture.readNpz (NnFixture.path "losses/losses.npz")
            let online = [ arrays["ema.online_weight"]; arrays["ema.online_bias"] ]

            let target = [ arrays["ema.target0_weight"].clone(); arrays["ema.target0_bias"].clone() ]

            for _ in 1..3 do
                TargetEncoder.Follow(online, target, 0.99)

            for name, tensor in [ "ema.target3_weight", target[0]; "ema.target3_bias", target[1] ] do
                NnFixture.within 1e-15 (NnFixture.difference tensor arrays[name]) name

        testCase "BYOL's momentum rises from its first value to 1 by half a cosine"
        <| fun () ->
            for step, expected in [ 0L, 0.996; 50L, 0.998; 100L, 1.0 ] do
                NnFixture.within 1e-12 (abs (BootstrapArm.MomentumAt(0.996, step, 100L) - expected)) $"step {step}"

        testCase "the queue takes in three minibatches as lightly's memory bank does, cut at the end"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let arrays = NnFixture.readNpz (NnFixture.path "losses/losses.npz")
            use queue = new KeyQueue(15, 16, 1L)
            queue.state_dict().["keys"].copy_(arrays["moco.bank0"]) |> ignore

            for step in 0..2 do
                queue.Push(arrays[$"moco.step{step}.key"].to_type torch.float32)

                // The queue is float32, the golden file float64.
                NnFixture.within
                    1e-6
                    (NnFixture.difference (queue.Snapshot()) arrays[$"moco.step{step}.bank_after"])
                    $"keys after step {step}"

                Expect.equal
                    (queue.state_dict().["position"].item<int64>())
                    (int64 (arrays[$"moco.step{step}.ptr_after"].ToDouble()))
                    $"position after step {step}"

        testCase "a queue begins with unit vectors that the seed fixes"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use first = new KeyQueue(9, 4, 3L)
            use same = new KeyQueue(9, 4, 3L)
            use other = new KeyQueue(9, 4, 4L)

            let keys (queue: KeyQueue) =
                queue.Snapshot().data<float32>().ToArray()

            Expect.equal (keys same) (keys first) "same seed"
            Expect.notEqual (keys other) (keys first) "other seed"
            let lengths = (first.Snapshot()).norm(1, false, 2.0f)
            NnFixture.within 1e-6 ((lengths - 1.0.ToScalar()).abs().max().ToDouble()) "length"
    ]
