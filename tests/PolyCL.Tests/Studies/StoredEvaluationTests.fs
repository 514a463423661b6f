/// Names of stored evaluations: settings and digests, and the worded names of version 0.1 as second keys.
module PolyCL.Tests.Studies.StoredEvaluationTests

open System.IO
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Models
open PolyCL.Sam
open PolyCL.Studies
open PolyCL.Studies.Masks
open PolyCL.Training
open PolyCL.Tests
open PolyCL.Tests.Training.TrainingRuns

let private scores =
    "kept slices on the network's grid; volume: per scan, mm, mean over scans; slice: per slice, px of that grid; paper_code: as the authors' code, batch size 1"

let private armsOf table =
    StudyArm.Of(StudyProtocol.Of table, BackboneKind.UNet, 5)
    |> Seq.filter (fun arm -> arm.Sam <> SamUse.None)
    |> Seq.groupBy _.IsBound
    |> Seq.collect (fun (bound, arms) -> if bound then arms else Seq.truncate 1 arms)
    |> Seq.toList

let private samOf folder (options: StudySamOptions) =
    new StudySam(options, Profile.Smoke, folder, ComputeOptions())

/// Options with two weight files of these names.
let private given folder (name: string) (name2: string) =
    let file, file2 = Path.Combine(folder, name), Path.Combine(folder, name2)
    File.WriteAllText(file, "one")
    File.WriteAllText(file2, "two")
    StudySamOptions(Weights = file, Weights2 = file2)

/// The file's name of an evaluation by an identity alone.
let private nameOf identity =
    RunFolder.NameOf("evaluation", SettingsJson.ToText identity)

[<Tests>]
let tests =
    testSequenced
    <| testList "Studies.StoredEvaluation" [
        testCase "the worded names are those that version 0.1 gave (golden)"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use small = samOf folder (StudySamOptions())
                use meta = samOf folder (given folder "w1.pth" "w2.pt")

                let names (sam: StudySam) table = [
                    for arm in armsOf table ->
                        nameOf (WordedIdentity(1, "weights", "data", "test", scores, sam.Worded arm))
                ]

                Expect.equal
                    (nameOf (WordedIdentity(1, "weights", "data", "test", scores, null)))
                    "evaluation-3d98c19660cf"
                    "no SAM"

                Expect.equal (names small 4) [ "evaluation-f395b8af69e0"; "evaluation-562c9ce5429e" ] "small SAM"
                Expect.equal (names meta 4) [ "evaluation-1aa6a26d42bb"; "evaluation-26caa5f4bb99" ] "SAM"

                Expect.equal
                    (names small 6)
                    [
                        "evaluation-5fc443ca46a2"
                        "evaluation-ddabe24d157c"
                        "evaluation-0fec95b227f5"
                    ]
                    "small SAM 2"

                Expect.equal
                    (names meta 6)
                    [
                        "evaluation-0891c451e2ff"
                        "evaluation-34c3fc3e38d8"
                        "evaluation-2fcc06eb2abc"
                    ]
                    "SAM 2")

        testCase "what names SAM's masks holds no words and no file's name, and every setting"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use first = samOf folder (given folder "w1.pth" "w2.pt")
                use renamed = samOf folder (given folder "other.pth" "other.pt")

                let identities (sam: StudySam) = [
                    for arm in armsOf 4 @ armsOf 6 -> SettingsJson.ToLine(sam.Identity arm)
                ]

                Expect.equal (identities renamed) (identities first) "renamed weights"
                let keys = identities first
                Expect.hasLength (List.distinct keys) 5 "arms apart"

                Expect.equal
                    keys[0]
                    """{"use":"refine","weights":"7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed","true_masks":false,"refinement":{"boxes":"one-per-slice","margin":0,"best_of_three":false,"precision":"full","chunk_rows":8,"decoder_heads":8}}"""
                    "SAM"

                Expect.equal
                    keys[4]
                    """{"use":"propagate","weights":"3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3","true_masks":true,"propagation":{"annotated_every":5,"range":"labelled","passes":{"order":"forward-first","fresh_states":false,"fill_holes":0,"stop_after":0},"stretch_slices":true,"precision":"full"}}"""
                    "SAM 2"

                use other =
                    samOf folder (StudySamOptions(Refinement = SamOptions(Margin = 2.0), StretchSlices = false))

                use small = samOf folder (StudySamOptions())
                Expect.all (List.zip (identities other) (identities small)) (fun (a, b) -> a <> b) "settings")

        testCase "a result that version 0.1 stored is found and not made again"
        <| fun () ->
            withStore (fun folder (store, split) ->
                let brief =
                    FineTuneOptions(Network = network, LabelFraction = 1.0, Epochs = 1, BatchSize = 8, Seed = 5L)

                let run = fineTune brief null (store, split) folder

                let make () =
                    StoredEvaluation.Make(run, store, "test", compute, null, CancellationToken.None)

                let made = make ()
                let file = StoredEvaluation.FileOf(run, store, "test")
                Expect.isTrue (File.Exists file) "kept"

                // As the earlier version wrote it: under its name, with its words.
                let worded = WordedIdentity.Of(run.WeightsDigest, store, "test")
                let old = Path.Combine(run.Folder, nameOf worded + ".json")
                let json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText file) |> nonNull
                json["identity"] <- System.Text.Json.Nodes.JsonNode.Parse(SettingsJson.ToLine worded)
                json["seconds"] <- System.Text.Json.Nodes.JsonValue.Create 777.0
                File.Delete file
                File.WriteAllText(old, json.ToJsonString())
                Expect.equal (StoredEvaluation.FileOf(run, store, "test")) old "the old name"
                let found = make ()
                Expect.equal found.Seconds 777.0 "read"

                Expect.equal
                    (SettingsJson.ToLine found.Evaluation)
                    (SettingsJson.ToLine made.Evaluation)
                    "the same scores"

                Expect.isFalse (File.Exists file) "nothing new")
    ]
