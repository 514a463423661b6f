namespace PolyCL.Models;

/// <summary>The networks of Tables 1–3, by name.</summary>
public enum BackboneKind
{
    /// <summary>The paper's U-Net.</summary>
    UNet,

    /// <summary>The U-Net with the authors' residual blocks in its encoder.</summary>
    UNetResidual,

    /// <summary>ResU-Net: a ResNet-18 encoder of the authors' widths.</summary>
    ResUNet,

    /// <summary>ResU-Net whose encoder starts from ImageNet weights.</summary>
    PtResUNet,

    /// <summary>TransUNet, R50-ViT-B/16.</summary>
    TransUNet,

    /// <summary>nnU-Net's 2-D plan for the slice size.</summary>
    NnUNet,
}
