/// Reads the fixtures of fixtures/sam: .npy arrays and weight files.
module PolyCL.Tests.Sam.SamFixture

open System
open System.Collections.Generic
open System.IO
open System.IO.Compression
open System.Text.Json
open Expecto
open PolyCL.Core
open PolyCL.Models.Weights
open PolyCL.Tests
open TorchSharp

/// A file of the large corpora's fixtures/sam; skips the test when they are absent.
let path (relative: string) =
    TestData.sharedFile ("fixtures/sam/" + relative)

/// The bytes of a file of fixtures/sam: the large corpora's, else the golden copy's; skips the test when neither is there.
let read (relative: string) =
    let copy =
        if TestData.shared.IsSome then
            None
        else
            use zip = ZipFile.OpenRead(Path.Combine(TestData.golden, "sam", "sam.zip"))

            zip.GetEntry relative
            |> Option.ofObj
            |> Option.map (fun entry ->
                use stream = entry.Open()
                use memory = new MemoryStream()
                stream.CopyTo memory
                memory.ToArray())

    match copy with
    | Some bytes -> bytes
    | None -> File.ReadAllBytes(path relative)

/// The root of a JSON file.
let json (relative: string) =
    use document = JsonDocument.Parse(ReadOnlyMemory(read relative))
    document.RootElement.Clone()

/// Shapes by name of a keys file.
let shapes (relative: string) = [
    for entry in (json relative).EnumerateObject() ->
        entry.Name, [ for size in entry.Value.EnumerateArray() -> size.GetInt64() ]
]

/// Shape and data of an .npy file of little-endian numbers in C order.
let private readRaw (kind: string) (relative: string) =
    let found, shape, data = Npy.parse (read relative)
    Expect.equal found kind $"{relative}: number format"
    shape, data

/// Shape and values of a byte array.
let bytes relative = readRaw "|u1" relative

/// Shape and values of a float array.
let floats relative =
    let shape, data = readRaw "<f4" relative
    shape, Array.init (data.Length / 4) (fun i -> BitConverter.ToSingle(data, 4 * i))

/// A float array as a tensor.
let tensor relative =
    let shape, values = floats relative
    torch.tensor(values, torch.float32).reshape(Array.map int64 shape)

/// The reference's tolerance for everything but tracked frames (README of the fixtures).
let tolerance = 1e-4

/// Fails unless the tensor has the shape of a float array and is nowhere farther from it than the tolerance.
let close (limit: float) (actual: torch.Tensor) (relative: string) =
    use _ = torch.NewDisposeScope()
    let expected = tensor relative
    Expect.equal actual.shape expected.shape $"{relative}: shape"
    let error = (actual.to_type torch.float32 - expected).abs().max().ToDouble()
    Expect.isLessThanOrEqual error limit $"{relative}: largest difference"

/// The state dictionary's names and shapes are those of a keys file that begin with the prefix.
let expectKeys (relative: string) (prefix: string) (network: torch.nn.Module) =
    let expected =
        set [
            for name, shape in shapes relative do
                if name.StartsWith prefix then
                    name[prefix.Length ..], shape
        ]

    let actual =
        set [
            for entry in network.state_dict () -> entry.Key, List.ofArray entry.Value.shape
        ]

    Expect.isNonEmpty expected "names of the file"
    Expect.isEmpty (expected - actual) "names of the file alone"
    Expect.isEmpty (actual - expected) "names of ours alone"

let private tables = [
    "pos_embed"
    "pos_embed_window"
    "maskmem_tpos_enc"
    "no_mem_embed"
    "no_mem_pos_enc"
    "no_obj_ptr"
    "no_obj_embed_spatial"
]

/// The numbers of one entry by the fixtures' weight formula.
let private formula (seed: uint64) (key: string) (shape: int64[]) =
    let last = key.Substring(key.LastIndexOf '.' + 1)
    let parts = key.Split '.'
    let before = if parts.Length > 1 then parts[parts.Length - 2] else ""
    let count = Array.fold (*) 1L shape

    let a, b =
        if last = "positional_encoding_gaussian_matrix" then
            0.0, sqrt 3.0
        elif last.StartsWith "rel_pos" then
            0.0, 0.3
        elif last = "gamma" then
            0.5, 0.25
        elif List.contains last tables then
            0.0, 0.5
        elif
            List.contains before [
                "iou_token"
                "mask_tokens"
                "obj_score_token"
                "not_a_point_embed"
                "no_mask_embed"
            ]
            || key.Contains "point_embeddings"
        then
            0.0, 1.0
        elif shape.Length = 1 then
            if last = "weight" then 1.0, 0.2 else 0.0, 0.1
        else
            let gain =
                if key.Contains "output_hypernetworks_mlps" then
                    2.0
                else
                    1.0

            0.0, gain * sqrt (3.0 / (float count / float shape[0]))

    let start = RandomStream.Fnv1a key ^^^ (seed * 0x9E3779B97F4A7C15UL)

    Array.Parallel.init (int count) (fun i ->
        let z = start + uint64 (i + 1) * 0x9E3779B97F4A7C15UL
        let z = (z ^^^ (z >>> 30)) * 0xBF58476D1CE4E5B9UL
        let z = (z ^^^ (z >>> 27)) * 0x94D049BB133111EBUL
        let z = z ^^^ (z >>> 31)
        float32 (a + b * (float (z >>> 40) / 8388608.0 - 1.0)))

/// Fills every entry of a network by the fixtures' weight formula.
let fillByFormula seed (network: torch.nn.Module) =
    use _ = torch.no_grad ()

    for entry in network.state_dict () do
        use values = torch.tensor (formula seed entry.Key entry.Value.shape)
        entry.Value.copy_ (values.reshape entry.Value.shape) |> ignore

let private made =
    lazy
        (let folder = Directory.CreateTempSubdirectory "polycl-tests-sam-"
         AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> folder.Delete true)
         folder)

/// Writes a network's weights by the formula, in PyTorch's format, once.
let private make (folder: string) seed =
    lazy
        (use _ = torch.NewDisposeScope()

         let file =
             Path.Combine(made.Value.CreateSubdirectory(folder).FullName, "weights.pth")

         let tensors = Dictionary<string, torch.Tensor>()

         for name, shape in shapes $"{folder}/keys.json" do
             tensors[name] <- torch.tensor(formula seed name (Array.ofList shape)).reshape(Array.ofList shape)

         WeightFile.WriteTorch(file, tensors)
         file)

/// The weights of sam1-tiny, made by the formula.
let madeSam = make "sam1-tiny" 101UL

/// The weights of sam2-tiny-video, made by the formula.
let madeSam2 = make "sam2-tiny-video" 207UL

let private stored (relative: string) (made: Lazy<string>) =
    if TestData.shared.IsSome then path relative else made.Value

/// The weight file of sam1-tiny: the large corpora's, else made by the formula.
let tinySam () = stored "sam1-tiny/weights.pth" madeSam

/// The weight file of sam2-tiny-video: the large corpora's, else made by the formula.
let tinySam2 () =
    stored "sam2-tiny-video/weights.pt" madeSam2

/// Every k-th element along some dimensions.
let every (steps: int64[]) (x: torch.Tensor) =
    Array.fold (fun (x: torch.Tensor, d) step -> x.slice (d, 0L, x.shape[int d], step), d + 1L) (x, 0L) steps
    |> fst

/// The 0 and 1 of an array of packed bits, the first in the highest bit.
let unpacked relative =
    snd (bytes relative)
    |> Array.collect (fun b -> Array.init 8 (fun i -> b >>> (7 - i) &&& 1uy))
