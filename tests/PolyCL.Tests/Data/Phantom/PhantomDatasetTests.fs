module PolyCL.Tests.Data.Phantom.PhantomDatasetTests

open System
open System.IO
open System.Text.Json
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Data.Phantom
open PolyCL.Imaging
open PolyCL.Tests

let private options site layout scans =
    PhantomOptions(Site = site, Scans = scans, Matrix = 40, Slices = Nullable 10, Layout = Nullable layout)

let private files folder =
    Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
    |> Seq.map (fun path -> Path.GetRelativePath(folder, path).Replace('\\', '/'))
    |> set

let private json (path: string) =
    use document = JsonDocument.Parse(File.ReadAllText path)
    document.RootElement.Clone()

let private values (volume: Volume) =
    let slice = Array.zeroCreate<float32>(volume.Shape.X * volume.Shape.Y)

    [|
        for z in 0 .. volume.Shape.Z - 1 do
            volume.CopySlice(z, Span<float32> slice)
            yield! Array.copy slice
    |]

let private classes = [
    "aorta"
    "gallbladder"
    "kidney_left"
    "kidney_right"
    "liver"
    "spleen"
    "stomach"
]

let private repositoryRoot =
    let rec up (folder: DirectoryInfo | null) =
        match folder with
        | null -> skiptest "not inside the repository"
        | folder when File.Exists(Path.Combine(folder.FullName, "PolyCL.sln")) -> folder.FullName
        | folder -> up folder.Parent

    lazy (up (DirectoryInfo AppContext.BaseDirectory))

[<Tests>]
let tests =
    testList "Data.Phantom.PhantomDataset" [
        testCase "the LiTS layout holds volume-N, segmentation-N and phantom.json, voxels as generated"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let options = options PhantomSite.A PhantomLayout.Lits 2
                PhantomDataset.Write(options, folder)

                Expect.equal
                    (files folder)
                    (set [
                        "phantom.json"
                        "volume-0.nii.gz"
                        "volume-1.nii.gz"
                        "segmentation-0.nii.gz"
                        "segmentation-1.nii.gz"
                    ])
                    "files"

                for index in 0..1 do
                    let scan = PhantomGenerator.Generate(options, index)
                    let ct = NiftiReader.Read(Path.Combine(folder, $"volume-{index}.nii.gz"))
                    let label = NiftiReader.Read(Path.Combine(folder, $"segmentation-{index}.nii.gz"))
                    Expect.equal ct.StoredType VoxelType.Int16 "int16"
                    Expect.equal label.StoredType VoxelType.UInt8 "uint8"
                    Expect.equal ct.Orientation scan.Ct.Orientation "stored order"
                    Expect.equal (values ct) (values scan.Ct) "voxels"
                    Expect.equal (values label) (values scan.Labels) "labels")

        testCase "phantom.json names site, seed, scans, layout and generator version"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                PhantomDataset.Write(options PhantomSite.B PhantomLayout.Lits 1, folder)
                let manifest = json (Path.Combine(folder, "phantom.json"))
                Expect.equal (manifest.GetProperty("site").GetString()) "B" "site"
                Expect.equal (manifest.GetProperty("seed").GetInt64()) 1L "seed"
                Expect.equal (manifest.GetProperty("scans").GetInt32()) 1 "scans"
                Expect.equal (manifest.GetProperty("layout").GetString()) "lits" "layout"

                Expect.equal
                    (manifest.GetProperty("generator_version").GetInt32())
                    PhantomGenerator.Version
                    "generator version"

                Expect.equal (manifest.GetProperty("files").GetArrayLength()) 1 "files")

        testCase "the TotalSegmentator layout holds one binary file per class and a table with a split column"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                PhantomDataset.Write(options PhantomSite.B PhantomLayout.TotalSegmentator 3, folder)

                let expected = [
                    for index in 0..2 do
                        yield $"s{index:D4}/ct.nii.gz"

                        for name in classes do
                            yield $"s{index:D4}/segmentations/{name}.nii.gz"
                ]

                Expect.equal (files folder) (set ([ "meta.csv"; "phantom.json" ] @ expected)) "files"
                let rows = File.ReadAllLines(Path.Combine(folder, "meta.csv"))
                Expect.equal (Array.last (rows[0].Split ';')) "split" "header"
                let splits = [ for row in rows[1..] -> Array.last (row.Split ';') ]
                Expect.equal splits [ "train"; "val"; "test" ] "splits"

                for name in classes do
                    let mask =
                        NiftiReader.Read(Path.Combine(folder, "s0000", "segmentations", name + ".nii.gz"))

                    Expect.isTrue (values mask |> Array.forall (fun v -> v = 0f || v = 1f)) $"{name} is binary")

        testCase "the MSD layout holds dataset.json with pairs that exist; site C stores float32"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let options = options PhantomSite.C PhantomLayout.Msd 2
                PhantomDataset.Write(options, folder)
                let dataset = json (Path.Combine(folder, "dataset.json"))
                Expect.equal (dataset.GetProperty("numTraining").GetInt32()) 2 "count"
                Expect.equal (dataset.GetProperty("labels").GetProperty("1").GetString()) "liver" "label 1"

                for pair in dataset.GetProperty("training").EnumerateArray() do
                    let image = string (pair.GetProperty("image").GetString())
                    let label = string (pair.GetProperty("label").GetString())
                    let ct = NiftiReader.Read(Path.Combine(folder, image))
                    Expect.equal ct.StoredType VoxelType.Float32 "float32"

                    Expect.equal
                        (NiftiReader.Read(Path.Combine(folder, label))).Shape
                        ct.Shape
                        "label has the scan's shape"

                let first = NiftiReader.Read(Path.Combine(folder, "imagesTr", "liver_0.nii.gz"))
                Expect.equal (values first) (values (PhantomGenerator.Generate(options, 0)).Ct) "voxels")

        testCase "each site has its own layout by default"
        <| fun () ->
            let layout site =
                PhantomOptions(Site = site).LayoutOrDefault

            Expect.equal
                [ layout PhantomSite.A; layout PhantomSite.B; layout PhantomSite.C ]
                [ PhantomLayout.Lits; PhantomLayout.TotalSegmentator; PhantomLayout.Msd ]
                "A, B, C"

        testCase "an interrupted folder has no manifest and is completed by the next call"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let options = options PhantomSite.A PhantomLayout.Lits 3
                use source = new CancellationTokenSource()

                let progress = {
                    new IProgress<ProgressReport> with
                        member _.Report _ = source.Cancel()
                }

                Expect.throwsT<OperationCanceledException>
                    (fun () -> PhantomDataset.Write(options, folder, progress, source.Token))
                    "interrupted"

                Expect.isFalse (File.Exists(Path.Combine(folder, "phantom.json"))) "no manifest"
                PhantomDataset.Write(options, folder)
                Expect.hasLength (files folder) 7 "three pairs and the manifest")

        testCase "a whole folder is left alone; a folder of other contents is refused"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let first = options PhantomSite.A PhantomLayout.Lits 1
                PhantomDataset.Write(first, folder)
                let path = Path.Combine(folder, "volume-0.nii.gz")
                let written = File.GetLastWriteTimeUtc path
                PhantomDataset.Write(first, folder)
                Expect.equal (File.GetLastWriteTimeUtc path) written "not written again"

                Expect.throwsT<DatasetException>
                    (fun () -> PhantomDataset.Write(options PhantomSite.A PhantomLayout.Lits 2, folder))
                    "other options"

                let strange = Directory.CreateDirectory(Path.Combine(folder, "strange")).FullName
                File.WriteAllText(Path.Combine(strange, "notes.txt"), "mine")
                Expect.throwsT<DatasetException> (fun () -> PhantomDataset.Write(first, strange)) "foreign files"
                Expect.equal (files strange) (set [ "notes.txt" ]) "nothing was added")

        testCase "the committed sample of each site is what its recipe generates"
        <| fun () ->
            for site in [ PhantomSite.A; PhantomSite.B; PhantomSite.C ] do
                let folder =
                    Path.Combine(repositoryRoot.Value, "data-samples", "phantom-" + (string site).ToLowerInvariant())

                let manifest = json (Path.Combine(folder, "phantom.json"))

                let options =
                    PhantomOptions(
                        Site = site,
                        Scans = manifest.GetProperty("scans").GetInt32(),
                        Seed = manifest.GetProperty("seed").GetInt64(),
                        Matrix = manifest.GetProperty("matrix").GetInt32(),
                        Slices = Nullable(manifest.GetProperty("slices").GetInt32())
                    )

                let entry = manifest.GetProperty("files")[0]

                let image =
                    NiftiReader.Read(Path.Combine(folder, string (entry.GetProperty("image").GetString())))

                let expected = (PhantomGenerator.Generate(options, 0)).Ct
                Expect.equal image.Shape expected.Shape $"site {site}: shape"

                let differing =
                    Array.zip (values image) (values expected)
                    |> Array.filter (fun (a, b) -> a <> b)

                // Sine and power functions differ in the last bit between platforms, which may move a rounded voxel by 1 HU.
                Expect.isLessThan (float differing.Length / float (values image).Length) 0.01 $"site {site}: voxels"

                Expect.all differing (fun (a, b) -> abs (a - b) <= 40f) $"site {site}: no voxel far off"
    ]
