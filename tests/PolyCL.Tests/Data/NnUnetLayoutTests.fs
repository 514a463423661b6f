module PolyCL.Tests.Data.NnUnetLayoutTests

open System
open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Data.ScanFiles
open PolyCL.Tests.Data.DatasetFolders

let private scan (folder: string) (image: string) = pair folder image ""

let private mask (folder: string) (name: string) =
    write (Path.Combine(folder, name)) (Volume.FromArray(shape, affine "LPS" [ 1.0; 1.0; 2.0 ], label shape (3, 8)))

let private list (folder: string) (json: string) =
    Directory.CreateDirectory folder |> ignore
    File.WriteAllText(Path.Combine(folder, "dataset.json"), json)

let private read root =
    let kind = DatasetReader.Detect root
    Expect.equal kind DatasetKind.NnUnet "layout"
    DatasetReader.Open(kind, root)

let private expectRefused (parts: string list) (read: unit -> 'a) =
    Expect.throwsC (fun () -> read () |> ignore) (fun e ->
        Expect.isTrue (e :? DatasetException) $"type of {e}"

        for part in parts do
            Expect.stringContains e.Message part "message")

let private v2 labels =
    $"""{{"channel_names":{{"0":"CT"}},"labels":{labels},"numTraining":2,"file_ending":".nii.gz"}}"""

let private twoScans root =
    for name in [ "a"; "b" ] do
        scan root $"imagesTr/{name}_0000.nii.gz"
        mask root $"labelsTr/{name}.nii.gz"

/// The class that a list gives the organ, with what is said of it.
let private classOf (organ: string) (labels: string) =
    TestData.withTempFolder (fun root ->
        twoScans root
        list root (v2 labels)

        let dataset =
            DatasetReader.Open(DatasetKind.NnUnet, root, DatasetOptions(Organ = organ))

        dataset.Scans[0].OrganClass |> Option.ofNullable, List.ofSeq dataset.Warnings)

[<Tests>]
let tests =
    testList "Data.NnUnetLayout" [
        testCase "version 2 pairs NAME_0000 with NAME; test scans have no label"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                twoScans root
                scan root "imagesTr/c_0000.nii.gz"
                scan root "imagesTr/stray.nii.gz"
                mask root "labelsTr/lonely.nii.gz"
                scan root "imagesTs/d_0000.nii.gz"
                list root (v2 """{"background":0,"liver":1}""")
                let dataset = read root

                Expect.equal
                    (scansOf dataset)
                    [
                        "a", "imagesTr/a_0000.nii.gz", "labelsTr/a.nii.gz"
                        "b", "imagesTr/b_0000.nii.gz", "labelsTr/b.nii.gz"
                    ]
                    "pairs"

                Expect.equal
                    [ for scan in dataset.Unlabelled -> scan.Id, scan.Subset ]
                    [ "c", "training"; "d", "test" ]
                    "unlabelled"

                expectWarning "c and d have no label" dataset
                expectWarning "stray.nii.gz has no channel in the name" dataset
                expectWarning "lonely.nii.gz has no scan" dataset
                Expect.hasLength dataset.Warnings 3 "warnings")

        testCase "version 1 lists names without the channel; the files have it"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                twoScans root

                list
                    root
                    """{"modality":{"0":"CT"},"labels":{"0":"background","1":"liver"},"numTraining":3,"training":[
                        {"image":"./imagesTr/a.nii.gz","label":"./labelsTr/a.nii.gz"},
                        {"image":"./imagesTr/b.nii.gz","label":"./labelsTr/b.nii.gz"},
                        {"image":"./imagesTr/gone.nii.gz","label":"./labelsTr/gone.nii.gz"}],"test":[]}"""

                let dataset = read root
                Expect.equal (ids dataset.Scans) [ "a"; "b" ] "ids"
                expectWarning "gone is listed, but without a scan" dataset
                expectWarning "promises 3 training scans, 2 are there" dataset
                let asked = DatasetReader.Open(DatasetKind.Msd, root)
                Expect.equal (scansOf asked) (scansOf dataset) "the same when it is called MSD")

        testCase "version 2's dataset key is the list, and its names stay inside the folder"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                scan root "elsewhere/one_0000.nii.gz"
                scan root "elsewhere/one_0001.nii.gz"
                mask root "drawn/one.nii.gz"

                let listed image =
                    $"""{{"channel_names":{{"0":"PET","1":"CT"}},"labels":{{"background":0,"liver":1}},"numTraining":1,"file_ending":".nii.gz",
                        "dataset":{{"one":{{"images":["elsewhere/one_0000.nii.gz","{image}"],"label":"drawn/one.nii.gz"}}}}}}"""

                list root (listed "elsewhere/one_0001.nii.gz")
                let dataset = read root

                Expect.equal
                    (scansOf dataset)
                    [ "one", "elsewhere/one_0001.nii.gz", "drawn/one.nii.gz" ]
                    "the channel named CT"

                expectWarning "only channel 1, CT, is read" dataset
                list root (listed "../outside.nii.gz")
                expectRefused [ "leads outside" ] (fun () -> read root)
                list root (listed "elsewhere/gone.nii.gz")
                expectRefused [ "no scan found" ] (fun () -> read root)
                list root """{"file_ending":".nii.gz","dataset":{"one":{"label":"drawn/one.nii.gz"}}}"""
                expectRefused [ "'one' of 'dataset' lists no image of channel 0" ] (fun () -> read root))

        testCase "another file ending is refused, another first channel is named"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                twoScans root

                list
                    root
                    """{"channel_names":{"0":"T1"},"labels":{"background":0,"liver":1},"numTraining":2,"file_ending":".nii.gz"}"""

                expectWarning "names no channel CT, but T1" (read root)
                list root """{"labels":{},"file_ending":".png"}"""
                expectRefused [ "end in '.png'" ] (fun () -> read root))

        testCase "one scan in both endings is an ambiguity, unless the list says which ending counts"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                twoScans root
                scan root "imagesTr/a_0000.nii"
                list root """{"channel_names":{"0":"CT"},"labels":{"background":0,"liver":1}}"""
                expectRefused [ "Scan 'a'"; "a_0000.nii"; "either could be meant"; "exclude a." ] (fun () -> read root)

                let without =
                    DatasetReader.Open(DatasetKind.NnUnet, root, DatasetOptions(Exclude = [| "a" |]))

                Expect.equal (ids without.Scans) [ "b" ] "without it"
                list root (v2 """{"background":0,"liver":1}""")
                Expect.equal (ids (read root).Scans) [ "a"; "b" ] "both")

        testCase "the names in the list decide which label is the organ"
        <| fun () ->
            let only, said = classOf "liver" """{"background":0,"spleen":1,"liver":2}"""
            Expect.equal only (Some 2) "liver"
            Expect.equal said [ "dataset.json: 'liver' is label 2; spleen (1) counts as background." ] "said"
            Expect.equal (fst (classOf "spleen" """{"background":0,"spleen":1,"liver":2}""")) (Some 1) "spleen"

            Expect.equal
                (fst (classOf "liver" """{"0":"background","1":"spleen","2":"Liver"}"""))
                (Some 2)
                "value to name"

            Expect.equal
                (fst (classOf "left_kidney" """{"background":0,"right kidney":1,"left kidney":2}"""))
                (Some 2)
                "words"

        testCase "what grows in the organ is left to the rule of tumours, when the organ is 1"
        <| fun () ->
            for labels in
                [
                    """{"background":0,"liver":1}"""
                    """{"0":"background","1":"liver","2":"cancer"}"""
                    """{"background":0,"liver":1,"hepatic_tumour":2,"cyst":3}"""
                    """{"background":0,"liver":[1,2],"cancer":2}"""
                    """{"background":0,"liver":1,"ignore":9}"""
                ] do
                Expect.equal (classOf "liver" labels) (None, []) labels

            Expect.equal
                (fst (classOf "liver" """{"background":0,"tumor":1,"liver":2}"""))
                (Some 2)
                "organ after its tumour"

        testCase "an organ that the list does not name, or not by one value, is refused among several organs"
        <| fun () ->
            expectRefused [ "no label is named 'liver'"; "spleen (1), left kidney (2)" ] (fun () ->
                classOf "liver" """{"background":0,"spleen":1,"left kidney":2}""")

            expectRefused [ "'liver' is made of the labels 1 and 2 beside spleen (3)" ] (fun () ->
                classOf "liver" """{"background":0,"liver":[1,2],"spleen":3}""")

            let only, said = classOf "liver" """{"background":0,"spleen":1}"""
            Expect.equal only None "one organ of another name"
            Expect.exists said (fun word -> word.Contains "names no label 'liver' but background, spleen") "said"

        testCase "a class that is given stays, and is compared with the list"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                twoScans root
                list root (v2 """{"background":0,"spleen":1,"liver":2}""")

                let dataset given =
                    DatasetReader.Open(DatasetKind.NnUnet, root, DatasetOptions(OrganClass = Nullable given))

                Expect.equal (dataset 1).Scans[0].OrganClass (Nullable 1) "class"
                Expect.isEmpty (dataset 1).Warnings "nothing to say"
                expectWarning "has no label 7, but spleen (1), liver (2)" (dataset 7))

        testCase "the cases of people's files: layouts, pairs, classes and organ slices"
        <| fun () ->
            let check (name: string) =
                let root = TestData.sharedFile $"cases/04-nnunet-raw/{name}"
                let kind = DatasetReader.Detect root
                let dataset = DatasetReader.Open(kind, root)

                kind,
                ids dataset.Scans,
                ids dataset.Unlabelled,
                [
                    for scan in DatasetCheck.Run(dataset, PrepareOptions.Paper).Scans -> scan.OrganSlices
                ]

            Expect.equal (check "v1") (DatasetKind.NnUnet, [ "c0"; "c1" ], [], [ 7; 7 ]) "v1"
            Expect.equal (check "v2dict") (DatasetKind.NnUnet, [ "c0"; "c1" ], [], [ 7; 7 ]) "v2 with a list"

            Expect.equal
                (check "v2")
                (DatasetKind.NnUnet, [ "liv_000"; "liv_001"; "liv_002" ], [ "liv_003" ], [ 7; 7; 7; 0 ])
                "v2"

            Expect.equal
                (check "msdclass2")
                (DatasetKind.Msd, [ "c0"; "c1" ], [], [ 7; 7 ])
                "liver is 2, in 7 slices; label 1 is in all 12"
    ]
