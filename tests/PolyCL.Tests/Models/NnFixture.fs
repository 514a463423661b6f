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

let path (relative: string) =
    TestData.sharedFile ("fixtures/nn/" + relative)

/// The float32 arrays of an .npz file, by name, as float64 tensors.
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
        Expect.stringContains header "<f4" $"{entry.Name} is float32"

        let shape =
            Regex
                .Match(header, @"\(([^)]*)\)")
                .Groups[1].Value.Split([| ','; ' ' |], StringSplitOptions.RemoveEmptyEntries)
            |> Array.map int64

        let data = Array.zeroCreate<float32>((bytes.Length - 10 - headerLength) / 4)
        Buffer.BlockCopy(bytes, 10 + headerLength, data, 0, data.Length * 4)

        Path.GetFileNameWithoutExtension entry.Name,
        torch.tensor(data, torch.float32).reshape(shape).to_type(torch.float64))
    |> dict

let private mix (z: uint64) =
    let z = (z ^^^ (z >>> 30)) * 0xBF58476D1CE4E5B9UL
    let z = (z ^^^ (z >>> 27)) * 0x94D049BB133111EBUL
    z ^^^ (z >>> 31)

/// Fills every entry of the state dictionary by the README's hash.
let fill (seed: int) (network: torch.nn.Module) =
    use _ = torch.no_grad ()

    for entry in network.state_dict () do
        let name, target = entry.Key, entry.Value
        let h = RandomStream.Fnv1a $"{seed}/{name}"
        let shape = target.shape
        let count = Array.fold (*) 1L shape

        let scale =
            if shape.Length = 1 then
                0.1
            else
                sqrt (6.0 / (float count / float shape[0]))

        let values =
            Array.init (int count) (fun k ->
                let u = float (mix (h + uint64 (k + 1) * 0x9E3779B97F4A7C15UL) >>> 40) / 16777216.0
                float32 ((2.0 * u - 1.0) * scale))

        use source = torch.tensor(values, torch.float32).reshape shape
        target.copy_ source |> ignore

/// Largest |actual − expected| / (1 + |expected|).
let difference (actual: torch.Tensor) (expected: torch.Tensor) =
    use _ = torch.NewDisposeScope()
    Expect.equal actual.shape expected.shape "shape"
    let actual = actual.to_type torch.float64
    ((actual - expected).abs() / (expected.abs () + 1.0.ToScalar())).max().ToDouble()

/// Compares every parameter's gradient with its summary, relative to the largest entry; biases before a norm are left out (their true gradient is 0).
let expectGradients (file: string) (tolerance: float) (network: torch.nn.Module) =
    use document = JsonDocument.Parse(File.ReadAllText(path file))
    let gradients = document.RootElement.GetProperty "grads"

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
    let one = 1.0.ToScalar()
    let overlap = (probabilities * truth).sum(dims) * 2.0.ToScalar() + one
    let total = probabilities.sum (dims) + truth.sum (dims) + one
    (overlap / total).mean().neg() + one

/// Converts the parameters in place.
let toType (dtype: torch.ScalarType) (network: torch.nn.Module) =
    TorchSharp.ModuleExtensionMethods.``to`` (network, dtype) |> ignore
