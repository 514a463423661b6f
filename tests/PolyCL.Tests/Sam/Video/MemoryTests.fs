module PolyCL.Tests.Sam.Video.MemoryTests

open Expecto
open PolyCL.Sam.Video
open PolyCL.Tests.Sam
open PolyCL.Tests.Sam.Video.VideoFixture
open TorchSharp

let private codes () =
    new MapCodes(sizes, torch.zeros (1L, 32L, 32L, 8L), torch.zeros (1L, 32L, 8L, 8L))

/// The reference stores [T, N, C]; the network works on [N, T, C].
let private batchFirst (name: string) =
    (SamFixture.tensor (video name)).transpose(0, 1)

let private asMap (tokens: torch.Tensor) =
    tokens.transpose(1, 2).reshape(1L, 32L, 8L, 8L)

[<Tests>]
let tests =
    testSequenced
    <| testList "Sam.Video.Memory" [
        testCase "a slice's map joined with one memory and one pointer equals the reference"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use _ = torch.no_grad ()
            use attention = new MemoryAttention(sizes)
            fill "memory_attention" attention
            use codes = codes ()
            SamFixture.close SamFixture.tolerance (codes.Map.transpose (0, 1)) (video "forward_5_curr_pos")

            let joined =
                attention.Join(
                    batchFirst "forward_5_curr",
                    codes,
                    batchFirst "forward_5_memory",
                    batchFirst "forward_5_memory_pos",
                    4L
                )

            SamFixture.close tracked (asMap joined) (video "forward_5_fused")

        testCase "the memory of the prompted slice equals the reference before it is stored"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use _ = torch.no_grad ()
            use encoder = new MemoryEncoder(sizes)
            fill "memory_encoder" encoder

            let mask =
                (SamFixture.tensor (video "prompt_mask_high_res_logits")).gt(0.0.ToScalar()).to_type torch.float32

            let memory =
                encoder.call (SamFixture.tensor (video "enc_fpn2"), mask * 20.0.ToScalar() - 10.0.ToScalar())

            SamFixture.close SamFixture.tolerance memory (video "prompt_maskmem_features_f32")

            SamFixture.close
                SamFixture.tolerance
                (SamFixture.tensor(video "prompt_maskmem_features_f32").to_type torch.bfloat16)
                (video "prompt_maskmem_features_bf16")
    ]
