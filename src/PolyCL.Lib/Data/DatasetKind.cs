namespace PolyCL.Data;

/// <summary>How a dataset's folder is laid out.</summary>
public enum DatasetKind
{
    /// <summary>LiTS as downloaded: <c>volume-N.nii</c> beside or apart from <c>segmentation-N.nii</c>, in any sub-folders.</summary>
    Lits,

    /// <summary>TotalSegmentator: <c>sNNNN/ct.nii.gz</c>, <c>sNNNN/segmentations/CLASS.nii.gz</c>, <c>meta.csv</c>.</summary>
    TotalSegmentator,

    /// <summary>A Medical Segmentation Decathlon task: <c>dataset.json</c> lists images and labels.</summary>
    Msd,

    /// <summary>A plain folder of scan and label pairs; see <see cref="DatasetReader"/> for the names that pair.</summary>
    Folder,

    /// <summary>A folder written by <c>polycl phantom</c>, in any of the three public layouts, with a <c>phantom.json</c> at its root.</summary>
    Phantom,

    /// <summary>nnU-Net's raw data, version 1 and 2: <c>imagesTr/NAME_0000.nii.gz</c>, <c>labelsTr/NAME.nii.gz</c>, <c>dataset.json</c>.</summary>
    NnUnet,
}
