using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Finds scans and labels in a dataset's folder as downloaded; pairs by name or list, never by position.</summary>
/// <remarks>
/// A plain folder may hold (1) <c>images/</c> and <c>labels/</c> (or <c>masks/</c>, <c>imagesTr/</c> and <c>labelsTr/</c> …) with equal names;
/// (2) one folder per scan with <c>ct</c>, <c>image</c> … and the organ's name, <c>label</c>, <c>labels</c>, <c>mask</c> or <c>seg</c>; or
/// (3) pairs <c>NAME</c> and <c>NAME_seg</c>, <c>NAME_label</c>, <c>NAME_mask</c>, <c>NAME_ORGAN</c>. All as .nii or .nii.gz, in any capitals.
/// In the lists of MSD and nnU-Net the labels' names decide which value is the organ.
/// </remarks>
public static class DatasetReader
{
    private static readonly (DatasetKind Kind, Func<string, bool> Fits)[] Layouts =
    [
        (DatasetKind.NnUnet, NnUnetLayout.Fits),
        (DatasetKind.Msd, MsdLayout.Fits),
        (DatasetKind.TotalSegmentator, TotalSegmentatorLayout.Fits),
        (DatasetKind.Lits, LitsLayout.Fits),
    ];

    /// <summary>Lists the scans of a folder.</summary>
    /// <exception cref="DatasetException">The folder holds no scan of this layout, or its list is damaged or leads outside the folder.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static Dataset Open(DatasetKind kind, string root, DatasetOptions? options = null)
    {
        var full = Existing(root);
        options ??= DatasetOptions.Default;
        return kind switch
        {
            DatasetKind.Lits => LitsLayout.Read(full, options),
            DatasetKind.TotalSegmentator => TotalSegmentatorLayout.Read(full, options),
            DatasetKind.Msd => MsdLayout.Read(full, options),
            DatasetKind.Folder => FolderLayout.Read(full, options),
            DatasetKind.Phantom => PhantomLayout.Read(full, options),
            DatasetKind.NnUnet => NnUnetLayout.Read(full, options),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), $"Dataset kind {kind} is unknown; give one of {string.Join(", ", Enum.GetNames<DatasetKind>())}."),
        };
    }

    /// <summary>The layout of a folder by its content.</summary>
    /// <exception cref="DatasetException">The folder fits no layout, or several.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static DatasetKind Detect(string root)
    {
        var full = Existing(root);
        if (PhantomLayout.Fits(full))
        {
            return DatasetKind.Phantom;
        }

        var fitting = Layouts.Where(layout => layout.Fits(full)).Select(layout => layout.Kind).ToArray();
        return fitting.Length switch
        {
            1 => fitting[0],
            > 1 => throw new DatasetException($"{root}: this folder fits the layouts {string.Join(" and ", fitting)}; name the folder of one dataset or its layout.", root),
            _ when FolderLayout.Fits(full) => DatasetKind.Folder,
            _ => throw new DatasetException(
                $"{root}: this folder has none of the known layouts (LiTS, TotalSegmentator, MSD, nnU-Net, plain pairs); name the folder that holds the scans.{Dead(full)}", root),
        };
    }

    private static string Dead(string root) => DatasetFolder.DeadLinks(root).FirstOrDefault() is { } sentence ? $" {sentence}" : "";

    private static string Existing(string root)
    {
        Check.NotBlank(root);
        if (FileLinks.Problem(root) is { } problem)
        {
            throw new DatasetException($"{root} {problem}.", root);
        }

        return Directory.Exists(root)
            ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))
            : throw new DirectoryNotFoundException($"{root}: there is no such folder; name the folder that holds the dataset.");
    }
}
