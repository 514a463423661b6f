module PolyCL.Tests.Sampling.OrganOversamplingTests

open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Sampling

/// One scan of 100 slices, every tenth of which shows the organ.
let private slices = [|
    for index in 0..99 -> SliceRecord(0, index, index % 10 = 0, (if index % 10 = 0 then 50 else 0))
|]

let private labelled = [| 0..96 |]

let private epoch batchSize seed epoch =
    OrganOversampling.Of(labelled, slices, batchSize, seed, epoch)

[<Tests>]
let tests =
    testList "Sampling.OrganOversampling" [
        testCase "a batch of n slices forces n − round(0.67·n) of them, as nnU-Net counts"
        <| fun () ->
            let counted = [ for n in [ 1; 2; 3; 4; 5; 10; 12; 49 ] -> n, OrganOversampling.Forced n ]
            Expect.equal counted [ 1, 0; 2, 1; 3, 1; 4, 1; 5, 2; 10, 3; 12, 4; 49, 16 ] "forced"

        testProperty "the last places of every batch show the organ, the others keep the epoch's order"
        <| fun (seed: int64) ->
            for size in [ 1; 4; 10; 49; 200 ] do
                let order = epoch size seed 3L
                let plain = EpochOrder.Of(labelled, seed, 3L)
                Expect.hasLength order labelled.Length "as long as without"

                for batch, plain in Seq.zip (Array.chunkBySize size order) (Array.chunkBySize size plain) do
                    let free = batch.Length - OrganOversampling.Forced batch.Length
                    Expect.equal batch[.. free - 1] plain[.. free - 1] "the epoch's order"
                    Expect.all batch[free..] (fun slice -> slices[slice].ContainsOrgan) "organ"

        testCase "forced slices are drawn alike from all that show the organ (chi-square, 0.1 %)"
        <| fun () ->
            let forced = [
                for e in 0L .. 199L do
                    for batch in Array.chunkBySize 10 (epoch 10 1L e) do
                        yield! batch[batch.Length - OrganOversampling.Forced batch.Length ..]
            ]

            let organ = labelled |> Array.filter (fun slice -> slices[slice].ContainsOrgan)
            let expected = float forced.Length / float organ.Length

            let chiSquare =
                organ
                |> Array.sumBy (fun slice ->
                    let seen = forced |> List.filter ((=) slice) |> List.length
                    (float seen - expected) ** 2.0 / expected)

            // 9 degrees of freedom.
            Expect.isLessThan chiSquare 27.88 "chi-square"

        testCase "epochs and seeds give other minibatches, the same ones the same"
        <| fun () ->
            let order seed e = epoch 10 seed e |> Array.toList
            Expect.equal (order 1L 3L) (order 1L 3L) "again"
            Expect.hasLength (List.distinct [ order 1L 0L; order 1L 1L; order 2L 0L ]) 3 "others"

        testCase "labelled slices without the organ are refused in one sentence"
        <| fun () ->
            Expect.throwsC (fun () -> OrganOversampling.Of([| 1; 2; 3 |], slices, 2, 1L, 0L) |> ignore) (fun e ->
                Expect.isTrue (e :? DatasetException) $"type: {e}"
                Expect.stringContains e.Message "None of the 3 labelled slices shows the organ" "message")
    ]
