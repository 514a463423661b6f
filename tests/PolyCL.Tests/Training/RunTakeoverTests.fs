module PolyCL.Tests.Training.RunTakeoverTests

open System
open System.IO
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Sampling
open PolyCL.Training
open PolyCL.Tests.Training.TrainingRuns

/// Far longer than any test takes.
let private day = 86_400.0

/// The claim of a process on another machine, silent for some seconds.
let private plant (run: string) (number: int) (silentFor: float) =
    let file = Path.Combine(run, $".claim.{number}")

    let owner =
        ClaimOwner(Host = "node-7 pid:[1]", Pid = 4711, Started = DateTime.UnixEpoch, ExpirySeconds = day)

    File.WriteAllText(file, SettingsJson.ToLine owner)
    File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddSeconds -silentFor)

let private options = pretraining Strategy.Scan

/// Trains until a step has been reported, then does something and goes on.
let private trainAnd (data: SliceStore * ScanSplit) results step (action: string -> unit) token =
    let progress = {
        new IProgress<ProgressReport> with
            member _.Report report =
                if report.Done = step then
                    action (Directory.GetDirectories(results)[0])
    }

    Pretraining.Run(
        options,
        TrainingData(fst data, snd data),
        RunPlace(results, compute, "smoke"),
        null,
        progress,
        token
    )

let private isHeld (run: unit -> RunResult) =
    Expect.throwsC (run >> ignore) (fun e ->
        match e with
        | :? RunStateException as e -> Expect.isTrue e.IsHeld e.Message
        | e -> failtest $"{e}")

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.RunTakeover" [
        testCase "a run abandoned on another machine goes on here, after its silence, with the same weights"
        <| fun () ->
            withStore (fun folder data ->
                let unbroken = pretrain options data (Path.Combine(folder, "unbroken"))
                let results = Path.Combine(folder, "abandoned")
                use source = new CancellationTokenSource()

                Expect.throwsT<OperationCanceledException>
                    (fun () -> trainAnd data results 4L (fun _ -> source.Cancel()) source.Token |> ignore)
                    "stopped"

                let run = Directory.GetDirectories(results)[0]
                plant run 2 0.0
                isHeld (fun () -> pretrain options data results)
                plant run 2 (2.0 * day)
                let resumed = pretrain options data results
                Expect.equal resumed.WeightsDigest unbroken.WeightsDigest "weights"
                Expect.isEmpty (Directory.GetFiles(run, ".claim.*")) "no claim on a finished run")

        testCase "a process whose run was taken over stops without a result, and the run can still be finished"
        <| fun () ->
            withStore (fun folder data ->
                let unbroken = pretrain options data (Path.Combine(folder, "unbroken"))
                let results = Path.Combine(folder, "lost")

                isHeld (fun () -> trainAnd data results 4L (fun run -> plant run 2 0.0) CancellationToken.None)

                let run = Directory.GetDirectories(results)[0]
                Expect.isFalse (File.Exists(Path.Combine(run, "result.json"))) "no result"
                plant run 2 (2.0 * day)
                let resumed = pretrain options data results
                Expect.equal resumed.WeightsDigest unbroken.WeightsDigest "weights")
    ]
