module PolyCL.Tests.Data.ScanSplitTests

open System
open System.IO
open Expecto
open FsCheck
open PolyCL.Core
open PolyCL.Data
open PolyCL.Tests

let private ids n = [ for i in 0 .. n - 1 -> $"volume-{i}" ]

let private lists (split: ScanSplit) = [ List.ofSeq split.Train; List.ofSeq split.Validation; List.ofSeq split.Test ]

let private expectRefused (part: string) (make: unit -> ScanSplit) =
    Expect.throwsC (fun () -> make () |> ignore) (fun e ->
        Expect.isTrue (e :? DatasetException) $"kind of {e.Message}"
        Expect.stringContains e.Message part "message"
        Expect.isFalse (e.Message.Contains '\n') "one line")

[<Tests>]
let tests =
    testList "Data.ScanSplit" [
        testProperty "sets are disjoint, of the asked size, and the same for ids in any order"
        <| fun (PositiveInt a) (PositiveInt b) (PositiveInt c) (seed: int64) (NonNegativeInt spare) ->
            let a, b, c = 1 + a % 40, 1 + b % 10, 1 + c % 10
            let all = ids (a + b + c + spare % 5)
            let split = ScanSplit.BySeed(all, a, b, c, seed)
            let drawn = List.concat (lists split)
            Expect.equal (List.map List.length (lists split)) [ a; b; c ] "sizes"
            Expect.hasLength (List.distinct drawn) drawn.Length "disjoint"
            Expect.isEmpty (List.except all drawn) "from the list"
            Expect.equal (ScanSplit.BySeed(List.rev all, a, b, c, seed)) split "order of the ids"

        testProperty "shares use every scan and leave no set empty"
        <| fun (PositiveInt n) (seed: int64) ->
            let n = 3 + n % 200
            let split = ScanSplit.ByShares(ids n, 0.1, 0.2, seed)
            Expect.equal (List.sort (List.concat (lists split))) (List.sort (ids n)) "complete"
            Expect.isFalse (lists split |> List.exists List.isEmpty) "not empty"
            Expect.isLessThan (abs (float split.Test.Count - 0.2 * float n)) 1.01 "share"

        testCase "130 scans give the paper's 100, 5 and 25; 13 give the same shares"
        <| fun () ->
            Expect.equal (lists (ScanSplit.Paper(ids 131, 1L)) |> List.map List.length) [ 100; 5; 25 ] "131"
            Expect.equal (lists (ScanSplit.Paper(ids 13, 1L)) |> List.map List.length) [ 10; 1; 2 ] "13"
            Expect.equal (lists (ScanSplit.Paper(ids 3, 1L)) |> List.map List.length) [ 1; 1; 1 ] "3"

        testCase "another seed draws another split"
        <| fun () ->
            Expect.notEqual (ScanSplit.Paper(ids 130, 1L).Test) (ScanSplit.Paper(ids 130, 2L).Test) "test scans"

            // Over 200 seeds each of 10 scans is in the test set of 3 about 60 times (binomial, 6 standard deviations).
            let counts =
                [ for seed in 1L .. 200L -> ScanSplit.BySeed(ids 10, 6, 1, 3, seed).Test ]
                |> Seq.concat
                |> Seq.countBy id

            for id, count in counts do
                Expect.isLessThan (abs (count - 60)) 39 id

        testCase "by file number the highest numbers test, whatever the order of the list"
        <| fun () ->
            let split = ScanSplit.ByFileNumber(List.rev (ids 12), 8, 1, 3)
            Expect.equal (List.ofSeq split.Test) [ "volume-9"; "volume-10"; "volume-11" ] "test"
            Expect.equal (List.ofSeq split.Validation) [ "volume-8" ] "validation"

        testCase "a split comes back from JSON, by text and by file"
        <| fun () ->
            let split = ScanSplit.Paper(ids 20, 7L)
            Expect.equal (ScanSplit.FromJson(split.ToJson())) split "text"

            TestData.withTempFolder (fun folder ->
                let path = Path.Combine(folder, "split.json")
                split.Write path
                Expect.equal (ScanSplit.Read path) split "file"
                Expect.hasLength (Directory.GetFiles folder) 1 "nothing else")

        testCase "an impossible split is refused in one sentence"
        <| fun () ->
            expectRefused "there are 4" (fun () -> ScanSplit.BySeed(ids 4, 3, 1, 1, 1L))
            expectRefused "validation" (fun () -> ScanSplit.BySeed(ids 4, 3, 0, 1, 1L))
            expectRefused "at least 3" (fun () -> ScanSplit.ByShares(ids 2, 0.1, 0.1, 1L))
            expectRefused "'a' appears more than once" (fun () -> ScanSplit.Given([ "a" ], [ "b" ], [ "a" ]))
            expectRefused "more than once" (fun () -> ScanSplit.BySeed([ "a"; "b"; "a"; "c" ], 2, 1, 1, 1L))
            expectRefused "test set" (fun () -> ScanSplit.FromJson """{"train":["a"],"validation":["b"],"test":[]}""")
            expectRefused "no split" (fun () -> ScanSplit.FromJson """{"train":["a"],"validation":["b"]}""")
            expectRefused "no split" (fun () -> ScanSplit.FromJson "")
            expectRefused "no split" (fun () -> ScanSplit.FromJson "[1]")
            expectRefused "no split" (fun () -> ScanSplit.FromJson """{"train":[1],"validation":["b"],"test":["c"]}""")
    ]
