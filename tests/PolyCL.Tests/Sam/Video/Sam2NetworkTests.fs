module PolyCL.Tests.Sam.Video.Sam2NetworkTests

open System
open Expecto
open PolyCL.Sam
open PolyCL.Sam.Video
open PolyCL.Tests
open PolyCL.Tests.Sam
open PolyCL.Tests.Sam.Video.VideoFixture
open TorchSharp

let private parameters (sizes: Sam2Architecture) =
    use network = new Sam2Network(sizes)
    network.state_dict().Values |> Seq.sumBy (fun values -> values.numel ())

let private foreground (slice: TrackedSlice) = slice.Mask(256, 256) |> Array.sumBy int

/// The real architecture at 1024 with formula weights: prompt on slice 2, forward to 3, then reverse to `last`.
let private formulaRun (last: int) =
    use _ = torch.NewDisposeScope()
    use _ = torch.inference_mode ()
    let file name = $"sam21-hiera-tiny-formula/{name}.npy"
    use network = new Sam2Network(Sam2Architecture.Tiny)
    SamFixture.fillByFormula 12UL network
    network.eval ()

    use tracking =
        new Tracking(
            network,
            {
                Folder = "sam21-hiera-tiny-formula"
                Prompted = 2
                Height = 256
                Width = 256
                Count = 4
            },
            0
        )

    let bank = tracking.Tracker.Bank

    let info = SamFixture.json "sam21-hiera-tiny-formula/info.json"

    let check slice (pass: string) (result: TrackedSlice) =
        let low = torch.tensor(result.LowLogits).reshape(256L, 256L)
        SamFixture.close tracked (SamFixture.every [| 4L; 4L |] low) (file $"low_res_{slice}_sample")
        SamFixture.close tracked (bank.Pointer slice) (file $"obj_ptr_{slice}")

        let wanted =
            info.GetProperty("mask_foreground").GetProperty($"{pass}{slice}").GetInt32()

        let differing =
            Array.fold2
                (fun n a b -> if a = b then n else n + 1)
                0
                (result.Mask(256, 256))
                (SamFixture.unpacked (file $"mask_{slice}_packbits"))

        Expect.isLessThan (float (abs (foreground result - wanted))) (0.001 * float wanted) $"slice {slice}: foreground"
        Expect.isLessThan (float differing) (0.001 * float wanted) $"slice {slice}: pixels"

    tracking.With 2 (fun features ->
        List.iteri2
            (fun i map step ->
                SamFixture.close
                    SamFixture.tolerance
                    (SamFixture.every [| 1L; 8L; step; step |] map)
                    (file $"enc_fpn{i}_sample")) [ features.Fine.Level0; features.Fine.Level1; features.Map ] [
                16L
                8L
                4L
            ]

        check 2 "F" (tracking.PromptOn features))

    expectMemory (SamFixture.every [| 1L; 4L; 4L; 4L |] (bank.Memory 2)) (file "maskmem_2_sample")

    tracking.With 3 (fun features ->
        use _ = torch.NewDisposeScope()
        let tokens = network.Gather(bank, bank.Choose(3, false), 4, tracking.Codes)
        let joined = network.Join(features, tokens, tracking.Codes)
        SamFixture.close tracked (SamFixture.every [| 1L; 8L; 4L; 4L |] joined) (file "fused_F3_sample")
        check 3 "F" (tracking.Tracker.Track(3, features, false)))

    for slice in 1 .. -1 .. last do
        check slice "R" (tracking.Track true slice)

[<Tests>]
let tests =
    testSequenced
    <| testList "Sam.Video.Sam2Network" [
        for name, sizes in
            [
                "tiny", Sam2Architecture.Tiny
                "small", Sam2Architecture.Small
                "base_plus", Sam2Architecture.BasePlus
                "large", Sam2Architecture.Large
            ] do
            testCase $"{name} has the names and shapes of the official weights"
            <| fun () ->
                use _ = torch.NewDisposeScope()
                use network = new Sam2Network(sizes)
                SamFixture.expectKeys $"keys/sam2.1_hiera_{name}.json" "" network

        testCase "tiny and small have 38,962,754 and 46,060,610 numbers"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            Expect.equal (parameters Sam2Architecture.Tiny) 38962754L "tiny"
            Expect.equal (parameters Sam2Architecture.Small) 46060610L "small"

        testCase "sizes that do not go together are refused"
        <| fun () ->
            for wrong in
                [
                    Sam2Architecture(ImageSize = 1000)
                    Sam2Architecture(Width = 97, Heads = 2)
                    Sam2Architecture(MemoryDim = 60)
                    Sam2Architecture(Windows = [| 7; 4; 14; 7 |])
                    Sam2Architecture(GlobalBlocks = [| 12 |])
                ] do
                Expect.throwsT<ArgumentException> wrong.Validate $"{wrong}"

            Expect.throwsT<ArgumentException> (fun () -> Sam2Architecture(Stages = [| 1; 2 |]) |> ignore) "stages"

        testCase "hiera_tiny at 1024 with formula weights: prompt, forward, one slice in reverse (POLYCL_SLOW=1: two)"
        <| fun () ->
            let slow = Environment.GetEnvironmentVariable "POLYCL_SLOW" = "1"
            formulaRun (if slow then 0 else 1)
    ]
