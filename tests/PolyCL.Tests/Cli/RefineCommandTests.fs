module PolyCL.Tests.Cli.RefineCommandTests

open System
open System.IO
open System.Text.Json
open Expecto
open PolyCL.Imaging
open PolyCL.Sam
open PolyCL.Tests

let private weights () = Sam.SamFixture.tinySam ()

let private shape = VolumeShape(24, 20, 4)

/// Spacing 2×1×3 mm, axes LAS: neither the slices' order nor their sense is that of the model's.
let private affine = Affine.Diagonal(Spacing(2, 1, 3))

let private voxel x y z = x + shape.X * (y + shape.Y * z)

/// A bright ellipse in slices 1 and 2.
let private inside x y z =
    z > 0 && z < 3 && (x - 12) * (x - 12) + (y - 9) * (y - 9) < 40

let private fill (f: int -> int -> int -> 'a) =
    let voxels = Array.zeroCreate (shape.X * shape.Y * shape.Z)

    for z in 0 .. shape.Z - 1 do
        for y in 0 .. shape.Y - 1 do
            for x in 0 .. shape.X - 1 do
                voxels[voxel x y z] <- f x y z

    voxels

let private write folder (name: string) (volume: Volume) =
    let path = Path.Combine(folder, name)
    NiftiWriter.Write(path, volume)
    path

let private hu x y z =
    if inside x y z then 110s
    elif x + y + z = 0 then -1000s // air, as in every CT
    else int16 (x * 5 - 60 + z * 9)

let private scan () =
    Volume.FromArray(shape, affine, fill hu)

let private coarse () =
    Volume.FromArray(shape, affine, fill (fun x y z -> if inside x y z && x > 9 then 1uy else 0uy))

let private refine folder (arguments: string list) =
    CommandLine.run ([ "refine"; "--sam"; weights (); "--quiet" ] @ arguments), Path.Combine(folder, "refined.nii.gz")

/// Scan, coarse mask and the file to write.
let private files folder =
    write folder "ct.nii.gz" (scan ()), write folder "coarse.nii.gz" (coarse ()), Path.Combine(folder, "refined.nii.gz")

let private refused folder (arguments: string list) (parts: string list) =
    let outcome, output = refine folder arguments
    Expect.equal (outcome.ExitCode, outcome.Output) (2, "") "exit code 2, nothing printed"
    Expect.equal (outcome.Errors.TrimEnd().IndexOf '\n') -1 "one sentence"
    Expect.isFalse (File.Exists output) "nothing written"

    for part in parts do
        Expect.stringContains outcome.Errors part "message"

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.RefineCommand" [
        testCase "writes what the library refines, slice by slice, in the scan's own geometry"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let ct, mask, output = files folder

                let outcome, _ =
                    refine folder [ "--image"; ct; "--mask"; mask; "--out"; output; "--json" ]

                Expect.equal (outcome.ExitCode, outcome.Errors) (0, "") "exit"
                let written = NiftiReader.Read output
                Expect.equal (written.Shape, written.Affine) (shape, affine) "geometry"
                Expect.equal written.StoredType VoxelType.UInt8 "type"
                use refiner = SamRefiner.Load(weights ())
                let lps (volume: Volume) = volume.Reorient Orientation.Lps
                let view, drawn, result = lps (scan ()), lps (coarse ()), lps written
                let plane = shape.X * shape.Y
                let mutable voxels = 0

                for z in 0 .. shape.Z - 1 do
                    let shares, coarse, found =
                        Array.zeroCreate plane, Array.zeroCreate<byte> plane, Array.zeroCreate<byte> plane

                    view.CopySlice(z, Span<float32> shares)
                    Window.Abdomen.Apply(Span shares)
                    drawn.CopySlice(z, Span<byte> coarse)
                    result.CopySlice(z, Span<byte> found)

                    let expected =
                        refiner.Refine(ReadOnlySpan shares, ReadOnlySpan coarse, shape.Y, shape.X)

                    Expect.equal found expected.Mask $"slice {z}"
                    voxels <- voxels + Array.sumBy int found

                Expect.isGreaterThan voxels 0 "the model marks something"
                use document = JsonDocument.Parse outcome.Output

                let number (name: string) =
                    document.RootElement.GetProperty(name).GetInt64()

                Expect.equal (number "slices", number "refined_slices", number "boxes") (4L, 2L, 2L) "counts"
                Expect.equal (number "voxels") (int64 voxels) "voxels"

                Expect.equal
                    (document.RootElement.GetProperty("millilitres").GetDouble())
                    (float voxels * 6.0 / 1000.0)
                    "6 mm³ a voxel"

                Expect.equal
                    (document.RootElement.GetProperty("options").GetProperty("boxes").GetString())
                    "one-per-slice"
                    "options")

        testCase "a mask stored in another axis order gives the same result"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let ct, mask, output = files folder

                let turned =
                    write folder "turned.nii" ((coarse ()).Reorient(Orientation.Parse "SPL"))

                let voxels mask =
                    refine folder [ "--image"; ct; "--mask"; mask; "--out"; output ] |> ignore
                    let volume = NiftiReader.Read output
                    let found = Array.zeroCreate<byte>(shape.X * shape.Y)

                    [
                        for z in 0 .. shape.Z - 1 do
                            volume.CopySlice(z, Span<byte> found)
                            yield! found
                    ]

                Expect.equal (voxels turned) (voxels mask) "voxels")

        testCase "a voxel that is no number is air; values that are no HU are warned of; a scan of NaN alone is refused"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let ct, mask, output = files folder

                let run (values: float32[]) =
                    write folder "ct.nii.gz" (Volume.FromArray(shape, affine, values)) |> ignore
                    fst (refine folder [ "--image"; ct; "--mask"; mask; "--out"; output ])

                let found () =
                    let volume = NiftiReader.Read output
                    fill (fun x y z -> volume[x, y, z])

                let with' value =
                    fill (fun x y z -> if x < 8 && z = 1 then value else float32 (hu x y z))

                let odd = run (with' infinityf)
                let mended = found ()
                Expect.equal odd.ExitCode 0 odd.Errors

                Expect.stringContains
                    odd.Errors
                    $"polycl: warning: {ct}: 160 of 1920 voxels are no numbers (NaN or infinite); they were read as air, -1000 HU."
                    "counted"

                let air = run (with' -1000.0f)
                Expect.equal (air.ExitCode, air.Errors) (0, "") "nothing odd"
                Expect.equal mended (found ()) "the same mask as with air"
                let unit = run (fill (fun x y z -> (float32 (hu x y z) + 1000.0f) / 1200.0f))
                Expect.equal unit.ExitCode 0 unit.Errors
                Expect.stringContains unit.Errors $"polycl: warning: {ct}: not HU? values are 0 to 0.9" "not HU"
                File.Delete output
                let nothing = run (Array.create 1920 nanf)
                Expect.equal (nothing.ExitCode, File.Exists output) (2, false) "refused"
                Expect.stringContains nothing.Errors "none of the 1920 voxels is a number" "sentence")

        testCase "window, margin, components, best of three and bf16 are taken and told"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let ct, mask, output = files folder

                let outcome, _ =
                    refine folder [
                        yield! [ "--image"; ct; "--mask"; mask; "--out"; output; "--json" ]
                        yield! [ "--level"; "50"; "--width"; "350"; "--boxes"; "component"; "--margin"; "2.5" ]
                        yield! [ "--multimask"; "--precision"; "bf16"; "--chunk"; "3"; "--label"; "1" ]
                    ]

                Expect.equal outcome.ExitCode 0 outcome.Errors
                use document = JsonDocument.Parse outcome.Output
                let options = document.RootElement.GetProperty "options"
                Expect.equal (options.GetProperty("boxes").GetString()) "one-per-component" "boxes"
                Expect.equal (options.GetProperty("margin").GetDouble()) 2.5 "margin"
                Expect.isTrue (options.GetProperty("best_of_three").GetBoolean()) "multimask"
                Expect.equal (options.GetProperty("chunk_rows").GetInt32()) 3 "chunk"
                Expect.equal (document.RootElement.GetProperty("window").GetProperty("level").GetDouble()) 50.0 "level")

        testCase "a second run finds the embeddings of the first, and writes the same mask"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let ct, mask, output = files folder
                let cache = Path.Combine(folder, "cache")

                let run () =
                    let outcome, _ =
                        refine folder [
                            yield! [ "--image"; ct; "--mask"; mask; "--out"; output ]
                            yield! [ "--cache"; cache; "--json" ]
                        ]

                    use document = JsonDocument.Parse outcome.Output
                    document.RootElement.GetProperty("found_embeddings").GetInt32(), File.ReadAllBytes output

                let first, expected = run ()
                let second, actual = run ()
                Expect.equal (first, second) (0, 2) "embeddings found"
                Expect.equal actual expected "bytes of the mask")

        testCase "an ONNX pair is a second engine; half a pair is refused"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let ct, mask, output = files folder

                let onnx name =
                    Sam.SamFixture.path $"sam1-tiny/{name}.onnx"

                let run (engine: string list) =
                    CommandLine.run ([ "refine"; "--image"; ct; "--mask"; mask; "--out"; output; "--quiet" ] @ engine)

                let outcome = run [ "--sam"; onnx "encoder"; "--decoder"; onnx "decoder" ]
                Expect.equal outcome.ExitCode 0 outcome.Errors
                Expect.stringContains outcome.Output "SAM onnx" "text"

                Expect.stringContains
                    (run [ "--sam"; onnx "encoder" ]).Errors
                    "give its decoder with --decoder"
                    "no decoder"

                let both = run [ "--sam"; weights (); "--decoder"; onnx "decoder" ]
                Expect.equal both.ExitCode 2 "exit"
                Expect.stringContains both.Errors "holds the whole network" "a decoder too many")

        testCase "the text tells slices, boxes and voxels"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let ct, mask, output = files folder
                let outcome, _ = refine folder [ "--image"; ct; "--mask"; mask; "--out"; output ]
                Expect.stringContains outcome.Output "2 of 4 slices refined by 2 boxes" "text")

        testCase "without --sam the small network answers, and says so in warning, text and JSON"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let ct, mask, output = files folder

                let run arguments =
                    CommandLine.run (
                        [ "refine"; "--image"; ct; "--mask"; mask; "--out"; output; "--quiet" ]
                        @ arguments
                    )

                let text, json = run [], run [ "--json" ]

                for outcome in [ text; json ] do
                    Expect.equal outcome.ExitCode 0 outcome.Errors

                    Expect.stringContains
                        outcome.Errors
                        $"warning: sam-phantom-tiny.safetensors: {TinyWeights.Label}"
                        "warning"

                Expect.stringContains text.Output TinyWeights.Label "text"
                use document = JsonDocument.Parse json.Output
                Expect.equal (document.RootElement.GetProperty("model_label").GetString()) TinyWeights.Label "JSON"

                let outcome, _ =
                    refine folder [ "--image"; ct; "--mask"; mask; "--out"; output; "--json" ]

                use named = JsonDocument.Parse outcome.Output

                Expect.equal
                    (named.RootElement.GetProperty("model_label").ValueKind)
                    JsonValueKind.Null
                    "other weights")

        testCase "wrong input is one sentence, exit code 2, nothing written"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let ct, mask, output = files folder
                let other name volume = write folder name volume

                let small =
                    other "small.nii" (Volume.FromArray(VolumeShape(24, 20, 3), affine, Array.create 1440 1uy))

                let moved =
                    other
                        "moved.nii"
                        (Volume.FromArray(shape, Affine.Diagonal(Spacing(2, 1.5, 3)), fill (fun _ _ _ -> 1uy)))

                let empty =
                    other "empty.nii" (Volume.FromArray(shape, affine, fill (fun _ _ _ -> 0uy)))

                let with' mask = [ "--image"; ct; "--mask"; mask; "--out"; output ]
                refused folder (with' small) [ "small.nii"; "24×20×3"; "scan's grid" ]
                refused folder (with' moved) [ "moved.nii"; "mm from those of the scan"; "resample" ]
                refused folder (with' empty) [ "empty.nii"; "no voxel is above 0" ]
                refused folder (with' mask @ [ "--label"; "7" ]) [ "no voxel has label 7" ]
                refused folder [ "--image"; ct; "--mask"; mask; "--out"; output + ".png" ] [ "named .nii or .nii.gz" ]
                refused folder [ "--image"; ct; "--mask"; mask; "--out"; ct ] [ "would replace an input" ]
                refused folder (with' (Path.Combine(folder, "no.nii"))) [ "no.nii" ]
                refused folder (with' mask @ [ "--margin"; "-1" ]) [ "0 or above" ]
                refused folder (with' mask @ [ "--width"; "0" ]) [ "above 0" ])

        testCase "weights that are missing, cut short or of SAM 2 are refused in one sentence"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let ct, mask, output = files folder
                let cut = Path.Combine(folder, "cut.pth")
                File.WriteAllBytes(cut, (File.ReadAllBytes(weights ()))[..99999])

                for file, part in
                    [
                        Path.Combine(folder, "sam_vit_b_01ec64.pth"), "375,042,383 bytes"
                        cut, "cut.pth"
                        Sam.SamFixture.tinySam2 (), "is of SAM 2"
                    ] do
                    let outcome =
                        CommandLine.run [
                            "refine"
                            "--sam"
                            file
                            "--image"
                            ct
                            "--mask"
                            mask
                            "--out"
                            output
                            "--quiet"
                        ]

                    Expect.equal (outcome.ExitCode, outcome.Output) (2, "") "exit"
                    Expect.stringContains outcome.Errors part "message"
                    Expect.equal (outcome.Errors.TrimEnd().IndexOf '\n') -1 "one sentence"
                    Expect.isFalse (File.Exists output) "nothing written")
    ]
