/// Random and hand-made tables of slices, and the partner sets written from the paper's equations.
module PolyCL.Tests.Sampling.SliceTables

open Expecto
open FsCheck
open FsCheck.FSharp
open PolyCL.Data
open PolyCL.Sampling

/// All slices and the positions that training may use.
type Table = { Slices: SliceRecord[]; Pool: int[] }

/// A table from a list of scans, each a list of organ labels; everything is in the pool.
let table (scans: bool list list) =
    let slices = [|
        for scan, labels in List.indexed scans do
            for i, label in List.indexed labels -> SliceRecord(scan, 10 + i, label, (if label then 50 + i else 0))
    |]

    {
        Slices = slices
        Pool = [| 0 .. slices.Length - 1 |]
    }

/// Tables with the shapes that make trouble: one scan, scans of one slice, all or no slice with the organ, a pool that leaves slices and scans out.
type Tables =
    static member Table() =
        gen {
            let! scanCount = Gen.choose (1, 6)

            let scan =
                gen {
                    let! length = Gen.frequency [ 1, Gen.constant 1; 4, Gen.choose (1, 9) ]

                    return!
                        Gen.oneof [
                            Gen.constant (List.replicate length true)
                            Gen.constant (List.replicate length false)
                            Gen.listOfLength length (Gen.elements [ true; false ])
                        ]
                }

            let! scans = Gen.listOfLength scanCount scan
            let all = table scans
            let! order = Gen.shuffle all.Pool

            let! share =
                Gen.frequency [ 2, Gen.constant order.Length; 1, Gen.choose (1, order.Length) ]

            return {
                all with
                    Pool = Array.truncate share order
            }
        }
        |> Arb.fromGen

let private where (t: Table) (anchor: int) predicate =
    t.Pool
    |> Array.filter (fun s -> s <> anchor && predicate t.Slices[anchor] t.Slices[s])
    |> Set.ofArray

let sameLabel (a: SliceRecord) (s: SliceRecord) = s.ContainsOrgan = a.ContainsOrgan
let sameScan (a: SliceRecord) (s: SliceRecord) = s.Scan = a.Scan

/// Eqs. 1-3, and the released code's PolyCL-M, as sets.
let ownSets strategy rule t anchor =
    let set = where t anchor

    match strategy, rule with
    | Strategy.Organ, _ -> set sameLabel, set (fun a s -> not (sameLabel a s))
    | Strategy.Scan, _ -> set sameScan, set (fun a s -> not (sameScan a s))
    | Strategy.Mixed, SelectionRule.PaperEquation ->
        set (fun a s -> sameScan a s && sameLabel a s), set (fun a s -> sameScan a s && not (sameLabel a s))
    | Strategy.Mixed, _ ->
        set (fun a s -> sameScan a s && sameLabel a s), set (fun a s -> not (sameScan a s) && not (sameLabel a s))
    | other -> invalidArg (nameof strategy) $"{other} draws no partners"

/// The sets in force, with what they count as; empty sets mean the anchor is left out.
let setsInForce strategy rule partnerless t anchor =
    let positive, negative = ownSets strategy rule t anchor

    if partnerless = PartnerlessRule.Drop then
        (positive, None), (negative, None)
    else
        let others =
            where t anchor (fun a s -> strategy = Strategy.Mixed && sameLabel a s && not (sameScan a s))

        let positive =
            if not positive.IsEmpty then
                positive, None
            elif not others.IsEmpty then
                others, Some FallbackKind.PositiveFromOtherScans
            else
                Set.singleton anchor, Some FallbackKind.PositiveIsAnchor

        let negative =
            let wider =
                where t anchor (fun a s -> strategy = Strategy.Mixed && not (sameLabel a s))

            if not negative.IsEmpty || wider.IsEmpty then
                negative, None
            elif rule = SelectionRule.PaperEquation then
                wider, Some FallbackKind.NegativeFromOtherScans
            else
                wider, Some FallbackKind.NegativeFromSameScan

        positive, negative

let expectSubset (part: Set<'a>) (whole: Set<'a>) message =
    Expect.isEmpty (Set.difference part whole) message

/// The chi-square statistic of counts against expected probabilities.
let chiSquare (expected: Map<int, float>) (drawn: int[]) =
    let n = float drawn.Length
    let counts = drawn |> Array.countBy id |> Map.ofArray

    expected
    |> Map.toSeq
    |> Seq.sumBy (fun (slice, p) ->
        let count = counts |> Map.tryFind slice |> Option.defaultValue 0
        (float count - n * p) ** 2.0 / (n * p))

/// The 0.1 % point of the chi-square distribution after Wilson and Hilferty, at most 3 % high.
let chiSquareLimit degrees =
    let k = float degrees
    let c = 2.0 / (9.0 * k)
    k * (1.0 - c + 3.0902 * sqrt c) ** 3.0
