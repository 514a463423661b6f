namespace PolyCL.Models;

/// <summary>The names of the networks as the paper's tables print them.</summary>
public static class BackboneNames
{
    /// <summary>The name of a network, such as "ResU-Net".</summary>
    public static string Name(this BackboneKind kind) => kind switch
    {
        BackboneKind.UNetResidual => "U-Net with residual blocks",
        BackboneKind.ResUNet => "ResU-Net",
        BackboneKind.PtResUNet => "PT ResU-Net",
        BackboneKind.TransUNet => "TransUNet",
        BackboneKind.NnUNet => "nnU-Net",
        _ => "U-Net",
    };
}
