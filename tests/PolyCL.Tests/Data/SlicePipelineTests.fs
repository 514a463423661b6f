module PolyCL.Tests.Data.SlicePipelineTests

open System
open System.IO
open System.Security.Cryptography
open System.Text.Json
open Expecto
open PolyCL.Data
open PolyCL.Imaging
open PolyCL.Tests

/// Fixed-point storage (2⁻¹⁷) and float32 arithmetic together stay below the goldens' tolerance.
let private pixelTolerance = 1e-5

let private number (element: JsonElement) (name: string) = element.GetProperty(name).GetDouble()

let private whole (element: JsonElement) (name: string) = element.GetProperty(name).GetInt32()

let private text (element: JsonElement) (name: string) =
    element.GetProperty(name).GetString() |> string

let private has (element: JsonElement) (name: string) = fst (element.TryGetProperty name)

let private storeOf folder (locate: string -> string) (case: JsonElement) (options: PrepareOptions) =
    let organClass =
        match case.GetProperty "label_id" with
        | id when id.ValueKind = JsonValueKind.Number -> Nullable(id.GetInt32())
        | _ -> Nullable()

    let scan =
        ScanRecord(
            Id = text case "id",
            ImagePath = locate (text case "input"),
            LabelPath = locate (text case "label"),
            OrganClass = organClass
        )

    SliceStoreBuilder.OpenOrBuild(
        Dataset(Kind = DatasetKind.Folder, Root = folder, Scans = [| scan |]),
        options,
        folder
    )

let private expectPixels
    (name: string)
    (locate: string -> string)
    (entry: JsonElement)
    (kind: string)
    (pixels: float32[])
    =
    let statistics = entry.GetProperty kind
    let sum = pixels |> Array.sumBy float
    let mean = sum / float pixels.Length

    let deviation = sqrt (pixels |> Array.averageBy (fun p -> (float p - mean) ** 2.0))

    let expectNear actual expected tolerance what =
        Expect.isLessThanOrEqual (abs (actual - expected)) tolerance $"{name} {kind}: {what}"

    expectNear sum (number statistics "sum") (1e-4 * number statistics "sum") "sum"
    expectNear (float (Array.min pixels)) (number statistics "min") pixelTolerance "smallest"
    expectNear (float (Array.max pixels)) (number statistics "max") pixelTolerance "largest"
    expectNear deviation (number statistics "std") pixelTolerance "standard deviation"

    for sample in entry.GetProperty("samples").EnumerateArray() do
        let row, column = sample[0].GetInt32(), sample[1].GetInt32()
        let expected = sample[if kind = "antialias" then 2 else 3].GetDouble()
        expectNear (float pixels[row * 256 + column]) expected pixelTolerance $"pixel {row}, {column}"

    if has entry "npy" then
        let stored = text entry "npy"
        let equal = has entry "plain_equals_antialias"
        let variant = if equal then "antialias" else kind
        let file = locate $"{stored}.{variant}.npy"

        if File.Exists file then
            let golden = ScanFiles.readNpy<float32> 4 file

            let worst =
                Seq.map2 (fun (a: float32) (b: float32) -> abs (float a - float b)) golden pixels
                |> Seq.max

            Expect.isLessThanOrEqual worst pixelTolerance $"{name} {kind}: stored slice"

let private expectCase (locate: string -> string) (case: JsonElement) =
    TestData.withTempFolder (fun folder ->
        for mode in case.GetProperty("modes").EnumerateObject() do
            for kind in [ "antialias"; "plain" ] do
                let order =
                    if mode.Name = "canonical" then
                        SliceOrder.Canonical
                    else
                        SliceOrder.AsStored

                use store =
                    storeOf folder locate case (PrepareOptions(Order = order, Antialias = (kind = "antialias")))

                let scan = store.Scans[0]
                let name = $"{scan.Id} {mode.Name}"
                let expected = mode.Value
                Expect.equal scan.Orientation (text case "axcodes") $"{name}: axes"
                Expect.equal scan.Shape.Z (whole expected "slices_total") $"{name}: slices"

                Expect.equal
                    [ scan.Shape.Y; scan.Shape.X ]
                    [ for n in expected.GetProperty("in_plane").EnumerateArray() -> n.GetInt32() ]
                    $"{name}: rows and columns"

                Expect.equal scan.FirstIndex (whole expected "start") $"{name}: first"
                Expect.equal scan.SliceCount (whole expected "count") $"{name}: kept"

                if order = SliceOrder.Canonical then
                    Expect.equal scan.OrganSlices (whole case "organ_slices_total") $"{name}: organ slices in all"

                Expect.equal
                    (store.Slices |> Seq.filter _.ContainsOrgan |> Seq.length)
                    (whole expected "organ_slices")
                    $"{name}: organ slices kept"

                let pixels = Array.zeroCreate<float32> 65536
                let mask = Array.zeroCreate<byte> 65536
                let mutable total = 0.0

                for entry in expected.GetProperty("slices").EnumerateArray() do
                    let i = whole entry "rank"
                    let slice = store.Slices[i]
                    let name = $"{name} slice {slice.Index}"
                    Expect.equal slice.Index (whole entry "k") $"{name}: index"
                    Expect.equal slice.ContainsOrgan (whole entry "organ" = 1) $"{name}: organ"

                    Expect.equal
                        slice.OrganPixels
                        (whole entry "organ_pixels_before")
                        $"{name}: organ pixels at full size"

                    store.CopyPixels(i, pixels)
                    total <- total + Array.sumBy float pixels
                    expectPixels name locate entry kind pixels
                    store.CopyMask(i, mask)
                    Expect.equal (Array.sumBy int mask) (whole entry "organ_pixels_after") $"{name}: mask pixels"

                    Expect.equal
                        (Convert.ToHexStringLower(SHA256.HashData mask))
                        (text entry "label_sha256")
                        $"{name}: mask"

                let sum = number expected $"stack_sum_{kind}"
                Expect.isLessThanOrEqual (abs (total - sum)) (1e-4 * sum) $"{name} {kind}: sum of the stack"
                store.Verify())

let private corpus () =
    let locate (name: string) =
        if name.EndsWith ".npy" then
            TestData.sharedFile $"fixtures/preprocess/{name}"
        else
            TestData.sharedFile name

    locate, ScanFiles.readJson (TestData.sharedFile "fixtures/preprocess/expected.json")

[<Tests>]
let tests =
    testList "Data.SlicePipeline" [
        testCase "the two synthetic volumes come out as the reference says, in both orders and both resizings"
        <| fun () ->
            let locate name =
                Path.Combine(TestData.golden, "preprocess", name)

            let cases =
                ScanFiles.readJson(locate "expected.json").EnumerateArray() |> List.ofSeq

            Expect.hasLength cases 2 "cases"

            for case in cases do
                expectCase locate case

        testCase "three real scans come out as the reference says, in both orders and both resizings"
        <| fun () ->
            let locate, cases = corpus ()

            let real =
                cases.EnumerateArray()
                |> Seq.filter (fun case -> not ((text case "id").StartsWith "synth"))
                |> List.ofSeq

            Expect.hasLength real 3 "cases"

            for case in real do
                expectCase locate case

        testCase
            "the authors' presets give the released script's pixels, pretraining in float, fine-tuning in 16-bit floats"
        <| fun () ->
            let locate, cases = corpus ()

            let case =
                cases.EnumerateArray() |> Seq.find (fun case -> text case "id" = "chaos-donor")

            TestData.withTempFolder (fun folder ->
                use floats = storeOf folder locate case PrepareOptions.Authors
                use halves = storeOf folder locate case PrepareOptions.AuthorsFineTuning
                Expect.equal (floats.Scans[0].FirstIndex, floats.Scans[0].SliceCount) (27, 23) "partners of 78 slices"
                let a = Array.zeroCreate<float32> 65536
                let b = Array.zeroCreate<float32> 65536

                for entry in case.GetProperty("authors_numerics_as_stored").EnumerateArray() do
                    let k = whole entry "k"
                    floats.CopyPixels(k - floats.Scans[0].FirstIndex, a)
                    halves.CopyPixels(k - halves.Scans[0].FirstIndex, b)
                    let pretraining = entry.GetProperty "pretrain_float"
                    let fineTuning = entry.GetProperty "fine_tune_float16"

                    for name, pixels, golden in [ "pretraining", a, pretraining; "fine-tuning", b, fineTuning ] do
                        let name = $"slice {k}, {name}"

                        let gap = abs (Array.sumBy float pixels - number golden "sum")
                        Expect.isLessThan gap (1e-6 * number golden "sum") $"{name}: sum"

                        Expect.floatClose
                            Accuracy.medium
                            (float (Array.min pixels))
                            (number golden "min")
                            $"{name}: smallest"

                        Expect.floatClose
                            Accuracy.medium
                            (float (Array.max pixels))
                            (number golden "max")
                            $"{name}: largest"

                    Expect.equal
                        (Array.distinct b).Length
                        (whole fineTuning "distinct_values")
                        $"slice {k}: grey levels"

                    for sample in entry.GetProperty("samples").EnumerateArray() do
                        let i = sample[0].GetInt32() * 256 + sample[1].GetInt32()
                        Expect.equal (float b[i]) (sample[2].GetDouble()) $"slice {k}, pixel {i}: fine-tuning"

                        Expect.isLessThan
                            (abs (float a[i] - sample[3].GetDouble()))
                            1e-6
                            $"slice {k}, pixel {i}: pretraining")

        testCase "voxels that are not numbers become 0, and no organ"
        <| fun () ->
            let shape = VolumeShape(4, 4, 2)

            let volume =
                Volume.FromArray(shape, ScanFiles.affine "LPS" [ 1.0; 1.0; 1.0 ], Array.create 32 nan)

            let pipeline = SlicePipeline(PrepareOptions(Size = 8))
            let pixels = Array.create 64 1.0f
            pipeline.Pixels(volume, 1, pixels)
            Expect.allEqual pixels 0.0f "pixels"
            let mask = Array.create 64 1uy
            Expect.equal (pipeline.Mask(volume, 1, OrganRule(), mask)) 0 "organ pixels"
            Expect.allEqual mask 0uy "mask"

        testCase "tumour is organ unless told otherwise, a class is only itself"
        <| fun () ->
            let values = [| 0.0f; 1.0f; 2.0f; 5.0f; 1.2f; -1.0f |]

            let apply (rule: OrganRule) =
                let mask = Array.zeroCreate<byte> 6
                let count = rule.Apply(values, mask)
                Expect.equal count (Array.sumBy int mask) "count"
                List.ofArray mask

            Expect.equal (apply (OrganRule())) [ 0uy; 1uy; 1uy; 1uy; 1uy; 0uy ] "above 0"
            Expect.equal (apply (OrganRule(TumourApart = true))) [ 0uy; 1uy; 0uy; 0uy; 1uy; 0uy ] "only 1"
            Expect.equal (apply (OrganRule(Nullable 5))) [ 0uy; 0uy; 0uy; 1uy; 0uy; 0uy ] "only 5"
    ]
