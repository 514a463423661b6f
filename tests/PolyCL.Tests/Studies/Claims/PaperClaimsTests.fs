module PolyCL.Tests.Studies.Claims.PaperClaimsTests

open System
open System.IO
open System.Text.Json
open Expecto
open PolyCL.Studies
open PolyCL.Studies.Claims
open PolyCL.Tests
open PolyCL.Tests.Studies

let private cell (score: PaperScore) =
    [
        score.Backbone
        score.Model
        if score.LabelPercent.HasValue then
            string score.LabelPercent.Value
    ]
    |> List.filter (fun part -> part <> "")
    |> String.concat ", "

let private key (claim: PaperClaim) =
    claim.Table, claim.First.Metric, cell claim.First, cell claim.Second

/// SciPy's p for 5 and 10 repeats, by claim.
let private golden =
    lazy
        (use json =
            File.ReadAllText(Path.Combine(TestData.golden, "statistics", "statistics.json"))
            |> JsonDocument.Parse

         dict [
             for item in json.RootElement.GetProperty("claims").EnumerateArray() do
                 let text (i: int) = $"{item[i]}"
                 let number (i: int) = item[i].GetDouble()

                 // The best row is in places also that of another claim: the same cells twice.
                 (item[0].GetInt32(), text 1, text 2, text 3), (number 4, number 5)
         ])

let private withRuns = lazy ClaimReport.Of(1, StudyTables.small.Value)

let private check (report: ClaimReport) (first: string) (second: string) =
    report.Checks
    |> Seq.find (fun check ->
        check.Claim.HigherIsBetter
        && cell check.Claim.First = first
        && cell check.Claim.Second = second)

[<Tests>]
let tests =
    testList "Studies.Claims.PaperClaims" [
        for repeats, p in [ 5, fst; 10, snd ] do
            testCase $"p of every claim of every table equals SciPy's within 1e-6, {repeats} repeats"
            <| fun () ->
                let reports = [ for table in 1..7 -> ClaimReport.Of(table, null, repeats) ]

                Expect.equal
                    [ for report in reports -> report.Checks.Count ]
                    [ 56; 56; 56; 41; 41; 28; 28 ]
                    "claims per table"

                for report in reports do
                    for check in report.Checks do
                        let expected = p golden.Value[key check.Claim]
                        Expect.isLessThan (abs (check.Printed.PValue - expected)) 1e-6 $"{check.Claim}"
                        Expect.isGreaterThanOrEqual check.Printed.Adjusted check.Printed.PValue "corrected"

        testCase "a claim of SciPy's list that ours lacks would be seen"
        <| fun () ->
            let ours =
                set [
                    for table in 1..7 do
                        for claim in PaperClaims.Of table -> key claim
                ]

            Expect.equal ours (set golden.Value.Keys) "the same comparisons"

        testCase "Table 2: PolyCL-S above SupCon on TransUNet holds; on a U-Net nobody can tell"
        <| fun () ->
            let report = ClaimReport.Of 2
            let far = check report "TransUNet, PolyCL-S" "TransUNet, SupCon"
            Expect.equal far.Printed.Verdict ClaimVerdict.Holds "0.749 ± 0.016 against 0.467 ± 0.016"
            let near = check report "U-Net, PolyCL-M" "none, U-Net"
            Expect.equal near.Printed.Verdict ClaimVerdict.CannotTell "0.633 ± 0.034 against 0.646 ± 0.027"
            Expect.stringContains near.Sentence "U-Net, PolyCL-M is above that of U-Net from scratch" "in words"
            Expect.stringContains near.Sentence "the means point the other way" "direction"

        testCase "our runs decide what the printed numbers leave open, and say over what"
        <| fun () ->
            let found = check withRuns.Value "U-Net, PolyCL-M" "U-Net, SimCLR"

            match found.Ours with
            | null -> failtest "there are runs"
            | ours ->
                Expect.equal ours.Verdict ClaimVerdict.Holds "0.80 against 0.72 on ten scans"
                Expect.floatClose Accuracy.high ours.PValue (2.0 / 1024.0) "p"
                // Two rows with two rivals each of Dice and Hausdorff make 4 comparisons; PolyCL-M against SupCon has no runs.
                Expect.floatClose Accuracy.high ours.Adjusted (8.0 / 1024.0) "corrected over our comparisons alone"
                Expect.stringContains ours.Test "10 scans, 2 seeds" "what over"

        testCase "a significant difference in the other direction does not hold"
        <| fun () ->
            let worse =
                StudyTables.table 1 [
                    StudyTables.row 1 "none" "U-Net" [ StudyTables.steady 0.8 1L ]
                    StudyTables.row 1 "U-Net" "PolyCL-M" [ StudyTables.steady 0.6 1L ]
                ]

            let found = check (ClaimReport.Of(1, worse)) "U-Net, PolyCL-M" "none, U-Net"

            match found.Ours with
            | null -> failtest "there are runs"
            | ours ->
                Expect.equal ours.Verdict ClaimVerdict.DoesNotHold "the other way"
                Expect.stringContains ours.Test "one seed" "a caveat"

        testCase "runs of another table are refused"
        <| fun () ->
            Expect.throwsT<ArgumentException> (fun () -> ClaimReport.Of(2, StudyTables.small.Value) |> ignore) "1 for 2"

        testCase "a single repeat is refused"
        <| fun () -> Expect.throwsT<ArgumentOutOfRangeException> (fun () -> ClaimReport.Of(1, null, 1) |> ignore) "1"
    ]
