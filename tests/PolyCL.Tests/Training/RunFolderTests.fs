module PolyCL.Tests.Training.RunFolderTests

open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Training
open PolyCL.Tests

let private refused (action: unit -> unit) (word: string) =
    Expect.throwsC action (fun e ->
        Expect.isTrue (e :? RunStateException) $"type: {e}"
        Expect.stringContains e.Message word "message")

[<Tests>]
let tests =
    testList "Training.RunFolder" [
        testCase "a name is fixed by kind and config"
        <| fun () ->
            Expect.equal (RunFolder.NameOf("pretrain", "{}")) (RunFolder.NameOf("pretrain", "{}")) "same"
            Expect.notEqual (RunFolder.NameOf("pretrain", "{}")) (RunFolder.NameOf("pretrain", "{ }")) "other config"
            Expect.stringStarts (RunFolder.NameOf("pretrain", "{}")) "pretrain-" "kind"

        testCase "a folder keeps its config and refuses another"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path = Path.Combine(folder, "run")
                RunFolder.Open(path, "one").Dispose()
                RunFolder.Open(path, "one").Dispose()
                refused (fun () -> RunFolder.Open(path, "two").Dispose()) "other settings")

        testCase "a second process is refused while the first works"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use _ = RunFolder.Open(folder, "one")
                refused (fun () -> RunFolder.Open(folder, "one").Dispose()) "another process works")

        testCase "a folder with strange files is no run folder and stays untouched"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                File.WriteAllText(Path.Combine(folder, "thesis.txt"), "years of work")
                refused (fun () -> RunFolder.Open(folder, "one").Dispose()) "no run folder"
                Expect.isFalse (File.Exists(Path.Combine(folder, "config.json"))) "nothing written")

        testCase "a log is cut back to the length that the checkpoint knows"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path = Path.Combine(folder, "log.jsonl")

                let length =
                    use log = RunLog.Open(path, 0L)
                    log.Write {| Epoch = 1 |}
                    let length = log.Length
                    log.Write {| Epoch = 2 |}
                    length

                do
                    use log = RunLog.Open(path, length)
                    log.Write {| Epoch = 3 |}

                Expect.equal
                    (File.ReadAllLines path)
                    [| """{"epoch":1}"""; """{"epoch":3}""" |]
                    "epoch 2 was written after the checkpoint"

                refused (fun () -> RunLog.Open(path, 1000L).Dispose()) "shorter")
    ]
