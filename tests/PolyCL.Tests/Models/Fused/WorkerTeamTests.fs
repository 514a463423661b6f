module PolyCL.Tests.Models.Fused.WorkerTeamTests

open System
open System.Threading
open Expecto
open PolyCL.Models.Fused

type private Counting(tasks: int, failing: int) =
    inherit Job()
    let runs = Array.zeroCreate<int> tasks
    member _.Runs = runs
    override _.Tasks = tasks

    override _.Execute(task, _) =
        if task = failing then
            invalidOp "task failed"

        Interlocked.Increment(&runs[task]) |> ignore

[<Tests>]
let tests =
    testSequenced
    <| testList "Models.Fused.WorkerTeam" [
        for onThreadPool in [ false; true ] do
            let where =
                if onThreadPool then
                    "on the thread pool"
                else
                    "on torch's threads"

            testCase $"every task runs once {where}"
            <| fun () ->
                for threads in [ 1; 2; 3; 8 ] do
                    for tasks in [ 0; 1; 2; 1000 ] do
                        let job = Counting(tasks, -1)
                        WorkerTeam.Run(job, threads, onThreadPool)
                        Expect.all job.Runs ((=) 1) $"{threads} threads, {tasks} tasks"

            testCase $"a task's exception reaches the caller {where}"
            <| fun () ->
                for threads in [ 1; 2 ] do
                    Expect.throwsT<InvalidOperationException>
                        (fun () -> WorkerTeam.Run(Counting(100, 17), threads, onThreadPool))
                        $"{threads} threads"
    ]
