/// How jobs stand, by jobs that count how often their folder is read.
module PolyCL.Tests.Studies.StudyJobTests

open System
open System.IO
open System.Threading
open Expecto
open PolyCL.Studies
open PolyCL.Tests
open PolyCL.Tests.Studies.StudyFixture
open PolyCL.Tests.Training.TrainingRuns

type private CountedJob(after: StudyJob | null, finished: bool, error: string | null) =
    inherit StudyJob(Unchecked.defaultof<_>, StudyArm("", "counted", Nullable()), 1L, after)
    member val Reads = 0 with get, set
    override _.Kind = StudyJobKind.Evaluate
    override _.Name = "counted"
    override _.Steps = 1L
    override _.Holder = null
    override _.MeasuredStepSeconds = Nullable()
    override _.Verb = "count"

    override job.IsFinished =
        job.Reads <- job.Reads + 1
        finished

    override _.IsBegun = false
    override _.ErrorFile = error
    override _.Work(_, _, _, _) = ()

[<Tests>]
let tests =
    testSequenced
    <| testList "Studies.StudyJob" [
        testCase "reading how a job stands reads each job before it once"
        <| fun () ->
            let jobs = Array.zeroCreate<CountedJob> 12

            for i in 0..11 do
                let before: StudyJob | null = if i = 0 then null else jobs[i - 1]
                jobs[i] <- CountedJob(before, (i < 11), null)

            Expect.equal jobs[11].State StudyJobState.Missing "the last"
            Expect.equal [ for job in jobs -> job.Reads ] [ for _ in jobs -> 1 ] "reads"

        testCase "a failure is told by all that waits for the job, with its reason"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let file = Path.Combine(folder, "error.json")
                File.WriteAllText(file, """{"message":"no disk","type":"IOException"}""")
                let failed = CountedJob(null, false, file)
                let waiting = CountedJob(failed, false, null)
                Expect.equal (failed.State, failed.Error) (StudyJobState.Failed, "no disk") "itself"

                Expect.equal
                    (waiting.State, waiting.Error)
                    (StudyJobState.Failed, "count counted, seed 1 failed: no disk")
                    "what comes after"

                let open' = CountedJob(CountedJob(null, false, null), false, null)
                Expect.equal (open'.State, open'.Error) (StudyJobState.Waiting, null) "waiting")

        testCase "a study whose later data cannot be opened leaves no store open"
        <| fun () ->
            if OperatingSystem.IsLinux() then
                TestData.withTempFolder (fun folder ->
                    let results = Path.Combine(folder, "results")

                    let mapped () =
                        File.ReadAllLines "/proc/self/maps"
                        |> Array.filter (fun line -> line.Contains results)
                        |> Array.length

                    let small = StudyFixture.options folder

                    let others =
                        readOnlyDict [
                            "MSD", SmallData.dataset (Path.Combine(folder, "elsewhere")) 2
                            "TotalSegmentator", SmallData.dataset (Path.Combine(folder, "third")) 3
                        ]

                    let with' tables (split: Func<_, _>) =
                        StudyOptions(
                            Tables = tables,
                            Profile = small.Profile,
                            Rows = rows,
                            Repeats = 1,
                            Training = small.Training,
                            Tests = others,
                            AllowSharedScans = true,
                            Split = split,
                            Phantom = small.Phantom,
                            Prepare = small.Prepare,
                            Pretrain = small.Pretrain,
                            FineTune = small.FineTune
                        )

                    let split = nonNull small.Split
                    (openStudy (with' [| 1; 2; 3 |] split) results).Dispose()
                    Expect.equal (mapped ()) 0 "closed"

                    let whileOpen =
                        use _ = openStudy (with' [| 1; 2; 3 |] split) results
                        mapped ()

                    Expect.isGreaterThan whileOpen 0 "a store is seen while it is open"

                    // The training data are there, those of Table 2 or 3 would have to be prepared.
                    let stores =
                        Directory.GetFiles(Path.Combine(results, "stores"))
                        |> Array.filter (fun file -> FileInfo(file).Length > 10_000L)

                    Expect.hasLength stores 3 "stores"

                    for store in stores |> Array.sortBy File.GetLastWriteTimeUtc |> Array.skip 1 do
                        File.Delete store

                    use outline = Study.OpenOrOutline(with' [| 1; 2; 3 |] split, compute, results)
                    Expect.isFalse outline.HasData "not all is there"
                    Expect.equal (mapped ()) 0 "the training store is closed"

                    Expect.throwsC
                        (fun () ->
                            (openStudy
                                (with' [| 1 |] (Func<_, _>(fun _ -> raise (InvalidOperationException "split"))))
                                results)
                                .Dispose())
                        (fun e -> Expect.equal e.Message "split" "the first error")

                    Expect.equal (mapped ()) 0 "closed after a bad split")
    ]
