/// The machine's arithmetic is checked before it is trusted; wrong operations put below the check are found and worked round.
module PolyCL.Tests.Arithmetic.MachineArithmeticTests

open System
open Expecto
open PolyCL.Arithmetic
open PolyCL.Models
open PolyCL.Tests
open PolyCL.Tests.Training.TinyNetworks
open TorchSharp

let private isWhole (channels: int64) = channels % 16L = 0L

/// A torch whose convolutions are wrong wherever channels do not fill a block of 16, as oneDNN's are on some machines.
let private wrongWhereBlocksAreFilled () =
    Primitives.Conv2d <-
        fun input weight bias stride padding groups ->
            let right = Primitives.TorchConv2d(input, weight, bias, stride, padding, groups)

            if
                not TorchSwitches.OneDnnIsOn
                || isWhole input.shape[1] && isWhole weight.shape[0]
            then
                right
            else
                right * 1.5.ToScalar()

    Primitives.ConvTranspose2d <-
        fun input weight bias stride padding ->
            let right = Primitives.TorchConvTranspose2d(input, weight, bias, stride, padding)

            if
                not TorchSwitches.OneDnnIsOn
                || isWhole weight.shape[0] && isWhole weight.shape[1]
            then
                right
            else
                right * 1.5.ToScalar()

/// A torch whose convolutions are always wrong while oneDNN takes part.
let private wrongByOneDnn () =
    Primitives.Conv2d <-
        fun input weight bias stride padding groups ->
            let right = Primitives.TorchConv2d(input, weight, bias, stride, padding, groups)

            if TorchSwitches.OneDnnIsOn then
                right * 1.5.ToScalar()
            else
                right

let private wrongAlways () =
    Primitives.Conv2d <-
        fun input weight bias stride padding groups ->
            Primitives.TorchConv2d(input, weight, bias, stride, padding, groups)
            * 1.5.ToScalar()

/// Runs on a machine with a fault below the check; afterwards the process knows its true machine again.
let private withFault fault action =
    MachineArithmetic.Forget()
    fault ()

    try
        action ()
    finally
        Primitives.Reset()
        MachineArithmetic.Forget()
        MachineArithmetic.Use ArithmeticChoice.Checked

let private withRoute choice action =
    MachineArithmetic.Use choice

    try
        action ()
    finally
        MachineArithmetic.Use ArithmeticChoice.Checked

/// Losses of three steps of SGD from fixed weights on fixed slices, which draw two discs.
let private losses (kind: BackboneKind) =
    let options = tiny kind
    // A TransUNet takes slices of one size alone; ResNets need more than one position at the bottom.
    let size = if kind = BackboneKind.TransUNet then 32L else 64L

    use _ = torch.NewDisposeScope()
    torch.manual_seed 7L |> ignore
    use network = options.CreateSegmenter()
    network.train ()

    let along (shape: int64[]) =
        torch.arange(size, dtype = torch.float32).view shape

    let row, column = along [| 1L; 1L; size; 1L |], along [| 1L; 1L; 1L; size |]

    let disc (height: float) (radius: float) =
        ((row - height).square() + (column - 14.).square()).lt((radius * radius).ToScalar()).to_type torch.float32

    let truth = torch.cat ([| disc 15. 10.; disc 20. 7. |], 0L)
    let input = truth * 0.5 + (row * 0.01 + column * 0.005)
    use optimiser = torch.optim.SGD(network.parameters (), 0.01)

    [
        for _ in 1..3 do
            use _ = torch.NewDisposeScope()
            optimiser.zero_grad ()

            let loss =
                torch.nn.functional.binary_cross_entropy_with_logits (network.call input, truth)

            loss.backward ()
            optimiser.step () |> ignore
            loss.ToDouble()
    ]

let private wrongIn (report: ArithmeticReport) =
    report.Tried[0].Findings
    |> Seq.filter (fun finding -> finding.Wrong > 0)
    |> Seq.map _.Operation
    |> Seq.distinct
    |> List.ofSeq

[<Tests>]
let tests =
    testSequenced
    <| testList "Arithmetic.MachineArithmetic" [
        testCase "this machine computes rightly by the route that is taken, and the report names it"
        <| fun () ->
            MachineArithmetic.Forget()
            let report = MachineArithmetic.Check()
            let taken = report.Tried[report.Tried.Count - 1]
            Expect.isTrue taken.Passed "the last route tried passed"
            Expect.equal report.Route (Nullable taken.Route) "it is the one taken"

            let operations = taken.Findings |> Seq.map _.Operation |> set

            for operation in
                [
                    "convolution"
                    "convolution, gradient to the input"
                    "convolution, gradient to the weights"
                    "convolution of single channels"
                    "transposed convolution, gradient to the input"
                    "linear layer"
                    "batched product"
                    "attention"
                    "instance norm"
                    "batch norm"
                    "group norm"
                    "layer norm"
                    "bilinear up-sampling"
                    "maximum pooling, gradient to the input"
                ] do
                Expect.contains operations operation "tried"

        testCase "the check draws from no generator and leaves oneDNN as it was"
        <| fun () ->
            torch.manual_seed 3L |> ignore
            use wanted = torch.rand 4L
            torch.manual_seed 3L |> ignore
            let before = TorchSwitches.OneDnnIsOn
            MachineArithmetic.Check() |> ignore
            use drawn = torch.rand 4L
            Expect.equal (drawn.data<float32>().ToArray()) (wanted.data<float32>().ToArray()) "the next numbers"
            Expect.equal TorchSwitches.OneDnnIsOn before "oneDNN"

        testCase "two checks of one machine find the same numbers"
        <| fun () ->
            let first, second =
                ArithmeticCheck.Run ArithmeticRoute.PaddedChannels, ArithmeticCheck.Run ArithmeticRoute.PaddedChannels

            Expect.sequenceEqual second first "findings"

        testCase
            "convolutions that are wrong where oneDNN fills blocks are found, named and computed with filled channels"
        <| fun () ->
            withFault wrongWhereBlocksAreFilled (fun () ->
                let report = MachineArithmetic.Report
                Expect.equal report.Route (Nullable ArithmeticRoute.PaddedChannels) "route"
                let wrong = wrongIn report

                for operation in
                    [
                        "convolution"
                        "convolution, gradient to the input"
                        "transposed convolution"
                    ] do
                    Expect.contains wrong operation "named"

                Expect.isFalse (List.contains "linear layer" wrong) "products are right"
                Expect.stringContains (report.ToWords()) "WRONG" "in words"
                Expect.equal MachineArithmetic.Identity "padded-channels" "results say so")

        testCase "convolutions that are wrong whatever the channels are computed without oneDNN"
        <| fun () ->
            withFault wrongByOneDnn (fun () ->
                Expect.equal MachineArithmetic.Report.Route (Nullable ArithmeticRoute.WithoutOneDnn) "route"
                MachineArithmetic.Use ArithmeticChoice.Checked
                Expect.isFalse TorchSwitches.OneDnnIsOn "switched off for the process"
                Expect.equal MachineArithmetic.Identity "without-one-dnn" "results say so")

            Expect.isTrue TorchSwitches.OneDnnIsOn "on again"

        testCase "where no route passes, the sentence tells what to do; insisting is part of the results"
        <| fun () ->
            withFault wrongAlways (fun () ->
                Expect.throwsC (fun () -> MachineArithmetic.Use ArithmeticChoice.Checked) (fun error ->
                    Expect.equal (error.GetType()) typeof<MachineArithmeticException> "type"
                    Expect.stringContains error.Message "--arithmetic unchecked" "the way out")

                MachineArithmetic.Use ArithmeticChoice.Unchecked
                Expect.equal MachineArithmetic.Identity "unchecked" "results say so"
                Expect.stringContains MachineArithmetic.Words "WRONG" "in words")

        testCase "a route that does not pass is refused by name"
        <| fun () ->
            withFault wrongWhereBlocksAreFilled (fun () ->
                Expect.throwsC (fun () -> MachineArithmetic.Use ArithmeticChoice.Direct) (fun error ->
                    Expect.stringContains error.Message "--arithmetic direct" "names it")

                MachineArithmetic.Use ArithmeticChoice.WithoutOneDnn
                Expect.equal MachineArithmetic.Identity "without-one-dnn" "a slower one that passes is taken")

        for kind in Enum.GetValues<BackboneKind>() do
            testCase $"{kind} trained on a machine with wrong convolutions has a sound machine's losses"
            <| fun () ->
                let sound = withRoute ArithmeticChoice.WithoutOneDnn (fun () -> losses kind)

                let faulty = withFault wrongWhereBlocksAreFilled (fun () -> losses kind)

                for step, (wanted, found) in List.indexed (List.zip sound faulty) do
                    Expect.isTrue (Double.IsFinite wanted) $"step {step} is finite"
                    Expect.floatClose { absolute = 1e-5; relative = 2e-4 } found wanted $"loss of step {step}"
    ]
