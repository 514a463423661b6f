module PolyCL.Tests.Data.DatasetCheckTests

open System.IO
open Expecto
open PolyCL.Data
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Data.ScanFiles

let private check (relative: string) =
    let root = TestData.sharedFile ("data/" + relative)
    DatasetCheck.Run(DatasetReader.Open(DatasetReader.Detect root, root), PrepareOptions.Paper)

let private find id (check: DatasetCheck) =
    check.Scans |> Seq.find (fun scan -> scan.Id = id)

let private expectNote (part: string) (scan: ScanCheck) =
    Expect.exists
        scan.Warnings
        (fun note -> note.Contains part)
        $"{scan.Id}: a note on {part} in {List.ofSeq scan.Warnings}"

[<Tests>]
let tests =
    testList "Data.DatasetCheck" [
        testCase "the real scans have the shape, range, axes and liver of the case list"
        <| fun () ->
            let result = check "ct"
            let cases = readJson (TestData.sharedFile "data/cases.json")
            let mutable seen = 0

            for case in cases.EnumerateArray() do
                let id = string (case.GetProperty("id").GetString())

                match result.Scans |> Seq.tryFind (fun scan -> scan.Id = id) with
                | None -> ()
                | Some scan ->
                    seen <- seen + 1
                    let shape = scan.Shape.Value

                    Expect.equal
                        [ shape.X; shape.Y; shape.Z ]
                        [ for n in case.GetProperty("shape").EnumerateArray() -> n.GetInt32() ]
                        $"{id}: shape"

                    Expect.equal scan.Orientation (case.GetProperty("axcodes").GetString()) $"{id}: axes"

                    Expect.isLessThanOrEqual
                        (abs (float scan.MinimumHu.Value - case.GetProperty("min").GetDouble()))
                        0.5
                        $"{id}: least"

                    Expect.isLessThanOrEqual
                        (abs (float scan.MaximumHu.Value - case.GetProperty("max").GetDouble()))
                        0.5
                        $"{id}: most"

                    match case.TryGetProperty "liver_slice_count" with
                    | true, count when count.ValueKind = System.Text.Json.JsonValueKind.Number ->
                        Expect.equal scan.OrganSlices (count.GetInt32()) $"{id}: liver slices"

                        Expect.equal
                            scan.OrganVoxels
                            (case.GetProperty("liver_voxels").GetInt64())
                            $"{id}: liver voxels"
                    | _ -> ()

            Expect.equal seen 7 "cases"
            Expect.equal result.Errors 0 "errors"

        testCase "what is odd about the real scans is said"
        <| fun () ->
            let result = check "ct"
            expectNote "keeps no slice" (find "dcmqi-3slice" result)
            expectNote "not HU" (find "head-oblique" result)
            expectNote "not HU" (find "head-scaled" result)
            expectNote "no label" (find "ts-aorta-1p5mm" result)
            expectNote "no organ-absent partner" (find "chaos-donor" result)
            let abdomen = find "ts-abdomen-3mm" result
            Expect.all abdomen.Warnings (fun note -> note.Contains "no unit of length") "abdomen"
            expectNote "no unit of length" abdomen
            Expect.equal (abdomen.KeptSlices, abdomen.KeptOrganSlices) (33, 3) "abdomen"
            Expect.equal (result.ScansWithoutAbsent, result.ScansWithoutPresent) (2, 0) "scans without a partner"
            Expect.equal (result.KeptSlices, result.KeptLabelledSlices, result.KeptOrganSlices) (170, 61, 31) "totals"

        testCase "the minis: identity affine, organ not in the scan"
        <| fun () ->
            expectNote "identity affine" (find "volume-28" (check "layouts/lits-mini"))
            let total = check "layouts/totalseg-mini"
            expectNote "the organ is not in the scan" (find "s0001" total)
            Expect.equal (find "s0000" total).OrganSlices 43 "s0000"
            expectNote "no label" (find "liver_131" (check "layouts/msd-mini"))

        testCase "an MR volume is suspected not to be HU"
        <| fun () ->
            let scan =
                ScanRecord(Id = "mr", ImagePath = TestData.sharedFile "data/mr/ts-mr-3mm/mr.nii.gz")

            let dataset = Dataset(Kind = DatasetKind.Folder, Root = "mr", Scans = [| scan |])
            expectNote "not HU" (DatasetCheck.Run(dataset, PrepareOptions.Paper).Scans[0])

        testCase "a scan that cannot be read is an error of its own and does not stop the others"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                let shape = VolumeShape(12, 12, 20)
                writeLits root shape 3
                File.WriteAllBytes(Path.Combine(root, "volume-1.nii"), Array.zeroCreate 400)
                let cut = File.ReadAllBytes(Path.Combine(root, "volume-2.nii"))
                File.WriteAllBytes(Path.Combine(root, "volume-2.nii"), cut[.. cut.Length / 2])

                let result =
                    DatasetCheck.Run(DatasetReader.Open(DatasetKind.Lits, root), PrepareOptions.Paper)

                Expect.equal result.Errors 2 "errors"
                Expect.isNull (find "volume-0" result).Error "the good one"
                Expect.stringContains (string (find "volume-1" result).Error) "volume-1.nii" "the bad one is named")

        testCase "an organ too small for the resized mask is counted"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                let shape = VolumeShape(64, 64, 20)
                let organ = Array.zeroCreate<byte>(int shape.VoxelCount)
                organ[10 * 64 * 64 + 7 * 64 + 8] <- 1uy
                let place = affine "LPS" [ 1.0; 1.0; 1.0 ]
                write (Path.Combine(root, "p.nii")) (Volume.FromArray(shape, place, voxels 1 shape))
                write (Path.Combine(root, "p_seg.nii")) (Volume.FromArray(shape, place, organ))

                let result =
                    DatasetCheck.Run(DatasetReader.Open(DatasetKind.Folder, root), PrepareOptions(Size = 16))

                let scan = result.Scans[0]
                Expect.equal (scan.KeptOrganSlices, scan.VanishedOrganSlices) (1, 1) "slices"
                expectNote "resized mask is empty" scan)

        testCase "a map of many classes without a class is pointed out"
        <| fun () ->
            let scan =
                ScanRecord(
                    Id = "map",
                    ImagePath = TestData.sharedFile "data/ct/ts-abdomen-3mm/ct.nii.gz",
                    LabelPath = TestData.sharedFile "data/ct/ts-abdomen-3mm/labels.nii.gz"
                )

            let run scan =
                DatasetCheck
                    .Run(Dataset(Kind = DatasetKind.Folder, Root = "map", Scans = [| scan |]), PrepareOptions.Paper)
                    .Scans[0]

            expectNote "label values reach 117" (run scan)

            let liver =
                run (
                    ScanRecord(
                        Id = "map",
                        ImagePath = scan.ImagePath,
                        LabelPath = scan.LabelPath,
                        OrganClass = System.Nullable 5
                    )
                )

            Expect.equal liver.OrganVoxels 41692L "liver voxels"
            Expect.all liver.Warnings (fun note -> note.Contains "no unit of length") "notes"
    ]
