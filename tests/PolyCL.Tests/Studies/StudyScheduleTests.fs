module PolyCL.Tests.Studies.StudyScheduleTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open PolyCL.Studies
open PolyCL.Tests

let private job seconds after =
    ScheduleJob($"job of {seconds} s", seconds, Option.toNullable after)

/// Three rows: two with pre-training, fine-tuning and two evaluations, one from scratch.
let private study = [
    job 10.0 None
    job 5.0 (Some 0)
    job 1.0 (Some 1)
    job 2.0 (Some 1)
    job 20.0 None
    job 5.0 (Some 4)
    job 1.0 (Some 5)
    job 2.0 (Some 5)
    job 5.0 None
    job 1.0 (Some 8)
]

let private schedule jobs workers =
    StudySchedule.Of(List.toArray jobs, workers)

let private chain (jobs: ScheduleJob list) =
    let ends = Array.zeroCreate<float> jobs.Length

    jobs
    |> List.iteri (fun i job -> ends[i] <- job.Seconds + (if job.After.HasValue then ends[job.After.Value] else 0.0))

    Array.fold max 0.0 ends

/// Of sums below a thousand.
let private rounding = 1e-9

let private total (jobs: ScheduleJob list) = jobs |> List.sumBy _.Seconds

/// Jobs in whole seconds, so that sums are exact; about half of them wait for one before them.
let private jobsGen =
    gen {
        let! count = Gen.choose (0, 30)
        let! seconds = Gen.listOfLength count (Gen.choose (0, 20))
        let! waits = Gen.listOfLength count (Gen.choose (0, 1))
        let! befores = Gen.listOfLength count (Gen.choose (0, 1_000_000))

        return [
            for i in 0 .. count - 1 ->
                job (float seconds[i]) (if i > 0 && waits[i] = 1 then Some(befores[i] % i) else None)
        ]
    }

let private independentGen =
    Gen.map (List.map (fun job' -> ScheduleJob("job", (job': ScheduleJob).Seconds))) jobsGen

let private holds name gen property =
    testPropertyWithConfig
        {
            FsCheckConfig.defaultConfig with
                maxTest = 500
        }
        name
        (Prop.forAll (Arb.fromGen (Gen.zip gen (Gen.choose (1, 12)))) property)

[<Tests>]
let tests =
    testList "Studies.StudySchedule" [
        testCase "one worker does all jobs one after the other, always busy"
        <| fun () ->
            let one = schedule study 1
            Expect.equal one.Seconds 52.0 "the sum"
            Expect.equal one.BusyShare 1.0 "busy"

        testCase "two workers take what can begin in the order of the list"
        <| fun () ->
            // One: 10, 5, 1, 2 until 18, then from scratch 5 until 23 and 1 until 24. The other: 20, then 5 until 25. Then 1 and 2 side by side until 27.
            let two = schedule study 2
            Expect.equal two.Seconds 27.0 "makespan"
            Expect.floatClose Accuracy.high two.BusyShare (52.0 / 54.0) "busy"

        testCase "with a worker for each job the longest chain decides"
        <| fun () ->
            Expect.equal (schedule study 10).Seconds 27.0 "20 + 5 + 2"
            Expect.floatClose Accuracy.high (schedule study 10).BusyShare (52.0 / 270.0) "busy"

        testCase "no job takes no time"
        <| fun () ->
            Expect.equal (schedule [] 3).Seconds 0.0 "makespan"
            Expect.equal (schedule [] 3).BusyShare 1.0 "busy"

        testCase "a job before the one that it needs, and no worker, are refused"
        <| fun () ->
            let refused (word: string) jobs workers =
                Expect.throwsC (fun () -> schedule jobs workers |> ignore) (fun e ->
                    Expect.isTrue (e :? ArgumentException) $"type of {e}"
                    Expect.stringContains e.Message word "message")

            refused "needs job 1" [ job 1.0 (Some 1); job 1.0 None ] 1
            refused "workers" study 0
            Expect.throwsT<ArgumentException> (fun () -> job nan None |> ignore) "no time"

        holds "never faster than the work shared out or the longest chain" jobsGen (fun (jobs, workers) ->
            let seconds = (schedule jobs workers).Seconds
            seconds * float workers >= total jobs && seconds >= chain jobs)

        holds "never slower than Graham's bound, nor than one worker" jobsGen (fun (jobs, workers) ->
            let seconds = (schedule jobs workers).Seconds

            seconds * float workers <= total jobs + float (workers - 1) * chain jobs
            && seconds <= total jobs)

        holds "a worker more never makes independent jobs slower" independentGen (fun (jobs, workers) ->
            (schedule jobs (workers + 1)).Seconds <= (schedule jobs workers).Seconds)

        testCase "where jobs wait for others a worker more can be slower: by hand, 33 s with five and 35 s with six"
        <| fun () ->
            let anomaly = [
                job 6.0 None
                job 6.0 (Some 0)
                job 8.0 None
                job 3.0 (Some 1)
                job 15.0 (Some 0)
                job 13.0 None
                job 4.0 None
                job 12.0 (Some 4)
                job 5.0 None
                job 2.0 None
                job 11.0 None
                job 17.0 None
                job 3.0 (Some 9)
                job 10.0 None
            ]

            Expect.equal [ for workers in 5..6 -> (schedule anomaly workers).Seconds ] [ 33.0; 35.0 ] "makespans"

        holds "busy time is the work" jobsGen (fun (jobs, workers) ->
            let made = schedule jobs workers
            abs (made.BusyShare * made.Seconds * float workers - total jobs) <= rounding)
    ]

[<Tests>]
let scaling =
    testList "Studies.StudyScaling" [
        testCase "the longest chain, how many jobs run at once, and how many workers are enough, by hand"
        <| fun () ->
            let made = StudyScaling.Of(List.toArray study, [| 1; 3 |])
            Expect.equal made.TotalSeconds 52.0 "work"
            Expect.equal made.LongestChainSeconds 27.0 "chain"
            Expect.equal (List.ofSeq made.LongestChain) [ "job of 20 s"; "job of 5 s"; "job of 2 s" ] "its jobs"
            Expect.equal made.MostAtOnce 5 "five evaluations wait for nothing"
            Expect.equal made.EnoughWorkers 2 "two reach the chain"

            Expect.equal
                [ for schedule in made.Schedules -> schedule.Workers, schedule.Seconds ]
                [ 1, 52.0; 3, 27.0 ]
                "schedules"

        testCase "finished jobs count no longer"
        <| fun () ->
            let left = [
                ScheduleJob("pre-train", 0.0)
                ScheduleJob("fine-tune", 3.0, 0)
                ScheduleJob("evaluate", 0.0, 1)
            ]

            let made = StudyScaling.Of(List.toArray left, [| 8 |])
            Expect.equal (List.ofSeq made.LongestChain) [ "fine-tune" ] "chain"
            Expect.equal (made.MostAtOnce, made.EnoughWorkers) (1, 1) "workers"

            let nothing = StudyScaling.Of([| ScheduleJob("done", 0.0) |], [| 8 |])
            Expect.isEmpty nothing.LongestChain "nothing is left"
            Expect.equal (nothing.MostAtOnce, nothing.EnoughWorkers) (0, 0) "no worker is needed"

        holds "as many workers as can run at once reach the longest chain" jobsGen (fun (jobs, _) ->
            let made = StudyScaling.Of(List.toArray jobs, [||])

            made.MostAtOnce = 0
            || (schedule jobs made.MostAtOnce).Seconds = made.LongestChainSeconds)
    ]
