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

let private predictions =
    lazy
        (let slices =
            Dataset.slices data.Value
            |> Array.filter (fun s -> s.Scan = split.Value.Test[0] && s.Organ)

         tuned.Value |> Evaluate.predict slices)

/// A figure asks for no weights: the true mask stands in for SAM's.
let private refinement (p: Evaluate.Prediction) : Sam.Refinement = {
    Image = p.Image
    Coarse = p.Mask
    Boxes = [| PolyCL.Sam.BoxPrompt(2.0, 3.0, 9.0, 8.0) |]
    Qualities = [| 0.9f |]
    Mask = p.Image.Mask
    DiceBefore = p.Dice
    DiceAfter = 1.0
}

let private carriedTo (place: int) (p: Evaluate.Prediction) : Sam2.Carried = {
    Image = p.Image
    Mask = p.Mask
    IsReference = (place = 0)
    ObjectScore = 1.0
    Dice = p.Dice
}

/// Test slices as if SAM had refined them.
let refined = lazy (predictions.Value |> Array.map refinement)

/// The same slices as if SAM 2 had come to them.
let carried = lazy (predictions.Value |> Array.mapi carriedTo)
