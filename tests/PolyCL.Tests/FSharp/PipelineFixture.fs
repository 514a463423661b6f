/// One small pipeline that the tests of the F# library share: it is run once.
module PolyCL.Tests.FSharp.PipelineFixture

open System
open System.IO
open PolyCL
open PolyCL.Tests

/// Removed when the process ends.
let private folder =
    Progress.show (fun () -> Progress.silent)
    let folder = Directory.CreateTempSubdirectory "polycl-fsharp-"
    AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> folder.Delete true)
    folder.FullName

let workspace = {
    Workspace.local with
        Results = Path.Combine(folder, "results")
        // One thread: two would wait for each other whenever the machine is busy.
        Threads = 1
}

let data =
    lazy
        (SmallData.dataset (Path.Combine(folder, "small")) 8 |> ignore

         Dataset.lits (Path.Combine(folder, "small"))
         |> Dataset.prepare Dataset.smoke
         |> Dataset.on workspace)

let sizes: Split.Settings = {
    Train = 5
    Validation = 1
    Test = 2
    Seed = 1
}

let split = lazy (data.Value |> Split.byScan sizes)
let encoder = lazy (split.Value |> Pretrain.run Pretrain.smoke)

let tuned =
    lazy
        (encoder.Value
         |> FineTune.run {
             FineTune.smoke with
                 LabelFraction = 0.4
         })

let scratch =
    lazy
        (split.Value
         |> FineTune.fromScratch {
             FineTune.smoke with
                 LabelFraction = 0.4
         })

let scores = lazy (Evaluate.test tuned.Value, Evaluate.test scratch.Value)
