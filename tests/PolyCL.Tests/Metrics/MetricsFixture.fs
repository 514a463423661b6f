/// Reads the golden metric files: masks from .npz, values from metrics.json; and holds the scalar twins.
module PolyCL.Tests.Metrics.MetricsFixture

open System
open System.IO
open System.IO.Compression
open System.Text.Json
open System.Text.RegularExpressions
open PolyCL.Tests

type Array = { Shape: int list; Values: double[] }

let private readArray (entry: ZipArchiveEntry) =
    use stream = entry.Open()
    use memory = new MemoryStream()
    stream.CopyTo memory
    let kind, shape, data = Npy.parse (memory.ToArray())

    let values =
        Array.init (Array.fold (*) 1 shape) (fun i ->
            match kind with
            | "|u1" -> double data[i]
            | "<f4" -> double (BitConverter.ToSingle(data, 4 * i))
            | "<f8" -> BitConverter.ToDouble(data, 8 * i)
            | _ -> failwith $"{entry.Name}: unknown type {kind}")

    Path.GetFileNameWithoutExtension entry.Name,
    {
        Shape = List.ofArray shape
        Values = values
    }

/// The arrays of one golden .npz file by name.
let arrays (file: string) =
    use zip = ZipFile.OpenRead(Path.Combine(TestData.golden, "metrics", file))
    zip.Entries |> Seq.map readArray |> dict

let masks = lazy (arrays "masks.npz")

let json =
    lazy
        (use document =
            JsonDocument.Parse(File.ReadAllText(Path.Combine(TestData.golden, "metrics", "metrics.json")))

         document.RootElement.Clone())

/// The golden pairs by name.
let pairs =
    lazy
        ([
            for pair in json.Value.GetProperty("pairs").EnumerateObject() -> pair.Name, pair.Value
        ])

let number (element: JsonElement) =
    match element.ValueKind with
    | JsonValueKind.String ->
        match element.GetString() with
        | "NaN" -> nan
        | "Infinity" -> infinity
        | _ -> -infinity
    | _ -> element.GetDouble()

let field (element: JsonElement) (name: string) = number (element.GetProperty name)

let numbers (element: JsonElement) (name: string) = [
    for item in element.GetProperty(name).EnumerateArray() -> number item
]

let mask (name: string) =
    masks.Value[name].Values |> Array.map (fun v -> if v > 0.5 then 1uy else 0uy)

/// Slices, rows and columns of a pair; a 2-D pair has one slice.
let dimensions (pair: JsonElement) =
    match numbers pair "shape" |> List.map int with
    | [ height; width ] -> 1, height, width
    | [ slices; height; width ] -> slices, height, width
    | other -> failwith $"shape {other}"

/// Positions (slice, row, column) of the mask's voxels that have a face neighbour outside the mask; the definition, word by word.
let edgeTwin planar (slices, height, width) (mask: byte[]) =
    let inside (z, y, x) =
        z >= 0
        && z < slices
        && y >= 0
        && y < height
        && x >= 0
        && x < width
        && mask[(z * height + y) * width + x] <> 0uy

    let steps = [
        0, 1, 0
        0, -1, 0
        0, 0, 1
        0, 0, -1
        if not planar then
            1, 0, 0
            -1, 0, 0
    ]

    [|
        for z in 0 .. slices - 1 do
            for y in 0 .. height - 1 do
                for x in 0 .. width - 1 do
                    if
                        inside (z, y, x)
                        && steps |> List.exists (fun (a, b, c) -> not (inside (z + a, y + b, x + c)))
                    then
                        z, y, x
    |]

/// Distance from each point to the nearest of the others, all pairs compared.
let distancesTwin (sz, sy, sx) (from: (int * int * int)[]) (others: (int * int * int)[]) =
    from
    |> Array.map (fun (z, y, x) ->
        others
        |> Array.map (fun (a, b, c) ->
            let square step spacing =
                double step * spacing * (double step * spacing)

            sqrt (square (z - a) sz + square (y - b) sy + square (x - c) sx))
        |> Array.min)
    |> Array.sort
