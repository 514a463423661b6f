module PolyCL.Tests.Sampling.CustomStrategyTests

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

/// The predicates of the documentation's example: near in the scan; another scan.
let private near (a: SliceRecord) (s: SliceRecord) =
    sameScan a s && abs (s.Index - a.Index) <= 2

let private elsewhere a s = not (sameScan a s)
let private neighbours = CustomStrategy("neighbours", near, elsewhere)

let private members (t: Table) anchor predicate =
    t.Pool
    |> Array.filter (fun s -> s <> anchor && predicate t.Slices[anchor] t.Slices[s])
    |> Set.ofArray

let private trySelect (strategy: CustomStrategy) options (t: Table) seed =
    try
        Some(ExampleSelector.Custom(strategy, t.Slices, t.Pool, seed, options))
    with :? DatasetException ->
        None

let private drop = StrategyOptions(Partnerless = PartnerlessRule.Drop)

/// A predicate without any structure, fixed by the two slices.
let private scattered salt (a: SliceRecord) (s: SliceRecord) =
    (a.Index * 7 + s.Index * 13 + a.Scan * 5 + s.Scan * 11 + salt) % 3 = 0

let private mixed =
    table [
        List.init 12 (fun i -> i % 3 = 0)
        List.init 5 (fun i -> i < 3)
        List.init 9 (fun _ -> true)
    ]

[<Tests>]
let tests =
    testList "Sampling.CustomStrategy" [
        testPropertyWithConfig
            config
            "draws fulfil the predicates and exclude the anchor; anchors without partner are counted"
        <| fun (t: Table) (salt: int) ->
            let strategies = [
                neighbours
                CustomStrategy("scattered", scattered (abs (salt % 3)), scattered (abs (salt % 3) + 1))
                CustomStrategy("everything", (fun _ _ -> true), (fun _ _ -> true))
            ]

            for strategy in strategies do
                let positive a =
                    members t a (fun x y -> strategy.Positive.Invoke(x, y))

                let negative a =
                    members t a (fun x y -> strategy.Negative.Invoke(x, y))

                for options in [ drop; StrategyOptions() ] do
                    let fallback = options.Partnerless = PartnerlessRule.Fallback

                    let anchors =
                        t.Pool
                        |> Array.filter (fun a -> not (negative a).IsEmpty && (fallback || not (positive a).IsEmpty))

                    match trySelect strategy options t 3L with
                    | None -> Expect.isEmpty anchors "refuses a pool that has anchors"
                    | Some selector ->
                        Expect.equal (Set.ofSeq selector.Anchors) (Set.ofArray anchors) "anchors"
                        let summary = selector.Summary

                        let count f =
                            t.Pool |> Array.filter f |> Array.length

                        Expect.equal summary.WithoutPositive (count (fun a -> (positive a).IsEmpty)) "no positive"
                        Expect.equal summary.WithoutNegative (count (fun a -> (negative a).IsEmpty)) "no negative"
                        let own = anchors |> Array.filter (fun a -> (positive a).IsEmpty) |> Array.length
                        Expect.equal (summary.Of FallbackKind.PositiveIsAnchor) own "own positives"

                        for anchor in anchors do
                            let allowed =
                                if (positive anchor).IsEmpty then
                                    Set.singleton anchor
                                else
                                    positive anchor

                            for position in 0L .. 5L do
                                let drawn = selector.Draw(anchor, 1L, position)
                                Expect.contains allowed drawn.Positive "positive"
                                Expect.contains (negative anchor) drawn.Negative "negative"

        testCase "candidates are drawn alike (chi-square, 0.1 %)"
        <| fun () ->
            for strategy in [ neighbours; CustomStrategy("scattered", scattered 0, scattered 1) ] do
                let selector = ExampleSelector.Custom(strategy, mixed.Slices, mixed.Pool, 8L)

                for anchor in [ 5; 14; 20 ] do
                    let drawn = Array.init 8_000 (fun i -> selector.Draw(anchor, 0L, int64 i))

                    let check (partners: int[]) (predicate: Func<SliceRecord, SliceRecord, bool>) =
                        let set = members mixed anchor (fun x y -> predicate.Invoke(x, y))
                        let expected = set |> Seq.map (fun s -> s, 1.0 / float set.Count) |> Map.ofSeq
                        Expect.equal (Set.ofArray partners) set "all are drawn"
                        Expect.isLessThan (chiSquare expected partners) (chiSquareLimit (set.Count - 1)) "chi-square"

                    check (drawn |> Array.map _.Positive) strategy.Positive
                    check (drawn |> Array.map _.Negative) strategy.Negative

        testCase "weights set how often a candidate is drawn (chi-square, 0.1 %)"
        <| fun () ->
            // Nearer slices more often, and never the slice 1 below the anchor.
            let weight (a: SliceRecord) (s: SliceRecord) =
                if s.Index = a.Index - 1 then
                    0.0
                else
                    1.0 / float (abs (s.Index - a.Index))

            let strategy =
                CustomStrategy("weighted", sameScan, elsewhere, PositiveWeight = weight)

            let selector = ExampleSelector.Custom(strategy, mixed.Slices, mixed.Pool, 8L)
            let anchor = 5
            let drawn = Array.init 8_000 (fun i -> selector.Draw(anchor, 0L, int64 i).Positive)

            let weights =
                members mixed anchor sameScan
                |> Seq.map (fun s -> s, weight mixed.Slices[anchor] mixed.Slices[s])
                |> Seq.filter (fun (_, w) -> w > 0.0)
                |> Map.ofSeq

            let total = Seq.sum weights.Values
            Expect.equal (Set.ofArray drawn) (Set.ofSeq weights.Keys) "members"

            Expect.isLessThan
                (chiSquare (weights |> Map.map (fun _ w -> w / total)) drawn)
                (chiSquareLimit (weights.Count - 1))
                "chi-square"

        testCase "an anchor whose candidates all weigh 0 has no partner"
        <| fun () ->
            let strategy =
                CustomStrategy(
                    "organ only",
                    sameScan,
                    elsewhere,
                    NegativeWeight = fun a _ -> if a.ContainsOrgan then 1.0 else 0.0
                )

            let selector = ExampleSelector.Custom(strategy, mixed.Slices, mixed.Pool, 8L)
            let organ = mixed.Pool |> Array.filter (fun s -> mixed.Slices[s].ContainsOrgan)
            Expect.sequenceEqual selector.Anchors organ "anchors"
            Expect.equal selector.Summary.Dropped (mixed.Pool.Length - organ.Length) "dropped"

        testCase "negative and infinite weights are refused with the value"
        <| fun () ->
            for value in [ -1.0; nan; infinity ] do
                let strategy =
                    CustomStrategy("bad", sameScan, elsewhere, PositiveWeight = fun _ _ -> value)

                Expect.throwsC
                    (fun () -> ExampleSelector.Custom(strategy, mixed.Slices, mixed.Pool, 8L) |> ignore)
                    (fun e ->
                        Expect.isTrue (e :? ArgumentException) "type"
                        Expect.stringContains e.Message "give a finite number, 0 or above" "message")

        testCase "the same from many threads at once, and the same as alone"
        <| fun () ->
            let make () =
                ExampleSelector.Custom(neighbours, mixed.Slices, mixed.Pool, 8L)

            let alone = make ()
            let shared = make ()
            let serial = Array.init 2_600 (fun i -> alone.Draw(i % 26, 0L, int64 i))
            let threaded = Array.zeroCreate serial.Length

            Parallel.For(0, serial.Length, fun i -> threaded[i] <- shared.Draw(i % 26, 0L, int64 i))
            |> ignore

            Expect.equal threaded serial "triplets"

        testCase "after an anchor's first draw the next ones allocate nothing"
        <| fun () ->
            let selector = ExampleSelector.Custom(neighbours, mixed.Slices, mixed.Pool, 8L)

            let bytes () =
                let before = GC.GetAllocatedBytesForCurrentThread()
                let mutable sum = 0

                for i in 0..2_599 do
                    sum <- sum + selector.Draw(i % 26, 0L, int64 i).Positive

                sum |> ignore
                GC.GetAllocatedBytesForCurrentThread() - before

            Expect.isGreaterThan (bytes ()) 0L "first"
            Expect.equal (bytes ()) 0L "second"

        testCase "a digest tells what is chosen: not the name, but sets and weights"
        <| fun () ->
            let digest strategy =
                (ExampleSelector.Custom(strategy, mixed.Slices, mixed.Pool, 8L)).PartnersDigest()

            let plain = digest (CustomStrategy("a", sameScan, elsewhere))
            Expect.isNotNull plain "there is one"
            Expect.equal (digest (CustomStrategy("b", sameScan, elsewhere))) plain "another name"

            Expect.equal
                (digest (CustomStrategy("a", (fun a s -> not (elsewhere a s)), elsewhere)))
                plain
                "another text"

            Expect.notEqual (digest (CustomStrategy("a", elsewhere, sameScan))) plain "exchanged"

            let weighted value =
                digest (CustomStrategy("a", sameScan, elsewhere, NegativeWeight = fun _ s -> value + float s.Index))

            Expect.notEqual (weighted 1.0) plain "weights"
            Expect.notEqual (weighted 1.0) (weighted 2.0) "other weights"

            let named =
                ExampleSelector.Create(StrategyOptions(Strategy = Strategy.Scan), mixed.Slices, mixed.Pool, 8L)

            Expect.isNull (named.PartnersDigest()) "settings identify a named strategy"

        testCase "predicates that nothing fulfils are refused, with the strategy's name"
        <| fun () ->
            let strategy = CustomStrategy("nobody", sameScan, (fun _ _ -> false))

            Expect.throwsC
                (fun () -> ExampleSelector.Custom(strategy, mixed.Slices, mixed.Pool, 8L) |> ignore)
                (fun e ->
                    Expect.isTrue (e :? DatasetException) "type"
                    Expect.stringContains e.Message "Strategy 'nobody'" "name"
                    Expect.stringContains e.Message "26 no negative" "count"
                    Expect.stringContains e.Message "Widen its predicates" "mend")
    ]
