using System.Globalization;
using System.Text;
using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Data.Phantom;

/// <summary>Writes phantom scans as a data set in one of the public layouts, with the manifest <c>phantom.json</c> at its root.</summary>
public static class PhantomDataset
{
    /// <summary>Name of the manifest; it is written last, so that a folder with it is whole.</summary>
    public const string ManifestName = PhantomManifest.FileName;

    private const string Stage = "phantom";

    private static readonly (string Name, PhantomTissue[] Tissues)[] Classes =
    [
        ("liver", [PhantomTissue.Liver, PhantomTissue.Lesion]),
        ("spleen", [PhantomTissue.Spleen]),
        ("kidney_left", [PhantomTissue.KidneyLeft]),
        ("kidney_right", [PhantomTissue.KidneyRight]),
        ("stomach", [PhantomTissue.Stomach]),
        ("aorta", [PhantomTissue.Aorta]),
        ("gallbladder", [PhantomTissue.Gallbladder]),
    ];

    /// <summary>Generates all scans and writes them into a folder, which is made when it is missing.</summary>
    /// <remarks>
    /// A folder that already holds the same phantom is left as it is; one whose writing was interrupted is written anew; while another process writes it,
    /// this one waits. CT is stored as int16, at site C as
    /// float32; labels as uint8.
    /// </remarks>
    /// <exception cref="DatasetException">The folder holds something else.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the folder can be completed by another call.</exception>
    public static void Write(
        PhantomOptions options, string folder, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check.NotBlank(folder);
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.GetDirectoryName(full) is not { } parent || File.Exists(Path.Combine(full, ManifestName)))
        {
            WriteScans(options, folder, progress, token);
            return;
        }

        token.ThrowIfCancellationRequested();
        Directory.CreateDirectory(parent);
        void Waiting(string holder) => progress?.Report(new ProgressReport(Stage, 0, options.Scans, $"{holder} is writing this phantom; waiting"));
        using var turn = Claim.Take(Path.Combine(parent, $".{Path.GetFileName(full)}.claim"), Waiting, token);
        try
        {
            WriteScans(options, folder, progress, token);
        }
        finally
        {
            turn.Finish();  // no trace, also after a failure: two writers at once would write the same
        }
    }

    private static void WriteScans(PhantomOptions options, string folder, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        if (!PhantomManifest.Begin(options, folder))
        {
            progress?.Report(new ProgressReport(Stage, options.Scans, options.Scans, "already there"));
            return;
        }

        var entries = new List<PhantomManifest.Entry>();
        var writing = Task.CompletedTask;
        for (var i = 0; i < options.Scans; i++)
        {
            // The files of one scan are compressed while the next one is generated.
            var scan = PhantomGenerator.Generate(options, i, token);
            writing.GetAwaiter().GetResult();
            entries.Add(Entry(options, scan));
            writing = Task.Run(() => WriteScan(options, scan, folder), token);
            progress?.Report(new ProgressReport(Stage, i + 1, options.Scans, entries[^1].Id));
        }

        writing.GetAwaiter().GetResult();
        WriteIndex(options, entries, folder);
        PhantomManifest.Finish(options, entries, folder);
    }

    private static PhantomManifest.Entry Entry(PhantomOptions options, PhantomScan scan)
    {
        var n = scan.Index;
        var (id, image, label) = options.LayoutOrDefault switch
        {
            PhantomLayout.Lits => ($"volume-{n}", $"volume-{n}.nii.gz", $"segmentation-{n}.nii.gz"),
            PhantomLayout.TotalSegmentator => ($"s{n:0000}", $"s{n:0000}/ct.nii.gz", $"s{n:0000}/segmentations/liver.nii.gz"),
            _ => ($"liver_{n}", $"imagesTr/liver_{n}.nii.gz", $"labelsTr/liver_{n}.nii.gz"),
        };
        return new PhantomManifest.Entry(
            id, image, label, scan.Phase.ToString(), scan.Ct.Orientation.ToString(), [scan.Ct.Shape.X, scan.Ct.Shape.Y, scan.Ct.Shape.Z], scan.Lesions);
    }

    private static void WriteScan(PhantomOptions options, PhantomScan scan, string folder)
    {
        var entry = Entry(options, scan);
        NiftiWriter.Write(Path.Combine(folder, entry.Image), options.Site == PhantomSite.C ? ToFloat(scan.Ct) : scan.Ct);
        if (options.LayoutOrDefault != PhantomLayout.TotalSegmentator)
        {
            NiftiWriter.Write(Path.Combine(folder, entry.Label), scan.Labels);
            return;
        }

        var labels = Path.GetDirectoryName(Path.Combine(folder, entry.Label))!;
        foreach (var (name, tissues) in Classes)
        {
            NiftiWriter.Write(Path.Combine(labels, name + ".nii.gz"), MaskOf(scan.Tissues, tissues));
        }
    }

    private static void WriteIndex(PhantomOptions options, List<PhantomManifest.Entry> entries, string folder)
    {
        if (options.LayoutOrDefault == PhantomLayout.TotalSegmentator)
        {
            var text = new StringBuilder("image_id;age;gender;institute;study_type;split\n");
            for (var i = 0; i < entries.Count; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"{entries[i].Id};;;phantom {options.Site};phantom abdomen;{Split(i, entries.Count)}\n");
            }

            AtomicFile.WriteText(Path.Combine(folder, "meta.csv"), text.ToString());
        }
        else if (options.LayoutOrDefault == PhantomLayout.Msd)
        {
            PhantomManifest.WriteJson(Path.Combine(folder, "dataset.json"), new Dictionary<string, object>
            {
                ["name"] = "Liver",
                ["description"] = "Generated phantom abdomens with liver and lesion labels",
                ["reference"] = "PolyCL.NET phantom",
                ["licence"] = "as the program that generated it",
                ["release"] = PhantomGenerator.Version.ToString(CultureInfo.InvariantCulture),
                ["tensorImageSize"] = "3D",
                ["modality"] = new Dictionary<string, string> { ["0"] = "CT" },
                ["labels"] = new Dictionary<string, string> { ["0"] = "background", ["1"] = "liver", ["2"] = "cancer" },
                ["numTraining"] = entries.Count,
                ["numTest"] = 0,
                ["training"] = entries.Select(entry => new Dictionary<string, string> { ["image"] = "./" + entry.Image, ["label"] = "./" + entry.Label }),
                ["test"] = Array.Empty<string>(),
            });
        }
    }

    /// <summary>The first scans are for training, then a tenth for validation, the last fifth for testing; at least one each from three scans on.</summary>
    private static string Split(int index, int count)
    {
        var test = count < 2 ? 0 : Math.Max(1, (int)Math.Round(0.2 * count));
        var validation = count < 3 ? 0 : Math.Max(1, (int)Math.Round(0.1 * count));
        return index >= count - test ? "test" : index >= count - test - validation ? "val" : "train";
    }

    private static Volume ToFloat(Volume volume) => Converted(volume, value => value);

    private static Volume MaskOf(Volume tissues, PhantomTissue[] wanted) =>
        Converted(tissues, value => Array.IndexOf(wanted, (PhantomTissue)(byte)value) >= 0 ? (byte)1 : (byte)0);

    private static Volume Converted<T>(Volume volume, Func<float, T> convert)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        var area = volume.Shape.X * volume.Shape.Y;
        var slice = new float[area];
        var voxels = new T[(long)area * volume.Shape.Z];
        for (var z = 0; z < volume.Shape.Z; z++)
        {
            volume.CopySlice(z, slice);
            for (var i = 0; i < area; i++)
            {
                voxels[(z * area) + i] = convert(slice[i]);
            }
        }

        return Volume.FromArray(volume.Shape, volume.Affine, voxels);
    }
}
