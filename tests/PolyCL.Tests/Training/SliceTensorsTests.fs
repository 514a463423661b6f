module PolyCL.Tests.Training.SliceTensorsTests

open System
open Expecto
open PolyCL.Training
open PolyCL.Tests.Training.TrainingRuns
open TorchSharp

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.SliceTensors" [
        testCase "a slice that was loaded has its own pixels and mask; one that was not is refused"
        <| fun () ->
            withStore (fun _ (store, _) ->
                use _ = torch.NewDisposeScope()
                use slices = new SliceTensors(store, [| 4; 2; 9 |], torch.CPU, true, Int64.MaxValue)

                let pixels, mask =
                    Array.zeroCreate<float32>(32 * 32), Array.zeroCreate<byte>(32 * 32)

                store.CopyPixels(9, pixels.AsSpan())
                store.CopyMask(9, mask.AsSpan())
                Expect.equal (slices.Pixels(ReadOnlySpan [| 9 |]).data<float32>().ToArray()) pixels "pixels"

                Expect.equal
                    (slices.Masks(ReadOnlySpan [| 9 |]).data<float32>().ToArray())
                    (Array.map float32 mask)
                    "mask"

                for ask in
                    [
                        fun () -> slices.Pixels(ReadOnlySpan [| 4; 5 |]) |> ignore
                        fun () -> slices.Masks(ReadOnlySpan [| 5 |]) |> ignore
                    ] do
                    Expect.throwsC ask (fun e ->
                        Expect.isTrue (e :? ArgumentException) $"type of {e}"
                        Expect.stringContains e.Message "Slice 5" "which"))
    ]
