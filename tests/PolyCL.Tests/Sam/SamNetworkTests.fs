module PolyCL.Tests.Sam.SamNetworkTests

open System
open System.Collections.Generic
open System.IO
open System.IO.Compression
open System.Text
open System.Text.Json
open Expecto
open PolyCL.Core
open PolyCL.Models
open PolyCL.Models.Weights
open PolyCL.Sam
open PolyCL.Sam.Modules
open PolyCL.Tests
open PolyCL.Tests.Models.Weights
open PolyCL.Tests.Sam.SamFixture
open TorchSharp

let private load precision =
    SamNetwork.Load(tinySam (), precision, torch.CPU, 4)

let private tiny () = load ComputePrecision.Full

/// Copies a weight file of PyTorch with its dictionary put under 'model', and 'epoch' beside it.
let private nest (source: string) (target: string) =
    use from = ZipFile.OpenRead source
    use into = ZipFile.Open(target, ZipArchiveMode.Create)

    let text (value: string) =
        Array.concat [ "X"B; BitConverter.GetBytes value.Length; Encoding.ASCII.GetBytes value ]

    for entry in from.Entries do
        use stream = entry.Open()
        use memory = new MemoryStream()
        stream.CopyTo memory
        let bytes = memory.ToArray()

        let changed =
            if entry.Name = "data.pkl" then
                // Between the protocol's two bytes and the final stop lies the dictionary.
                Array.concat [
                    bytes[..1]
                    "}("B
                    text "epoch"
                    "K"B
                    [| 12uy |]
                    text "model"
                    bytes[2 .. bytes.Length - 2]
                    "u."B
                ]
            else
                bytes

        use output = into.CreateEntry(entry.FullName, CompressionLevel.NoCompression).Open()
        output.Write(changed, 0, changed.Length)

let private cases = [ "case_a_landscape"; "case_b_portrait_down"; "case_c_square_2x" ]

let private boxes file =
    snd (floats file)
    |> Array.map float
    |> Array.chunkBySize 4
    |> Array.map (fun b -> BoxPrompt(b[0], b[1], b[2], b[3]))

/// The model's input of a slice given as grey levels, and how the slice lies in it.
let private prepared (grey: int[] * byte[]) size =
    let shape, pixels = grey
    let image = SamImage(shape[0], shape[1], size)
    image, image.Resized pixels

/// 1 where a logit is above 0.
let private above (logits: torch.Tensor) =
    logits.gt(0.0.ToScalar()).to_type(torch.uint8).data<byte>().ToArray()

let private parity (case: string) =
    testCase $"{case}: from slice to mask the reference's numbers"
    <| fun () ->
        use _ = torch.NewDisposeScope()
        use _ = torch.inference_mode ()
        let file (name: string) = $"sam1-tiny/{case}/{name}.npy"
        use network = tiny ()
        let _, slice = floats (file "slice")
        let shape, grey = bytes (file "image_u8")
        Expect.equal (SamImage.GreyLevels slice) grey "grey levels"
        let image, resized = prepared (shape, grey) 128
        let resizedShape, expected = bytes (file "resized_u8")
        Expect.equal [| image.Rows; image.Columns |] resizedShape "size in the model's image"
        Expect.equal resized expected "resized bytes"
        let input = image.Input(resized, torch.CPU)
        close 1e-6 input (file "input_tensor")
        let embedding = network.Encode input
        close tolerance embedding (file "image_embedding")
        let prompts = boxes (file "boxes")
        let corners = image.Corners(prompts, torch.CPU)
        close tolerance (corners.reshape (-1L, 4L)) (file "boxes_input_frame")
        let masks = network.Decode(embedding, corners)
        close tolerance (masks.Logits.narrow (1, 0L, 1L)) (file "single_low_res_logits")
        close tolerance (masks.Logits.narrow (1, 1L, 3L)) (file "multi_low_res_logits")
        let logits = image.Back(masks.Logits.narrow (1, 0L, 1L))
        close tolerance logits (file "single_mask_logits")
        let _, mask = bytes (file "single_mask")
        Expect.equal (above logits) mask "masks"

/// Shapes by name of a keys file.
let private shapesOf (relative: string) =
    dict [
        for name, shape in shapes relative -> name, (Array.ofList shape :> IReadOnlyList<int64>)
    ]
    |> Dictionary

let private sizesOf (name: string) =
    let file = $"keys/sam_{name}.json"
    SamArchitecture.Read(shapesOf file, file)

let private recognised (name: string) (width, depth, heads, globals: int list) =
    testCase $"{name} is recognised by its names and shapes, and built with them"
    <| fun () ->
        let sizes = sizesOf name
        Expect.equal (sizes.Name, sizes.ImageSize, sizes.Width, sizes.Heads) (name, 1024, width, heads) "sizes"
        Expect.equal (sizes.Windows.Count, sizes.MlpWidth, sizes.EmbeddingWidth) (depth, 4 * width, 256) "sizes"

        let expected = [ for i in 0 .. depth - 1 -> if List.contains i globals then 64 else 14 ]

        Expect.equal (List.ofSeq sizes.Windows) expected "windows"
        // Of the large ones a few blocks are built, one of them global: blocks of one kind are alike.
        let built = if name = "vit_b" then depth else globals[0] + 1
        use _ = torch.NewDisposeScope()
        use network = new SamNetwork(sizes.FirstBlocks built)

        let kept =
            shapesOf $"keys/sam_{name}.json"
            |> Seq.filter (fun entry ->
                not (entry.Key.StartsWith "image_encoder.blocks.")
                || int (entry.Key.Split('.')[2]) < built)
            |> Seq.map (fun entry -> entry.Key, List.ofSeq entry.Value)
            |> set

        let actual =
            set [
                for entry in network.state_dict () -> entry.Key, List.ofArray entry.Value.shape
            ]

        Expect.isEmpty (kept - actual) "names of the file alone"
        Expect.isEmpty (actual - kept) "names of ours alone"

[<Tests>]
let tests =
    testSequenced
    <| testList "Sam.SamNetwork" [
        for case in cases do
            parity case

        testCase "patches and every block are the reference's"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use _ = torch.inference_mode ()
            use network = tiny ()
            let seen = ResizeArray<string>()

            network.Encoder.Observer <-
                Action<torch.Tensor>(fun x ->
                    let name =
                        if seen.Count = 0 then
                            "patch_embed"
                        else
                            $"block{seen.Count - 1}"

                    close tolerance x $"sam1-tiny/case_a_landscape/act_{name}.npy"
                    seen.Add name)

            network.Encode(tensor "sam1-tiny/case_a_landscape/input_tensor.npy") |> ignore
            Expect.equal seen.Count 5 "patches and four blocks"

        testCase "the chunk of rows does not change what is computed"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use _ = torch.inference_mode ()
            use network = tiny ()
            let input = tensor "sam1-tiny/case_c_square_2x/input_tensor.npy"

            for rows in [ 0; 1; 3; 100 ] do
                network.Encoder.ChunkRows <- rows
                close tolerance (network.Encode input) "sam1-tiny/case_c_square_2x/image_embedding.npy"

        testCase "strided .pth and .safetensors give the same numbers, bit for bit"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use expected = tiny ()
            let wanted = expected.state_dict ()

            for file in [ "weights_strided.pth"; "weights.safetensors" ] do
                use network =
                    SamNetwork.Load(path $"sam1-tiny/{file}", ComputePrecision.Full, torch.CPU, 4)

                let found = network.state_dict ()
                Expect.equal found.Count wanted.Count "entries"

                for entry in wanted do
                    Expect.isTrue (found[entry.Key].eq(entry.Value).all().ToBoolean()) $"{file}: {entry.Key}"

        testCase "a training checkpoint with the weights under 'model' gives the same numbers"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use _ = torch.NewDisposeScope()
                let file = Path.Combine(folder, "checkpoint.pth")
                nest (tinySam ()) file
                use expected = tiny ()
                use network = SamNetwork.Load(file, ComputePrecision.Full, torch.CPU, 4)
                let found = network.state_dict ()

                for entry in expected.state_dict () do
                    Expect.isTrue (found[entry.Key].eq(entry.Value).all().ToBoolean()) entry.Key)

        testCase
            "a compiled, wrapped network with its optimiser gives the same numbers, and the warning says what was taken off"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use _ = torch.NewDisposeScope()
                use weights = WeightFile.Read(tinySam ())

                let state = [
                    for entry in weights.Entries -> entry.Name, weights.ReadTensor entry.FullName
                ]

                let wrap (name: string) =
                    "module.model." + name.Replace("image_encoder.", "image_encoder._orig_mod.")

                let file =
                    TorchPickle.write
                        folder
                        (TorchPickle.legacyOfSections [
                            "optimizer", [ "exp_avg", torch.zeros (3L, 4L); "step", torch.tensor 7.0f ]
                            "state_dict", [ for name, tensor in state -> wrap name, tensor ]
                        ])

                use refiner = SamRefiner.Load(file, SamOptions(DecoderHeads = 4))

                let inner =
                    state
                    |> List.filter (fun (name, _) -> name.StartsWith "image_encoder.")
                    |> List.length

                Expect.equal
                    refiner.Warning
                    ($"{Path.GetFileName file}: 'module.model.' was taken off {state.Length - inner} names; "
                     + $"'module.model._orig_mod.' was taken off {inner} names.")
                    "warning"

                use expected = tiny ()
                use network = SamNetwork.Load(file, ComputePrecision.Full, torch.CPU, 4)
                let found = network.state_dict ()

                for entry in expected.state_dict () do
                    Expect.isTrue (found[entry.Key].eq(entry.Value).all().ToBoolean()) entry.Key)

        testCase "float64 converts with a note; NaN and infinite numbers are refused by name"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use _ = torch.NewDisposeScope()
                use weights = WeightFile.Read(tinySam ())
                let file = Path.Combine(folder, "sam.safetensors")

                let write (change: string -> torch.Tensor -> torch.Tensor) =
                    WeightFile.Write(
                        file,
                        readOnlyDict [
                            for entry in weights.Entries ->
                                entry.Name, change entry.Name (weights.ReadTensor entry.FullName)
                        ]
                    )

                write (fun _ tensor -> tensor.to_type torch.float64)

                using (SamRefiner.Load(file, SamOptions(DecoderHeads = 4))) (fun refiner ->
                    Expect.equal
                        refiner.Warning
                        $"sam.safetensors: {weights.Entries.Count} tensors converted from float64 to float32."
                        "note")

                for value, word in [ nanf, "NaN in"; infinityf, "infinite in" ] do
                    write (fun name tensor ->
                        if name = "image_encoder.pos_embed" then
                            torch.full_like (tensor, value.ToScalar())
                        else
                            tensor)

                    Expect.throwsC (fun () -> SamRefiner.Load file |> ignore) (fun e ->
                        Expect.isTrue (e :? WeightMismatchException) "type"
                        Expect.stringContains e.Message $"'image_encoder.pos_embed' ({word}" "message"))

        testCase "in bfloat16 the embedding stays near the reference and is another computation"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use _ = torch.inference_mode ()
            use network = load ComputePrecision.BFloat16
            let embedding = network.Encode(tensor "sam1-tiny/case_c_square_2x/input_tensor.npy")
            Expect.equal embedding.dtype torch.float32 "format of the embedding"
            let expected = tensor "sam1-tiny/case_c_square_2x/image_embedding.npy"
            let error = (embedding - expected).abs().max().ToDouble()
            Expect.isLessThan error 0.1 "largest difference"
            Expect.isGreaterThan error 1e-4 "another computation"

        recognised "vit_b" (768, 12, 12, [ 2; 5; 8; 11 ])
        recognised "vit_l" (1024, 24, 16, [ 5; 11; 17; 23 ])
        recognised "vit_h" (1280, 32, 16, [ 7; 15; 23; 31 ])

        testCase "vit_b at 1024 with formula weights gives the reference's embedding, logits and masks (about 10 s)"
        <| fun () ->
            use _ = torch.NewDisposeScope()
            use _ = torch.inference_mode ()
            let file (name: string) = $"sam1-vitb-formula/{name}.npy"
            use network = new SamNetwork(sizesOf "vit_b")
            fillByFormula 11UL network
            let image, resized = prepared (bytes (file "image_u8")) 1024
            let embedding = network.Encode(image.Input(resized, torch.CPU))
            close 1e-3 (every [| 1L; 8L; 4L; 4L |] embedding) (file "image_embedding_sample")

            let masks =
                network.Decode(embedding, image.Corners(boxes (file "boxes"), torch.CPU))

            let single = masks.Logits.narrow (1, 0L, 1L)
            close 1e-3 (every [| 1L; 1L; 2L; 2L |] single) (file "low_res_logits_sample")
            close 1e-3 (every [| 1L; 1L; 4L; 4L |] (masks.Logits.narrow (1, 1L, 3L))) (file "multi_low_res_sample")
            close 1e-3 (masks.Qualities.narrow (1, 0L, 1L)) (file "iou")
            close 1e-3 (masks.Qualities.narrow (1, 1L, 3L)) (file "multi_iou")
            let expected = unpacked (file "mask_packbits")
            let actual = above (image.Back single)

            let differing =
                Array.fold2 (fun n a b -> if a = b then n else n + 1) 0 actual expected
            // The README's foreground counts within 0.1 %, here pixel by pixel.
            Expect.isLessThan (float differing) (0.001 * float (Array.sumBy int expected)) "differing pixels"

        testCase "a file of SAM 2 is refused by name"
        <| fun () ->
            let file = tinySam2 ()

            Expect.throwsC (fun () -> SamNetwork.Load(file, ComputePrecision.Full, torch.CPU, 4) |> ignore) (fun e ->
                Expect.isTrue (e :? WeightMismatchException) "type"
                Expect.stringContains e.Message "is of SAM 2" "message")

        testCase "weights of another network are refused by a missing name"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let file = Path.Combine(folder, "other.safetensors")
                use layer = torch.nn.Linear(2L, 3L)
                WeightFile.Write(file, layer)

                Expect.throwsC (fun () -> SamNetwork.Load(file, ComputePrecision.Full, torch.CPU) |> ignore) (fun e ->
                    Expect.isTrue (e :? WeightMismatchException) "type"
                    Expect.stringContains e.Message "not of a SAM network" "message"))
    ]
