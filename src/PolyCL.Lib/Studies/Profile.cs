using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Models;
using PolyCL.Sampling;
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

    /// <summary>The name of a pre-training in results: the profile's, with a note when a setting is not the profile's own.</summary>
    /// <remarks>Strategy, backbone, the weights it starts from, and seed are no change; whose rule the strategy follows is one, as is the precision.</remarks>
    /// <param name="profile">The profile that settings left out come from.</param>
    /// <param name="prepare">How the scans became slices.</param>
    /// <param name="used">The settings of the run.</param>
    /// <exception cref="ArgumentException">The network does not take slices of this size.</exception>
    public static string NameOf(Profile profile, PrepareOptions prepare, PretrainOptions used)
    {
        ArgumentNullException.ThrowIfNull(used);
        var own = Pretrain(profile) with { Selection = new StrategyOptions { Strategy = used.Selection.Strategy }, Network = used.Network, Seed = used.Seed };
        return NameOf(profile, prepare, used.Network, Same(own, used));
    }

    /// <summary>The name of a fine-tuning in results: the profile's, with a note when a setting is not the profile's own.</summary>
    /// <remarks>Label fraction, backbone, the weights it starts from, and seed are no change; counting the fraction in slices is one, as is nnU-Net's protocol.</remarks>
    /// <inheritdoc cref="NameOf(Profile, PrepareOptions, PretrainOptions)"/>
    public static string NameOf(Profile profile, PrepareOptions prepare, FineTuneOptions used)
    {
        ArgumentNullException.ThrowIfNull(used);
        var own = FineTune(profile, used.Network.Kind) with { LabelFraction = used.LabelFraction, Network = used.Network, Seed = used.Seed };
        return NameOf(profile, prepare, used.Network, Same(own, used));
    }

    private static string NameOf(Profile profile, PrepareOptions prepare, NetworkOptions network, bool own) =>
        profile.ToString().ToLowerInvariant() + (own && prepare == Prepare(profile) && IsOwn(profile, network, prepare.Size) ? "" : ", changed");

    /// <summary>Whether a network is the profile's of its kind; ImageNet weights may fill ResU-Net in either size.</summary>
    private static bool IsOwn(Profile profile, NetworkOptions network, int size) => network is ResUNetOptions { ImageNet: { } weights }
        ? new[] { BackboneKind.PtResUNet, BackboneKind.ResUNet }.Any(kind => Same(((ResUNetOptions)Network(profile, kind, size)).StartingFrom(weights), network))
        : Same(Network(profile, network.Kind, size), network);

    private static bool Same<T>(T own, T used) => SettingsJson.ToLine(own) == SettingsJson.ToLine(used);

    private static UNetOptions UNet(Profile profile) => profile == Profile.Paper ? new() : new() { Widths = [16, 16, 32, 32, 64] };

    /// <summary>One of three values.</summary>
    internal static T Of<T>(Profile profile, T smoke, T quick, T paper) => profile switch
    {
        Profile.Smoke => smoke,
        Profile.Quick => quick,
        _ => paper,
    };
}
