module PolyCL.Tests.Cli.InspectCommandTests

open System
open System.IO
open System.Text.Json
open Expecto
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Imaging.NiftiCorpus

let private inspect path =
    CommandLine.run [ "inspect"; path; "--json" ]

let private expectRefused (path: string) =
    let outcome = inspect path
    Expect.equal outcome.ExitCode 2 $"{path}: exit code"
    Expect.equal outcome.Output "" $"{path}: nothing on standard output"
    use document = JsonDocument.Parse outcome.Errors
    let error = document.RootElement.GetProperty "error"
    let keys = [ for p in document.RootElement.EnumerateObject() -> p.Name ]
    Expect.equal keys [ "error" ] "one key"
    Expect.equal [ for p in error.EnumerateObject() -> p.Name ] [ "code"; "message"; "file" ] $"{path}: shape"
    Expect.equal (error.GetProperty("code").GetString()) "scan-format" $"{path}: code"
    let message = string (error.GetProperty("message").GetString())
    Expect.isFalse (message.Contains '\n') $"{path}: one line"
    Expect.stringEnds message "." $"{path}: a sentence"

    let stem (p: string) =
        (string (Path.GetFileName p)).Split('.')[0]

    Expect.equal (stem (string (error.GetProperty("file").GetString()))) (stem path) $"{path}: file"
    let words = CommandLine.run [ "inspect"; path ]
    Expect.equal (words.ExitCode, words.Output, words.Errors.Trim()) (2, "", $"polycl: {message}") $"{path}: in words"
    message

/// mm from the manifest's affine for the axes of space, pixdim for the rest.
let private spacings (entry: JsonElement) =
    let affine = [
        for row in entry.GetProperty("affine").EnumerateArray() -> [ for v in row.EnumerateArray() -> v.GetDouble() ]
    ]

    let length axis =
        sqrt (List.sum [ for row in List.take 3 affine -> row[axis] * row[axis] ])

    numbers entry "zooms"
    |> List.mapi (fun axis size -> if axis < 3 then length axis else size)

[<Tests>]
let tests =
    testSequenced
    <| testList "Cli.InspectCommand" [
        testCase "every valid file of the corpus is described as the manifest says"
        <| fun () ->
            for entry in entries "valid" do
                let name = text entry "file"
                let outcome = inspect (path entry)
                Expect.equal (outcome.ExitCode, outcome.Errors) (0, "") name
                use document = JsonDocument.Parse outcome.Output
                let root = document.RootElement

                Expect.equal
                    [ for p in root.EnumerateObject() -> p.Name ]
                    [
                        "path"
                        "format"
                        "shape"
                        "dtype"
                        "endian"
                        "spacing"
                        "affine"
                        "orientation"
                        "min"
                        "max"
                        "sum"
                        "first"
                    ]
                    $"{name}: keys"

                let word (key: string) =
                    root.GetProperty(key).GetString() |> string

                Expect.equal (word "path") (path entry) "path"
                Expect.stringStarts (word "format") (sprintf "NIfTI-%d" (entry.GetProperty("version").GetInt32())) name
                Expect.equal (word "dtype") (text entry "dtype") name
                Expect.equal (word "endian" = "big") (entry.GetProperty("big_endian").GetBoolean()) name
                Expect.equal (word "orientation") (text entry "axcodes") name
                Expect.equal (numbers root "shape") (numbers entry "shape") name

                // From the affine; equal to pixdim but for the rounding of a matrix in float32.
                List.iter2
                    (fun (a: double) b ->
                        Expect.isLessThanOrEqual (abs (a - b)) (1e-5 * b) $"{name}: spacing {a} for {b}")
                    (numbers root "spacing")
                    (spacings entry)

                Expect.equal (number (root.GetProperty "min")) (number (entry.GetProperty "min")) name
                Expect.equal (number (root.GetProperty "max")) (number (entry.GetProperty "max")) name
                Expect.isTrue (List.forall2 same (numbers root "first") (numbers entry "first")) $"{name}: first"

                let sum, largest =
                    number (entry.GetProperty "sum"), abs (number (entry.GetProperty "max"))

                let difference = abs (number (root.GetProperty "sum") - sum)
                Expect.isLessThanOrEqual difference (1e-9 * max largest (max 1.0 (abs sum))) $"{name}: sum"

                List.iter2
                    (fun (a: double) b ->
                        Expect.isLessThanOrEqual (abs (a - b)) (affineTolerance entry) $"{name}: affine")
                    (affineRows root "affine")
                    (affineRows entry "affine")

        testCase "every malformed file is refused with the fixed JSON and one sentence, or read where the policy allows"
        <| fun () ->
            for entry in entries "malformed" do
                match text entry "policy" with
                | "error" -> expectRefused (path entry) |> ignore
                | _ -> Expect.isNone (CommandLine.complaintOfInspect (path entry)) (text entry "file")

        testCase "the text names shape, type, spacing and orientation"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path = Path.Combine(folder, "a.nii.gz")

                let affine =
                    Affine.FromRows [|
                        -2.0
                        0.0
                        0.0
                        0.0
                        0.0
                        -1.5
                        0.0
                        0.0
                        0.0
                        0.0
                        3.0
                        0.0
                        0.0
                        0.0
                        0.0
                        1.0
                    |]

                NiftiWriter.Write(path, Volume.FromArray(VolumeShape(2, 3, 4), affine, Array.init 24 int16))
                let outcome = CommandLine.run [ "inspect"; path ]

                for part in
                    [
                        "2 × 3 × 4"
                        "int16"
                        "2 × 1.5 × 3 mm"
                        "LPS"
                        "0 to 23"
                        "NIfTI-1 gzip, little-endian"
                    ] do
                    Expect.stringContains outcome.Output part "line")

        testCase "a file that does not exist is code not-found"
        <| fun () ->
            let outcome = inspect "/no/such/file.nii"
            Expect.equal outcome.ExitCode 2 "exit code"
            use document = JsonDocument.Parse outcome.Errors
            let error = document.RootElement.GetProperty "error"
            Expect.equal (error.GetProperty("code").GetString()) "not-found" "code"
            Expect.equal (error.GetProperty("file").GetString()) "/no/such/file.nii" "file"

        testCase "DICOM is named, and so is the way to convert it: a file, one without extension, a folder"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let dicom =
                    Array.concat [ Array.zeroCreate<byte> 128; "DICM"B; Array.create 500 2uy ]

                let series = Directory.CreateDirectory(Path.Combine(folder, "series")).FullName

                for name in [ "01.dcm"; "CT.1.3.12.2.1107"; "slice.nii"; "IM000001" ] do
                    let path = Path.Combine(series, name)
                    File.WriteAllBytes(path, dicom)
                    let message = expectRefused path
                    Expect.stringContains message "DICOM" name
                    Expect.stringContains message "dcm2niix -z y -o OUT FOLDER" name

                let message = expectRefused series
                Expect.stringContains message "folder" "what it is"
                Expect.stringContains message "dcm2niix" "how to mend"
                // Old DICOM has no preamble: the message still names the way.
                let old = Path.Combine(series, "old")
                File.WriteAllBytes(old, Array.concat [ [| 8uy; 0uy; 5uy; 0uy |]; Array.create 500 1uy ])
                Expect.stringContains (expectRefused old) "dcm2niix" "without preamble")

        testCase "the real DICOM series are named as such"
        <| fun () ->
            for folder in [ "data/dicom/dcmqi-3slice-implicit"; "data/dicom/ts-upper-2mm-jpeg2000" ] do
                let folder = TestData.sharedFile folder
                Expect.stringContains (expectRefused folder) "dcm2niix" folder

                for file in Directory.GetFiles folder do
                    Expect.stringContains (expectRefused file) "this is a DICOM file" file
    ]
