module PolyCL.Tests.Losses.NnUNetLossTests

open System
open Expecto
open PolyCL.Losses
open PolyCL.Tests.Models
open TorchSharp

let private file name = NnFixture.path $"losses/{name}"

let private compare (case: string) overBatch () =
    use _ = torch.NewDisposeScope()
    let arrays = NnFixture.readNpz (file "losses.npz")
    let logits = arrays["nnunet_loss.logits"].clone().requires_grad_ true
    let loss = NnUNetLoss.OfLogits(logits, arrays["nnunet_loss.target"], overBatch)
    loss.backward ()

    let wanted =
        NnFixture.readJson(file "losses.json").GetProperty("scalars").GetProperty($"{case}.loss").GetDouble()

    // The reference carries float32 rounding in its cross-entropy; PyTorch 2.6 in float64 gives this project's value.
    NnFixture.within 2e-8 (abs (loss.ToDouble() - wanted)) "value"
    // The largest entry is 9e-4.
    NnFixture.within 1e-10 (NnFixture.difference (nonNull logits.grad) arrays[$"{case}.grad"]) "gradient"

/// Two logits a pixel from the organ's, the background's being 0.
let private logits (organ: float[]) size =
    let organ = torch.tensor(organ).reshape(1L, 1L, size, size)
    torch.cat ([| torch.zeros_like organ; organ |], 1L)

[<Tests>]
let tests =
    testList "Losses.NnUNetLoss" [
        testCase
            "equals nnU-Net's in value and gradient, Dice over the batch"
            (compare "nnunet_loss.batch_dice_true" true)
        testCase "equals nnU-Net's in value and gradient, Dice by slice" (compare "nnunet_loss.batch_dice_false" false)

        testCase "hand example: one pixel in four, all shares one half: ln 2 less 1/3"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let truth = torch.tensor([| 1.0; 0.0; 0.0; 0.0 |]).reshape(1L, 1L, 2L, 2L)
            let loss = NnUNetLoss.OfLogits(logits [| 0.0; 0.0; 0.0; 0.0 |] 2L, truth)
            // 2 · ½ / (2 + 1), with 1e-5 in both.
            let dice = (1.0 + 1e-5) / (3.0 + 1e-5)
            Expect.floatClose Accuracy.high (loss.ToDouble()) (log 2.0 - dice) "loss"

        testCase "a sure and right answer costs −1, also for an empty truth"
        <| fun () ->
            use _ = torch.NewDisposeScope()

            for organ in [ [| 1.0; 0.0; 1.0; 0.0 |]; [| 0.0; 0.0; 0.0; 0.0 |] ] do
                let truth = torch.tensor(organ).reshape(1L, 1L, 2L, 2L)
                let sure = organ |> Array.map (fun y -> if y > 0.0 then 60.0 else -60.0)
                Expect.floatClose Accuracy.high (NnUNetLoss.OfLogits(logits sure 2L, truth).ToDouble()) -1.0 "loss"

        testCase "three sizes weigh 2/3, 1/3 and 0, and the truth's coarse pixels are those at odd places"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let truth = torch.zeros (1L, 1L, 4L, 4L, dtype = torch.float64)
            truth[0L, 0L, 1L, 3L] <- torch.tensor 1.0

            let random (size: int64) =
                torch.randn ([| 1L; 2L; size; size |], torch.float64)

            let fine, half, coarse = random 4L, random 2L, random 1L
            let halfTruth = torch.zeros (1L, 1L, 2L, 2L, dtype = torch.float64)
            halfTruth[0L, 0L, 0L, 1L] <- torch.tensor 1.0

            let wanted =
                (2.0 * NnUNetLoss.OfLogits(fine, truth).ToDouble()
                 + NnUNetLoss.OfLogits(half, halfTruth).ToDouble())
                / 3.0

            let loss = NnUNetLoss.OfOutputs([| fine; half; coarse |], truth)
            Expect.floatClose Accuracy.high (loss.ToDouble()) wanted "loss"
            let single = NnUNetLoss.OfOutputs([| fine |], truth)
            Expect.floatClose Accuracy.high (single.ToDouble()) (NnUNetLoss.OfLogits(fine, truth).ToDouble()) "one size"

        testCase "the order of the slices does not matter"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let logits = torch.randn ([| 3L; 2L; 4L; 4L |], torch.float64)
            let truth = torch.rand([| 3L; 1L; 4L; 4L |]).gt(0.5.ToScalar())
            let loss = NnUNetLoss.OfLogits(logits, truth).ToDouble()
            let turned = NnUNetLoss.OfLogits(logits.flip 0L, truth.flip 0L).ToDouble()
            Expect.floatClose Accuracy.high turned loss "loss"

        testCase "wrong shapes are refused by name"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let zeros (shape: int64[]) = torch.zeros shape

            for outputs, truth, name in
                [
                    [||], zeros [| 1L; 1L; 4L; 4L |], "outputs"
                    [| zeros [| 1L; 1L; 4L; 4L |] |], zeros [| 1L; 1L; 4L; 4L |], "logits"
                    [| zeros [| 1L; 2L; 4L; 4L |] |], zeros [| 1L; 1L; 4L; 2L |], "truth"
                    [| zeros [| 2L; 2L; 4L; 4L |] |], zeros [| 1L; 1L; 4L; 4L |], "truth"
                ] do
                Expect.throwsC (fun () -> NnUNetLoss.OfOutputs(outputs, truth) |> ignore) (fun e ->
                    Expect.isTrue (e :? ArgumentException) "type"
                    Expect.stringContains e.Message name "message")
    ]
