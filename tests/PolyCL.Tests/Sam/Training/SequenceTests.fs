module PolyCL.Tests.Sam.Training.SequenceTests

open Expecto
open PolyCL.Data.Phantom
open PolyCL.Sam.Training
open PolyCL.Sam.Video
open PolyCL.Tests.Sam.Training.SmallSam2
open TorchSharp

let private scans =
    lazy
        TinyScan.Generate(
            TinyPhantoms(Sites = [| PhantomSite.A |], Grids = [| TinyGrid(64, 32) |], Scans = 2, Slices = 16)
        )

let private network () =
    FirstWeights.Draw(3L, (fun () -> new Sam2Network(sizes)))

/// One sequence of a batch.
let private alone n (batch: SequenceBatch) =
    let only (maps: torch.Tensor) =
        maps.unflatten(0L, int64 batch.Length, batch.Count).select(1L, n)

    SequenceBatch(
        batch.Length,
        batch.Prompted,
        batch.Slices,
        only batch.Pixels,
        only batch.Masks,
        batch.Remembered.narrow (0, n, 1)
    )

let private same (a: torch.Tensor) (b: torch.Tensor) = a.eq(b).all().ToBoolean()

/// Pixels of the organ at each position, sequence by sequence.
let private areas (batch: SequenceBatch) = [
    for position in 0 .. batch.Length - 1 -> batch.MasksAt(position).sum([| 1L; 2L; 3L |]).data<float32>().ToArray()
]

[<Tests>]
let tests =
    testSequenced
    <| testList "Sam.Training.Sequences" [
        testCase "the same step gives the same sequences, another step others; the prompted slice shows the organ"
        <| fun () ->
            use _ = torch.NewDisposeScope()

            let draw step =
                SequenceSource(scans.Value, sizes, 5L).Draw(step, 4, 5)

            let first, again, other = draw 1, draw 1, draw 2
            Expect.equal first.Pixels.shape [| 20L; 3L; 64L; 64L |] "pixels"
            Expect.equal first.Masks.shape [| 20L; 1L; 64L; 64L |] "masks"
            Expect.isTrue (same first.Pixels again.Pixels && same first.Masks again.Masks) "same"
            Expect.isFalse (same first.Pixels other.Pixels) "other"

            let overlaps = [
                for step in 0..19 do
                    let batch = draw step
                    Expect.all (areas batch).[batch.Prompted] (fun area -> area > 0f) $"prompted, step {step}"
                    Expect.isTrue (batch.Slices >= batch.Length && batch.Slices <= 16) "distances"
                    let given = batch.MasksAt batch.Prompted

                    (batch.Remembered * given).sum().ToDouble(), (batch.Remembered.sum () + given.sum ()).ToDouble()
            ]

            // What is remembered of the given masks has gone by way of a quarter of the size.
            let dice = 2.0 * List.sumBy fst overlaps / List.sumBy snd overlaps
            Expect.isTrue (dice > 0.8 && dice < 1.0) $"remembered: Dice {dice}"

        testCase "some sequences leave the organ, most slices show it"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let source = SequenceSource(scans.Value, sizes, 5L)

            let all =
                [ for step in 0..19 -> areas (source.Draw(step, 4, 6)) ]
                |> List.concat
                |> List.collect List.ofArray

            let absent = all |> List.filter (fun area -> area = 0f) |> List.length
            Expect.isTrue (absent > all.Length / 20 && absent < all.Length / 2) $"{absent} of {all.Length} without"

        testCase "other organs are followed too, the liver more often"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let source = SequenceSource(scans.Value, sizes, 5L)

            // The liver lies mostly in the left half of the slice (the patient's right), spleen, stomach and a kidney in the other.
            let right = [
                for step in 0..19 do
                    let batch = source.Draw(step, 4, 2)
                    let masks = batch.MasksAt batch.Prompted
                    let left = masks.narrow(3, 0, 32).sum([| 1L; 2L; 3L |]).data<float32>().ToArray()
                    let whole = masks.sum([| 1L; 2L; 3L |]).data<float32>().ToArray()
                    yield! Array.map2 (fun l w -> l < w / 2f) left whole
            ]

            let others = right |> List.filter id |> List.length
            Expect.isTrue (others > right.Length / 8 && others < right.Length / 2) $"{others} of {right.Length}"

        testCase "an organ of a scan: the liver with its lesions, another tissue alone"
        <| fun () ->
            for scan in scans.Value do
                let liver = FollowedOrgan(scan, PhantomTissue.Liver)
                Expect.equal (List.ofSeq liver.Slices) (List.ofSeq scan.OrganSlices) "slices with liver"
                let middle = liver.Slices[liver.Slices.Count / 2]
                Expect.equal (liver.Mask middle) (scan.Mask(middle).ToArray()) "liver"
                let spleen = FollowedOrgan(scan, PhantomTissue.Spleen)
                Expect.isNonEmpty spleen.Slices "slices with spleen"

                for slice in spleen.Slices do
                    Expect.equal
                        (spleen.Mask slice)
                        (scan.Tissues(slice).ToArray()
                         |> Array.map (fun tissue -> if tissue = byte PhantomTissue.Spleen then 1uy else 0uy))
                        "spleen"

        testCase "sequences tracked at once lose what each loses alone"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use _ = torch.no_grad ()
            use network = network ()
            let source = SequenceSource(scans.Value, sizes, 5L)
            let tracking = SequenceTracking network

            // Slices without the organ do not count in the mean of the masks' losses: all slices show it here.
            let batches =
                Seq.init 60 (fun step -> source.Draw(step, 2, 4))
                |> Seq.filter (fun batch -> areas batch |> Seq.collect id |> Seq.forall (fun area -> area > 0f))
                |> Seq.truncate 3
                |> List.ofSeq

            Expect.hasLength batches 3 "batches"

            let mutable differ = false

            for batch in batches do
                let together = tracking.Loss(batch).ToDouble()
                let apart = [ for n in 0L .. 1L -> tracking.Loss(alone n batch).ToDouble() ]
                Expect.isLessThan (abs (together - List.average apart)) 1e-3 $"{together} and {apart}"
                differ <- differ || abs (apart[0] - apart[1]) > 0.01

            Expect.isTrue differ "the sequences are not all alike"

        testCase "every weight that tracking uses gets a gradient, through the memories too"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use network = network ()
            let batch = SequenceSource(scans.Value, sizes, 5L).Draw(0, 2, 3)
            (SequenceTracking network).Loss(batch).backward()

            let without =
                set [
                    for struct (name, parameter) in network.named_parameters () do
                        if isNull (box parameter.grad) then
                            name
                ]

            // Points and boxes, and what the official modules hold for other uses.
            let unused =
                set [
                    yield! [ "no_mem_embed"; "no_mem_pos_enc" ]
                    for i in 0..3 -> $"sam_prompt_encoder.point_embeddings.{i}.weight"
                ]

            Expect.equal without unused "weights without a gradient"

        testCase "a loss leaves one tensor"
        <| fun () ->
            use network = network ()
            use scope = torch.NewDisposeScope()
            let batch = SequenceSource(scans.Value, sizes, 5L).Draw(0, 2, 3)
            let before = DisposeScopeManager.Statistics.ThreadTotalLiveCount
            use loss = (SequenceTracking network).Loss batch
            Expect.equal DisposeScopeManager.Statistics.ThreadTotalLiveCount (before + 1L) "live tensors"
            Expect.equal loss.shape [||] "a scalar"
    ]
