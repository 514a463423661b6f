module PolyCL.Tests.Sampling.RealScansTests

open System.Text.Json
open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Sampling
open PolyCL.Tests
open PolyCL.Tests.Cli

let private donor = "chaos-donor"
let private abdomen = "ts-abdomen-3mm"
let private upper = "ts-upper-2mm"

/// The labelled CTs of the corpus as a small store; slices and labels do not depend on the size.
let private withStore body =
    let root = TestData.sharedFile "data/ct"

    TestData.withTempFolder (fun folder ->
        let dataset = DatasetReader.Open(DatasetKind.Folder, root)

        use store =
            SliceStoreBuilder.OpenOrBuild(dataset, PrepareOptions(Size = 32), folder)

        body store)

let private select (store: SliceStore) options scans =
    let pool = SlicePool.Of(store.Scans, scans, options)
    ExampleSelector.Create(options, store.Slices, pool, 1L, fun slice -> store.CanBeAnchor slice)

[<Tests>]
let tests =
    testSequenced
    <| testList "Sampling.RealScans" [
        testCase
            "every kept slice of the donor shows the liver: mixed takes the negatives of another scan, organ and mixed refuse it alone"
        <| fun () ->
            withStore (fun store ->
                let all = [ donor; abdomen; upper ]
                let mixed = select store (StrategyOptions(Strategy = Strategy.Mixed)) all
                let s = mixed.Summary
                Expect.equal (s.Scans, s.ScansAllOrgan, s.ScansWithoutOrgan) (3, 2, 0) "scans"
                // 23 slices of the donor and 5 of the upper abdomen, all with liver; 33 of the abdomen, 3 with.
                Expect.equal (s.Slices, s.OrganSlices, s.Anchors, s.Dropped) (61, 31, 61, 0) "slices"
                Expect.equal (s.WithoutPositive, s.WithoutNegative) (0, 28) "partnerless"
                Expect.equal (s.Of FallbackKind.NegativeFromOtherScans) 28 "fallbacks"

                for anchor in mixed.Anchors do
                    let record = store.Slices[anchor]
                    let triplet = mixed.Draw(anchor, 0L, int64 anchor)
                    let negative = store.Slices[triplet.Negative]
                    Expect.equal store.Slices[triplet.Positive].Scan record.Scan "positive"
                    Expect.equal store.Scans[negative.Scan].Id abdomen "the only scan with both kinds"
                    Expect.notEqual negative.ContainsOrgan record.ContainsOrgan "negative"

                // As in the released code: only the abdomen's 3 liver slices find no organ-absent slice in another scan.
                let authors = select store (StrategyOptions.Authors Strategy.Mixed) all
                Expect.equal (authors.Summary.Anchors, authors.Summary.Dropped) (58, 3) "authors"

                for strategy in [ Strategy.Organ; Strategy.Mixed ] do
                    Expect.throwsC
                        (fun () -> select store (StrategyOptions(Strategy = strategy)) [ donor ] |> ignore)
                        (fun e ->
                            Expect.isTrue (e :? DatasetException) "type"
                            Expect.stringContains e.Message "(23 slices of 1 scan) shows the organ" "message"))

        testCase "the command prints the counts and triplets of the library"
        <| fun () ->
            withStore (fun store ->
                let outcome =
                    CommandLine.run [
                        "sample"
                        "--store"
                        store.Path
                        "--strategy"
                        "mixed"
                        "--seed"
                        "4"
                        "--epoch"
                        "2"
                        "--count"
                        "3"
                        "--json"
                    ]

                Expect.equal outcome.ExitCode 0 outcome.Errors
                use json = JsonDocument.Parse outcome.Output
                let root = json.RootElement
                let number (name: string) = root.GetProperty(name).GetInt32()
                Expect.equal (number "slices", number "anchors", number "without_negative") (61, 61, 28) "counts"
                let fallbacks = root.GetProperty "fallbacks"
                Expect.equal (fallbacks.GetProperty("negative_from_other_scans").GetInt32()) 28 "fallbacks"

                let ids = store.Scans |> Seq.map _.Id
                let options = StrategyOptions(Strategy = Strategy.Mixed)

                let selector =
                    ExampleSelector.Create(options, store.Slices, SlicePool.Of(store.Scans, ids, options), 4L)

                let order = EpochOrder.Of(selector.Anchors, 4L, 2L)

                let described slice =
                    let record = store.Slices[slice]
                    store.Scans[record.Scan].Id, record.Index, record.ContainsOrgan

                let expected =
                    List.init 3 (fun i ->
                        let t = selector.Draw(order[i], 2L, int64 i)
                        [ described t.Anchor; described t.Positive; described t.Negative ])

                let printed = [
                    for t in root.GetProperty("triplets").EnumerateArray() ->
                        [
                            for name in [ "anchor"; "positive"; "negative" ] do
                                let s = t.GetProperty name

                                s.GetProperty("scan").GetString(),
                                s.GetProperty("index").GetInt32(),
                                s.GetProperty("organ").GetBoolean()
                        ]
                ]

                Expect.equal printed expected "triplets")

        testCase "the command refuses scans without a label in one sentence, for strategies that go by labels only"
        <| fun () ->
            let root = TestData.sharedFile "data/ct"

            TestData.withTempFolder (fun folder ->
                let sample strategy =
                    CommandLine.run [
                        "sample"
                        "--data"
                        root
                        "--unlabelled"
                        "--size"
                        "32"
                        "--strategy"
                        strategy
                        "--results"
                        folder
                        "--quiet"
                    ]

                let mixed = sample "mixed"
                Expect.equal mixed.ExitCode 2 "exit code"
                Expect.stringContains mixed.Errors "Scan 'head-oblique' has no label" "message"
                Expect.isEmpty mixed.Output "nothing on standard output"
                let scan = sample "scan"
                Expect.equal scan.ExitCode 0 scan.Errors
                Expect.stringContains scan.Output "3 of the scans; their slices count as without the organ" "note")
    ]
