module PolyCL.Tests.Data.SliceStoreCopyTests

open System
open System.IO
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Imaging
open PolyCL.Studies
open PolyCL.Tests
open PolyCL.Tests.Data.ScanFiles
open PolyCL.Tests.Studies
open PolyCL.Training
open PolyCL.Tests.Training

let private withStore (body: SliceStore -> string -> 'a) =
    TestData.withTempFolder (fun folder ->
        let root = Path.Combine(folder, "data")
        writeLits root (VolumeShape(20, 16, 20)) 3

        use store =
            SliceStoreBuilder.OpenOrBuild(
                DatasetReader.Open(DatasetKind.Lits, root),
                PrepareOptions(Size = 24),
                Path.Combine(folder, "stores")
            )

        body store (Path.Combine(folder, "scratch", "of node")))

let private contents folder =
    Directory.GetFiles folder |> Array.map Path.GetFileName |> List.ofArray

/// Damages one pixel in the middle of the file.
let private damage (path: string) =
    let bytes = File.ReadAllBytes path
    bytes[5000] <- bytes[5000] ^^^ 1uy
    File.WriteAllBytes(path, bytes)

[<Tests>]
let tests =
    testSequenced
    <| testList "Data.SliceStoreCopy" [
        testCase "a copy is the store, byte for byte, made once and shared; nothing else is left in the folder"
        <| fun () ->
            withStore (fun store folder ->
                let written =
                    use copy = SliceStoreCopy.Open(store, folder)
                    Expect.equal copy.Path (SliceStoreCopy.PathOf(store, folder)) "place"
                    Expect.equal copy.Fingerprint store.Fingerprint "data"
                    File.GetLastWriteTimeUtc copy.Path

                let path = SliceStoreCopy.PathOf(store, folder)
                Expect.equal (File.ReadAllBytes path) (File.ReadAllBytes store.Path) "bytes"
                Expect.equal (contents folder) [ Path.GetFileName path ] "folder"

                [| 1..4 |]
                |> Array.Parallel.iter (fun _ -> SliceStoreCopy.Open(store, folder).Dispose())

                Expect.equal (File.GetLastWriteTimeUtc path) written "not copied again")

        testCase "several at once make one copy"
        <| fun () ->
            withStore (fun store folder ->
                let opened = Array.zeroCreate<string> 4

                [|
                    for i in 0..3 ->
                        Thread(fun () -> opened[i] <- (use copy = SliceStoreCopy.Open(store, folder) in copy.Path))
                |]
                |> Array.map (fun thread ->
                    thread.Start()
                    thread)
                |> Array.iter _.Join()

                Expect.hasLength (Array.distinct opened) 1 "one file"
                Expect.hasLength (contents folder) 1 "and no other")

        testCase "a store whose pixels are not what its digests say is not copied; a copy cut short is made again"
        <| fun () ->
            withStore (fun store folder ->
                SliceStoreCopy.Open(store, folder).Dispose()
                let path = SliceStoreCopy.PathOf(store, folder)
                File.WriteAllBytes(path, File.ReadAllBytes(path)[..9000])
                SliceStoreCopy.Open(store, folder).Dispose()
                Expect.equal (File.ReadAllBytes path) (File.ReadAllBytes store.Path) "made again"
                File.Delete path
                damage store.Path

                Expect.throwsC (fun () -> SliceStoreCopy.Open(store, folder).Dispose()) (fun e ->
                    Expect.isTrue (e :? RunStateException) $"type of {e}"
                    Expect.stringContains e.Message "are damaged" "what")

                Expect.isEmpty (contents folder) "nothing is left")

        testCase
            "a study reads its slices from the copy and computes the same; where none can be made it says so and reads the store"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let options = StudyFixture.optionsOf [| "U-Net" |] StudyFixture.pretraining folder

                let table scratch results =
                    let compute = ComputeOptions(Threads = 1, Scratch = scratch)

                    use study =
                        Study.Open(
                            options,
                            compute,
                            Path.Combine(folder, results),
                            TrainingRuns.quiet,
                            CancellationToken.None
                        )

                    StudyFixture.run study |> ignore
                    let store = StudyStore.Verified(study)[0]
                    SettingsJson.ToText(study.Table 1), List.ofSeq study.Remarks, store.Path

                let scratch = Path.Combine(folder, "scratch")
                let plain, _, _ = table null "plain"
                let copied, remarks, path = table scratch "copied"
                Expect.equal copied plain "the same table"
                Expect.isEmpty remarks "nothing to remark"
                Expect.equal (Path.GetDirectoryName path) scratch "read from the copy"
                let file = Path.Combine(folder, "a file")
                File.WriteAllText(file, "")
                let _, remarks, path = table (Path.Combine(file, "below")) "refused"
                Expect.hasLength remarks 1 "one sentence"
                Expect.stringContains remarks[0] "could not be copied there and is read from" "which says so"
                Expect.stringContains path "refused" "read from the store")
    ]
