using PolyCL.Data;
using PolyCL.Models;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>How large a computation is: the paper's own settings, or smaller ones whose numbers stand for nothing but themselves.</summary>
public enum Profile
{
    /// <summary>Seconds; shows that everything runs.</summary>
    Smoke,

    /// <summary>Minutes on a laptop; small images and few epochs.</summary>
    Quick,

    /// <summary>The paper's settings; for a GPU.</summary>
    Paper,
}

/// <summary>The settings of each profile.</summary>
public static class ProfileSettings
{
    /// <summary>How scans become slices.</summary>
    public static PrepareOptions Prepare(Profile profile) => new() { Size = Of(profile, 32, 64, 256) };

    /// <summary>The network: the paper's own sizes in the paper profile, smaller ones of the same build in the others.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="kind">Which network.</param>
    /// <param name="size">Rows and columns of a slice, which some networks are built for.</param>
    /// <exception cref="ArgumentException">The network does not take slices of this size.</exception>
    public static NetworkOptions Network(Profile profile, BackboneKind kind, int size)
    {
        NetworkOptions network = kind switch
        {
            BackboneKind.UNetResidual => UNet(profile) with { ResidualBlocks = true },
            BackboneKind.ResUNet when profile == Profile.Paper => new ResUNetOptions(),
            BackboneKind.ResUNet => new ResUNetOptions { Widths = [16, 32, 32, 64, 64], LastWidth = 16 },
            BackboneKind.PtResUNet => new ResUNetOptions { Widths = [64, 64, 128, 256, 512] },
            BackboneKind.TransUNet when profile == Profile.Paper => new TransUNetOptions { ImageSize = size },
            BackboneKind.TransUNet => TransUNetOptions.Tiny(size),
            BackboneKind.NnUNet when profile == Profile.Paper => NnUNetOptions.Of(NnUNetPlan.ForSlices(size)),
            BackboneKind.NnUNet => NnUNetOptions.Of(NnUNetPlan.ForSlices(size, firstWidth: 8, mostWidth: 64)),
            _ => UNet(profile),
        };
        network.CheckSize(size, size);
        return network;
    }

    /// <summary>How an encoder is pre-trained: the U-Net's, unless another network is put in.</summary>
    public static PretrainOptions Pretrain(Profile profile) => new()
    {
        Network = UNet(profile),
        Epochs = Of(profile, 2, 4, 100),
        LearningRate = Of(profile, 1e-3, 1e-3, 1e-4),
        ProbeEvery = Of(profile, 1, 2, 10),
        // Few steps and slices: a queue and a following encoder that keep pace with them.
        Momentum = Of(profile, new MomentumOptions { QueueSize = 64, OfMoCo = 0.9 }, new MomentumOptions { QueueSize = 256, OfMoCo = 0.99 }, new MomentumOptions()),
    };

    /// <summary>How a segmenter is fine-tuned: the U-Net, unless another network is put in.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="kind">Whose learning rate; the small profiles have another for TransUNet.</param>
    /// <param name="protocol">Whose protocol; nnU-Net's own begins at its own rate in every profile.</param>
    public static FineTuneOptions FineTune(Profile profile, BackboneKind kind = BackboneKind.UNet, TrainingProtocol protocol = TrainingProtocol.Paper)
    {
        // Few steps: a higher rate than the paper's 11,000 steps need, as high as the network bears: at 0.005 TransUNet learns empty masks.
        var rate = kind == BackboneKind.TransUNet ? 2e-3 : 1e-2;
        return new FineTuneOptions
        {
            Network = UNet(profile),
            Epochs = Of(profile, 3, 40, 100),
            BatchSize = Of(profile, 5, 10, 10),
            Protocol = protocol,
            LearningRate = protocol == TrainingProtocol.Native ? 1e-2 : Of(profile, rate, rate, 1e-3),
            RestartEpochs = Of(profile, 10, 40, 10),
        };
    }

    /// <summary>The name in results: the profile's, with a note when settings were changed.</summary>
    public static string NameOf(Profile profile, PrepareOptions prepare, PrepareOptions used, bool changed) =>
        profile.ToString().ToLowerInvariant() + (changed || prepare != used ? ", changed" : "");

    private static UNetOptions UNet(Profile profile) => profile == Profile.Paper ? new() : new() { Widths = [16, 16, 32, 32, 64] };

    /// <summary>One of three values.</summary>
    internal static T Of<T>(Profile profile, T smoke, T quick, T paper) => profile switch
    {
        Profile.Smoke => smoke,
        Profile.Quick => quick,
        _ => paper,
    };
}
