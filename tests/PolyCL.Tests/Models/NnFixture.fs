/// Reads the fixtures of fixtures/nn: .npz arrays, the hash that fills weights, and gradient summaries.
module PolyCL.Tests.Models.NnFixture

open System
open System.IO
open System.IO.Compression
open System.Text.Json
open System.Text.RegularExpressions
open Expecto
open PolyCL.Core
open PolyCL.Tests
open TorchSharp

/// The golden copy of a file of fixtures/nn where the tests carry one, else the large corpus's; skips when that is absent.
let path (relative: string) =
    let copy = Path.Combine(TestData.golden, "nn", relative)

    if File.Exists copy then
        copy
    else
        TestData.sharedFile ("fixtures/nn/" + relative)

/// The root of a JSON file.
let readJson (file: string) =
    use document = JsonDocument.Parse(File.ReadAllText file)
    document.RootElement.Clone()

/// The numbers of a JSON array; "NaN" and "Infinity" are written as text.
let numbers (element: JsonElement) = [|
    for item in element.EnumerateArray() ->
        if item.ValueKind = JsonValueKind.String then
            Double.Parse(string (item.GetString()), Globalization.CultureInfo.InvariantCulture)
        else
            item.GetDouble()
|]

/// Little-endian array data of numpy's type as doubles.
let private decode (typeName: string) (bytes: ReadOnlyMemory<byte>) =
    let convert size (read: int -> float) =
        Array.init (bytes.Length / size) (fun i -> read (i * size))

    match typeName with
    | "<f4" -> convert 4 (fun at -> float (BitConverter.ToSingle(bytes.Span.Slice(at, 4))))
    | "<f8" -> convert 8 (fun at -> BitConverter.ToDouble(bytes.Span.Slice(at, 8)))
    | "<i8" -> convert 8 (fun at -> float (BitConverter.ToInt64(bytes.Span.Slice(at, 8))))
    | other -> failtest $"numpy type {other}"

/// The arrays of an .npz file, by name, as float64 tensors.
let readNpz (file: string) =
    use zip = ZipFile.OpenRead file

    zip.Entries
    |> Seq.map (fun entry ->
        use stream = entry.Open()
        use memory = new MemoryStream()
        stream.CopyTo memory
        let bytes = memory.ToArray()
        let headerLength = int (BitConverter.ToUInt16(bytes, 8))
        let header = Text.Encoding.ASCII.GetString(bytes, 10, headerLength)

        let field pattern =
            Regex.Match(header, pattern).Groups[1].Value

        let shape =
            (field @"\(([^)]*)\)").Split([| ','; ' ' |], StringSplitOptions.RemoveEmptyEntries)
            |> Array.map int64

        let data =
            decode
                (field "'descr': '([^']*)'")
                (ReadOnlyMemory<byte>(bytes, 10 + headerLength, bytes.Length - 10 - headerLength))

        entry.Name[.. entry.Name.Length - 5], torch.tensor(data, torch.float64).reshape shape)
    |> dict

let private mix (z: uint64) =
    let z = (z ^^^ (z >>> 30)) * 0xBF58476D1CE4E5B9UL
    let z = (z ^^^ (z >>> 27)) * 0x94D049BB133111EBUL
    z ^^^ (z >>> 31)

/// The numbers of one entry by the README's hash, of the entry's name, rank and shape.
let hashed (seed: int) (name: string) (shape: int64[]) =
    let h = RandomStream.Fnv1a $"{seed}/{name}"
    let count = Array.fold (*) 1L shape
    let ends (suffix: string) = name.EndsWith suffix

    let value: float -> float =
        if ends "num_batches_tracked" then
            fun _ -> 7.0
        elif ends "running_var" then
            fun u -> 0.5 + u
        elif shape.Length = 1 && ends "weight" then
            fun u -> 0.75 + 0.5 * u
        else
            let scale =
                if shape.Length = 1 then 0.1
                elif ends "position_embeddings" then 0.5
                else sqrt (6.0 / (float count / float shape[0]))

            fun u -> (2.0 * u - 1.0) * scale

    Array.init (int count) (fun k ->
        float32 (value (float (mix (h + uint64 (k + 1) * 0x9E3779B97F4A7C15UL) >>> 40) / 16777216.0)))

/// Fills every entry of the state dictionary by the README's hash of the name that the reference gives it.
let fillAs (nameOf: string -> string) (seed: int) (network: torch.nn.Module) =
    use _ = torch.no_grad ()

    for entry in network.state_dict () do
        let target = entry.Value

        use source =
            torch.tensor(hashed seed (nameOf entry.Key) target.shape, torch.float32).reshape target.shape

        target.copy_ source |> ignore

/// Fills every entry of the state dictionary by the README's hash of its own name.
let fill (seed: int) (network: torch.nn.Module) = fillAs id seed network

/// The case of a name in models/models.json.
let modelCase (name: string) =
    (readJson (path "models/models.json")).GetProperty("cases").EnumerateArray()
    |> Seq.find (fun case -> case.GetProperty("name").GetString() = name)

/// Largest |actual − expected| / (1 + |expected|).
let difference (actual: torch.Tensor) (expected: torch.Tensor) =
    use _ = torch.NewDisposeScope()
    Expect.equal actual.shape expected.shape "shape"
    let actual = actual.to_type torch.float64

    let error =
        ((actual - expected).abs() / (expected.abs () + 1.0.ToScalar())).max().ToDouble()

    Expect.isFalse (Double.IsNaN error) "no NaN"
    error

/// Fails unless the error is a number and within the tolerance.
let within (tolerance: float) (error: float) (what: string) =
    Expect.isTrue (error <= tolerance) $"{what}: error {error:E2}, allowed {tolerance:E2}"

/// Compares every parameter's gradient with its summary, relative to the largest entry; biases before a norm are left out (their true gradient is 0).
let expectGradients (file: string) (tolerance: float) (network: torch.nn.Module) =
    let gradients = (readJson (path file)).GetProperty "grads"

    for struct (name, parameter) in network.named_parameters () do
        let expected = gradients.GetProperty name

        if expected.ValueKind <> JsonValueKind.Null then
            let number (key: string) = expected.GetProperty(key).GetDouble()
            let largest = number "absmax"

            if largest > 1e-12 then
                use _ = torch.NewDisposeScope()
                let gradient = (nonNull parameter.grad).to_type torch.float64

                let close what actual wanted weight =
                    Expect.isLessThan (abs (actual - wanted)) (tolerance * largest * weight) $"{name} {what}"

                let count = float (gradient.numel ())
                close "absmax" (gradient.abs().max().ToDouble()) largest 1.0
                close "l2" (gradient.norm().ToDouble()) (number "l2") (sqrt count)
                close "sum" (gradient.sum().ToDouble()) (number "sum") count
                let flat = gradient.flatten ()

                expected.GetProperty("first").EnumerateArray()
                |> Seq.iteri (fun i wanted -> close $"[{i}]" (flat[int64 i].ToDouble()) (wanted.GetDouble()) 1.0)

/// 1 − (2Σpy + 1) / (Σp + Σy + 1), mean over slices.
let diceLoss (probabilities: torch.Tensor) (truth: torch.Tensor) =
    let dims = [| 1L; 2L; 3L |]
    let one = (1.0).ToScalar()
    let overlap = (probabilities * truth).sum(dims) * (2.0).ToScalar() + one
    let total = probabilities.sum (dims) + truth.sum (dims) + one
    (overlap / total).mean().neg() + one

/// Converts the parameters in place.
let toType (dtype: torch.ScalarType) (network: torch.nn.Module) =
    TorchSharp.ModuleExtensionMethods.``to`` (network, dtype) |> ignore

/// conv(1→4, 3×3, pad 1) – Leaky ReLU 0.2 – conv(4→1, 1×1) – sigmoid, with the fixture's weights (seed 3002).
let tiny () =
    let layers: struct (string * torch.nn.Module<torch.Tensor, torch.Tensor>)[] = [|
        struct ("c1", torch.nn.Conv2d(1L, 4L, 3L, padding = 1L))
        struct ("act", torch.nn.LeakyReLU 0.2)
        struct ("c2", torch.nn.Conv2d(4L, 1L, 1L))
        struct ("out", torch.nn.Sigmoid())
    |]

    let network = torch.nn.Sequential layers
    toType torch.float64 network
    fill 3002 network
    network
