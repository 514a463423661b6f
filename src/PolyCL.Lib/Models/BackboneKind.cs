namespace PolyCL.Models;

/// <summary>The networks of Tables 1–3, by name.</summary>
public enum BackboneKind
{
    /// <summary>The paper's U-Net.</summary>
    UNet,
}
