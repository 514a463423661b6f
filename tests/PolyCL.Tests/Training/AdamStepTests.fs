module PolyCL.Tests.Training.AdamStepTests

open Expecto
open PolyCL.Training
open TorchSharp

let private network () =
    torch.manual_seed 4L |> ignore
    torch.nn.Linear(6L, 5L)

let private adam (parameters: Modules.Parameter array) = torch.optim.Adam(parameters, lr = 1e-2)

/// Six steps on the same data; every parameter's numbers after them.
let private train (step: Modules.Adam -> Modules.Parameter array -> float -> unit) =
    use network = network ()
    let parameters = network.parameters () |> Array.ofSeq
    use optimizer = adam parameters

    for i in 1..6 do
        use _ = torch.NewDisposeScope()
        torch.manual_seed (int64 i) |> ignore
        network.zero_grad ()
        let loss = (network.call (torch.rand (7L, 6L))).square().mean()
        loss.backward ()
        step optimizer parameters (1e-2 / float i)

    parameters |> Array.map (fun p -> p.data<float32>().ToArray())

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.AdamStep" [
        testCase "gives torch's own Adam to the last bit, with a rate of its own for each step"
        <| fun () ->
            let theirs =
                train (fun optimizer _ rate ->
                    for group in optimizer.ParamGroups do
                        group.LearningRate <- rate

                    optimizer.step () |> ignore)

            let ours =
                train (fun optimizer parameters rate -> AdamStep.Run(optimizer, parameters, rate))

            Expect.equal ours theirs "parameters"

        testCase "a parameter without gradient keeps its numbers and its step count"
        <| fun () ->
            use network = network ()
            let parameters = network.parameters () |> Array.ofSeq
            use optimizer = adam parameters
            let before = parameters[0].data<float32>().ToArray()
            AdamStep.Run(optimizer, parameters, 1e-2)
            Expect.equal (parameters[0].data<float32>().ToArray()) before "numbers"
            let state = optimizer.state_dict().State[0] :?> Modules.Adam.State
            Expect.equal state.step 0L "steps"
    ]
