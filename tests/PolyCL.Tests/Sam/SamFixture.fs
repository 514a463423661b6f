/// Reads the fixtures of fixtures/sam: .npy arrays and weight files.
module PolyCL.Tests.Sam.SamFixture

open System
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Expecto
open PolyCL.Tests
open TorchSharp

/// A file of fixtures/sam; skips the test when the large corpora are absent.
let path (relative: string) =
    TestData.sharedFile ("fixtures/sam/" + relative)

/// Shape and data of an .npy file of little-endian numbers in C order.
let private readRaw (kind: string) (relative: string) =
    let bytes = File.ReadAllBytes(path relative)
    let start = 10 + int (BitConverter.ToUInt16(bytes, 8))
    let header = Text.Encoding.ASCII.GetString(bytes, 10, start - 10)
    Expect.stringContains header $"'{kind}'" $"{relative}: number format"

    let shape =
        Regex.Match(header, @"\(([^)]*)\)").Groups[1].Value.Split([| ','; ' ' |], StringSplitOptions.RemoveEmptyEntries)
        |> Array.map int

    shape, bytes[start..]

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
    use document = JsonDocument.Parse(File.ReadAllText(path relative))

    let expected =
        set [
            for entry in document.RootElement.EnumerateObject() do
                if entry.Name.StartsWith prefix then
                    entry.Name[prefix.Length ..], [ for size in entry.Value.EnumerateArray() -> size.GetInt64() ]
        ]

    let actual =
        set [
            for entry in network.state_dict () -> entry.Key, List.ofArray entry.Value.shape
        ]

    Expect.isNonEmpty expected "names of the file"
    Expect.isEmpty (expected - actual) "names of the file alone"
    Expect.isEmpty (actual - expected) "names of ours alone"
