module PolyCL.Tests.Data.DatasetAuditTests

open System.IO
open Expecto
open FsCheck
open PolyCL.Core
open PolyCL.Data
open PolyCL.Imaging
open PolyCL.Tests
open PolyCL.Tests.Data.ScanFiles

let private orders = [
    for a in "LRPASI" do
        for b in "LRPASI" do
            for c in "LRPASI" do
                let letters = $"{a}{b}{c}"
                let axes = letters |> Seq.map (fun l -> "LRPASI".IndexOf l / 2) |> Seq.distinct

                if Seq.length axes = 3 then
                    letters
]

let private open' (name: string) =
    let root = TestData.sharedFile ("data/layouts/" + name)
    DatasetReader.Open(DatasetReader.Detect root, root)

let private twins (audit: DatasetAudit) = [
    for finding in audit.Findings do
        if finding.Kind <> AuditKind.MixedOrientation then
            finding.Kind, $"{finding.FirstSet} {finding.First}", $"{finding.SecondSet} {finding.Second}"
]

[<Tests>]
let tests =
    testList "Data.DatasetAudit" [
        testCase "LiTS and MSD share the two planted scans, whatever order and type they are stored in"
        <| fun () ->
            let audit = DatasetAudit.Run(open' "lits-mini", open' "msd-mini")

            Expect.equal
                (twins audit)
                [
                    AuditKind.SameScan, "A volume-0", "B liver_0"
                    AuditKind.SameScan, "A volume-1", "B liver_131"
                ]
                "twins"

            Expect.equal audit.ScanCount 7 "scans"

            Expect.exists
                audit.Findings
                (fun f -> f.Kind = AuditKind.MixedOrientation && f.FirstSet = "A" && f.SecondSet = "A")
                "axis orders of A"

        testCase "the scan that lost its geometry is found by its voxels, with both spacings"
        <| fun () ->
            let audit = DatasetAudit.Run(open' "lits-mini", open' "totalseg-mini")

            let finding = audit.Findings |> Seq.find (fun f -> f.First = "volume-28")

            Expect.equal finding.Second "s0000" "twin"
            Expect.stringContains finding.Text "spacing 1×1×1 mm and 6×6×3 mm" "text"

        testCase "the digest is the same in all 48 axis orders and for whole numbers of any type and scaling"
        <| fun () ->
            let shape = VolumeShape(5, 6, 7)
            let hu = voxels 3 shape
            let place = affine "RAS" [ 1.0; 2.0; 3.0 ]
            let volume = Volume.FromArray(shape, place, hu)
            let expected = VoxelDigest.Of(volume)
            Expect.hasLength orders 48 "orders"

            for letters in orders do
                Expect.equal (VoxelDigest.Of(volume.Reorient(Orientation.Parse letters))) expected letters

            Expect.equal (VoxelDigest.Of(Volume.FromArray(shape, place, Array.map float hu))) expected "double"
            Expect.equal (VoxelDigest.Of(Volume.FromArray(shape, place, Array.map int hu))) expected "int"
            Expect.equal expected.Minimum.Value (int (Array.min hu)) "smallest"
            Expect.equal expected.Maximum.Value (int (Array.max hu)) "largest"

            TestData.withTempFolder (fun folder ->
                let path = Path.Combine(folder, "scaled.nii")
                write path (Volume.FromArray(shape, place, hu |> Array.map (fun v -> uint16 ((int v + 1024) / 2))))
                let bytes = File.ReadAllBytes path
                System.BitConverter.GetBytes(2.0f).CopyTo(bytes, 112)
                System.BitConverter.GetBytes(-1024.0f).CopyTo(bytes, 116)
                File.WriteAllBytes(path, bytes)

                let even =
                    Volume.FromArray(shape, place, hu |> Array.map (fun v -> int16 ((int v + 1024) / 2 * 2 - 1024)))

                Expect.equal (VoxelDigest.Of(NiftiReader.Read path)) (VoxelDigest.Of even) "slope and intercept")

        testProperty "one voxel more or less gives another digest; what is not finite has a fixed place"
        <| fun (NonNegativeInt place) (NonZeroInt change) ->
            let shape = VolumeShape(3, 4, 5)
            let hu = Array.map float (voxels 4 shape)
            let geometry = affine "LPS" [ 1.0; 1.0; 1.0 ]

            let digest (values: float[]) =
                VoxelDigest.Of(Volume.FromArray(shape, geometry, values))

            let other = Array.copy hu
            other[place % 60] <- other[place % 60] + float (1 + abs change % 1000)
            Expect.notEqual (digest other).Hash (digest hu).Hash "changed"
            other[place % 60] <- nan
            let holes = digest other
            Expect.notEqual holes.Hash (digest hu).Hash "not a number"
            Expect.isGreaterThanOrEqual holes.Minimum.Value -1000 "smallest finite"

        testCase "a wrong header does not hide a twin: the true axes are named"
        <| fun () ->
            let shape = VolumeShape(6, 7, 8)
            let volume = Volume.FromArray(shape, affine "LPS" [ 1.0; 1.0; 2.0 ], voxels 5 shape)

            for stored, claimed in [ "RAS", "LPS"; "ASR", "RIP"; "LPS", "LAS" ] do
                TestData.withTempFolder (fun root ->
                    let right = Path.Combine(root, "right")
                    let wrong = Path.Combine(root, "wrong")
                    write (Path.Combine(right, "p.nii")) volume
                    let turned = volume.Reorient(Orientation.Parse stored)

                    let raw =
                        Array.init (int turned.Shape.VoxelCount) (fun i ->
                            let x, y, z =
                                i % turned.Shape.X,
                                i / turned.Shape.X % turned.Shape.Y,
                                i / (turned.Shape.X * turned.Shape.Y)

                            int16 turned[x, y, z])

                    write
                        (Path.Combine(wrong, "q.nii"))
                        (Volume.FromArray(turned.Shape, affine claimed [ 1.0; 1.0; 1.0 ], raw))

                    let read folder =
                        DatasetReader.Open(DatasetKind.Folder, folder, DatasetOptions(IncludeUnlabelled = true))

                    let audit = DatasetAudit.Run(read right, read wrong)
                    Expect.equal (twins audit) [ AuditKind.SameScanOtherAxes, "A p", "B q" ] $"{stored} as {claimed}"

                    Expect.stringContains
                        audit.Findings[0].Text
                        $"if p is LPS, then q is {stored} and not {claimed}"
                        "text")

        testCase "duplicates within a set are found, and equal histograms alone are no twins"
        <| fun () ->
            TestData.withTempFolder (fun root ->
                let shape = VolumeShape(6, 7, 8)
                let hu = voxels 6 shape
                let place = affine "LPS" [ 1.0; 1.0; 1.0 ]
                let mutable stream = RandomStream(1L, "test-shuffle", 0L, 0L)
                let shuffled = Array.copy hu
                stream.Shuffle(System.Span<int16> shuffled)
                write (Path.Combine(root, "a.nii")) (Volume.FromArray(shape, place, hu))
                write (Path.Combine(root, "b.nii")) (Volume.FromArray(shape, place, Array.map float32 hu))
                write (Path.Combine(root, "c.nii")) (Volume.FromArray(shape, place, shuffled))

                let dataset =
                    DatasetReader.Open(DatasetKind.Folder, root, DatasetOptions(IncludeUnlabelled = true))

                let audit = DatasetAudit.Run(dataset, open' "lits-mini")
                Expect.equal (twins audit) [ AuditKind.SameScan, "A a", "A b" ] "duplicates"
                Expect.isTrue audit.Findings[0].WithinOneSet "within one set")
    ]
