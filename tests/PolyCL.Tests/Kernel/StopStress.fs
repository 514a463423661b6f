/// Stops cells of every kind at random moments and looks that the kernel lives and keeps its values.
module PolyCL.Tests.Kernel.StopStress

open System
open System.IO
open System.Threading
open PolyCL.Core
open PolyCL.Tests
open PolyCL.Tests.Kernel.WireClient

/// Work without end of every kind that cells hold.
let endless = [
    "let rec fib n = if n < 2 then 1 else fib (n - 1) + fib (n - 2)\nfib 80"
    "let rec down n = if n = 0L then 0L else down (n - 1L)\nwhile true do down 100_000L |> ignore"
    "Seq.initInfinite (fun i -> i * 2) |> Seq.filter (fun i -> i < 0) |> Seq.sumBy (fun i -> i)"
    "open System.Linq\nwhile true do Enumerable.Range(0, 2_000_000_000).Select(fun i -> int64 i).Sum() |> ignore"
    "while true do System.Threading.Tasks.Parallel.For(0, 1_000_000, fun (i: int) -> ()) |> ignore"
    "let m = TorchSharp.torch.rand([| 64L; 64L |])\nwhile true do (use r = m.mm m in ())"
    "System.Threading.Thread.Sleep -1"
    "#!csharp\nwhile(true){}"
    "#!csharp\nlong Fib(long n) => n < 2 ? 1 : Fib(n - 1) + Fib(n - 2);\nFib(90)"
    "#!csharp\nwhile(true) System.Linq.Enumerable.Range(0, 2_000_000_000).Select(i => (long)i + 1).Sum();"
    "#!csharp\nSystem.Threading.Thread.Sleep(-1);"
]

/// What came of some stops.
type Report = {
    /// Stops with the kernel alive and its value there afterwards.
    Kept: int
    Failures: string list
    /// The longest time from a stop to the answer, in seconds.
    Slowest: float
}

/// Stops as many cells, each at most that many milliseconds after it was sent.
let run (count: int) (seed: int64) (longest: int) (say: int -> unit) =
    TestData.withTempFolder (fun folder ->
        let connection = Path.Combine(folder, "connection.json")
        let ports = writeConnection connection "127.0.0.1" "stress"
        use kernel = startKernel connection
        kernel.BeginOutputReadLine()
        kernel.BeginErrorReadLine()
        use client = new WireClient(ports, "stress")
        client.WaitUntilReady()
        client.Execute "let kept = 40 + 2" |> ignore
        let mutable random = RandomStream(seed, "stops", 0L, 0L)

        let mutable report = {
            Kept = 0
            Failures = []
            Slowest = 0.0
        }

        for turn in 1..count do
            let code = endless[(turn - 1) % endless.Length]
            let id = client.Submit code
            let delay = random.NextInt longest
            Thread.Sleep delay
            let watch = Diagnostics.Stopwatch.StartNew()
            client.Ask(client.Control, "interrupt_request", []) |> ignore
            let outcome = client.Outcome id
            let seconds = watch.Elapsed.TotalSeconds
            let kept = client.Execute "kept"

            let isKept =
                kept.Published
                |> List.exists (fun (kind, content) ->
                    kind = "execute_result" && text "text/plain" (part "data" content) = "42")

            let name = text "ename" outcome.Reply

            report <-
                if isKept && name = "Interrupted" then
                    {
                        report with
                            Kept = report.Kept + 1
                            Slowest = max report.Slowest seconds
                    }
                else
                    let place = $"stop {turn} after {delay} ms: {name}, value kept: {isKept}: {code}"

                    {
                        report with
                            Failures = place :: report.Failures
                    }

            say turn

        client.Ask(client.Control, "shutdown_request", []) |> ignore
        kernel.WaitForExit()
        report)
