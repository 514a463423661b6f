module PolyCL.Tests.Sampling.ExampleSelectorTests

open System
open System.Threading.Tasks
open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Sampling
open PolyCL.Tests.Sampling.SliceTables

let private config = {
    FsCheckConfig.defaultConfig with
        maxTest = 150
        arbitrary = [ typeof<Tables> ]
}

let private drawing = [ Strategy.Organ; Strategy.Scan; Strategy.Mixed ]

let private variants = [
    for strategy in drawing do
        for rule in [ SelectionRule.PaperEquation; SelectionRule.AuthorsCode ] do
            for draw in [ PartnerDraw.OfRule; PartnerDraw.BySlice; PartnerDraw.ScanFirst ] do
                for partnerless in [ PartnerlessRule.Fallback; PartnerlessRule.Drop ] ->
                    StrategyOptions(Strategy = strategy, Rule = rule, Draw = draw, Partnerless = partnerless)
]

let private select (options: StrategyOptions) (t: Table) seed =
    ExampleSelector.Create(options, t.Slices, t.Pool, seed)

let private tryselect options t seed =
    try
        Some(select options t seed)
    with :? DatasetException ->
        None

let private mixed =
    table [
        [ true; true; true; true ]
        [ true; true; false; false; true; false ]
        [ false; true ]
        [ false; true; true; false; true; false; true; true; false ]
    ]

/// Draws one partner of an anchor many times; each draw at its own position.
let private drawMany (selector: ExampleSelector) anchor count (partner: Triplet -> int) =
    Array.init count (fun i -> partner (selector.Draw(anchor, 3L, int64 i)))

let private uniform (set: Set<int>) =
    set |> Seq.map (fun s -> s, 1.0 / float set.Count) |> Map.ofSeq

/// Each scan with a slice in the set equally often, its slices alike.
let private uniformByScan (t: Table) (set: Set<int>) =
    let scans = set |> Seq.groupBy (fun s -> t.Slices[s].Scan) |> Seq.toList

    Map [
        for _, slices in scans do
            for s in slices -> s, 1.0 / float scans.Length / float (Seq.length slices)
    ]

let private expectDistribution name expected (drawn: int[]) =
    expectSubset (Set.ofArray drawn) (expected |> Map.keys |> Set.ofSeq) $"{name}: only members"
    let statistic = chiSquare expected drawn

    if expected.Count > 1 then
        Expect.isLessThan statistic (chiSquareLimit (expected.Count - 1)) $"{name}: chi-square"

let private allocatedByDraws (selector: ExampleSelector) (anchors: int[]) rounds =
    let mutable sum = 0
    let before = GC.GetAllocatedBytesForCurrentThread()

    for round in 1..rounds do
        for i in 0 .. anchors.Length - 1 do
            let triplet = selector.Draw(anchors[i], int64 round, int64 i)
            sum <- sum + triplet.Positive + triplet.Negative

    let after = GC.GetAllocatedBytesForCurrentThread()
    sum |> ignore
    after - before

[<Tests>]
let tests =
    testList "Sampling.ExampleSelector" [
        testPropertyWithConfig config "every draw lies in the set of its equation, or in the stated fallback"
        <| fun (t: Table) (seed: int64) ->
            for options in variants do
                match tryselect options t seed with
                | None -> ()
                | Some selector ->
                    for anchor in selector.Anchors do
                        let (positive, _), (negative, _) =
                            setsInForce options.Strategy options.Rule options.Partnerless t anchor

                        for position in 0L .. 4L do
                            let drawn = selector.Draw(anchor, 1L, position)
                            Expect.equal drawn.Anchor anchor "anchor"
                            Expect.contains positive drawn.Positive $"{options} positive of {anchor}"
                            Expect.contains negative drawn.Negative $"{options} negative of {anchor}"

        testPropertyWithConfig
            config
            "anchors, partnerless slices, fallbacks and dropped slices are counted as the equations say"
        <| fun (t: Table) ->
            for options in variants do
                let sets =
                    t.Pool
                    |> Array.map (fun s -> s, setsInForce options.Strategy options.Rule options.Partnerless t s)

                let anchors =
                    sets
                    |> Array.filter (fun (_, ((positive, _), (negative, _))) ->
                        not positive.IsEmpty && not negative.IsEmpty)

                match tryselect options t 5L with
                | None -> Expect.isEmpty anchors $"{options} refuses a pool that has anchors"
                | Some selector ->
                    let summary = selector.Summary
                    Expect.equal (Set.ofSeq selector.Anchors) (anchors |> Array.map fst |> Set.ofArray) "anchors"
                    Expect.equal summary.Anchors anchors.Length "number of anchors"
                    Expect.equal summary.Dropped (t.Pool.Length - anchors.Length) "dropped"
                    let own = t.Pool |> Array.map (ownSets options.Strategy options.Rule t)

                    let empty f =
                        own |> Array.filter (f >> Set.isEmpty) |> Array.length

                    Expect.equal summary.WithoutPositive (empty fst) "without positive"
                    Expect.equal summary.WithoutNegative (empty snd) "without negative"

                    let expected =
                        anchors
                        |> Array.collect (fun (_, ((_, p), (_, n))) -> Array.choose id [| p; n |])
                        |> Array.countBy id
                        |> Set.ofArray

                    let counted = summary.Fallbacks |> Seq.map (fun f -> f.Kind, f.Anchors) |> Set.ofSeq
                    Expect.equal counted expected "fallbacks"

                    for count in summary.ByStrategy do
                        let own = t.Pool |> Array.map (ownSets count.Strategy options.Rule t)

                        let empty f =
                            own |> Array.filter (f >> Set.isEmpty) |> Array.length

                        Expect.equal count.WithoutPositive (empty fst) $"{count.Strategy} without positive"
                        Expect.equal count.WithoutNegative (empty snd) $"{count.Strategy} without negative"

        testPropertyWithConfig config "the pool's scans and organ share are counted"
        <| fun (t: Table) ->
            let summary = (select (StrategyOptions(Strategy = Strategy.SimClr)) t 1L).Summary
            let scans = t.Pool |> Array.map (fun s -> t.Slices[s]) |> Array.groupBy _.Scan
            let organ = t.Pool |> Array.filter (fun s -> t.Slices[s].ContainsOrgan)
            Expect.equal summary.Scans scans.Length "scans"
            Expect.equal summary.Slices t.Pool.Length "slices"
            Expect.equal summary.OrganSlices organ.Length "organ"
            Expect.equal summary.OrganShare (float organ.Length / float t.Pool.Length) "share"

            let count f =
                scans |> Array.filter (snd >> f) |> Array.length

            Expect.equal summary.ScansAllOrgan (count (Array.forall _.ContainsOrgan)) "all organ"
            Expect.equal summary.ScansWithoutOrgan (count (Array.forall (_.ContainsOrgan >> not))) "no organ"
            Expect.equal summary.ScansOfOneSlice (count (fun s -> s.Length = 1)) "one slice"

        for strategy in drawing do
            testCase $"{strategy}: slices of a set are drawn alike, or scan first when asked (chi-square, 0.1 %%)"
            <| fun () ->
                for rule in [ SelectionRule.PaperEquation; SelectionRule.AuthorsCode ] do
                    for draw in [ PartnerDraw.BySlice; PartnerDraw.ScanFirst ] do
                        let options = StrategyOptions(Strategy = strategy, Rule = rule, Draw = draw)
                        let selector = select options mixed 11L

                        let distribution =
                            if draw = PartnerDraw.BySlice then
                                uniform
                            else
                                uniformByScan mixed

                        for anchor in [ 4; 6; 11; 14 ] do
                            let (positive, _), (negative, _) =
                                setsInForce strategy rule PartnerlessRule.Fallback mixed anchor

                            let name = $"{rule} {draw} anchor {anchor}"

                            drawMany selector anchor 8_000 _.Positive
                            |> expectDistribution $"{name} positive" (distribution positive)

                            drawMany selector anchor 8_000 _.Negative
                            |> expectDistribution $"{name} negative" (distribution negative)

        testCase "the paper's rule draws by slice and the authors' scan first unless told otherwise"
        <| fun () ->
            let share rule draw =
                let options = StrategyOptions(Strategy = Strategy.Scan, Rule = rule, Draw = draw)
                let drawn = drawMany (select options mixed 2L) 0 4_000 _.Negative
                drawn |> Array.filter (fun s -> mixed.Slices[s].Scan = 2) |> Array.length

            // Scan 2 has 2 of the 17 slices outside scan 0, and is one of 3 scans.
            for rule, expected in
                [
                    SelectionRule.PaperEquation, 2.0 / 17.0
                    SelectionRule.AuthorsCode, 1.0 / 3.0
                ] do
                Expect.floatClose
                    { absolute = 0.03; relative = 0.0 }
                    (float (share rule PartnerDraw.OfRule) / 4_000.0)
                    expected
                    $"{rule}"

        testCase "positive and negative of one draw are independent (chi-square, 0.1 %)"
        <| fun () ->
            let selector = select (StrategyOptions(Strategy = Strategy.Organ)) mixed 4L
            let positive, negative = ownSets Strategy.Organ SelectionRule.PaperEquation mixed 0
            let pair (t: Triplet) = t.Positive * 100 + t.Negative
            let drawn = drawMany selector 0 30_000 pair

            let all =
                Set [
                    for p in positive do
                        for n in negative -> p * 100 + n
                ]

            expectDistribution "pairs" (uniform all) drawn

        testPropertyWithConfig config "a draw is the same from any thread and in any order"
        <| fun (t: Table) (seed: int64) ->
            match tryselect (StrategyOptions(Strategy = Strategy.Organ)) t seed with
            | None -> ()
            | Some selector ->
                let anchors = Seq.toArray selector.Anchors
                let serial = anchors |> Array.mapi (fun i a -> selector.Draw(a, 2L, int64 i))
                let again = ExampleSelector.Create(selector.Summary.Options, t.Slices, t.Pool, seed)
                let threaded = Array.zeroCreate serial.Length

                Parallel.For(
                    0,
                    anchors.Length,
                    fun i ->
                        let j = anchors.Length - 1 - i
                        threaded[j] <- again.Draw(anchors[j], 2L, int64 j)
                )
                |> ignore

                Expect.equal threaded serial "triplets"

        testPropertyWithConfig config "the order of the pool does not matter"
        <| fun (t: Table) ->
            match tryselect (StrategyOptions(Strategy = Strategy.Scan)) t 9L with
            | None -> ()
            | Some selector ->
                let reversed =
                    select (StrategyOptions(Strategy = Strategy.Scan)) { t with Pool = Array.rev t.Pool } 9L

                Expect.sequenceEqual reversed.Anchors selector.Anchors "anchors"

                for anchor in selector.Anchors do
                    Expect.equal (reversed.Draw(anchor, 0L, 7L)) (selector.Draw(anchor, 0L, 7L)) "triplet"

        testCase
            "epochs, positions, anchors and seeds change the draw; frozen selectors repeat epoch 0 wherever the anchor stands"
        <| fun () ->
            let triplets (selector: ExampleSelector) epoch shift = [
                for i, anchor in Seq.indexed selector.Anchors -> selector.Draw(anchor, epoch, int64 i + shift)
            ]

            let fresh = StrategyOptions(Strategy = Strategy.Organ)
            let selector = select fresh mixed 1L
            Expect.notEqual (triplets selector 0L 0L) (triplets selector 1L 0L) "epochs differ"
            Expect.notEqual (triplets selector 0L 0L) (triplets selector 0L 50L) "positions differ"
            Expect.notEqual (triplets selector 0L 0L) (triplets (select fresh mixed 2L) 0L 0L) "seeds differ"

            let frozen =
                select (StrategyOptions(Strategy = Strategy.Organ, Frozen = true)) mixed 1L

            Expect.equal (triplets frozen 0L 0L) (triplets frozen 17L 50L) "frozen"

            let distinct =
                triplets frozen 0L 0L
                |> List.map (fun t -> t.Positive, t.Negative)
                |> List.distinct

            Expect.isGreaterThan distinct.Length 8 "frozen anchors do not share one draw"

        testCase "a draw allocates nothing"
        <| fun () ->
            for options in variants do
                match tryselect options mixed 1L with
                | None -> ()
                | Some selector ->
                    let anchors = Seq.toArray selector.Anchors
                    allocatedByDraws selector anchors 50 |> ignore
                    Expect.equal (allocatedByDraws selector anchors 50) 0L $"{options} bytes"

        testCase "a batch is drawn as its anchors one by one"
        <| fun () ->
            let selector = select (StrategyOptions(Strategy = Strategy.Mixed)) mixed 1L
            let order = EpochOrder.Of(selector.Anchors, 1L, 4L)
            let batch = Array.zeroCreate<Triplet> 5
            selector.Draw(ReadOnlySpan(order, 10, 5), 4L, 10L, batch.AsSpan())

            let single =
                Array.init 5 (fun i -> selector.Draw(order[10 + i], 4L, int64 (10 + i)))

            Expect.equal batch single "triplets"

        testCase "SimCLR and SupCon give the anchor itself and no negative"
        <| fun () ->
            for strategy in [ Strategy.SimClr; Strategy.SupCon ] do
                let selector = select (StrategyOptions(Strategy = strategy)) mixed 1L
                Expect.isFalse selector.DrawsPartners "draws partners"
                Expect.hasLength selector.Anchors mixed.Pool.Length "all slices are anchors"
                Expect.equal (selector.Draw(3, 0L, 0L)) (Triplet(3, 3, Triplet.NoSlice)) "triplet"

        testCase "slices outside the anchor range are partners, never anchors"
        <| fun () ->
            let options = StrategyOptions(Strategy = Strategy.Scan)
            let inner slice = slice <> 0 && slice <> 3

            let selector = ExampleSelector.Create(options, mixed.Slices, mixed.Pool, 1L, inner)
            Expect.equal selector.Summary.PartnerOnly 2 "partner only"
            Expect.equal selector.Summary.Dropped 0 "dropped"
            Expect.sequenceEqual selector.Anchors (mixed.Pool |> Array.filter inner) "anchors"
            let drawn = drawMany selector 1 200 _.Positive
            Expect.equal (Set.ofArray drawn) (Set [ 0; 2; 3 ]) "partners of slice 1"
            Expect.throwsT<ArgumentOutOfRangeException> (fun () -> selector.Draw(0, 0L, 0L) |> ignore) "anchor 0"

        testCase "pools from which nothing can be drawn are refused in words"
        <| fun () ->
            let message options t =
                try
                    select options t 1L |> ignore
                    failtest "accepted"
                with :? DatasetException as e ->
                    e.Message

            let donor = table [ List.replicate 23 true ]
            let two = table [ [ false; false ]; [ false ] ]

            for strategy in [ Strategy.Organ; Strategy.Mixed ] do
                let text = message (StrategyOptions(Strategy = strategy)) donor

                Expect.stringContains
                    text
                    "every slice of the training pool (23 slices of 1 scan) shows the organ"
                    "what"

                Expect.stringContains text "use the scan-based strategy" "mend"
                let text = message (StrategyOptions(Strategy = strategy)) two
                Expect.stringContains text "no slice of the training pool (3 slices of 2 scans) shows the organ" "what"

            let text = message (StrategyOptions(Strategy = Strategy.Scan)) donor
            Expect.stringContains text "all 23 slices of the training pool come from one scan" "scan"
            let text = message (StrategyOptions(Strategy = Strategy.SupCon)) donor
            Expect.stringContains text "use SimCLR" "supcon"

            let drop =
                StrategyOptions(Strategy = Strategy.Mixed, Partnerless = PartnerlessRule.Drop)

            let text = message drop (table [ [ true; true ]; [ false; false; false ] ])
            Expect.stringContains text "0 have no positive and 5 no negative" "mixed"
            Expect.stringContains text "Use the fallback" "mend"
            let text = message (StrategyOptions()) { donor with Pool = [||] }
            Expect.stringContains text "holds no slice" "empty"

        testCase "wrong pools and slices are refused with the offending value"
        <| fun () ->
            let refused pool =
                Expect.throwsT<ArgumentException>
                    (fun () ->
                        select (StrategyOptions(Strategy = Strategy.Scan)) { mixed with Pool = pool } 1L
                        |> ignore)
                    $"{pool}"

            refused [| 1; 2; 1; 9 |]
            refused [| 1; 99 |]
            refused [| -1; 1 |]
            let selector = select (StrategyOptions(Strategy = Strategy.Scan)) mixed 1L

            for slice in [ -1; 21; Int32.MaxValue ] do
                Expect.throwsT<ArgumentOutOfRangeException>
                    (fun () -> selector.Draw(slice, 0L, 0L) |> ignore)
                    $"{slice}"

            Expect.throwsT<ArgumentException>
                (fun () -> select (StrategyOptions(Strategy = Strategy.Custom)) mixed 1L |> ignore)
                "custom without predicates"

        testCase "the authors' preset drops, freezes and goes scan first"
        <| fun () ->
            let options = StrategyOptions.Authors Strategy.Mixed
            Expect.equal options.Rule SelectionRule.AuthorsCode "rule"
            Expect.equal options.Draw PartnerDraw.ScanFirst "draw"
            Expect.equal options.Partnerless PartnerlessRule.Drop "partnerless"
            Expect.isTrue options.Frozen "frozen"
    ]
