namespace PolyCL.Data.Phantom;

/// <summary>What a phantom voxel mostly is, as far as it is labelled; other tissue is <see cref="Other"/>.</summary>
public enum PhantomTissue : byte
{
    /// <summary>Air, fat, muscle, bone, bowel and everything else without a label.</summary>
    Other,

    /// <summary>Liver with its vessels.</summary>
    Liver,

    /// <summary>A lesion inside the liver.</summary>
    Lesion,

    /// <summary>Spleen.</summary>
    Spleen,

    /// <summary>Left kidney.</summary>
    KidneyLeft,

    /// <summary>Right kidney.</summary>
    KidneyRight,

    /// <summary>Stomach, wall and contents.</summary>
    Stomach,

    /// <summary>Aorta.</summary>
    Aorta,

    /// <summary>Gallbladder.</summary>
    Gallbladder,
}
