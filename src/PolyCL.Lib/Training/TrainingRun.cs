using PolyCL.Core;
using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>The course of every run: its folder is opened, a finished one is read, an open one trained and finished.</summary>
internal static class TrainingRun
{
    /// <summary>The result of a run, from its folder or from training.</summary>
    /// <param name="identity">The run.</param>
    /// <param name="place">Where it works.</param>
    /// <param name="train">Trains in the folder on the device, from the start or from where a process stopped; asked only when there is no result.</param>
    /// <exception cref="RunStateException">Another process works on the run, or its folder is damaged.</exception>
    public static RunResult Complete(RunIdentity identity, RunPlace place, Func<RunFolder, Device, RunResult> train)
    {
        using var folder = RunFolder.Open(identity.FolderIn(place.Results), identity.Config, place.Compute.ClaimExpiry);
        if (folder.IsFinished)
        {
            return folder.ReadResult();
        }

        var device = place.Compute.Open();
        using var threads = RunThreads.Of(folder);
        RunEnvironment.Write(folder, place.Compute);
        var result = train(folder, device);
        folder.Finish(result);
        return result;
    }
}
