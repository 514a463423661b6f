module PolyCL.Tests.Metrics.MaskCountsTests

open System
open Expecto
open PolyCL.Metrics
open PolyCL.Tests.Metrics.MetricsFixture

[<Tests>]
let tests =
    testList "Metrics.MaskCounts" [
        testCase "every golden pair has the counts and the Dice of the references"
        <| fun () ->
            for name, pair in pairs.Value do
                let counts = MaskCounts.Of(mask $"{name}.pred", mask $"{name}.gt")

                Expect.equal
                    counts
                    (MaskCounts(int64 (field pair "n_pred"), int64 (field pair "n_gt"), int64 (field pair "n_both")))
                    name

                let monai = field (pair.GetProperty "monai") "dice_not_ignore_empty"
                Expect.isLessThanOrEqual (abs (counts.Dice - monai)) 1e-7 $"{name}: Dice"

        testProperty "counts are those of a plain loop, whatever the values"
        <| fun (pairs: (byte * byte)[]) ->
            let a, b = Array.unzip pairs

            let count f =
                pairs |> Array.filter f |> Array.length |> int64

            Expect.equal
                (MaskCounts.Of(a, b))
                (MaskCounts(
                    count (fun (a, _) -> a <> 0uy),
                    count (fun (_, b) -> b <> 0uy),
                    count (fun (a, b) -> a <> 0uy && b <> 0uy)
                ))
                "counts"

        testCase "every position of a long mask counts"
        <| fun () ->
            for length in [ 1; 31; 32; 63; 64; 65; 127; 128; 200 ] do
                for at in 0 .. length - 1 do
                    let one = Array.init length (fun i -> if i = at then 128uy else 0uy)
                    let all = Array.create length 1uy
                    Expect.equal (MaskCounts.Of(one, all)) (MaskCounts(1, length, 1)) $"{at} of {length}"

        testCase "Dice of empty masks: both 1, one 0"
        <| fun () ->
            let one, none = [| 1uy; 1uy |], [| 0uy; 0uy |]
            Expect.equal (MaskCounts.Of(none, none).Dice) 1.0 "both empty"
            Expect.equal (MaskCounts.Of(one, none).Dice) 0.0 "truth empty"
            Expect.equal (MaskCounts.Of(none, one).Dice) 0.0 "prediction empty"
            Expect.isTrue (MaskCounts.Of(none, one).Missed) "a miss"
            Expect.isTrue (MaskCounts.Of(one, none).Spurious) "spurious"

        testCase "masks of different length are refused"
        <| fun () ->
            Expect.throwsT<ArgumentException>
                (fun () -> MaskCounts.Of(ReadOnlySpan [| 1uy |], ReadOnlySpan [||]) |> ignore)
                "lengths"
    ]
