module PolyCL.Tests.Sam.Training.MaskLossTests

open System
open Expecto
open PolyCL.Core
open PolyCL.Sam.Training
open TorchSharp

/// Cross-entropy plus soft Dice of one mask, number by number.
let private scalar (logits: float[]) (truth: float[]) =
    let share = logits |> Array.map (fun x -> 1.0 / (1.0 + exp -x))

    let entropy =
        Array.map2 (fun p y -> -(y * log p + (1.0 - y) * log (1.0 - p))) share truth
        |> Array.average

    let overlap = Array.fold2 (fun sum p y -> sum + p * y) 0.0 share truth

    entropy + 1.0
    - (2.0 * overlap + 1.0) / (Array.sum share + Array.sum truth + 1.0)

let private float32Sum = { absolute = 1e-5; relative = 1e-5 }

[<Tests>]
let tests =
    testList "Sam.Training.MaskLoss" [
        testCase "each mask has the loss that sums by hand give, whatever the others are"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let mutable random = RandomStream(3L, "mask-loss", 0L, 0L)
            let logits = Array.init (2 * 3 * 20) (fun _ -> 3.0 * random.NextNormal())
            let truth = Array.init (2 * 20) (fun _ -> random.NextDouble())

            let shaped (values: float[]) masks =
                torch.tensor(Array.map float32 values, torch.float32).view(2, masks, 4, 5)

            let losses =
                MaskLoss.OfEach(shaped logits 3L, shaped truth 1L).data<float32>().ToArray()

            Expect.hasLength losses 6 "two slices, three masks"

            for n in 0..1 do
                for m in 0..2 do
                    let i = 3 * n + m

                    Expect.floatClose
                        float32Sum
                        (float losses[i])
                        (scalar logits[20 * i .. 20 * i + 19] truth[20 * n .. 20 * n + 19])
                        $"slice {n}, mask {m}"

        testCase "a certain and right mask costs nothing, an empty one of an empty truth neither"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let truth = torch.tensor([| 1f; 0f; 1f; 0f |], torch.float32).view(1, 1, 2, 2)

            let loss (truth: torch.Tensor) =
                MaskLoss.OfEach(truth.mul((200.0).ToScalar()).sub((100.0).ToScalar()), truth).ToDouble()

            Expect.floatClose float32Sum (loss truth) 0.0 "right"
            Expect.floatClose float32Sum (loss (torch.zeros_like truth)) 0.0 "empty"
    ]
