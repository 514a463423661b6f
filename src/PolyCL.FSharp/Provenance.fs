namespace PolyCL

open PolyCL.Studies
open PolyCL.Training
open PolyCL // again, for the names that PolyCL.Studies has too

/// Where a figure's numbers come from, in a line.
module internal Provenance =
    let shortened (fingerprint: string) = fingerprint[..11]

    let ofRun (run: RunResult) =
        $"profile {run.Profile}, data {shortened run.DataFingerprint}, seed {run.Seed}, {run.Run}"

    let private namedRuns = 3

    /// <summary>Run names, cut off after three.</summary>
    let private listed (runs: string list) =
        let named = runs |> List.truncate namedRuns |> String.concat ", "

        if runs.Length > namedRuns then
            $"{named} and {runs.Length - namedRuns} more"
        else
            named

    let ofRuns (runs: RunResult list) =
        match runs with
        | [] -> ""
        | first :: rest -> listed (ofRun first :: (rest |> List.map _.Run))

    let ofData (data: Dataset) =
        $"{data}, data {shortened (Dataset.fingerprint data)}"

    let ofEvaluations (evaluations: Evaluation list) =
        let distinct f =
            evaluations |> List.map f |> List.distinct |> String.concat "/"

        $"""profile {distinct _.Profile}, data {distinct (fun e -> shortened e.DataFingerprint)}, {distinct _.Part} scans, seed {distinct (fun e -> string e.Seed)}, {listed (evaluations |> List.map _.Run |> List.distinct)}"""
