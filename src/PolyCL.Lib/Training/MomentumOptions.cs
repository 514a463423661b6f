using PolyCL.Core;

namespace PolyCL.Training;

/// <summary>Settings of the arms whose second encoder follows the first: MoCo and BYOL; the others ignore them. Defaults are those papers'.</summary>
public sealed record MomentumOptions
{
    /// <summary>Share of itself that MoCo's key encoder keeps in each step, in [0, 1]; He et al. 2020.</summary>
    public double OfMoCo { get; init => field = Check.InRange(value, 0.0, 1.0); } = 0.999;

    /// <summary>Keys in MoCo's queue, K; 65,536 for ImageNet's million images, fewer here because a CT set has some ten thousand slices.</summary>
    public int QueueSize { get; init => field = Check.Positive(value, nameof(QueueSize)); } = 4096;

    /// <summary>Share of itself that BYOL's target encoder keeps in the first step, in [0, 1]; it rises to 1 over the run; Grill et al. 2020.</summary>
    public double OfByol { get; init => field = Check.InRange(value, 0.0, 1.0); } = 0.996;

    /// <summary>Hidden units of BYOL's predictor.</summary>
    public int PredictorWidth { get; init => field = Check.Positive(value, nameof(PredictorWidth)); } = 1024;
}
