/// A small data set in a folder: its files, what a reader makes of them, and what it complains of.
module PolyCL.Tests.Data.DatasetFolders

open System.IO
open System.Threading
open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Imaging
open PolyCL.Tests.Data.ScanFiles

let shape = VolumeShape(8, 8, 12)

/// An image and its label; "" leaves one out.
let pair (folder: string) (image: string) (labelName: string) =
    writePair folder 1 shape (3, 8) image labelName

/// Id, image and label of each scan, as paths below the root with '/'.
let scansOf (dataset: Dataset) =
    let below (path: string) =
        Path.GetRelativePath(dataset.Root, path).Replace('\\', '/')

    [
        for scan in dataset.Scans ->
            scan.Id, below scan.ImagePath, scan.LabelPath |> Option.ofObj |> Option.map below |> Option.defaultValue ""
    ]

/// The data set by the layout that is recognised.
let read root =
    DatasetReader.Open(DatasetReader.Detect root, root)

/// The message with which something is refused, in one line.
let refusal (read: unit -> 'a) =
    try
        read () |> ignore
        failtest "not refused"
    with :? PolyClException as e ->
        Expect.isFalse (e.Message.Contains '\n') "one line"
        e.Message

let expectWarning (part: string) (dataset: Dataset) =
    Expect.exists
        dataset.Warnings
        (fun warning -> warning.Contains part)
        $"a warning on {part} in {List.ofSeq dataset.Warnings}"

/// The slice store of a folder, beside it.
let build root (options: DatasetOptions) =
    SliceStoreBuilder.OpenOrBuild(
        DatasetReader.Open(DatasetReader.Detect root, root, options),
        PrepareOptions(Size = 16),
        Path.Combine(root, "..", "stores"),
        1,
        null,
        CancellationToken.None
    )
