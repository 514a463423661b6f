namespace PolyCL.Data.Phantom;

/// <summary>An invented hospital: which patients it sees and how it scans and stores them.</summary>
public enum PhantomSite
{
    /// <summary>Whole field of view, slices 3–5 mm apart, mostly portal venous; stored as LPS, RAS or LAS by chance, as LiTS is.</summary>
    A,

    /// <summary>Cropped, one spacing of about 2 mm in all axes, not square, native and arterial too; stored as RAS, as TotalSegmentator is.</summary>
    B,

    /// <summary>Large patients, softer kernel, arterial and portal venous; stored as LAS in float32, as copies in the decathlon layout often are.</summary>
    C,
}

/// <summary>Folder layout in which a phantom data set is written.</summary>
public enum PhantomLayout
{
    /// <summary><c>volume-N.nii.gz</c> and <c>segmentation-N.nii.gz</c>, labels 0, 1 liver, 2 lesion.</summary>
    Lits,

    /// <summary><c>sNNNN/ct.nii.gz</c>, <c>sNNNN/segmentations/&lt;class&gt;.nii.gz</c> (0/1) and <c>meta.csv</c> with a split column.</summary>
    TotalSegmentator,

    /// <summary><c>imagesTr</c>, <c>labelsTr</c> and <c>dataset.json</c>, labels 0, 1 liver, 2 cancer.</summary>
    Msd,
}

/// <summary>When a scan is taken after contrast medium is given.</summary>
public enum ContrastPhase
{
    /// <summary>Without contrast medium.</summary>
    Native,

    /// <summary>Late arterial, about 35 s: bright arteries and renal cortex, mottled spleen.</summary>
    Arterial,

    /// <summary>Portal venous, about 70 s: bright liver, portal and hepatic veins.</summary>
    PortalVenous,
}
