/// A small study on the boxes of SmallData: rows of the U-Net, trained for moments.
module PolyCL.Tests.Studies.StudyFixture

open System.Collections.Generic
open System.IO
open System.Threading
open PolyCL.Data
open PolyCL.Studies
open PolyCL.Training
open PolyCL.Tests
open PolyCL.Tests.Training.TrainingRuns

let rows: string[] = [| "U-Net"; "U-Net, PolyCL-M" |]

let pretraining =
    PretrainOptions(Epochs = 1, BatchSize = 12, EmbeddingSize = 16, LearningRate = 1e-3)

let optionsOf (rows: string[]) (pretraining: PretrainOptions) (folder: string) =
    let smoke = StudyOptions.Of Profile.Smoke

    StudyOptions(
        Profile = Profile.Smoke,
        Rows = rows,
        Repeats = 1,
        Training = SmallData.dataset (Path.Combine(folder, "data")) 8,
        Split = (fun ids -> ScanSplit.BySeed(ids, 5, 1, 2, 1L)),
        Phantom = smoke.Phantom,
        Prepare = smoke.Prepare,
        Pretrain = pretraining,
        FineTune = FineTuneOptions(Epochs = 2, BatchSize = 8, LearningRate = 1e-2, LabelFraction = 0.4)
    )

let options = optionsOf rows pretraining

let openStudy (options: StudyOptions) results =
    Study.Open(options, compute, results, quiet, CancellationToken.None)

let run study =
    StudyRunner.Run(study, quiet, CancellationToken.None)

let states (study: Study) = [ for job in study.Jobs -> job.Kind, job.State ]

/// All files below a folder with the time of their last change.
let files (folder: string) =
    Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
    |> Seq.map (fun file -> KeyValuePair(file, File.GetLastWriteTimeUtc file))
    |> Seq.sortBy _.Key
    |> Seq.toList
