module PolyCL.Tests.Data.ScanWorkTests

open System
open System.Collections.Concurrent
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Data

let private run count bytes workers (work: int -> unit) =
    let name i =
        work i
        string i

    ScanWork.ForEach(
        count,
        Func<int, int64> bytes,
        Func<int, string> name,
        "test",
        null,
        workers,
        CancellationToken.None
    )

[<Tests>]
let tests =
    testList "Data.ScanWork" [
        testCase "every scan is done once, with any number of threads, halves beside each other included"
        <| fun () ->
            for workers in [ 0; 1; 3 ] do
                let seen = ConcurrentBag<int>()

                run 40 (fun _ -> 1L) workers (fun i ->
                    ScanWork.Both((fun () -> seen.Add(2 * i)), (fun () -> seen.Add(2 * i + 1))))

                Expect.equal (seen |> List.ofSeq |> List.sort) [ 0..79 ] $"{workers} workers"

        testCase "no more threads work than were asked for, also within scans"
        <| fun () ->
            for workers in [ 1; 2 ] do
                let mutable running = 0
                let mutable most = 0
                let gate = obj ()

                let step () =
                    lock gate (fun () ->
                        running <- running + 1
                        most <- max most running)

                    Thread.SpinWait 20_000
                    lock gate (fun () -> running <- running - 1)

                run 30 (fun _ -> 1L) workers (fun _ -> ScanWork.Both(step, step))
                Expect.isLessThanOrEqual most workers $"{workers} workers"

        testCase "with a thread free the halves of a scan run beside each other"
        <| fun () ->
            use first = new ManualResetEventSlim()
            use second = new ManualResetEventSlim()
            // Each half waits for the other to have begun; one after the other would never end, so the wait is bounded.
            let meet (mine: ManualResetEventSlim) (other: ManualResetEventSlim) () =
                mine.Set()
                Expect.isTrue (other.Wait 60_000) "the other half began"

            run 1 (fun _ -> 1L) 2 (fun _ -> ScanWork.Both(meet first second, meet second first))

        testCase "scans larger than the memory budget run one at a time instead of never"
        <| fun () ->
            let mutable running = 0
            let mutable done' = 0

            run 6 (fun _ -> Int64.MaxValue / 4L) 4 (fun _ ->
                Expect.equal (Interlocked.Increment &running) 1 "alone"
                Thread.SpinWait 10_000
                Interlocked.Decrement &running |> ignore
                Interlocked.Increment &done' |> ignore)

            Expect.equal done' 6 "scans"

        testCase "the failure of a scan, or of half a scan, comes out as it was thrown"
        <| fun () ->
            let fail () =
                raise (DatasetException "scan 3 is bad")

            for workers in [ 1; 3 ] do
                Expect.throwsC
                    (fun () ->
                        run 10 (fun _ -> 1L) workers (fun i ->
                            if i = 3 then
                                ScanWork.Both(ignore, fail)))
                    (fun e ->
                        Expect.isTrue (e :? DatasetException) $"kind {e.GetType().Name}"
                        Expect.equal e.Message "scan 3 is bad" "message")
    ]
