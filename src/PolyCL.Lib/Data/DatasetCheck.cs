using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Every scan of a dataset read and looked at, before anything is trained.</summary>
public sealed record DatasetCheck
{
    /// <summary>The dataset.</summary>
    public required Dataset Dataset { get; init; }

    /// <summary>The settings that decide which slices are kept.</summary>
    public required PrepareOptions Options { get; init; }

    /// <summary>One entry per scan, labelled or not, in natural order.</summary>
    public required IReadOnlyList<ScanCheck> Scans { get; init; }

    /// <summary>Slices kept in all.</summary>
    public int KeptSlices => Scans.Sum(scan => scan.KeptSlices);

    /// <summary>Kept slices of labelled scans.</summary>
    public int KeptLabelledSlices => Scans.Where(scan => scan.LabelPath is not null).Sum(scan => scan.KeptSlices);

    /// <summary>Kept slices that show the organ.</summary>
    public int KeptOrganSlices => Scans.Sum(scan => scan.KeptOrganSlices);

    /// <summary>Share of the labelled kept slices that show the organ, or null without any.</summary>
    public double? OrganShare => KeptLabelledSlices > 0 ? (double)KeptOrganSlices / KeptLabelledSlices : null;

    /// <summary>Labelled scans whose kept slices all show the organ: without an organ-absent partner (paper eq. 3).</summary>
    public int ScansWithoutAbsent => Scans.Count(scan => scan.LabelPath is not null && scan.KeptSlices > 0 && scan.KeptOrganSlices == scan.KeptSlices);

    /// <summary>Labelled scans of which no kept slice shows the organ.</summary>
    public int ScansWithoutPresent => Scans.Count(scan => scan.LabelPath is not null && scan.KeptSlices > 0 && scan.KeptOrganSlices == 0);

    /// <summary>Scans that cannot be used.</summary>
    public int Errors => Scans.Count(scan => scan.Error is not null);

    /// <summary>Reads every scan and label; a scan that cannot be read gets an error and does not stop the others.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static DatasetCheck Run(
        Dataset dataset, PrepareOptions options, int workers = 0, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(options);
        var scans = dataset.Scans.Concat(dataset.Unlabelled).DistinctBy(scan => scan.Id).OrderBy(scan => scan.Id, NaturalOrder.Instance).ToArray();
        var checks = new ScanCheck[scans.Length];
        var plans = scans.Select(scan => Attempt(scan, () => ScanPlan.Of(scan, options, 0))).ToArray();
        ScanWork.ForEach(
            scans.Length,
            i => plans[i].Value?.Bytes ?? 0,
            i =>
            {
                checks[i] = plans[i].Value is { } plan ? Read(plan, options, token) : Failed(scans[i], plans[i].Error!);
                return scans[i].Id;
            },
            "check scans",
            progress,
            workers,
            token);
        return new DatasetCheck { Dataset = dataset, Options = options, Scans = checks };
    }

    private static ScanCheck Read(ScanPlan plan, PrepareOptions options, CancellationToken token)
    {
        var emptyMasks = new HashSet<int>();
        var attempt = Attempt(plan.Scan, () => PreparedScan.Read(
            plan,
            options,
            (_, _) => { },
            (i, bits) =>
            {
                if (!bits.AsSpan().ContainsAnyExcept((byte)0))
                {
                    emptyMasks.Add(i);
                }
            },
            token));
        var check = new ScanCheck
        {
            Id = plan.Scan.Id,
            ImagePath = plan.Scan.ImagePath,
            LabelPath = plan.Scan.LabelPath,
            Subset = plan.Scan.Subset,
            Shape = plan.Image.Stored,
            Spacing = plan.Image.Affine.Spacing,
            Orientation = plan.Image.Orientation.ToString(),
            StoredType = plan.Image.StoredType,
            Slices = plan.Shape.Z,
        };
        if (attempt.Value is not { } scan)
        {
            return check with { Error = attempt.Error };
        }

        var kept = scan.Entry.OrganPixels;
        check = check with
        {
            MinimumHu = scan.Digest.Minimum,
            MaximumHu = scan.Digest.Maximum,
            OrganSlices = scan.Entry.OrganSlices,
            OrganVoxels = scan.Entry.OrganVoxels,
            KeptSlices = plan.Count,
            KeptOrganSlices = kept.Count(pixels => pixels > 0),
            VanishedOrganSlices = Enumerable.Range(0, plan.Count).Count(i => kept[i] > 0 && emptyMasks.Contains(i)),
            ContentHash = scan.Entry.ContentHash,
        };
        return check with { Warnings = [.. plan.Warnings, .. scan.Digest.Notes, .. Warnings(check, plan, scan.LabelNotes)] };
    }

    private static IEnumerable<string> Warnings(ScanCheck check, ScanPlan plan, IReadOnlyList<string> labelNotes)
    {
        foreach (var note in plan.Image.Notes)
        {
            yield return note;
        }

        foreach (var note in plan.Label?.Notes.Except(plan.Image.Notes) ?? [])
        {
            yield return $"label: {note}";
        }

        if (plan.Scan.Orientation is null && ScanGeometry.IsIdentity(plan.Image.Affine))
        {
            yield return "identity affine: spacing and orientation are unknown, distances in mm are wrong";
        }
        else if (!plan.Image.OrientationKnown)
        {
            yield return "the file names no orientation; give it";
        }

        if (check.KeptSlices == 0)
        {
            yield return "keeps no slice";
        }

        if (check.LabelPath is null)
        {
            yield return "no label";
            yield break;
        }

        foreach (var note in labelNotes)
        {
            yield return note;
        }

        if (check.OrganVoxels == 0)
        {
            yield return "the organ is not in the scan";
        }
        else if (check.KeptSlices > 0 && check.KeptOrganSlices == 0)
        {
            yield return "no kept slice shows the organ: no organ-present partner in this scan";
        }
        else if (check.KeptSlices > 0 && check.KeptOrganSlices == check.KeptSlices)
        {
            yield return "every kept slice shows the organ: no organ-absent partner in this scan";
        }

        if (check.VanishedOrganSlices > 0)
        {
            yield return $"{check.VanishedOrganSlices} kept slices show so little organ that their resized mask is empty";
        }
    }

    private static ScanCheck Failed(ScanRecord scan, string error) =>
        new() { Id = scan.Id, ImagePath = scan.ImagePath, LabelPath = scan.LabelPath, Subset = scan.Subset, Error = error };

    private static (T? Value, string? Error) Attempt<T>(ScanRecord scan, Func<T> read)
        where T : class
    {
        try
        {
            return (read(), null);
        }
        catch (PolyClException e)
        {
            return (null, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"{scan.ImagePath}: {e.Message}");
        }
    }
}
