using static TorchSharp.torch.nn;

namespace PolyCL.Training.Arms;

/// <summary>The modules of an arm under one roof, so that one checkpoint holds them all.</summary>
internal sealed class ArmNetwork : Module
{
    /// <summary>Registers the parts under their names and owns them from now on.</summary>
    public ArmNetwork(params ReadOnlySpan<(string Name, Module Part)> parts) : base(nameof(ArmNetwork))
    {
        // No RegisterComponents: it would register the parts' own fields again.
        foreach (var (name, part) in parts)
        {
            register_module(name, part);
        }
    }
}
