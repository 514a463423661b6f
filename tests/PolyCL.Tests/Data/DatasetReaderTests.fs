module PolyCL.Tests.Data.DatasetReaderTests

open System
open System.Collections.Generic
open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Data.ScanFiles
open PolyCL.Tests.Data.DatasetFolders

/// Image and label of each scan.
let private names (dataset: Dataset) = [ for _, image, labelName in scansOf dataset -> image, labelName ]

let private expectRefused (part: string) (read: unit -> Dataset) =
    Expect.throwsC (fun () -> read () |> ignore) (fun e ->
        Expect.isTrue (e :? DatasetException) $"kind of {e.Message}"
        Expect.stringContains e.Message part "message"
        Expect.isFalse (e.Message.Contains '\n') "one line")

let private writeList folder (json: string) =
    File.WriteAllText(Path.Combine(folder, "dataset.json"), json)

let private lits =
    testList "LiTS" [
        testCase "the mini is paired by number, in numeric order, and its identity affine is named"
        <| fun () ->
            let dataset =
                DatasetReader.Open(DatasetKind.Lits, TestData.sharedFile "data/layouts/lits-mini")

            Expect.equal (ids dataset.Scans) [ "volume-0"; "volume-1"; "volume-28"; "volume-100" ] "ids"

            for image, labelName in names dataset do
                Expect.equal (labelName.Replace("segmentation", "volume")) image "pair"

            Expect.hasLength dataset.Warnings 1 "warnings"
            expectWarning "volume-28 carries an identity affine" dataset

        testCase "an orientation given for volume 28 silences the warning and is kept"
        <| fun () ->
            let options =
                DatasetOptions(Orientations = [| KeyValuePair("volume-2?", Orientation.Parse "RAS") |])

            let dataset =
                DatasetReader.Open(DatasetKind.Lits, TestData.sharedFile "data/layouts/lits-mini", options)

            Expect.isEmpty dataset.Warnings "warnings"
            Expect.equal (dataset.Find("volume-28").Orientation) (Nullable(Orientation.Parse "RAS")) "28"
            Expect.isFalse (dataset.Find("volume-1").Orientation.HasValue) "1"

        testCase "labels in another folder, compressed files and capitals pair all the same; junk does not count"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                pair root "volume_pt1/volume-2.nii" "segmentations/segmentation-2.nii.gz"
                pair root "volume_pt2/Volume-010.nii.gz" "segmentations/Segmentation-10.nii"
                pair root "volume_pt2/volume-3.nii" ""
                File.WriteAllText(Path.Combine(root, "segmentations", "._segmentation-3.nii"), "junk")
                File.WriteAllText(Path.Combine(root, "segmentations", "segmentation-3.nii.txt"), "junk")
                File.WriteAllText(Path.Combine(root, "segmentations", "segmentation-4.nii"), "lonely")
                let dataset = DatasetReader.Open(DatasetKind.Lits, root)

                Expect.equal
                    (names dataset)
                    [
                        "volume_pt1/volume-2.nii", "segmentations/segmentation-2.nii.gz"
                        "volume_pt2/Volume-010.nii.gz", "segmentations/Segmentation-10.nii"
                    ]
                    "pairs"

                Expect.equal (ids dataset.Unlabelled) [ "volume-3" ] "without a label"
                expectWarning "volume-3 has no label" dataset
                expectWarning "segmentation-4 has no volume" dataset

                Expect.equal
                    (ids (DatasetReader.Open(DatasetKind.Lits, root, DatasetOptions(IncludeUnlabelled = true)).Scans))
                    [ "volume-2"; "volume-3"; "volume-10" ]
                    "with unlabelled")

        testCase "one number in two folders is refused, beside its own archive it is not"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                pair root "a/volume-2.nii" "a/segmentation-2.nii"
                pair root "a/volume-2.nii.gz" ""
                let dataset = DatasetReader.Open(DatasetKind.Lits, root)
                Expect.equal (names dataset) [ "a/volume-2.nii", "a/segmentation-2.nii" ] "the uncompressed file"
                pair root "b/volume-2.nii" ""
                expectRefused "number 2" (fun () -> DatasetReader.Open(DatasetKind.Lits, root)))
    ]

let private totalSegmentator =
    testList "TotalSegmentator" [
        testCase "the mini has three scans with their subsets"
        <| fun () ->
            let root = TestData.sharedFile "data/layouts/totalseg-mini"
            let dataset = DatasetReader.Open(DatasetKind.TotalSegmentator, root)

            Expect.equal
                [ for scan in dataset.Scans -> scan.Id, string scan.Subset ]
                [ "s0000", "train"; "s0001", "val"; "s0011", "test" ]
                "ids and subsets"

            Expect.equal (snd (names dataset).Head) "s0000/segmentations/liver.nii.gz" "label"
            Expect.isEmpty dataset.Warnings "warnings"

            let test =
                DatasetReader.Open(
                    DatasetKind.TotalSegmentator,
                    root,
                    DatasetOptions(Subset = "test", Organ = "spleen")
                )

            Expect.equal
                (names test)
                [ "s0011/ct.nii.gz", "s0011/segmentations/spleen.nii.gz" ]
                "spleen of the test subset"

            expectRefused "train, val, test" (fun () ->
                DatasetReader.Open(DatasetKind.TotalSegmentator, root, DatasetOptions(Subset = "nobody")))

        testCase "a missing class is named with the classes there are"
        <| fun () ->
            let root = TestData.sharedFile "data/layouts/totalseg-mini"

            let dataset =
                DatasetReader.Open(DatasetKind.TotalSegmentator, root, DatasetOptions(Organ = "pancreas"))

            Expect.isEmpty dataset.Scans "scans"
            expectWarning "segmentations/pancreas.nii.gz is missing; s0000 has aorta, gallbladder" dataset

        testCase "one map of many classes is read by file name and class"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                pair
                    root
                    "Totalsegmentator_dataset_v201/s0003/ct.nii.gz"
                    "Totalsegmentator_dataset_v201/s0003/labels.nii.gz"

                let options = DatasetOptions(LabelFile = "labels.nii.gz", OrganClass = 5)
                let dataset = DatasetReader.Open(DatasetKind.TotalSegmentator, root, options)
                Expect.equal dataset.Scans[0].OrganClass (Nullable 5) "class"
                Expect.equal (snd (names dataset).Head) "Totalsegmentator_dataset_v201/s0003/labels.nii.gz" "label")
    ]

let private msd =
    testList "MSD" [
        testCase "the mini follows dataset.json, in numeric order, without its AppleDouble files"
        <| fun () ->
            let dataset =
                DatasetReader.Open(DatasetKind.Msd, TestData.sharedFile "data/layouts/msd-mini")

            Expect.equal (ids dataset.Scans) [ "liver_0"; "liver_12" ] "ids"
            Expect.equal (ids dataset.Unlabelled) [ "liver_131" ] "unlabelled"
            Expect.hasLength dataset.Warnings 1 "warnings"
            expectWarning "liver_131 has no label" dataset

        testCase "a name that leads outside the folder is refused"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let root = Path.Combine(folder, "task")
                pair root "imagesTr/a.nii.gz" "labelsTr/a.nii.gz"
                File.Copy(Path.Combine(root, "imagesTr", "a.nii.gz"), Path.Combine(folder, "secret.nii.gz"))
                File.Copy(Path.Combine(root, "imagesTr", "a.nii.gz"), Path.Combine(folder, "task-secret.nii.gz"))

                for name in
                    [
                        "../secret.nii.gz"
                        "imagesTr/../../secret.nii.gz"
                        "../task-secret.nii.gz"
                        Path.Combine(folder, "secret.nii.gz").Replace('\\', '/')
                        "..\\secret.nii.gz"
                        "C:secret.nii.gz"
                        "imagesTr/a\u0000.nii.gz"
                        ""
                    ] do
                    for image, labelName in [ name, "./labelsTr/a.nii.gz"; "./imagesTr/a.nii.gz", name ] do
                        let entry =
                            Text.Json.JsonSerializer.Serialize {| image = image; label = labelName |}

                        writeList root $"{{\"training\":[{entry}]}}"
                        expectRefused "leads outside" (fun () -> DatasetReader.Open(DatasetKind.Msd, root)))

        testCase "missing files and files that are not listed are named"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                pair root "imagesTr/a.nii.gz" "labelsTr/a.nii.gz"
                pair root "imagesTr/b.nii.gz" ""
                pair root "imagesTr/extra.nii.gz" ""

                writeList
                    root
                    """{"labels":{"0":"background","1":"spleen"},"training":[
                        {"image":"./imagesTr/a.nii.gz","label":"./labelsTr/a.nii.gz"},
                        {"image":"imagesTr/b.nii.gz","label":"labelsTr/b.nii.gz"},
                        {"image":"imagesTr/c.nii.gz","label":"labelsTr/c.nii.gz"},
                        {"image":"imagesTr/._a.nii.gz","label":"labelsTr/._a.nii.gz"}]}"""

                let dataset = DatasetReader.Open(DatasetKind.Msd, root)
                Expect.equal (ids dataset.Scans) [ "a" ] "ids"
                expectWarning "b has no label" dataset
                expectWarning "c is listed, but imagesTr/c.nii.gz is missing" dataset
                expectWarning "extra.nii.gz is not in dataset.json" dataset
                expectWarning "no label 'liver' but background, spleen" dataset)

        testCase "a damaged list is refused in one sentence"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                for json in
                    [
                        ""
                        "{"
                        "[]"
                        "null"
                        """{"training":5}"""
                        """{"training":[5]}"""
                        """{"training":[{"label":"x"}]}"""
                    ] do
                    writeList root json
                    expectRefused "dataset.json" (fun () -> DatasetReader.Open(DatasetKind.Msd, root))

                pair root "imagesTr/a.nii.gz" "labelsTr/a.nii.gz"
                let entry = """{"image":"imagesTr/a.nii.gz","label":"labelsTr/a.nii.gz"}"""
                writeList root $"{{\"training\":[{entry},{entry}]}}"
                expectRefused "'a' is both" (fun () -> DatasetReader.Open(DatasetKind.Msd, root)))
    ]

let private folders =
    testList "plain folders" [
        testCase "the real cases pair scan and liver, and name what has none"
        <| fun () ->
            let dataset = DatasetReader.Open(DatasetKind.Folder, TestData.sharedFile "data/ct")

            Expect.equal
                (names dataset)
                [
                    for id in [ "chaos-donor"; "dcmqi-3slice"; "ts-abdomen-3mm"; "ts-upper-2mm" ] ->
                        $"{id}/ct.nii.gz", $"{id}/liver.nii.gz"
                ]
                "pairs"

            Expect.equal (ids dataset.Unlabelled) [ "head-oblique"; "head-scaled"; "ts-aorta-1p5mm" ] "unlabelled"

        testCase "images/ and labels/ pair by name, never by position"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                pair root "images/a_0000.nii.gz" "labels/a.nii.gz"
                pair root "images/b.nii.gz" ""
                pair root "images/c.nii.gz" "labels/c_seg.nii"
                pair root "labels/z.nii.gz" ""
                let dataset = DatasetReader.Open(DatasetKind.Folder, root)

                Expect.equal
                    (names dataset)
                    [
                        "images/a_0000.nii.gz", "labels/a.nii.gz"
                        "images/c.nii.gz", "labels/c_seg.nii"
                    ]
                    "pairs"

                expectWarning "b has no label" dataset
                expectWarning "z.nii.gz has no scan" dataset)

        testCase "NAME and NAME_seg pair in one folder; a label without a scan is named"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                pair root "p10.nii.gz" "p10_seg.nii.gz"
                pair root "p9.nii" "p9-liver.nii"
                pair root "p8_mask.nii" ""
                let dataset = DatasetReader.Open(DatasetKind.Folder, root)
                Expect.equal (names dataset) [ "p9.nii", "p9-liver.nii"; "p10.nii.gz", "p10_seg.nii.gz" ] "pairs"
                expectWarning "p8_mask.nii is named like a label" dataset)
    ]

[<Tests>]
let tests =
    testList "Data.DatasetReader" [
        lits
        totalSegmentator
        msd
        folders
        testCase "each mini is recognised by its content, their common folder is not"
        <| fun () ->
            for name, kind in
                [
                    "layouts/lits-mini", DatasetKind.Lits
                    "layouts/totalseg-mini", DatasetKind.TotalSegmentator
                    "layouts/msd-mini", DatasetKind.Msd
                    "layouts/msd-mini/Task03_Liver", DatasetKind.Msd
                    "ct", DatasetKind.Folder
                ] do
                Expect.equal (DatasetReader.Detect(TestData.sharedFile ("data/" + name))) kind name

            Expect.throwsT<DatasetException>
                (fun () -> DatasetReader.Detect(TestData.sharedFile "data/layouts") |> ignore)
                "several datasets"

        testCase "a phantom folder is read by the layout its manifest names, and says what it is"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                writeLits root shape 2

                for manifest in
                    [
                        """{"site":"A","seed":7,"scans":2,"layout":"lits","generator_version":1}"""
                        """{"site":"A","seed":7,"generator_version":1,"new":[]}"""
                    ] do
                    File.WriteAllText(Path.Combine(root, "phantom.json"), manifest)
                    Expect.equal (DatasetReader.Detect root) DatasetKind.Phantom "kind"
                    let dataset = DatasetReader.Open(DatasetKind.Phantom, root)
                    Expect.equal (ids dataset.Scans) [ "volume-0"; "volume-1" ] "ids"
                    Expect.equal dataset.Kind DatasetKind.Phantom "kind"
                    Expect.equal dataset.Description "phantom, site A, seed 7, generator version 1" "description"

                File.WriteAllText(Path.Combine(root, "phantom.json"), "{")
                expectRefused "phantom.json" (fun () -> DatasetReader.Open(DatasetKind.Phantom, root)))

        testCase "an empty folder and an absent one are refused with the way out, for every layout"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                for kind in Enum.GetValues<DatasetKind>() do
                    expectRefused root (fun () -> DatasetReader.Open(kind, root))

                    Expect.throwsT<DirectoryNotFoundException>
                        (fun () -> DatasetReader.Open(kind, Path.Combine(root, "no")) |> ignore)
                        $"{kind}"

                Expect.throwsT<DatasetException> (fun () -> DatasetReader.Detect root |> ignore) "nothing to detect")

        testCase "an orientation for a scan that is not there is refused; so is an organ with a folder in its name"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                writeLits root shape 1

                let options =
                    DatasetOptions(Orientations = [| KeyValuePair("volume-9", Orientation.Lps) |])

                expectRefused "'volume-9'" (fun () -> DatasetReader.Open(DatasetKind.Lits, root, options))

                for organ in [ "../liver"; "a/b"; "a\\b"; ".."; "" ] do
                    Expect.throwsT<ArgumentException> (fun () -> DatasetOptions(Organ = organ) |> ignore) organ)
    ]
