module PolyCL.Tests.Data.FileNamesTests

open System
open System.IO
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Data.ScanFiles
open PolyCL.Tests.Data.DatasetFolders

let private capitals =
    testList "capitals and letters" [
        testCase "CT.NII.GZ and its label are found in whatever capitals, in every layout"
        <| fun () ->
            for image, labelName, id in
                [
                    "P1/CT.NII.GZ", "P1/Liver.NII.GZ", "P1"
                    "P1/Image.Nii", "P1/SEG.nii", "P1"
                    "P1.NII", "P1_SEG.NII", "P1"
                    "Images/P1.nii", "LABELS/P1_Mask.nii.gz", "P1"
                    "s0001/CT.NII.GZ", "s0001/segmentations/LIVER.NII.GZ", "s0001"
                    "VOLUME-3.NII.GZ", "Segmentation-3.NII", "volume-3"
                ] do
                TestData.withTempFolder (fun root ->
                    pair root image labelName
                    Expect.equal (scansOf (read root)) [ id, image, labelName ] image)

        testCase "names that differ in capitals alone are two names where both are there"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                pair root "images/a.nii" "labels/a.nii"
                pair root "images/A.nii" "labels/A.nii"

                if Directory.GetFiles(Path.Combine(root, "images")).Length = 2 then
                    Expect.equal
                        (Set(scansOf (read root)))
                        (Set [ "a", "images/a.nii", "labels/a.nii"; "A", "images/A.nii", "labels/A.nii" ])
                        "pairs")

        testCase "composed and decomposed letters are one name; ids are composed"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                pair root "images/m\u00FCller.nii" "labels/mu\u0308ller.nii"
                pair root "images/u\u0301\u30AB\u3099\u1112\u1161\u11AB.nii" "labels/\u00FA\u30AC\uD55C.nii"
                let dataset = read root

                Expect.equal [ for scan in dataset.Scans -> scan.Id ] [ "m\u00FCller"; "\u00FA\u30AC\uD55C" ] "ids"

                Expect.isEmpty dataset.Unlabelled "all have labels"
                let options = DatasetOptions(Exclude = [| "mu\u0308ller" |])

                Expect.equal
                    (List.ofSeq (DatasetReader.Open(DatasetKind.Folder, root, options).Excluded))
                    [ "m\u00FCller" ]
                    "excluded by either name")

        testCase "letters are composed as Unicode's form NFC composes them"
        <| fun () ->
            for decomposed, composed in
                [
                    "plain-7", "plain-7"
                    "A\u030Angstro\u0308m", "\u00C5ngstr\u00F6m"
                    "a\u0302\u0301", "\u1EA5"
                    "\u0438\u0306", "\u0439"
                    "\u1112\u1161\u11AB\u1100\u1173\u11AF", "\uD55C\uAE00"
                    "\u304B\u3099", "\u304C"
                    "q\u0308", "q\u0308"
                    "\u0308", "\u0308"
                ] do
                Expect.equal (ComposedName.Of decomposed) composed decomposed
                Expect.equal (ComposedName.Of composed) composed composed

        testCase "ct.nii beside ct.nii.gz is an ambiguity that names both and the scan"
        <| fun () ->
            for image, again, labelName in
                [
                    "P1/ct.nii", "P1/ct.nii.gz", "P1/liver.nii"
                    "images/P1.nii", "images/P1.nii.gz", "labels/P1.nii"
                    "P1.nii", "P1.nii.gz", "P1_seg.nii"
                    "s0001/ct.nii", "s0001/ct.nii.gz", "s0001/segmentations/liver.nii"
                ] do
                TestData.withTempFolder (fun root ->
                    pair root image labelName
                    pair root again ""
                    let id = if image.StartsWith 's' then "s0001" else "P1"
                    let message = refusal (fun () -> read root)

                    for part in
                        [
                            $"Scan '{id}': "
                            Path.Combine(root, image)
                            string (Path.GetFileName again)
                            "either could be meant"
                            $"exclude {id}."
                        ] do
                        Expect.stringContains message part "message"

                    pair
                        root
                        (image.Replace("P1", "P2").Replace("s0001", "s0002"))
                        (labelName.Replace("P1", "P2").Replace("s0001", "s0002"))

                    let kind = DatasetReader.Detect root

                    let dataset = DatasetReader.Open(kind, root, DatasetOptions(Exclude = [| id |]))

                    Expect.hasLength dataset.Scans 1 "the other is read"
                    Expect.equal (List.ofSeq dataset.Excluded) [ id ] "excluded")

        testCase "a label in both endings is an ambiguity, too"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                pair root "P1/ct.nii" "P1/liver.nii"
                pair root "P1/x.nii" "P1/liver.nii.gz"
                Expect.stringContains (refusal (fun () -> read root)) "liver.nii.gz beside it" "message")

        testCase "the cases of people's files"
        <| fun () ->
            let case name =
                TestData.sharedFile $"cases/25-paths/{name}"

            Expect.equal (scansOf (read (case "upper"))) [ "P1", "P1/CT.NII.GZ", "P1/Liver.NII.GZ" ] "upper"

            Expect.equal
                [ for scan in (read (case "norm")).Scans -> scan.Id, isNull scan.LabelPath ]
                [ "m\u00FCller", false ]
                "norm"

            let message = refusal (fun () -> read (case "both"))
            Expect.stringContains message "ct.nii and ct.nii.gz beside it have one name" "both"
    ]

let private exclusion =
    testList "exclusion" [
        testCase
            "an excluded scan is neither read nor listed; it is recorded and changes the store's identity, not the data's"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let root = Path.Combine(folder, "data")
                writeLits root shape 3
                let options = DatasetOptions(Exclude = [| "volume-1" |])
                use left = build root options
                Expect.equal [ for scan in left.Scans -> scan.Id ] [ "volume-0"; "volume-2" ] "scans"
                Expect.equal (List.ofSeq left.Excluded) [ "volume-1" ] "recorded"
                Expect.contains left.Warnings "volume-1 is excluded." "said"
                use again = build root options
                Expect.equal again.Path left.Path "found again"
                use all = build root DatasetOptions.Default
                Expect.isEmpty all.Excluded "nothing left out"
                Expect.notEqual all.Path left.Path "another store"
                File.Delete(Path.Combine(root, "volume-1.nii"))
                File.Delete(Path.Combine(root, "segmentation-1.nii"))
                use gone = build root DatasetOptions.Default
                Expect.notEqual gone.Path left.Path "a store that left nothing out is another one"
                Expect.equal gone.Fingerprint left.Fingerprint "of the same data")

        testCase "a bad scan stops the preparation under its id, and not without it; damaged headers too"
        <| fun () ->
            for spoil in
                [
                    (fun (bytes: byte[]) -> bytes[.. bytes.Length / 2])
                    (fun _ -> Array.zeroCreate 400)
                    (fun _ -> [||])
                ] do
                TestData.withTempFolder (fun folder ->
                    let root = Path.Combine(folder, "data")
                    writeLits root shape 3
                    let path = Path.Combine(root, "volume-1.nii")
                    File.WriteAllBytes(path, spoil (File.ReadAllBytes path))
                    let message = refusal (fun () -> build root DatasetOptions.Default)
                    Expect.stringStarts message $"Scan 'volume-1': {path}: " "scan and file"
                    Expect.stringEnds message "To go on without it, exclude volume-1." "way on"

                    let audit options =
                        DatasetAudit.Run(
                            DatasetReader.Open(DatasetKind.Lits, root, options),
                            read root,
                            1,
                            null,
                            CancellationToken.None
                        )

                    Expect.stringStarts (refusal (fun () -> audit DatasetOptions.Default)) "Scan 'volume-1'" "audit"
                    use store = build root (DatasetOptions(Exclude = [| "volume-1" |]))
                    Expect.hasLength store.Scans 2 "the others")

        testCase "patterns exclude; one that fits no scan is refused, as is one that leaves nothing"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                writeLits root shape 12

                let excluded (patterns: string list) =
                    List.ofSeq (
                        DatasetReader.Open(DatasetKind.Lits, root, DatasetOptions(Exclude = patterns)).Excluded
                    )

                Expect.equal (excluded [ "volume-1?"; "volume-3" ]) [ "volume-3"; "volume-10"; "volume-11" ] "patterns"

                Expect.stringContains
                    (refusal (fun () -> excluded [ "volume-99" ]))
                    "'volume-99' is to be excluded, but no scan has that id; the first is 'volume-0'"
                    "stray"

                Expect.stringContains (refusal (fun () -> excluded [ "*" ])) "every scan is excluded" "all"
                let maybe = DatasetOptions(ExcludeIfThere = [| "volume-99"; "volume-4" |])

                Expect.equal
                    (List.ofSeq (DatasetReader.Open(DatasetKind.Lits, root, maybe).Excluded))
                    [ "volume-4" ]
                    "if there")

        testCase "two files of one number do not matter when the scan is excluded"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                writeLits root shape 2
                pair root "copy/volume-1.nii" ""
                Expect.stringContains (refusal (fun () -> read root)) "Two files hold number 1" "refused"

                let dataset =
                    DatasetReader.Open(DatasetKind.Lits, root, DatasetOptions(Exclude = [| "volume-1" |]))

                Expect.equal (ids dataset.Scans) [ "volume-0" ] "the other")
    ]

[<Tests>]
let tests = testList "Data.FileNames" [ capitals; exclusion ]
