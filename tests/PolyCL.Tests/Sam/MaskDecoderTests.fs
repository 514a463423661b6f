module PolyCL.Tests.Sam.MaskDecoderTests

open System
open Expecto
open PolyCL.Models.Weights
open PolyCL.Sam
open PolyCL.Sam.Modules
open PolyCL.Tests.Sam.SamFixture
open TorchSharp

let private options =
    MaskDecoderOptions(Width = 32, Heads = 4, MlpWidth = 64, IouWidth = 32)

/// Fills one part of the network from the fixture's weight file.
let private fill (part: string) (network: torch.nn.Module) =
    use weights = WeightFile.Read(tinySam ())

    let others =
        [ "image_encoder."; "prompt_encoder."; "mask_decoder." ] |> List.except [ part ]

    WeightLoader.Load(network, weights, WeightLoadOptions(StripPrefix = part, IgnoreInFile = others))
    |> ignore

    network.eval ()

let private parts () =
    let prompts = new PromptEncoder(32, 8, 128)
    let decoder = new MaskDecoder(options)
    fill "prompt_encoder." prompts
    fill "mask_decoder." decoder
    prompts, decoder

let private boxLabels = [| PromptLabel.TopLeft; PromptLabel.BottomRight |]

/// Boxes in the model's frame as pairs of points [N, 2, 2].
let private corners (case: string) =
    (tensor $"sam1-tiny/{case}/boxes_input_frame.npy").reshape(-1L, 2L, 2L)

let private parity (case: string) =
    testCase $"{case}: tokens, masks and qualities are the reference's"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        use _ = torch.inference_mode ()
        let file (name: string) = $"sam1-tiny/{case}/{name}.npy"
        let prompts, decoder = parts ()
        use _ = prompts
        use _ = decoder
        let image = tensor (file "image_embedding")
        let code = prompts.DenseCode()

        let check (name: string) (masks: DecodedMasks) first count =
            close tolerance (masks.Logits.narrow (1, first, count)) (file $"{name}_low_res_logits")
            close tolerance (masks.Qualities.narrow (1, first, count)) (file $"{name}_iou")

        let tokens = prompts.Tokens(corners case, boxLabels)
        close tolerance tokens (file "sparse_embeddings")
        let plain = decoder.Run(image, code, tokens, prompts.Dense null)
        Expect.isNull plain.ObjectScores "SAM has no object score"
        check "single" plain 0L 1L
        check "multi" plain 1L 3L
        let mask = tensor (file "single_low_res_logits")
        check "refine" (decoder.Run(image, code, tokens, prompts.Dense mask)) 0L 1L

        // The point's tokens come before the box's; both lie in the model's frame.
        let size name =
            fst (bytes (file name)) |> Array.map float32

        let scale = Array.map2 (/) (size "resized_u8") (size "image_u8")

        let point = tensor (file "boxpoint_coords") * torch.tensor [| scale[1]; scale[0] |]

        let both = torch.cat (ResizeArray [ point; corners case ], 1L)

        let tokens =
            prompts.Tokens(both, [| PromptLabel.Positive; PromptLabel.TopLeft; PromptLabel.BottomRight |])

        check "boxpoint" (decoder.Run(image, code, tokens, prompts.Dense null)) 0L 1L

[<Tests>]
let tests =
    testList "Sam.MaskDecoder" [
        for case in [ "case_a_landscape"; "case_b_portrait_down"; "case_c_square_2x" ] do
            parity case

        testCase "the dense position code is the reference's"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let prompts, decoder = parts ()
            use _ = prompts
            use _ = decoder
            close tolerance (prompts.DenseCode()) "sam1-tiny/case_a_landscape/dense_pe.npy"

        testCase "a padding token is the learned token alone, wherever its point lies"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            let prompts, decoder = parts ()
            use _ = prompts
            use _ = decoder

            let token (x: float32) =
                prompts
                    .Tokens(torch.tensor([| x; x |]).reshape(1L, 1L, 2L), [| PromptLabel.Padding |])
                    .data<float32>()
                    .ToArray()

            Expect.equal (token 3f) (token 90f) "token"
            let learned = prompts.state_dict()["not_a_point_embed.weight"]
            Expect.equal (token 3f) (learned.data<float32>().ToArray()) "value"

        testCase "a decoder of SAM 2 has the names and shapes of Meta's file, and its masks those of SAM with more"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use decoder = new MaskDecoder(MaskDecoderOptions(Sam2 = true))
            use prompts = new PromptEncoder(256, 64, 1024)
            expectKeys "keys/sam2.1_hiera_tiny.json" "sam_mask_decoder." decoder
            expectKeys "keys/sam2.1_hiera_tiny.json" "sam_prompt_encoder." prompts
            use _ = torch.inference_mode ()
            decoder.eval ()
            let map width size = torch.rand (1L, width, size, size)
            let finer = decoder.Narrow(map 256L 32L, map 256L 16L)

            let masks =
                decoder.Run(map 256L 8L, map 256L 8L, torch.rand (2L, 3L, 256L), prompts.Dense null, finer)

            Expect.equal masks.Logits.shape [| 2L; 4L; 32L; 32L |] "logits"
            Expect.equal (nonNull masks.ObjectScores).shape [| 2L; 1L |] "object scores"
            let qualities = masks.Qualities.data<float32>().ToArray()
            Expect.all qualities (fun q -> q > 0f && q < 1f) "qualities went through a sigmoid"

        testCase "a call leaves its own results and no other tensor"
        <| fun () ->
            let prompts, decoder = parts ()
            use _ = prompts
            use _ = decoder
            use _ = torch.no_grad ()
            use image = torch.rand (1L, 32L, 8L, 8L)
            use points = torch.rand (2L, 2L, 2L)

            let live () =
                DisposeScopeManager.Statistics.ThreadTotalLiveCount

            let before = live ()
            use code = prompts.DenseCode()
            use tokens = prompts.Tokens(points, boxLabels)
            use dense = prompts.Dense null
            Expect.equal (live () - before) 3L "prompts"
            let masks = decoder.Run(image, code, tokens, dense)
            Expect.equal (live () - before) 6L "masks"
            masks.Logits.Dispose()
            masks.Qualities.Dispose()
            masks.Tokens.Dispose()

        testCase "SAM's decoder refuses finer maps"
        <| fun () ->
            use decoder = new MaskDecoder(options)
            use map = torch.zeros (1L, 32L, 8L, 8L)
            Expect.throwsT<InvalidOperationException> (fun () -> decoder.Narrow(map, map) |> ignore) "narrow"
    ]
