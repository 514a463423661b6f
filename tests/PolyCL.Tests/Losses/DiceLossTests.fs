module PolyCL.Tests.Losses.DiceLossTests

open System
open Expecto
open PolyCL.Losses
open PolyCL.Tests.Models
open TorchSharp

let private scalar (name: string) =
    (NnFixture.readJson(NnFixture.path "losses/losses.json").GetProperty "scalars").GetProperty(name).GetDouble()

let private compare case slices smooth =
    use _ = torch.NewDisposeScope()
    let arrays = NnFixture.readNpz (NnFixture.path "losses/losses.npz")
    let part (name: string) = arrays[name].narrow(0, 0L, slices)
    let prediction = (part "seg.prob").clone().requires_grad_ true
    let loss = DiceLoss.OfProbabilities(prediction, part "seg.target", smooth)
    loss.backward ()
    NnFixture.within 1e-12 (abs (loss.ToDouble() - scalar $"{case}.loss")) "value"
    NnFixture.within 1e-12 (NnFixture.difference (nonNull prediction.grad) arrays[$"{case}.grad"]) "gradient"

let private ofArrays (p: float[]) (y: float[]) smooth =
    use _ = torch.NewDisposeScope()

    let shaped (x: float[]) =
        torch.tensor(x).reshape(1L, 1L, 1L, int64 x.Length)

    DiceLoss.OfProbabilities(shaped p, shaped y, smooth).ToDouble()

[<Tests>]
let tests =
    testList "Losses.DiceLoss" [
        testCase "equals the authors' in value and gradient"
        <| fun () -> compare "dice_loss" 4L 1.0

        testCase "equals theirs with smooth 1e-5"
        <| fun () -> compare "dice_loss_first2_smooth_1e-05" 2L 1e-5

        testCase "equals theirs with smooth 0"
        <| fun () -> compare "dice_loss_first2_smooth_0" 2L 0.0

        testCase "hand example: overlap 1 of 2 and 1 pixels costs 1 − 3/4"
        <| fun () -> Expect.floatClose Accuracy.high (ofArrays [| 1.0; 1.0; 0.0 |] [| 1.0; 0.0; 0.0 |] 1.0) 0.25 "loss"

        testCase "an empty truth costs Σp / (Σp + 1); with smooth 0 it costs 1"
        <| fun () ->
            Expect.floatClose
                Accuracy.high
                (ofArrays [| 0.5; 0.5; 1.0 |] [| 0.0; 0.0; 0.0 |] 1.0)
                (2.0 / 3.0)
                "smooth 1"

            Expect.equal (ofArrays [| 0.5; 0.5; 1.0 |] [| 0.0; 0.0; 0.0 |] 0.0) 1.0 "smooth 0"
            Expect.equal (ofArrays [| 0.0; 0.0 |] [| 0.0; 0.0 |] 0.0) 1.0 "both empty, smooth 0"
            Expect.equal (ofArrays [| 0.0; 0.0 |] [| 0.0; 0.0 |] 1.0) 0.0 "both empty, smooth 1"

        testCase "the mean goes over slices and classes alike, in any order"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let p = torch.rand ([| 3L; 2L; 8L; 8L |], torch.float64)

            let y =
                torch.rand([| 3L; 2L; 8L; 8L |], torch.float64).gt(0.5.ToScalar()).to_type torch.float64

            let whole = DiceLoss.OfProbabilities(p, y).ToDouble()

            let single (n: int64) (k: int64) =
                let one (x: torch.Tensor) = x.narrow(0, n, 1L).narrow(1, k, 1L)
                DiceLoss.OfProbabilities(one p, one y).ToDouble()

            let mean =
                [
                    for n in 0L .. 2L do
                        for k in 0L .. 1L -> single n k
                ]
                |> List.average

            NnFixture.within 1e-14 (abs (whole - mean)) "mean of parts"
            NnFixture.within 1e-14 (abs (DiceLoss.OfProbabilities(p.flip 0L, y.flip 0L).ToDouble() - whole)) "order"

        testCase "of logits is of their sigmoid, and finite for logits of ±1000"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let logits = torch.randn ([| 2L; 1L; 8L; 8L |], torch.float64)
            let y = torch.rand([| 2L; 1L; 8L; 8L |]).gt(0.5.ToScalar())
            let ofLogits = DiceLoss.OfLogits(logits, y).ToDouble()
            Expect.equal ofLogits (DiceLoss.OfProbabilities(torch.sigmoid logits, y).ToDouble()) "value"

            let extreme =
                (torch.ones ([| 1L; 1L; 4L; 4L |]) * 1000.0.ToScalar()).requires_grad_ true

            let loss = DiceLoss.OfLogits(extreme, torch.zeros [| 1L; 1L; 4L; 4L |])
            loss.backward ()
            Expect.isTrue ((nonNull extreme.grad).isfinite().all().ToBoolean()) "gradient"

        testCase "bfloat16 predictions are summed in float32"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let p = torch.ones ([| 1L; 1L; 64L; 64L |], torch.bfloat16)

            let loss =
                DiceLoss.OfProbabilities(p, torch.ones ([| 1L; 1L; 64L; 64L |], torch.bool))

            Expect.equal loss.dtype torch.float32 "format"
            Expect.equal (loss.ToDouble()) 0.0 "4096 is no bfloat16 sum of ones"

        testCase "other shapes, integers and negative smoothing are refused before torch sees them"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let p = torch.zeros [| 2L; 1L; 4L; 4L |]

            for part, call in
                [
                    "[1, 1, 4, 4]", (fun () -> DiceLoss.OfProbabilities(p, torch.zeros [| 1L; 1L; 4L; 4L |]) |> ignore)
                    "[2, 4, 4]", (fun () -> DiceLoss.OfLogits(p.squeeze 1L, p.squeeze 1L) |> ignore)
                    "Int64", (fun () -> DiceLoss.OfLogits(p.to_type torch.int64, p) |> ignore)
                    "smooth is -1", (fun () -> DiceLoss.OfLogits(p, p, -1.0) |> ignore)
                ] do
                Expect.throwsC call (fun e ->
                    Expect.isTrue (e :? ArgumentException) "type"
                    Expect.stringContains e.Message part "message")

        testCase "leaves one tensor alive: its value"
        <| fun () ->
            use p = torch.rand [| 2L; 1L; 4L; 4L |]
            use y = p.gt (0.5.ToScalar())
            let before = DisposeScopeManager.Statistics.ThreadTotalLiveCount
            use loss = DiceLoss.OfLogits(p, y)
            Expect.equal (DisposeScopeManager.Statistics.ThreadTotalLiveCount - before) 1L "live tensors"
            Expect.isTrue (Double.IsFinite(loss.ToDouble())) "value"
    ]
