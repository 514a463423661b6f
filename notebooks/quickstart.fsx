// The main job on generated phantom CT, as a script: pre-train by contrast, fine-tune on few labels, compare with training from scratch.
// Build once:  dotnet build -c Release src/PolyCL.FSharp
// Run:         dotnet fsi notebooks/quickstart.fsx [quick|smoke] [results folder]
// The quick profile takes minutes on a laptop, smoke seconds. Numbers stand for the phantom and the profile alone.
#load "polycl.fsx"

open System.IO
open PolyCL

let argument i fallback =
    fsi.CommandLineArgs |> Array.tryItem i |> Option.defaultValue fallback

let smoke = argument 1 "quick" = "smoke"
let results = argument 2 "results"

// Data, split and settings of the profile
let phantom, preparation, sizes, pretraining, fineTuning =
    if smoke then
        Phantom.smoke, Dataset.smoke, Split.smoke, Pretrain.smoke, FineTune.smoke
    else
        Phantom.quick, Dataset.quick, Split.quick, Pretrain.quick, FineTune.quick

let split =
    Dataset.phantom phantom
    |> Dataset.prepare preparation
    |> Dataset.on {
        Workspace.local with
            Results = results
    }
    |> Split.byScan sizes

// What the strategies find, before any training
printfn
    "%s"
    (Table.strategies [
        for strategy in [ Strategy.organ; Strategy.scan; Strategy.mixed ] -> split |> Strategy.summary strategy
     ]
     |> Table.toMarkdown)

let encoder = split |> Pretrain.run pretraining
let tuned = encoder |> FineTune.run fineTuning
let scratch = split |> FineTune.fromScratch fineTuning
let scores, ofScratch = Evaluate.test tuned, Evaluate.test scratch

printfn "%s" (scores |> Table.show |> Table.toMarkdown)

printfn
    "%s"
    (Table.arms Evaluate.Dice [ "PolyCL-M", scores; "from scratch", ofScratch ]
     |> Table.toMarkdown)

for name, figure in
    [
        "triplets", split |> Figure.triplets 4 1L Strategy.mixed
        "embedding", Figure.embedding encoder
        "losses", Figure.fineTuning [ "PolyCL-M", tuned; "from scratch", scratch ]
        "predictions", Figure.qualitative 4 [ "PolyCL-M", tuned; "from scratch", scratch ]
        "paired", Figure.paired Evaluate.Dice ("from scratch", ofScratch) ("PolyCL-M", scores)
    ] do
    let path = Path.Combine(results, "figures", name + ".svg")
    figure |> Figure.save path
    printfn "%s" path
