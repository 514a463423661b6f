module PolyCL.Tests.Data.Phantom.PhantomGeneratorTests

open System
open System.Collections.Generic
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Data.Phantom
open PolyCL.Imaging

let private options site scans matrix slices =
    PhantomOptions(Site = site, Scans = scans, Matrix = matrix, Slices = Nullable slices)

let private sites = [ PhantomSite.A; PhantomSite.B; PhantomSite.C ]

/// All voxels in canonical order, x fastest.
let private voxels (volume: Volume) =
    let volume = volume.Reorient Orientation.Lps
    let area = volume.Shape.X * volume.Shape.Y
    let all = Array.zeroCreate<float32>(area * volume.Shape.Z)

    for z in 0 .. volume.Shape.Z - 1 do
        volume.CopySlice(z, Span<float32>(all, z * area, area))

    all

let private hash (scan: PhantomScan) =
    let text (volume: Volume) =
        string (volume.Affine.ToRows() |> List.ofArray)
        + string volume.Shape
        + ContentHash.OfBytes(ReadOnlySpan(voxels volume |> Array.collect (fun v -> BitConverter.GetBytes(int16 v))))

    text scan.Ct + text scan.Labels + text scan.Tissues

/// Median HU of the voxels that have a tissue, and how many there are.
let private medianOf (scan: PhantomScan) (tissue: PhantomTissue) =
    let hu, map = voxels scan.Ct, voxels scan.Tissues

    let picked =
        Array.zip hu map
        |> Array.filter (fun (_, t) -> t = float32 tissue)
        |> Array.map fst

    let median =
        if picked.Length = 0 then
            nan
        else
            float (Array.item (picked.Length / 2) (Array.sort picked))

    median, picked.Length

/// Share of slices with liver among the middle 30 %.
let private organShare (scan: PhantomScan) =
    let labels = scan.Labels.Reorient Orientation.Lps
    let struct (start, stop) = MiddleSlices.Range labels.Shape.Z
    let slice = Array.zeroCreate<float32>(labels.Shape.X * labels.Shape.Y)

    let shown z =
        labels.CopySlice(z, Span<float32> slice)
        Array.exists (fun v -> v > 0f) slice

    float (Seq.length (Seq.filter shown (seq { start .. stop - 1 })))
    / float (stop - start)

/// Size of the largest part joined by faces, and of all parts together.
let private largestPart (volume: Volume) =
    let mask = voxels volume |> Array.map (fun v -> v > 0f)
    let x, y, z = volume.Shape.X, volume.Shape.Y, volume.Shape.Z
    // Canonical order may exchange the first two axes only for stored orders this generator does not use.
    let seen = Array.create mask.Length false
    let mutable best = 0

    for start in 0 .. mask.Length - 1 do
        if mask[start] && not seen[start] then
            let queue = Queue [ start ]
            seen[start] <- true
            let mutable size = 0

            while queue.Count > 0 do
                let at = queue.Dequeue()
                size <- size + 1
                let cx, cy, cz = at % x, at / x % y, at / (x * y)

                for dx, dy, dz in [ -1, 0, 0; 1, 0, 0; 0, -1, 0; 0, 1, 0; 0, 0, -1; 0, 0, 1 ] do
                    let nx, ny, nz = cx + dx, cy + dy, cz + dz

                    if nx >= 0 && nx < x && ny >= 0 && ny < y && nz >= 0 && nz < z then
                        let next = nx + x * (ny + y * nz)

                        if mask[next] && not seen[next] then
                            seen[next] <- true
                            queue.Enqueue next

            best <- max best size

    best, Seq.length (Seq.filter id mask)

[<Tests>]
let tests =
    testList "Data.Phantom.PhantomGenerator" [
        testCase "a scan is a function of site, seed and index alone"
        <| fun () ->
            for site in sites do
                let first = PhantomGenerator.Generate(options site 5 48 16, 1)
                // Another scan in between, another number of scans and layout, and one thread instead of all.
                PhantomGenerator.Generate(options site 5 48 16, 0) |> ignore
                let other = options site 9 48 16
                let mutable second = ""

                let thread = Thread(fun () -> second <- hash (PhantomGenerator.Generate(other, 1)))

                thread.Start()
                thread.Join()
                Expect.equal second (hash first) $"site {site}"

        testCase "another patient, another seed and another site give other voxels"
        <| fun () ->
            let hashes = [
                for site in sites do
                    for seed in [ 1L; 2L ] do
                        for index in 0..2 ->
                            hash (
                                PhantomGenerator.Generate(
                                    PhantomOptions(Site = site, Seed = seed, Matrix = 32, Slices = Nullable 8),
                                    index
                                )
                            )
            ]

            Expect.hasLength (List.distinct hashes) hashes.Length "all differ"

        testCase "without a number of slices a scan has 60 to 110, at matrix 256 as at 128"
        <| fun () ->
            for site in sites do
                let scan = PhantomGenerator.Generate(PhantomOptions(Site = site, Matrix = 256), 3)
                Expect.isTrue (scan.Ct.Shape.Z >= 60 && scan.Ct.Shape.Z <= 110) $"site {site}: {scan.Ct.Shape}"
                Expect.equal (max scan.Ct.Shape.X scan.Ct.Shape.Y <= 256) true "no side above the matrix"

        testCase "voxels are int16 HU of the CT range; labels are 0, 1, 2 in uint8; all three share geometry"
        <| fun () ->
            for site in sites do
                let scan = PhantomGenerator.Generate(options site 1 64 20, 0)
                Expect.equal scan.Ct.StoredType VoxelType.Int16 "type"
                Expect.equal scan.Labels.StoredType VoxelType.UInt8 "label type"
                let hu = voxels scan.Ct
                Expect.isTrue (Array.min hu >= -1024f && Array.max hu <= 3071f) "range"
                // Pixels of 6 mm mix compact bone with what lies beside it.
                Expect.isGreaterThan (Array.max hu) 250f "there is bone"

                Expect.isTrue (voxels scan.Labels |> Array.forall (fun v -> v = 0f || v = 1f || v = 2f)) "labels"

                Expect.equal scan.Labels.Affine scan.Ct.Affine "affine"
                Expect.equal scan.Tissues.Affine scan.Ct.Affine "affine"

        testCase "tissues have the HU of their phase"
        <| fun () ->
            let seen = HashSet<ContrastPhase>()

            for site in sites do
                for index in 0..4 do
                    let scan = PhantomGenerator.Generate(options site 5 96 24, index)
                    seen.Add scan.Phase |> ignore
                    let name = $"site {site}, scan {index}, {scan.Phase}"

                    let within tissue low high =
                        let median, count = medianOf scan tissue

                        if count > 100 then
                            Expect.isTrue (median > low && median < high) $"{name}: {tissue} {median} in {low}…{high}"

                    match scan.Phase with
                    | ContrastPhase.Native ->
                        within PhantomTissue.Liver 15.0 75.0
                        within PhantomTissue.Spleen 25.0 65.0
                        within PhantomTissue.KidneyLeft -5.0 50.0
                        within PhantomTissue.Aorta 25.0 120.0
                    | ContrastPhase.Arterial ->
                        within PhantomTissue.Liver 30.0 105.0
                        within PhantomTissue.KidneyRight 70.0 250.0
                        within PhantomTissue.Aorta 150.0 450.0
                    | _ ->
                        within PhantomTissue.Liver 50.0 150.0
                        within PhantomTissue.Spleen 70.0 165.0
                        within PhantomTissue.KidneyLeft 80.0 270.0
                        within PhantomTissue.Aorta 90.0 240.0

            Expect.hasCountOf seen 3u (fun _ -> true) "all phases were met"

        testCase "the liver is one piece inside the body; lesions lie in it"
        <| fun () ->
            for site in sites do
                for index in 0..2 do
                    let scan = PhantomGenerator.Generate(options site 3 80 32, index)
                    let name = $"site {site}, scan {index}"
                    let largest, all = largestPart (scan.Labels.Reorient Orientation.Lps)
                    Expect.isGreaterThan all 300 $"{name}: there is liver"
                    Expect.isGreaterThan (float largest / float all) 0.97 $"{name}: main part"

                    let inAir =
                        Array.zip (voxels scan.Ct) (voxels scan.Labels)
                        |> Array.filter (fun (hu, label) -> label > 0f && hu < -300f)

                    // A slice of 11 mm whose larger part is liver and whose rest is lung.
                    Expect.isLessThan (float inAir.Length / float all) 0.015 $"{name}: label in air"

        testCase "about half of the middle 30 % shows liver, and nearly every scan shows both kinds of slice"
        <| fun () ->
            for site in sites do
                let shares = [
                    for index in 0..19 -> organShare (PhantomGenerator.Generate(options site 20 32 50, index))
                ]

                let mean = List.average shares

                let both = List.length (List.filter (fun s -> s > 0.0 && s < 1.0) shares)

                Expect.isTrue (mean > 0.4 && mean < 0.6) $"site {site}: mean share {mean:F3}"
                Expect.isGreaterThanOrEqual both 17 $"site {site}: scans with both kinds"

        testCase "site A mixes stored orders, B and C keep to one each"
        <| fun () ->
            let orders site =
                set [
                    for index in 0..11 -> string (PhantomGenerator.Generate(options site 12 32 8, index)).Ct.Orientation
                ]

            Expect.equal (orders PhantomSite.A) (set [ "LPS"; "RAS"; "LAS" ]) "A"
            Expect.equal (orders PhantomSite.B) (set [ "RAS" ]) "B"
            Expect.equal (orders PhantomSite.C) (set [ "LAS" ]) "C"

        testCase "sites differ in shape, spacing, phases and noise"
        <| fun () ->
            let of' site = [ for index in 0..7 -> PhantomGenerator.Generate(options site 8 64 12, index) ]

            let ownSlices site =
                (PhantomGenerator.Generate(PhantomOptions(Site = site, Matrix = 128), 0)).Ct.Spacing

            let a, b = of' PhantomSite.A, of' PhantomSite.B

            let mean f =
                List.averageBy (f: PhantomScan -> float)

            Expect.all a (fun s -> s.Ct.Shape.X = s.Ct.Shape.Y) "A is square"
            Expect.all b (fun s -> s.Ct.Shape.X > s.Ct.Shape.Y) "B is wider than high"

            let spacing = ownSlices PhantomSite.B
            Expect.floatClose Accuracy.medium spacing.Z spacing.X "B has one spacing"

            for site in [ PhantomSite.A; PhantomSite.C ] do
                let spacing = ownSlices site
                Expect.isTrue (spacing.Z > 3.0 && spacing.Z < 6.0) $"site {site}: {spacing}"

            let native site =
                Seq.length (
                    Seq.filter
                        (fun i -> (PhantomGenerator.Generate(options site 24 32 8, i)).Phase = ContrastPhase.Native)
                        (seq { 0..23 })
                )

            Expect.isGreaterThan (native PhantomSite.B) (native PhantomSite.C) "B is native more often"

            let liver = mean (fun s -> fst (medianOf s PhantomTissue.Liver))

            Expect.isGreaterThan (abs (liver a - liver b)) 5.0 "liver HU of A and B"

        testCase "cancelling stops the generator"
        <| fun () ->
            use source = new CancellationTokenSource()
            source.Cancel()

            Expect.throwsT<OperationCanceledException>
                (fun () ->
                    PhantomGenerator.Generate(options PhantomSite.A 1 32 8, 0, source.Token)
                    |> ignore)
                "cancelled"

        testCase "settings outside their range are refused"
        <| fun () ->
            let refused action =
                Expect.throwsT<ArgumentOutOfRangeException> (action >> ignore) "refused"

            refused (fun () -> PhantomOptions(Scans = 0))
            refused (fun () -> PhantomOptions(Matrix = 16))
            refused (fun () -> PhantomOptions(Slices = Nullable 4))

            Expect.throwsT<ArgumentOutOfRangeException>
                (fun () -> PhantomGenerator.Generate(PhantomOptions(), -1) |> ignore)
                "index"
    ]
