module PolyCL.Tests.Sam.Video.SliceTrackerTests

open System
open Expecto
open PolyCL.Sam.Video
open PolyCL.Tests.Sam
open PolyCL.Tests.Sam.Video.VideoFixture
open TorchSharp

let private run overrides case fillHoles check =
    use _ = torch.NewDisposeScope()
    use _ = torch.inference_mode ()
    use network = network overrides
    use tracking = new Tracking(network, case, fillHoles)
    check network tracking

let private file (case: Case) name = $"{case.Folder}/{name}.npy"

/// Both passes in one state, the prompted slice first in each; then the reverse pass in a fresh state.
let private passes (tracking: Tracking) =
    let prompted = tracking.Prompt()
    let forward = prompted :: tracking.Forward()
    let reverse = prompted :: tracking.Reverse()
    tracking.Tracker.Bank.DropTracked()
    forward, reverse, prompted :: tracking.Reverse()

/// The steps of one slice against the stored intermediates; the slice is tracked afterwards.
let private intermediates (network: Sam2Network) (tracking: Tracking) pass slice =
    let reverse = pass = "reverse"
    let stored name = video $"{pass}_{slice}_{name}"
    let bank = tracking.Tracker.Bank

    tracking.With slice (fun features ->
        use _ = torch.NewDisposeScope()
        let tokens = network.Gather(bank, bank.Choose(slice, reverse), 9, tracking.Codes)
        // Memories are kept as bfloat16: the last bit of a sum, which differs between processors, may round to the next step.
        expectMemory (tokens.Values.transpose (0, 1)) (stored "memory")
        SamFixture.close tracked (tokens.Positions.transpose (0, 1)) (stored "memory_pos")
        let joined = network.Join(features, tokens, tracking.Codes)
        SamFixture.close tracked joined (stored "fused")
        let decoded = network.Decode(joined, features, tracking.Codes, null)
        SamFixture.close tracked decoded.Logits (stored "multimasks")
        SamFixture.close tracked decoded.Pointer (stored "obj_ptr")
        SamFixture.close tracked (torch.tensor(decoded.Qualities).unsqueeze 0) (stored "ious")
        SamFixture.close tracked (torch.tensor([| decoded.ObjectScore |]).unsqueeze 0) (stored "object_score"))

    let result = tracking.Track reverse slice
    expectMemory (bank.Memory slice) (stored "maskmem_features_f32")
    result

[<Tests>]
let tests =
    testSequenced
    <| testList "Sam.Video.SliceTracker" [
        testCase "the given mask and every slice are resized as the reference does"
        <| fun () ->
            for case in [ videoCase; longCase ] do
                let _, mask = SamFixture.bytes (file case "mask")
                let _, expected = SamFixture.bytes (file case "mask_resized")

                Expect.equal
                    (SliceInput.Mask(ReadOnlySpan mask, case.Height, case.Width, 128)
                     |> Array.map byte)
                    expected
                    $"{case.Folder}: mask"

            use _ = torch.NewDisposeScope()
            let _, frames = SamFixture.bytes (file videoCase "frames_u8")
            let frame = ReadOnlySpan(frames, 4 * 96 * 112, 96 * 112)

            SamFixture.close
                SamFixture.tolerance
                (SliceInput.Pixels(frame, 96, 112, 128, torch.CPU))
                (video "prompt_frame_input")

        testCase "the prompted slice: finer maps, memory and pointer equal the reference, its mask exactly"
        <| fun () ->
            run false videoCase 0 (fun _ tracking ->
                tracking.With 4 (fun features ->
                    SamFixture.close SamFixture.tolerance features.Fine.Level0 (video "enc_fpn0")
                    SamFixture.close SamFixture.tolerance features.Fine.Level1 (video "enc_fpn1")
                    SamFixture.close SamFixture.tolerance features.Map (video "enc_fpn2"))

                let result = tracking.Prompt()
                Expect.equal (result.ObjectScore, result.Quality) (10f, Nullable()) "score"
                SamFixture.close SamFixture.tolerance (tracking.Tracker.Bank.Pointer 4) (video "prompt_obj_ptr")
                let _, masks = SamFixture.bytes (file videoCase "masks")
                Expect.equal (result.Mask(96, 112)) masks[4 * 96 * 112 .. 5 * 96 * 112 - 1] "mask"
                use memory = tracking.Tracker.Bank.Memory(4).to_type torch.float32
                SamFixture.close SamFixture.tolerance memory (video "prompt_maskmem_features_bf16"))

        testCase "memories, joined maps, masks, pointers and scores of four slices equal the reference"
        <| fun () ->
            run false videoCase 0 (fun network tracking ->
                tracking.Prompt() |> ignore

                for slice in 5..8 do
                    if slice = 5 || slice = 8 then
                        intermediates network tracking "forward" slice |> ignore
                    else
                        tracking.Track false slice |> ignore

                for slice in 3..-1..0 do
                    if slice = 3 || slice = 0 then
                        intermediates network tracking "reverse" slice |> ignore
                    else
                        tracking.Track true slice |> ignore)

        testCase "sam2-tiny-video: forward, and reverse in the same state"
        <| fun () ->
            run false videoCase 0 (fun _ tracking ->
                let forward, reverse, _ = passes tracking
                expectTracked (low forward) (file videoCase "forward_low_res")
                expectTracked (low reverse) (file videoCase "reverse_low_res")
                let _, masks = SamFixture.bytes (file videoCase "masks")

                let ours = [ for slice in List.rev reverse @ List.tail forward -> slice.Mask(96, 112) ]

                Expect.equal (Array.concat ours) masks "masks")

        testCase "sam2-tiny-video at the slices' size: forward, reverse in the same and in a fresh state (large corpus)"
        <| fun () ->
            run false videoCase 0 (fun _ tracking ->
                let forward, reverse, fresh = passes tracking
                expectTracked (full videoCase forward) (file videoCase "forward_logits")
                expectTracked (full videoCase reverse) (file videoCase "reverse_logits")
                expectTracked (full videoCase fresh) (file videoCase "reverse_fresh_logits"))

        testCase "sam2-tiny-video with holes of up to 8 pixels filled"
        <| fun () ->
            run false videoCase 8 (fun _ tracking ->
                let forward, reverse, _ = passes tracking
                expectTracked (low forward) (file videoCase "hole8_forward_low_res")
                expectTracked (low reverse) (file videoCase "hole8_reverse_low_res"))

        testCase "sam2-tiny-long: both windows exceeded, the object comes and goes"
        <| fun () ->
            run true longCase 0 (fun _ tracking ->
                let forward, reverse, fresh = passes tracking
                expectTracked (low forward) (file longCase "forward_low_res")
                expectTracked (low reverse) (file longCase "reverse_low_res")
                expectTracked (low fresh) (file longCase "reverse_fresh_low_res")

                Expect.equal
                    (List.tail forward @ List.tail reverse
                     |> List.filter (fun slice -> slice.ObjectScore <= 0f)
                     |> List.length)
                    11
                    "slices without the object")

        testCase "sam2-tiny-long at the slices' size (large corpus)"
        <| fun () ->
            run true longCase 0 (fun _ tracking ->
                let forward, reverse, _ = passes tracking
                expectTracked (full longCase forward) (file longCase "forward_logits")
                expectTracked (full longCase reverse) (file longCase "reverse_logits"))
    ]
