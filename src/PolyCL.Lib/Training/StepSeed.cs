using PolyCL.Core;
using TorchSharp;
using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>Seeds torch's generators from the run's seed: once for the initialisation, and on CUDA, where dropout uses them, before each step.</summary>
internal readonly record struct StepSeed(long Seed, Device Device)
{
    private static readonly ulong DropoutHash = RandomStream.Fnv1a("dropout-cuda");

    /// <summary>Seeds the generator that layers draw their first weights from; build the network right after, on the CPU.</summary>
    public void Initialise() => manual_seed(Word(new RandomStream(Seed, "initialisation")));

    /// <summary>Seeds CUDA's generators for a step; on a CPU the masks come from the dropout key instead.</summary>
    public void Begin(long step)
    {
        if (Device.type == DeviceType.CUDA)
        {
            cuda.manual_seed_all(Word(new RandomStream(Seed, DropoutHash, 0, step)));
        }
    }

    private static long Word(RandomStream stream) => (long)(stream.NextUInt64() >> 1);
}
