module PolyCL.Tests.Training.Arms.ViewPairsTests

open System
open Expecto
open PolyCL.Sampling
open PolyCL.Training
open PolyCL.Training.Arms
open PolyCL.Tests.Training.TrainingRuns
open TorchSharp

let private views options store (anchors: int[]) epoch start =
    use _ = torch.NewDisposeScope()
    let pairs = ViewPairs(options, 9L, store, torch.CPU)

    let struct (first, second) =
        pairs.Render(Minibatch(ReadOnlyMemory anchors, epoch, start))

    [|
        for i in 0 .. anchors.Length - 1 ->
            first[int64 i].cpu().contiguous().data<float32>().ToArray(),
            second[int64 i].cpu().contiguous().data<float32>().ToArray()
    |]

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.Arms.ViewPairs" [
        testCase "frozen views of a slice are the same in every epoch, wherever its order puts the slice"
        <| fun () ->
            withStore (fun _ (store, _) ->
                for options in [ ViewOptions(Frozen = true); ViewOptions.Authors ] do
                    let early = views options store [| 3; 7; 20 |] 0 0
                    let late = views options store [| 20; 3; 7 |] 4 6
                    Expect.equal late [| early[2]; early[0]; early[1] |] "views by slice"
                    Expect.notEqual (snd early[0]) (snd early[1]) "two slices")

        testCase "views that are not frozen go by epoch and position, as they always did"
        <| fun () ->
            withStore (fun _ (store, _) ->
                let options = ViewOptions()
                let found = views options store [| 3; 7 |] 2 5

                for i, slice in [ 0, 3; 1, 7 ] do
                    let expected which =
                        let source = Array.zeroCreate<float32>(store.Size * store.Size)
                        store.CopyPixels(slice, source.AsSpan())
                        let view = ViewParameters.Draw(options, 9L, 2L, 5 + i, which)
                        let target = Array.zeroCreate<float32> source.Length
                        ViewRenderer.Render(source.AsSpan(), store.Size, &view, target.AsSpan())
                        target

                    Expect.equal found[i] (expected 0, expected 1) $"slice {slice}")
    ]
