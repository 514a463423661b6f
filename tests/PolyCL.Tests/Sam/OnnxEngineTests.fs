module PolyCL.Tests.Sam.OnnxEngineTests

open System
open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Models
open PolyCL.Sam
open PolyCL.Sam.Engines
open PolyCL.Sam.Modules
open PolyCL.Tests
open PolyCL.Tests.Sam.SamFixture

let private file name = path $"sam1-tiny/{name}.onnx"

let private load decoder (options: SamOptions) =
    SamRefiner.LoadOnnx(file "encoder", file decoder, options)

let private near (actual: float32[]) (expected: float32[]) what =
    Expect.hasLength actual expected.Length what
    let error = Array.map2 (fun a b -> abs (a - b)) actual expected |> Array.max
    Expect.isLessThanOrEqual (float error) tolerance what

let private refine (refiner: SamRefiner) case =
    let shape, slice = floats $"sam1-tiny/{case}/slice.npy"
    let _, coarse = bytes $"sam1-tiny/{case}/coarse_mask.npy"
    refiner.Refine(ReadOnlySpan slice, ReadOnlySpan coarse, shape[0], shape[1])

let private refused (action: unit -> unit) (parts: string list) =
    Expect.throwsC action (fun e ->
        Expect.isTrue (e :? WeightMismatchException) "type"
        Expect.equal (e.Message.IndexOf '\n') -1 "one line"

        for part in parts do
            Expect.stringContains e.Message part "message")

/// An ONNX encoder that takes grey levels [H, W, 3] and fills the embedding [1, 32, 8, 8] with their mean.
module private GreyEncoder =
    let rec private varint (value: uint64) : byte list =
        if value < 128UL then
            [ byte value ]
        else
            byte (value &&& 127UL ||| 128UL) :: varint (value >>> 7)

    let private number field (value: int) =
        varint (uint64 (field <<< 3)) @ varint (uint64 value)

    let private bytes field (content: byte list) =
        varint (uint64 (field <<< 3 ||| 2)) @ varint (uint64 content.Length) @ content

    let private text field (value: string) =
        bytes field (List.ofArray (System.Text.Encoding.ASCII.GetBytes value))

    let private node (inputs: string list) output operation =
        bytes 1 (List.collect (text 1) inputs @ text 2 output @ text 4 operation)

    let private value field name (sizes: byte list list) =
        let shape = sizes |> List.collect (bytes 1)
        bytes field (text 1 name @ bytes 2 (bytes 1 (number 1 1 @ bytes 2 shape)))

    let private shape = [ 1; 32; 8; 8 ]

    /// Operator set 13: the mean over all dimensions, spread over the embedding's shape.
    let model =
        let target =
            bytes 5 (number 1 4 @ number 2 7 @ bytes 7 (List.map byte shape) @ text 8 "shape")

        let graph =
            node [ "image" ] "mean" "ReduceMean"
            @ node [ "mean"; "shape" ] "embedding" "Expand"
            @ text 2 "encoder"
            @ target
            @ value 11 "image" [ text 2 "h"; text 2 "w"; number 1 3 ]
            @ value 12 "embedding" (List.map (number 1) shape)

        Array.ofList (number 1 8 @ bytes 7 graph @ bytes 8 (number 2 13))

[<Tests>]
let tests =
    testList "Sam.OnnxEngine" [
        for case in [ "case_a_landscape"; "case_b_portrait_down" ] do
            testCase $"{case}: embedding and logits of both decoders are the reference's"
            <| fun () ->
                let read name =
                    snd (floats $"sam1-tiny/{case}/{name}.npy")

                let shape, grey = bytes $"sam1-tiny/{case}/image_u8.npy"
                let image = SamImage(shape[0], shape[1], 128)
                use engine = OnnxEngine.Load(file "encoder", file "decoder", "cpu")
                Expect.equal engine.ImageSize 128 "size of the model's image"
                let embedding = engine.Embed(image, image.Resized grey)
                near embedding (read "image_embedding") "embedding"
                let corners = read "boxes_input_frame"

                for name, low, qualities, masks in
                    [
                        "decoder", "onnx_low_res", "onnx_iou", 4
                        "decoder_single", "onnx_single_low_res", "onnx_single_iou", 1
                    ] do
                    use decoder = OnnxGraph.Open(file name, "", "cpu")

                    for box in 0 .. corners.Length / 4 - 1 do
                        let results =
                            decoder.Run(
                                [
                                    struct (embedding, [| 1L; 32L; 8L; 8L |])
                                    struct (corners[4 * box .. 4 * box + 3], [| 1L; 2L; 2L |])
                                    struct ([| 2f; 3f |], [| 1L; 2L |])
                                    struct (Array.zeroCreate 1024, [| 1L; 1L; 32L; 32L |])
                                    struct ([| 0f |], [| 1L |])
                                    struct ([| float32 shape[0]; float32 shape[1] |], [| 2L |])
                                ],
                                3
                            )

                        let values i =
                            let struct (values, _) = results[i]
                            values

                        let part (all: float32[]) size = all[box * size .. (box + 1) * size - 1]
                        near (values 2) (part (read low) (masks * 1024)) $"{name}, box {box}: logits"
                        near (values 1) (part (read qualities) masks) $"{name}, box {box}: qualities"

                        if name = "decoder" && box = 0 then
                            near (values 0) (read "onnx_masks_box0") "logits at the slice's size"

        testCase "refines as the torch modules do: the same masks, qualities within the tolerance"
        <| fun () ->
            for options in
                [
                    SamOptions(DecoderHeads = 4)
                    SamOptions(DecoderHeads = 4, BestOfThree = true, Margin = 2.0)
                    SamOptions(DecoderHeads = 4, Boxes = BoxRule.OnePerComponent)
                ] do
                use onnx = load "decoder" options
                use torch = SamRefiner.Load(tinySam (), options)

                for case in [ "case_a_landscape"; "case_b_portrait_down"; "case_c_square_2x" ] do
                    let expected, actual = refine torch case, refine onnx case
                    Expect.equal actual.Mask expected.Mask case
                    Expect.equal (List.ofSeq actual.Boxes) (List.ofSeq expected.Boxes) case
                    near (Array.ofSeq actual.Qualities) (Array.ofSeq expected.Qualities) case

        testCase "an encoder that normalises itself gets the resized grey levels, three times each"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let encoder = Path.Combine(folder, "grey.onnx")
                File.WriteAllBytes(encoder, GreyEncoder.model)
                let shape, grey = bytes "sam1-tiny/case_a_landscape/image_u8.npy"
                let image = SamImage(shape[0], shape[1], 128)
                let resized = image.Resized grey
                use engine = OnnxEngine.Load(encoder, file "decoder", "cpu")
                let mean = resized |> Array.averageBy float
                let embedding = engine.Embed(image, resized)
                Expect.hasLength embedding 2048 "numbers"
                Expect.all embedding (fun x -> abs (float x - mean) < 1e-3) "the mean grey level")

        testCase "a decoder exported for a single mask is taken with the choice it makes"
        <| fun () ->
            use refiner = load "decoder_single" (SamOptions())
            let refined = refine refiner "case_a_landscape"

            let _, expected = floats "sam1-tiny/case_a_landscape/onnx_single_iou.npy"
            near (Array.ofSeq refined.Qualities) expected[..0] "quality"

        testCase "embeddings are kept under the files' digest"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let cache = EmbeddingCache folder
                use refiner = SamRefiner.LoadOnnx(file "encoder", file "decoder", cache = cache)
                let first = refine refiner "case_a_landscape"
                Expect.equal (refine refiner "case_a_landscape").Mask first.Mask "mask"
                Expect.equal (cache.Found, cache.Missed) (1, 1) "one encoding"

                use other =
                    SamRefiner.LoadOnnx(file "encoder", file "decoder_single", cache = cache)

                refine other "case_a_landscape" |> ignore
                Expect.notEqual other.Sha256 refiner.Sha256 "digest"
                Expect.equal cache.Missed 2 "another pair of files")

        testCase "files that do not fit are refused with what they have and what is needed"
        <| fun () ->
            let load encoder decoder () =
                SamRefiner.LoadOnnx(encoder, decoder) |> ignore

            refused (load (file "decoder") (file "decoder")) [
                "decoder.onnx"
                "is not SAM's image encoder"
                "point_coords Single [1×?×2]"
                "ranks 3 or 4"
            ]

            refused (load (file "encoder") (file "encoder")) [
                "encoder.onnx"
                "is not SAM's mask decoder"
                "input_image Single [1×3×128×128]"
            ]

            refused (load "nowhere.onnx" (file "decoder")) [ "nowhere.onnx"; "does not exist" ]
            refused (load (file "encoder") "nowhere.onnx") [ "nowhere.onnx"; "does not exist" ]
            refused (load (tinySam ()) (file "decoder")) [ "weights.pth"; "cannot be opened" ]

            TestData.withTempFolder (fun folder ->
                let cut = Path.Combine(folder, "cut.onnx")
                File.WriteAllBytes(cut, (File.ReadAllBytes(file "encoder"))[..99999])
                refused (load cut (file "decoder")) [ "cut.onnx"; "cannot be opened" ])

        testCase "bfloat16 is refused: the format is the file's"
        <| fun () ->
            Expect.throwsT<ArgumentException>
                (fun () ->
                    SamRefiner.LoadOnnx(
                        "encoder.onnx",
                        "decoder.onnx",
                        SamOptions(Precision = ComputePrecision.BFloat16)
                    )
                    |> ignore)
                "precision"
    ]
