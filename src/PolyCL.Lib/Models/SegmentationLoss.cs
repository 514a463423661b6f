namespace PolyCL.Models;

/// <summary>The loss that a network is fine-tuned with.</summary>
public enum SegmentationLoss
{
    /// <summary>Soft Dice of the one logit's sigmoid (paper eq. 5).</summary>
    Dice,

    /// <summary>nnU-Net's cross-entropy and Dice over background and organ, at several sizes.</summary>
    DeepDiceCrossEntropy,
}
