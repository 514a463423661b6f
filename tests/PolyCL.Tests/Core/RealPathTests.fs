module PolyCL.Tests.Core.RealPathTests

open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Tests

[<Tests>]
let tests =
    testList "Core.RealPath" [
        testCase "links of a file, of a folder above it, and of links lead to the file"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path name = Path.Combine(folder, name)
                Directory.CreateDirectory(path "data") |> ignore
                File.WriteAllText(path "data/ct", "")
                File.CreateSymbolicLink(path "link", "data/ct") |> ignore
                File.CreateSymbolicLink(path "again", "link") |> ignore
                Directory.CreateSymbolicLink(path "folder", path "data") |> ignore
                File.CreateSymbolicLink(path "data/up", "../folder/ct") |> ignore
                let ct = RealPath.Of(path "data/ct")

                for name in [ "link"; "again"; "folder/ct"; "x/../data/ct"; "data/up"; "./data//ct" ] do
                    Expect.equal (RealPath.Of(path name)) ct name)

        testCase "a circle of links is an argument's fault"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                File.CreateSymbolicLink(Path.Combine(folder, "a"), "b") |> ignore
                File.CreateSymbolicLink(Path.Combine(folder, "b"), "a") |> ignore

                Expect.throwsT<System.ArgumentException>
                    (fun () -> RealPath.Of(Path.Combine(folder, "a")) |> ignore)
                    "circle")

        testCase "case counts unless the folder of the differing name folds it"
        <| fun () ->
            let same folding a b =
                RealPath.AreSame(a, b, fun folder -> List.contains folder folding)

            let path (text: string) =
                text.Replace('/', Path.DirectorySeparatorChar)

            let ct, other = path "/data/x/ct", path "/data/X/CT"
            Expect.isTrue (same [] ct ct) "equal"
            Expect.isFalse (same [] ct other) "folds nowhere"
            Expect.isFalse (same [ path "/data/" ] ct other) "folds above alone"
            Expect.isTrue (same [ path "/data/"; path "/data/x/" ] ct other) "folds in both"
            Expect.isFalse (same [ path "/data/" ] ct (path "/data/X/cu")) "another name"
    ]
