module PolyCL.Tests.Cli.PropagateCommandTests

open System
open System.IO
open System.Text.Json
open Expecto
open PolyCL.Imaging
open PolyCL.Sam
open PolyCL.Tests
open PolyCL.Tests.Sam
open PolyCL.Tests.Sam.Video.VideoFixture

let private shape = VolumeShape(112, 96, 9)

/// Left, back, head, so that the slices are those of the fixture; 2×1×3 mm.
let private affine =
    (Volume.FromArray(shape, Affine.Diagonal(Spacing(2, 1, 3)), Array.zeroCreate<byte>(112 * 96 * 9)))
        .Reorient(Orientation.Lps)
        .Affine

let private bytes name =
    snd (SamFixture.bytes $"sam2-tiny-video/{name}.npy")

let private write folder (name: string) (volume: Volume) =
    let path = Path.Combine(folder, name)
    NiftiWriter.Write(path, volume)
    path

/// The fixture's grey levels as HU, in another storage order than the slices'.
let private scan folder =
    write
        folder
        "ct.nii.gz"
        (Volume.FromArray(shape, affine, bytes "frames_u8" |> Array.map int16).Reorient(Orientation.Parse "SAL"))

let private plane = 112 * 96

/// A mask file of the fixture's masks of some slices; slice 4 is the given one.
let private maskOf folder (name: string) (slices: int list) =
    let voxels = Array.zeroCreate<byte>(9 * plane)
    let all = bytes "masks"

    for slice in slices do
        let source =
            if slice = 4 then
                bytes "mask"
            else
                all[slice * plane .. (slice + 1) * plane - 1]

        Array.blit source 0 voxels (slice * plane) plane

    write folder name (Volume.FromArray(shape, affine, voxels))

let private weights folder =
    let file = Path.Combine(folder, "tiny-video.safetensors")
    using (network false) (fun network -> network.Save file)
    file

/// As the fixture's bytes were made: no window, no stretching.
let private asBytes = [ "--level"; "127.5"; "--width"; "255"; "--no-stretch" ]

let private propagate folder mask (arguments: string list) =
    let output = Path.Combine(folder, "masks.nii.gz")

    CommandLine.run (
        [
            yield! [
                "propagate"
                "--sam2"
                Path.Combine(folder, "tiny-video.safetensors")
                "--quiet"
            ]
            yield! [
                "--image"
                Path.Combine(folder, "ct.nii.gz")
                "--reference-mask"
                mask
                "--out"
                output
            ]
        ]
        @ arguments
    ),
    output

let private withFiles body =
    TestData.withTempFolder (fun folder ->
        weights folder |> ignore
        scan folder |> ignore
        body folder (maskOf folder "one.nii" [ 4 ]))

let private voxels (path: string) =
    let view = NiftiReader.Read(path).Reorient Orientation.Lps

    Array.concat [
        for z in 0 .. view.Shape.Z - 1 do
            let slice = Array.zeroCreate<byte> plane
            view.CopySlice(z, Span<byte> slice)
            slice
    ]

let private refused (outcome: CommandLine.Outcome, output) (parts: string list) =
    Expect.equal (outcome.ExitCode, outcome.Output) (2, "") "exit code 2, nothing printed"
    Expect.equal (outcome.Errors.TrimEnd().IndexOf '\n') -1 "one sentence"
    Expect.isFalse (File.Exists output) "nothing written"

    for part in parts do
        Expect.stringContains outcome.Errors part "message"

/// The fixture's scan holds grey levels, and the command says so; nothing else is odd.
let private expectGreys folder (outcome: CommandLine.Outcome) =
    let ct = Path.Combine(folder, "ct.nii.gz")

    Expect.equal
        (outcome.ExitCode, outcome.Errors.TrimEnd())
        (0, $"polycl: warning: {ct}: not HU? values are 1 to 197; a CT has air near -1000.")
        "exit"

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.PropagateCommand" [
        testCase "from NIfTI files to the reference's masks, in the scan's own geometry"
        <| fun () ->
            withFiles (fun folder mask ->
                let outcome, output = propagate folder mask (asBytes @ [ "--json" ])
                expectGreys folder outcome
                Expect.equal (voxels output) (bytes "masks") "masks"

                let written, read =
                    NiftiReader.Read output, NiftiReader.Read(Path.Combine(folder, "ct.nii.gz"))

                Expect.equal (written.Shape, written.Affine) (read.Shape, read.Affine) "geometry"
                Expect.equal written.StoredType VoxelType.UInt8 "type"
                use document = JsonDocument.Parse outcome.Output
                let root = document.RootElement
                let number (name: string) = (root.GetProperty name).GetInt32()

                Expect.equal
                    (number "slices", number "reference", number "first", number "last", number "scored_slices")
                    (9, 4, 0, 8, 0)
                    "slices"

                Expect.equal (root.GetProperty("dice").ValueKind) JsonValueKind.Null "no truth, no Dice"
                Expect.equal (root.GetProperty("model").GetString()) "tiny-video" "model"
                Expect.equal (root.GetProperty("model_label").ValueKind) JsonValueKind.Null "no label"
                Expect.equal (root.GetProperty("propagated").GetArrayLength()) 9 "slice by slice"
                let options = root.GetProperty "options"
                Expect.equal (options.GetProperty("range").GetString()) "stop-rule" "range"
                Expect.equal (options.GetProperty("passes").GetProperty("stop_after").GetInt32()) 3 "stop rule")

        testCase "the labelled range takes the annotated slices alone, whatever lies between, and scores them"
        <| fun () ->
            withFiles (fun folder _ ->
                let several = maskOf folder "several.nii" [ 0; 2; 4; 5; 8 ]

                let outcome, output =
                    propagate folder several (asBytes @ [ "--range"; "labelled"; "--reference"; "middle"; "--json" ])

                expectGreys folder outcome
                use document = JsonDocument.Parse outcome.Output
                let root = document.RootElement

                let slices = [
                    for slice in root.GetProperty("propagated").EnumerateArray() ->
                        slice.GetProperty("slice").GetInt32()
                ]

                Expect.equal slices [ 0; 2; 4; 5; 8 ] "slices"
                Expect.equal (root.GetProperty("reference").GetInt32()) 4 "number 2 of 5"
                Expect.equal (root.GetProperty("scored_slices").GetInt32()) 4 "without the reference"
                Expect.equal (root.GetProperty("options").GetProperty("range").GetString()) "labelled" "range"

                Expect.equal
                    (root.GetProperty("options").GetProperty("passes").GetProperty("stop_after").GetInt32())
                    0
                    "no stop rule"

                let found, truth = voxels output, voxels several

                let dice slice =
                    let part (values: byte[]) =
                        values[slice * plane .. (slice + 1) * plane - 1] |> Array.map int

                    let p, t = part found, part truth
                    2.0 * float (Array.sum (Array.map2 (*) p t)) / float (Array.sum p + Array.sum t)

                Expect.floatClose
                    Accuracy.veryHigh
                    (root.GetProperty("dice").GetDouble())
                    (List.averageBy dice [ 0; 2; 5; 8 ])
                    "mean Dice"

                Expect.equal (Array.sumBy int found[plane .. 2 * plane - 1]) 0 "slice 1 stays empty")

        testCase "the reference is the middle, the largest or a numbered slice"
        <| fun () ->
            withFiles (fun folder _ ->
                let several = maskOf folder "several.nii" [ 2; 3; 4; 7 ]

                let largest =
                    let all = voxels several

                    [ 2; 3; 4; 7 ]
                    |> List.maxBy (fun s -> Array.sumBy int all[s * plane .. (s + 1) * plane - 1])

                for given, expected in [ "middle", 4; "largest", largest; "7", 7 ] do
                    let outcome, _ =
                        propagate folder several (asBytes @ [ "--reference"; given; "--score-reference"; "--json" ])

                    use document = JsonDocument.Parse outcome.Output
                    Expect.equal (document.RootElement.GetProperty("reference").GetInt32()) expected given
                    Expect.equal (document.RootElement.GetProperty("scored_slices").GetInt32()) 4 "all scored")

        testCase "order, fresh states, holes, bf16 and stretching are taken and told; the text names the range"
        <| fun () ->
            withFiles (fun folder mask ->
                let outcome, _ =
                    propagate folder mask [
                        yield! [
                            "--order"
                            "reverse"
                            "--fresh-states"
                            "--fill-holes"
                            "8"
                            "--stop-after"
                            "2"
                        ]
                        yield! [ "--precision"; "bf16"; "--label"; "1"; "--json" ]
                    ]

                expectGreys folder outcome
                use document = JsonDocument.Parse outcome.Output
                let options = document.RootElement.GetProperty "options"
                let passes = options.GetProperty "passes"
                Expect.equal (passes.GetProperty("order").GetString()) "reverse-first" "order"
                Expect.isTrue (passes.GetProperty("fresh_states").GetBoolean()) "states"
                Expect.equal (passes.GetProperty("fill_holes").GetInt32()) 8 "holes"
                Expect.isTrue (options.GetProperty("stretch_slices").GetBoolean()) "stretched"
                let text = fst (propagate folder mask [])
                Expect.stringContains text.Output "from slice 4 (stop rule)" "text")

        testCase "a voxel that is no number is air, in propagate as everywhere; a scan of such voxels is refused"
        <| fun () ->
            withFiles (fun folder mask ->
                let ct = Path.Combine(folder, "ct.nii.gz")

                let run value =
                    let grey = bytes "frames_u8" |> Array.map float32
                    grey[0] <- value
                    write folder "ct.nii.gz" (Volume.FromArray(shape, affine, grey)) |> ignore
                    let outcome, output = propagate folder mask asBytes
                    Expect.equal outcome.ExitCode 0 outcome.Errors
                    outcome.Errors, voxels output

                let told, found = run nanf

                Expect.stringContains
                    told
                    $"polycl: warning: {ct}: 1 of {9 * plane} voxels is no number (NaN or infinite); it was read as air, -1000 HU."
                    "counted"

                Expect.equal found (snd (run -1000.0f)) "masks"

                write folder "ct.nii.gz" (Volume.FromArray(shape, affine, Array.create (9 * plane) nanf))
                |> ignore

                let outcome, _ = propagate folder mask asBytes
                Expect.equal outcome.ExitCode 2 "exit"
                Expect.stringContains outcome.Errors $"none of the {9 * plane} voxels is a number" "sentence")

        testCase "without --sam2 the small network is taken, and text, warning and JSON say whose weights it is"
        <| fun () ->
            withFiles (fun folder mask ->
                let attempt more =
                    CommandLine.run [
                        yield! [ "propagate"; "--image"; Path.Combine(folder, "ct.nii.gz"); "--quiet" ]
                        yield! [ "--reference-mask"; mask; "--out"; Path.Combine(folder, "masks.nii.gz") ]
                        yield! more
                    ]

                let text = attempt []
                Expect.equal text.ExitCode 0 "exit"
                Expect.stringContains text.Output TinyWeights.Label "text"

                Expect.stringContains
                    text.Errors
                    $"warning: sam2-phantom-tiny.safetensors: {TinyWeights.Label}"
                    "warning"

                use document = JsonDocument.Parse((attempt [ "--json" ]).Output)
                let root = document.RootElement
                Expect.equal (root.GetProperty("model_label").GetString()) TinyWeights.Label "JSON"

                Expect.equal
                    (root.GetProperty("warnings").GetArrayLength())
                    2
                    "JSON: whose weights, and grey levels instead of HU")

        testCase "wrong masks and scans are one sentence, exit code 2, nothing written"
        <| fun () ->
            withFiles (fun folder mask ->
                let attempt mask arguments = propagate folder mask arguments
                let grid depth = VolumeShape(112, 96, depth)

                let other name depth spacing value =
                    write
                        folder
                        name
                        (Volume.FromArray(grid depth, Affine.Diagonal spacing, Array.create (depth * plane) value))

                let empty = other "empty.nii" 9 (Spacing(2, 1, 3)) 0uy
                let small = other "small.nii" 8 (Spacing(2, 1, 3)) 1uy
                let moved = other "moved.nii" 9 (Spacing(2, 1, 4)) 1uy
                let several = maskOf folder "several.nii" [ 3; 4 ]
                refused (attempt empty []) [ "empty.nii"; "no voxel is above 0"; "nothing to propagate" ]
                refused (attempt small []) [ "small.nii"; "scan's grid" ]
                refused (attempt moved []) [ "moved.nii"; "resample" ]
                refused (attempt several []) [ "2 slices (3 to 4) have a mask"; "name the reference" ]
                refused (attempt several [ "--reference"; "6" ]) [ "slice 6"; "shows nothing" ]
                refused (attempt several [ "--reference"; "first" ]) [ "middle, largest" ]
                refused (attempt mask [ "--range"; "labelled" ]) [ "only one slice has a mask" ]
                refused (attempt mask [ "--stop-after"; "-1" ]) [ "0 or above" ]
                refused (attempt mask [ "--label"; "7" ]) [ "no voxel has label 7" ]
                refused (attempt (Path.Combine(folder, "no.nii")) []) [ "no.nii" ]
                refused (attempt mask [ "--image-size"; "100" ]) [ "multiple of 32" ])

        testCase "a scan of one slice is refused"
        <| fun () ->
            withFiles (fun folder _ ->
                let single = VolumeShape(112, 96, 1)

                let of' value =
                    Volume.FromArray(single, Affine.Diagonal(Spacing(2, 1, 3)), Array.create plane value)

                write folder "ct.nii.gz" (of' 40s) |> ignore
                refused (propagate folder (write folder "flat.nii" (of' 1s)) []) [ "one axial slice" ])

        testCase "weights that are missing, cut short or of SAM are refused in one sentence"
        <| fun () ->
            withFiles (fun folder mask ->
                let cut = Path.Combine(folder, "cut.pt")
                File.WriteAllBytes(cut, (File.ReadAllBytes(SamFixture.tinySam2 ()))[..99999])

                for file, part in
                    [
                        Path.Combine(folder, "sam2.1_hiera_tiny.pt"), "156,008,466 bytes"
                        cut, "cut.pt"
                        SamFixture.tinySam (), "is of SAM; SAM 2 is needed"
                    ] do
                    let output = Path.Combine(folder, "masks.nii.gz")

                    let outcome =
                        CommandLine.run [
                            yield! [ "propagate"; "--sam2"; file; "--image"; Path.Combine(folder, "ct.nii.gz") ]
                            yield! [ "--reference-mask"; mask; "--out"; output; "--quiet" ]
                        ]

                    refused (outcome, output) [ part ])
    ]
