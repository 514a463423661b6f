namespace PolyCL

open System
open System.Threading
open PolyCL.Training

/// <summary>Where results are kept and what computes; not part of what is computed.</summary>
type Workspace = {
    /// <summary>Folder for generated data, slice stores and runs; made when absent.</summary>
    Results: string
    /// <summary>"cpu", "cuda", "cuda:N", or "auto": CUDA where it is.</summary>
    Device: string
    /// <summary>Whether fp32 on a GPU may round to TF32.</summary>
    Tf32: bool
    /// <summary>CPU threads, or 0 for torch's choice.</summary>
    Threads: int
    /// <summary>Bytes that slices may take on the device before they are streamed instead.</summary>
    ResidentBytes: int64
}

/// <summary>Where results are kept and what computes.</summary>
[<RequireQualifiedAccess>]
module Workspace =
    /// <summary>The folder "results" below the current one, on the CPU.</summary>
    /// <example><code>
    /// let gpu = { Workspace.local with Device = "cuda:0" }
    /// </code></example>
    let local =
        let compute = ComputeOptions()

        {
            Results = "results"
            Device = compute.Device
            Tf32 = compute.Tf32
            Threads = compute.Threads
            ResidentBytes = compute.ResidentBytes
        }

    /// <summary>The library's settings of device and threads.</summary>
    let internal compute (workspace: Workspace) =
        ComputeOptions(
            Device = workspace.Device,
            Tf32 = workspace.Tf32,
            Threads = workspace.Threads,
            ResidentBytes = workspace.ResidentBytes
        )

    /// <summary>Where a run of a profile works.</summary>
    let internal place (workspace: Workspace) (profile: string) =
        RunPlace(workspace.Results, compute workspace, profile)

    /// <summary>A notebook's stop button cancels this token; training then saves its state and a rerun goes on there.</summary>
    let internal token () : CancellationToken = Async.DefaultCancellationToken
