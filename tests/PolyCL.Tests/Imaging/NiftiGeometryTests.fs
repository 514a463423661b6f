module PolyCL.Tests.Imaging.NiftiGeometryTests

open System
open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Imaging.HeaderBytes

let private shape = VolumeShape(4, 3, 2)

let private volume affine =
    Volume.FromArray(shape, affine, Array.init 24 byte)

let private expectRows (expected: Affine) (actual: Affine) message =
    // Header fields are float32.
    Array.iter2
        (fun (a: float) b -> Expect.isLessThanOrEqual (abs (a - b)) (2e-7 * max 1.0 (abs a)) $"{message}: {b} for {a}")
        (expected.ToRows())
        (actual.ToRows())

let private refused (path: string) =
    match NiftiCorpus.attempt (fun () -> NiftiReader.ReadHeader path) with
    | Error e -> e.Message
    | Ok header -> failtest $"accepted as {header.Affine.Spacing}"

let private noSform = At.sformCode, [| 0uy; 0uy |]
let private qform = At.qformCode, [| 1uy; 0uy |]

[<Tests>]
let tests =
    testList "Imaging.NiftiGeometry" [
        testCase "metres and micrometres become mm, by sform and by qform; no unit counts as mm"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let right = lps 0.7 0.8 2.0

                for code, unit, factor in
                    [
                        0uy, LengthUnit.Unknown, 1.0
                        1uy, LengthUnit.Metre, 1e-3
                        2uy, LengthUnit.Millimetre, 1.0
                        3uy, LengthUnit.Micrometre, 1e3
                        // seconds beside the length, as fMRI headers have them
                        3uy + 8uy, LengthUnit.Micrometre, 1e3
                    ] do
                    let scaled =
                        right.ToRows()
                        |> Array.mapi (fun i v -> if i < 12 then v * factor else v)
                        |> Affine.FromRows

                    for name, extra in [ "sform", []; "qform", [ noSform ] ] do
                        let path =
                            write folder $"{name}{code}.nii" (volume scaled) ((At.units, [| code |]) :: extra)

                        let header = NiftiReader.ReadHeader path
                        Expect.equal header.Unit unit $"{name} {code}: unit"
                        expectRows right header.Affine $"{name} {code}"
                        expectRows right (NiftiReader.Read path).Affine $"{name} {code}: volume"
                        let converted = factor <> 1.0

                        Expect.equal
                            [ for note in header.Notes -> note.Contains "converted to mm" ]
                            [
                                if converted then
                                    true
                            ]
                            $"{name} {code}: {List.ofSeq header.Notes}"

                let path =
                    write folder "letters.nii" (volume (lps 700.0 800.0 2000.0)) [ At.units, [| 3uy |] ]

                let turned =
                    NiftiReader.Read(path, NiftiReadOptions(Orientation = Orientation.Parse "RAS"))

                Expect.isLessThanOrEqual (abs (turned.Spacing.X - 0.7)) 1e-6 "the caller's axes, too"

                let given =
                    NiftiReader.Read(path, NiftiReadOptions(Affine = Affine.Diagonal(Spacing(3, 4, 5))))

                Expect.equal given.Spacing (Spacing(3, 4, 5)) "an affine of the caller is in mm")

        testCase "a quaternion a little too long is normalised, a plainly wrong one is refused"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let b, c = 0.02, -0.05

                let withD excess name =
                    let d = sqrt (1.0 + excess - b * b - c * c)
                    let fields = [ noSform; qform; At.quaternion, singles [ b; c; d ] ]
                    write folder name (volume (lps 0.8 0.8 2.5)) fields

                let exact = (NiftiReader.ReadHeader(withD 0.0 "exact.nii")).Affine

                for excess in [ 1.5e-6; 1e-4; 9e-3 ] do
                    let header = NiftiReader.ReadHeader(withD excess "long.nii")
                    let spacing = header.Spacing

                    Expect.isLessThanOrEqual
                        (abs (spacing.X - 0.8) + abs (spacing.Y - 0.8) + abs (spacing.Z - 2.5))
                        1e-6
                        $"{excess}: lengths stay"

                    Expect.isFalse header.Affine.IsSkewed $"{excess}: right angles"
                    // Normalising turns the axis by at most the excess; float32 leaves the exact file's own a at up to 3.5e-4, an angle of twice that on 5 mm.
                    Expect.isLessThanOrEqual
                        (header.Affine.FarthestCorner(exact, 3.0, 2.0, 1.0))
                        (20.0 * excess + 4e-3)
                        $"{excess}: place"

                    Expect.exists header.Notes (fun note -> note.Contains "was normalised") $"{excess}: noted"

                for excess in [ 0.02; 0.5; nan ] do
                    let message = refused (withD excess "wrong.nii")
                    Expect.stringContains message "quatern" $"{excess}: field"
                    Expect.stringContains message "option orientation" $"{excess}: a mend that exists"
                    let read = NiftiReadOptions(Orientation = Orientation.Lps)
                    let mended = NiftiReader.Read(Path.Combine(folder, "wrong.nii"), read)
                    Expect.equal (string mended.Orientation) "LPS" $"{excess}: the mend works")

        testCase "a singular sform gives way to the qform; without one it is refused with a mend that works"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let right = lps 0.8 0.8 2.5

                for name, rows in
                    [
                        "zero", List.replicate 12 0.0
                        "nan", List.replicate 12 nan
                        "flat", [ 1.0; 0.0; 1.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0 ]
                    ] do
                    let path = write folder $"{name}.nii" (volume right) [ At.sform, singles rows ]
                    let header = NiftiReader.ReadHeader path
                    expectRows right header.Affine name
                    Expect.exists header.Notes (fun note -> note.Contains "the qform is used") $"{name}: noted"
                    patch path [ At.qformCode, [| 0uy; 0uy |] ]
                    Expect.stringContains (refused path) "there is no qform" name
                    let mended = NiftiReader.Read(path, NiftiReadOptions(Orientation = Orientation.Lps))
                    Expect.isLessThanOrEqual (abs (mended.Spacing.Z - 2.5)) 1e-6 $"{name}: mended")

        testCase "sform, qform and pixdim that contradict each other are noted; the sform counts, as in nibabel"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let right = lps 0.8 0.8 2.5
                let agreed = NiftiReader.ReadHeader(write folder "agreed.nii" (volume right) [])
                Expect.isEmpty agreed.Notes "nothing to note"

                let flipped =
                    write folder "flipped.nii" (volume right) [ At.quaternion, singles [ 0.0; 0.0; 0.0 ] ]

                let header = NiftiReader.ReadHeader flipped
                expectRows right header.Affine "sform"
                Expect.exists header.Notes (fun note -> note.Contains "sform (LPS) and qform (RAS)") "both named"

                for sizes in [ [ 0.0; 0.0; 0.0 ]; [ 1.0; 1.0; 1.0 ]; [ 0.8; 0.8; nan ] ] do
                    let path =
                        write folder "sizes.nii" (volume right) [
                            At.pixdim + 4, singles sizes
                            At.qformCode, [| 0uy |]
                        ]

                    let header = NiftiReader.ReadHeader path
                    expectRows right header.Affine $"{sizes}"
                    Expect.exists header.Notes (fun note -> note.StartsWith "pixdim says") $"{sizes}: noted"

                let path = Path.Combine(folder, "sizes.nii")
                patch path [ At.pixdim + 4, singles [ 0.0; 0.0; 0.0 ] ]
                let mended = NiftiReader.Read(path, NiftiReadOptions(Orientation = Orientation.Ras))
                Expect.isLessThanOrEqual (abs (mended.Spacing.Z - 2.5)) 1e-6 "letters take the sform's lengths then")

        testCase "a tilt is noted, a voxel's volume is the determinant"
        <| fun () ->
            let rows = (lps 0.5 0.5 5.0).ToRows()
            rows[6] <- 5.0 * tan (Math.PI * 13.5 / 180.0)
            let tilted = Affine.FromRows rows
            Expect.isTrue tilted.IsSkewed "skewed"
            Expect.isFalse (lps 0.5 0.5 5.0).IsSkewed "upright"
            Expect.floatClose Accuracy.high tilted.VoxelVolume 1.25 "0.5 · 0.5 · 5, not 2.8 % more"

            TestData.withTempFolder (fun folder ->
                let header = NiftiReader.ReadHeader(write folder "tilt.nii" (volume tilted) [])
                Expect.exists header.Notes (fun note -> note.Contains "not at right angles") "noted")
    ]
