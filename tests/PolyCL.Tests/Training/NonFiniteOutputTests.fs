module PolyCL.Tests.Training.NonFiniteOutputTests

open System
open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Imaging
open PolyCL.Metrics
open PolyCL.Models
open PolyCL.Training
open PolyCL.Tests
open PolyCL.Tests.Training.TrainingRuns
open TorchSharp

let private parameter (name: string) (segmenter: Segmenter) = segmenter.state_dict().[name]

let private messageOf<'e when 'e :> exn> (run: unit -> unit) =
    try
        run ()
        failtest "no error"
    with :? 'e as e ->
        e.Message

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.NonFiniteOutput" [
        testCase "finite weights of which the output overflows: said to be finite, the largest is named"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path = segmenterFile folder overflowing
                use predictor = Predictor.Open(path, compute)

                let message =
                    messageOf<WeightMismatchException>(fun () ->
                        predictor.Probabilities(Array.create 2048 0.5f, 2) |> ignore)

                Expect.stringStarts
                    message
                    $"{path}: the output is not finite, although all weights and pixels are"
                    "message"

                Expect.stringContains message "The largest weight is 3E+38 in 'encoder.dconv_down1.0.weight'" "largest"
                Expect.isFalse (message.Contains "logits") "not the logits")

        testCase "weights that are not finite are named with their count"
        <| fun () ->
            use segmenter = network.CreateSegmenter()
            let name = "encoder.dconv_down1.0.weight"
            let values = parameter name segmenter

            using (torch.no_grad ()) (fun _ ->
                values.view(-1L).narrow(0L, 0L, 3L).fill_(TorchSharp.Scalar.op_Implicit nanf)
                |> ignore)

            let pixels = Array.create 1024 0.5f

            let error =
                NonFiniteOutput.Explained(segmenter, "run/model.safetensors", ReadOnlySpan pixels, 4, 32)

            Expect.isTrue (error :? WeightMismatchException) $"type of {error}"
            Expect.stringStarts error.Message "run/model.safetensors: the weights are to blame" "message"

            Expect.stringContains
                error.Message
                $"'{name}' holds NaN or infinity in 3 of {values.numel ()} numbers"
                "tensor and count"

        testCase "a pixel that is no number is named by place and slice"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use predictor = Predictor.Open(segmenterFile folder ignore, compute)
                let pixels = Array.create 2048 0.5f
                pixels[1024 + 33] <- nanf

                Expect.stringStarts
                    (messageOf<ArgumentException>(fun () -> predictor.Probabilities(pixels, 2) |> ignore))
                    "Pixel 33 of slice 1 is NaN"
                    "message")

        testCase "NaN in a weight file is refused by name before anything is evaluated"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path =
                    segmenterFile folder (fun segmenter ->
                        (parameter "encoder.dconv_down1.0.weight" segmenter).fill_(TorchSharp.Scalar.op_Implicit nanf)
                        |> ignore)

                let message =
                    messageOf<WeightMismatchException>(fun () -> (Predictor.Open(path, compute)).Dispose())

                Expect.stringContains message "'encoder.dconv_down1.0.weight' (NaN in" "message")

        testCase "probabilities that are no numbers are not taken for logits"
        <| fun () ->
            let message =
                messageOf<ArgumentException>(fun () ->
                    ScanEvaluator.Evaluate(ReadOnlySpan [| nanf |], ReadOnlySpan [| 1uy |], 1, 1, 1, Spacing(1, 1, 1))
                    |> ignore)

            Expect.stringContains message "Value 0 of the probabilities is NaN" "which"
            Expect.stringContains message "Look at the weights and pixels" "mend"
    ]
