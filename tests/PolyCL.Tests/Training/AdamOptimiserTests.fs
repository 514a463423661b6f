module PolyCL.Tests.Training.AdamOptimiserTests

open Expecto
open PolyCL.Training
open TorchSharp

let private network () =
    torch.manual_seed 4L |> ignore
    torch.nn.Linear(6L, 5L)

let private backward (network: Modules.Linear) (step: int) =
    use _ = torch.NewDisposeScope()
    torch.manual_seed (int64 step) |> ignore
    network.zero_grad ()
    let loss = (network.call (torch.rand (7L, 6L))).square().mean()
    loss.backward ()

let private rate (step: int) = 1e-2 / float step

let private numbers (tensor: torch.Tensor | null) =
    (nonNull tensor).data<float32>().ToArray() |> Array.map float

/// Adam's definition (Kingma and Ba, algorithm 1) in float64 on the gradients of six steps.
let private byDefinition () =
    use network = network ()
    let weight = network.weight
    let mutable wanted = numbers weight
    let first, second = Array.zeroCreate wanted.Length, Array.zeroCreate wanted.Length
    use optimiser = new AdamOptimiser(Array.ofSeq (network.parameters ()))

    for step in 1..6 do
        backward network step
        let gradient = numbers weight.grad

        for i in 0 .. wanted.Length - 1 do
            first[i] <- 0.9 * first[i] + 0.1 * gradient[i]
            second[i] <- 0.999 * second[i] + 0.001 * gradient[i] * gradient[i]
            let mean = first[i] / (1. - 0.9 ** float step)
            let square = second[i] / (1. - 0.999 ** float step)
            wanted[i] <- wanted[i] - rate step * mean / (sqrt square + 1e-8)

        optimiser.Step(rate step)

    numbers weight, wanted

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.AdamOptimiser" [
        testCase "is Adam, with a rate of its own for each step"
        <| fun () ->
            let found, wanted = byDefinition ()

            for found, wanted in Array.zip found wanted do
                Expect.floatClose { absolute = 2e-6; relative = 0. } found wanted "weight"

        testCase "a parameter without gradient keeps its numbers and its step count"
        <| fun () ->
            use network = network ()
            let parameters = network.parameters () |> Array.ofSeq
            use optimiser = new AdamOptimiser(parameters)
            let before = numbers parameters[0]
            optimiser.Step 1e-2
            Expect.equal (numbers parameters[0]) before "numbers"
            Expect.equal (optimiser.StepCounts()[0]) 0L "steps"
    ]
