module PolyCL.Tests.Data.FileLinksTests

open System
open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Data.ScanFiles
open PolyCL.Tests.Data.DatasetFolders

[<Tests>]
let tests =
    testList "Data.FileLinks" [
        testCase "a link back to a folder above is named and not followed"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let root = Path.Combine(folder, "data")
                writeLits (Path.Combine(root, "part")) shape 2
                let loop = Path.Combine(root, "part", "loop")
                Directory.CreateSymbolicLink(loop, "..") |> ignore
                let dataset = read root
                Expect.equal (ids dataset.Scans) [ "volume-0"; "volume-1" ] "each scan once"

                Expect.equal
                    (List.ofSeq dataset.Warnings)
                    [
                        $"{loop} is a link that leads back to a folder that holds it; it is not followed."
                    ]
                    "warning"

                // A link that leads out of the root to a folder above it is a loop all the same.
                Directory.Delete loop
                Directory.CreateSymbolicLink(loop, folder) |> ignore
                writeLits (Path.Combine(folder, "neighbour")) shape 4
                let narrow = read root
                Expect.equal (ids narrow.Scans) [ "volume-0"; "volume-1" ] "nothing of the neighbour"
                expectWarning $"{loop} is a link that leads back" narrow

                // The same through a link to the root itself.
                let alias = Path.Combine(folder, "alias")
                Directory.CreateSymbolicLink(alias, root) |> ignore
                Expect.equal (ids (read alias).Scans) [ "volume-0"; "volume-1" ] "by another name of the root")

        testCase "two ways to one folder read it once, under its own name"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                writeLits (Path.Combine(root, "part")) shape 1

                Directory.CreateSymbolicLink(Path.Combine(root, "another"), Path.Combine(root, "part"))
                |> ignore

                let dataset = read root
                Expect.equal (scansOf dataset) [ "volume-0", "part/volume-0.nii", "part/segmentation-0.nii" ] "pairs"
                expectWarning "is the same folder as" dataset)

        testCase "a folder elsewhere is read through a link"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                writeLits (Path.Combine(folder, "disk")) shape 2
                let root = Path.Combine(folder, "data")
                Directory.CreateDirectory root |> ignore

                Directory.CreateSymbolicLink(Path.Combine(root, "batch1"), Path.Combine(folder, "disk"))
                |> ignore

                let dataset = read root
                Expect.equal (ids dataset.Scans) [ "volume-0"; "volume-1" ] "scans"
                Expect.isEmpty dataset.Warnings "nothing odd")

        testCase "a dead link to a scan is said to be one, by check and prepare"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let root = Path.Combine(folder, "data")
                writeLits root shape 2
                let path = Path.Combine(root, "volume-1.nii")
                File.Delete path
                File.CreateSymbolicLink(path, "../gone/volume-1.nii") |> ignore

                let sentence =
                    $"{path}: file: this is a link to '../gone/volume-1.nii', which is not there;"

                let check = DatasetCheck.Run(read root, PrepareOptions(Size = 16))
                Expect.equal check.Errors 1 "one error"
                Expect.stringStarts (string check.Scans[1].Error) sentence "check"
                let message = refusal (fun () -> build root DatasetOptions.Default)
                Expect.stringContains message $"Scan 'volume-1': {sentence}" "prepare"
                use store = build root (DatasetOptions(Exclude = [| "volume-1" |]))
                Expect.hasLength store.Scans 1 "the other"

                File.Delete path
                File.CreateSymbolicLink(path, "volume-1.nii") |> ignore

                Expect.stringContains
                    (refusal (fun () -> NiftiReader.Read path))
                    "this is a link that leads back to itself"
                    "loop of one"

                let partner = Path.Combine(root, "pair.img")
                File.CreateSymbolicLink(partner, "nowhere.img") |> ignore
                File.WriteAllText(Path.Combine(root, "pair.hdr"), "header")

                Expect.stringContains
                    (refusal (fun () -> NiftiReader.Read(Path.Combine(root, "pair.hdr"))))
                    "pair.img: file: this is a link to 'nowhere.img'"
                    "partner")

        testCase "a dead link to a folder is named, as is a root that is one"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                let gone = Path.Combine(root, "P2")
                Directory.CreateSymbolicLink(gone, "/nowhere/P2") |> ignore

                Expect.stringContains
                    (refusal (fun () -> read root))
                    $"{gone} is a link to '/nowhere/P2', which is not there"
                    "nothing else"

                pair root "P1/ct.nii" "P1/liver.nii"
                expectWarning $"{gone} is a link to '/nowhere/P2', which is not there" (read root)
                Expect.stringContains (refusal (fun () -> read gone)) $"{gone} is a link to" "root")

        testCase "a link that comes to lead elsewhere makes another store"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let root = Path.Combine(folder, "data")
                writeLits root shape 1
                let path = Path.Combine(root, "volume-0.nii")
                let target = Path.Combine(folder, "target.nii")
                File.Move(path, target)
                File.CreateSymbolicLink(path, target) |> ignore
                use before = build root DatasetOptions.Default
                write target (Volume.FromArray(shape, affine "LPS" [ 1.0; 1.0; 2.0 ], voxels 9 shape))
                File.SetLastWriteTimeUtc(target, DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc))
                use after = build root DatasetOptions.Default
                Expect.notEqual after.Path before.Path "the link is the same, its file is not"
                Expect.notEqual after.Fingerprint before.Fingerprint "data")
    ]
