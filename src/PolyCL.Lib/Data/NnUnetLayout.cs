using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>nnU-Net's raw data, version 1 and 2: <c>imagesTr/NAME_0000.nii.gz</c>, <c>labelsTr/NAME.nii.gz</c>, the labels' names in <c>dataset.json</c>.</summary>
/// <remarks>
/// The folders are searched, as nnU-Net does, unless version 2's <c>dataset</c> key lists the files. Version 1 lists names without the channel, which no
/// file has. One channel is read: the one named CT, else the first.
/// </remarks>
internal static partial class NnUnetLayout
{
    /// <summary>The suffix of a scan's first channel.</summary>
    public const string FirstChannel = "_0000";

    public static bool Fits(string root) => DatasetList.Find(root) is { } list && IsList(list);

    /// <summary>Whether a list is nnU-Net's and not the Decathlon's; one that cannot be read is not.</summary>
    public static bool IsList(string path)
    {
        try
        {
            using var list = DatasetList.Read(path);
            return list.Has("file_ending") || list.Has("channel_names") || list.Has("dataset")
                || list.Entries("training").Any(entry => HasChannel(list, list.Text(entry, "image")));
        }
        catch (DatasetException)
        {
            return false;  // Whoever reads the list reports it.
        }
    }

    public static Dataset Read(string root, DatasetOptions options)
    {
        using var list = DatasetList.Read(MsdLayout.Needed(root));
        var warnings = new List<string>();
        var channel = ChannelOf(list, warnings);
        var scans = list.Root.TryGetProperty("dataset", out var entries)
            ? [.. Listed(list, entries, channel, options, warnings)]
            : Found(list, channel, options, warnings);
        var labelled = scans.Count(scan => scan is { Subset: "training", LabelPath: not null } || options.Excludes(scan.Id));
        if (list.Number("numTraining") is { } promised && promised != labelled)
        {
            warnings.Add($"{DatasetList.Name} promises {promised} training scans, {labelled} are there with their labels.");
        }

        return DatasetFolder.Assemble(
            DatasetKind.NnUnet, root, ListedOrgan.Choose(options, list, warnings), scans, warnings,
            "nnU-Net's raw data have imagesTr/NAME_0000.nii.gz and labelsTr/NAME.nii.gz.", "its file in labelsTr/ is missing, or it is a test scan");
    }

    private static bool HasChannel(DatasetList list, string imageName)
    {
        var image = DatasetFolder.Inside(list.Folder, imageName, list.FilePath);
        return !File.Exists(image)
            && DatasetFolder.Stem(image) is { } stem
            && DatasetFolder.Find(Path.GetDirectoryName(image)!, stem + FirstChannel) is not null;
    }

    /// <summary>The scans of imagesTr and imagesTs.</summary>
    private static List<ScanRecord> Found(DatasetList list, int channel, DatasetOptions options, List<string> warnings)
    {
        var ending = EndingOf(list);
        List<ScanRecord> scans =
        [
            .. Found(list, ("imagesTr", "labelsTr", "training"), channel, ending, options, warnings),
            .. Found(list, ("imagesTs", "labelsTs", "test"), channel, ending, options, warnings),
        ];
        var ids = scans.Select(scan => scan.Id).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var missing = list.Entries("training").Concat(list.Entries("test")).Select(entry => DatasetFolder.Stem(list.Text(entry, "image")))
            .OfType<string>().Where(id => !id.StartsWith('.') && !ids.Contains(id)).ToArray();
        if (missing.Length > 0)
        {
            warnings.Add($"{DatasetFolder.Listed(missing, "is", "are")} listed, but without a scan, and left out.");
        }

        return scans;
    }

    private static IEnumerable<ScanRecord> Found(
        DatasetList list, (string Images, string Labels, string Subset) names, int channel, string? ending, DatasetOptions options, List<string> warnings)
    {
        if (DatasetFolder.FindFolder(list.Folder, names.Images) is not { } folder)
        {
            yield break;
        }

        bool Ends(string path) => ending is null || Path.GetFileName(path).EndsWith(ending, StringComparison.OrdinalIgnoreCase);
        string[] Files(string? of) => of is null ? [] : [.. DatasetFolder.Scans(of).Where(Ends)];
        var images = new NamedFiles(Files(folder));
        var labels = new NamedFiles(Files(DatasetFolder.FindFolder(list.Folder, names.Labels)));
        var suffix = string.Create(CultureInfo.InvariantCulture, $"_{channel:0000}");
        var without = images.Each.Where(file => !Channel().IsMatch(file.Name)).Select(file => Path.GetFileName(file.Path)).ToArray();
        if (without.Length > 0)
        {
            var are = without.Length == 1 ? "is" : "are";
            warnings.Add($"{DatasetFolder.Listed(without, "has", "have")} no channel in the name, such as {FirstChannel}, and {are} left out.");
        }

        var ids = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (stem, _) in images.Each.Where(file => file.Name.EndsWith(suffix, StringComparison.Ordinal) && file.Name.Length > suffix.Length))
        {
            var id = stem[..^suffix.Length];
            ids.Add(id);
            yield return options.Excludes(id)
                ? new ScanRecord { Id = id, ImagePath = folder, Subset = names.Subset }
                : ScanFault.Named(id, () => new ScanRecord { Id = id, ImagePath = images.Find(stem)!, LabelPath = labels.Find(id), Subset = names.Subset });
        }

        var lonely = labels.Each.Where(file => !ids.Contains(file.Name)).Select(file => Path.GetFileName(file.Path)).ToArray();
        if (lonely.Length > 0)
        {
            warnings.Add($"{DatasetFolder.Listed(lonely, "has", "have")} no scan and {(lonely.Length == 1 ? "is" : "are")} left out.");
        }
    }

    /// <summary>The scans of version 2's own list: id, one file per channel, label.</summary>
    private static IEnumerable<ScanRecord> Listed(DatasetList list, JsonElement entries, int channel, DatasetOptions options, List<string> warnings)
    {
        if (entries.ValueKind != JsonValueKind.Object)
        {
            throw new DatasetException($"{list.FilePath}: 'dataset' is no object of scans; correct the list.", list.FilePath);
        }

        foreach (var entry in entries.EnumerateObject())
        {
            var id = ComposedName.Of(entry.Name);
            if (entry.Value.ValueKind != JsonValueKind.Object || !entry.Value.TryGetProperty("images", out var images)
                || images.ValueKind != JsonValueKind.Array || images.GetArrayLength() <= channel)
            {
                throw new DatasetException($"{list.FilePath}: '{id}' of 'dataset' lists no image of channel {channel}; correct the list.", list.FilePath);
            }

            var name = list.Text(images[channel], "image");
            var image = DatasetFolder.Existing(DatasetFolder.Inside(list.Folder, name, list.FilePath));
            var label = entry.Value.TryGetProperty("label", out _)
                ? DatasetFolder.Existing(DatasetFolder.Inside(list.Folder, list.Text(entry.Value, "label"), list.FilePath))
                : null;
            if (image is not null || options.Excludes(id))
            {
                yield return new ScanRecord { Id = id, ImagePath = image ?? list.Folder, LabelPath = label, Subset = "training" };
            }
            else
            {
                warnings.Add($"{id} is listed, but {name} is missing; it is left out.");
            }
        }
    }

    /// <summary>The number of the channel to read, from version 2's channel_names or version 1's modality.</summary>
    private static int ChannelOf(DatasetList list, List<string> warnings)
    {
        var names = list.Has("channel_names") ? list.Words("channel_names") : list.Words("modality");
        if (names.Count == 0)
        {
            return 0;
        }

        var ct = names.Where(name => name.Value.Equals("CT", StringComparison.OrdinalIgnoreCase)).Select(name => name.Key).FirstOrDefault();
        if (!int.TryParse(ct, NumberStyles.None, CultureInfo.InvariantCulture, out var channel))
        {
            warnings.Add($"{DatasetList.Name} names no channel CT, but {string.Join(", ", names.Values)}; channel 0 is read as HU.");
        }
        else if (names.Count > 1)
        {
            warnings.Add($"{DatasetList.Name} names the channels {string.Join(", ", names.Values)}; only channel {channel}, CT, is read.");
        }

        return channel;
    }

    private static string? EndingOf(DatasetList list)
    {
        var ending = list.Word("file_ending");
        return ending is null || ending.Equals(".nii.gz", StringComparison.OrdinalIgnoreCase) || ending.Equals(".nii", StringComparison.OrdinalIgnoreCase)
            ? ending
            : throw new DatasetException($"{list.FilePath}: the files end in '{ending}'; .nii and .nii.gz are read. Convert them to NIfTI.", list.FilePath);
    }

    [GeneratedRegex(@"._\d{4}$", RegexOptions.CultureInvariant)]
    private static partial Regex Channel();
}
