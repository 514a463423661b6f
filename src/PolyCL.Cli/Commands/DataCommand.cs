using System.CommandLine;
using System.Globalization;
using PolyCL.Data;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl data</c>: what is in a dataset (<c>check</c>), and what two datasets share (<c>audit</c>).</summary>
internal static class DataCommand
{
    public static Command Create() => new("data", "Look at datasets before anything is trained.") { CreateCheck(), CreateAudit() };

    private static Command CreateCheck()
    {
        var dataset = new DatasetArguments();
        var prepare = new PrepareArguments();
        var run = new RunArguments();
        var command = new Command("check", "Read every scan and label and show what is in them and what is odd.");
        dataset.AddTo(command);
        prepare.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var check = run.Run(parse, (progress, token) => DatasetCheck.Run(dataset.Open(parse), prepare.Options(parse), run.Threads(parse), progress, token));
            if (run.Json(parse))
            {
                WriteJson(check);
            }
            else
            {
                WriteText(check);
            }

            return check.Errors > 0 ? Failure.WrongInput : 0;
        });
        return command;
    }

    private static Command CreateAudit()
    {
        var a = new Argument<string>("A") { Description = "Folder of the first dataset." };
        var b = new Argument<string>("B") { Description = "Folder of the second dataset; the same again finds duplicates within it." };
        var kindOfA = DatasetArguments.KindOption("--dataset-a");
        var kindOfB = DatasetArguments.KindOption("--dataset-b");
        var exclude = DatasetArguments.ExcludeOption(
            "--exclude", "Leave out this scan of A and of B, such as one whose file is damaged; an id or a pattern; may be repeated.");
        var excludeOfA = DatasetArguments.ExcludeOption("--exclude-a", "Leave out this scan of A; may be repeated.");
        var excludeOfB = DatasetArguments.ExcludeOption("--exclude-b", "Leave out this scan of B; may be repeated.");
        var axesOfA = LabelArguments.OrientationOption("--orientation-a");
        var axesOfB = LabelArguments.OrientationOption("--orientation-b");
        var run = new RunArguments();
        var command = new Command("audit", "Find scans that two datasets share, by their voxels, and axis orders that disagree.")
        {
            a, b, kindOfA, kindOfB, exclude, excludeOfA, excludeOfB, axesOfA, axesOfB,
        };
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var left = parse.GetValue(exclude) ?? [];
            DatasetOptions Options(Option<string[]> excluded, Option<string[]> axes) => new()
            {
                Exclude = parse.GetValue(excluded) ?? [],
                ExcludeIfThere = left,
                Orientations = LabelArguments.Orientations(parse, axes),
            };
            var first = DatasetArguments.Open(parse.GetRequiredValue(a), parse.GetValue(kindOfA), Options(excludeOfA, axesOfA));
            var second = DatasetArguments.Open(parse.GetRequiredValue(b), parse.GetValue(kindOfB), Options(excludeOfB, axesOfB));
            if (left.FirstOrDefault(pattern => !first.HasExcluded(pattern) && !second.HasExcluded(pattern)) is { } stray)
            {
                throw new ArgumentException($"--exclude {stray}: neither data set has a scan of that id.");
            }

            var audit = run.Run(parse, (progress, token) => DatasetAudit.Run(first, second, run.Threads(parse), progress, token));
            if (run.Json(parse))
            {
                WriteJson(audit);
            }
            else
            {
                WriteText(audit);
            }

            return 0;
        });
        return command;
    }

    private static void WriteText(DatasetCheck check)
    {
        var table = new TextTable("scan", "voxels", "spacing mm", "axes", "HU", "slices", "organ", "kept", "with organ", "notes");
        foreach (var scan in check.Scans)
        {
            table.Add(
                scan.Id,
                scan.Shape?.ToString() ?? "-",
                scan.Spacing is { } mm ? Text(mm) : "-",
                scan.Orientation ?? "-",
                scan.MinimumHu is { } low ? string.Create(CultureInfo.InvariantCulture, $"{low}…{scan.MaximumHu}") : "-",
                Number(scan.Slices),
                scan.LabelPath is null ? "-" : Number(scan.OrganSlices),
                Number(scan.KeptSlices),
                scan.LabelPath is null || scan.KeptSlices == 0 ? "-" : $"{Number(scan.KeptOrganSlices)} ({Percent((double)scan.KeptOrganSlices / scan.KeptSlices)})",
                scan.Error is { } error ? $"ERROR {error}" : string.Join("; ", scan.Warnings));
        }

        table.Write(Console.Out);
        Console.Out.WriteLine();
        var labelled = check.Scans.Count(scan => scan.LabelPath is not null);
        Console.Out.WriteLine(
            $"{check.Scans.Count} scans ({labelled} labelled), {check.Scans.Sum(scan => scan.Slices)} slices, {check.KeptSlices} kept; "
            + $"of {check.KeptLabelledSlices} kept and labelled {check.KeptOrganSlices} show the organ{(check.OrganShare is { } share ? $" ({Percent(share)})" : "")}.");
        Console.Out.WriteLine(
            $"Scans without an organ-absent partner: {check.ScansWithoutAbsent}; without an organ-present one: {check.ScansWithoutPresent}; "
            + $"that keep no slice: {check.Scans.Count(scan => scan.Error is null && scan.KeptSlices == 0)}; that cannot be used: {check.Errors}.");
        WriteNotes(check.Dataset);
    }

    private static void WriteText(DatasetAudit audit)
    {
        foreach (var (name, dataset, orientations) in new[] { ("A", audit.A, audit.OrientationsOfA), ("B", audit.B, audit.OrientationsOfB) })
        {
            Console.Out.WriteLine($"{name}  {dataset.Root}: {DatasetArguments.NameOf(dataset.Kind)}, {orientations.Sum(pair => pair.Value)} scans, axes "
                + string.Join(", ", orientations.Select(pair => $"{pair.Key} {Number(pair.Value)}")));
        }

        Console.Out.WriteLine();
        foreach (var finding in audit.Findings)
        {
            Console.Out.WriteLine($"{(finding.Kind == AuditKind.MixedOrientation ? "axes     " : finding.WithinOneSet ? "duplicate" : "shared   ")}  {finding.Text}");
        }

        var shared = audit.Findings.Count(finding => finding.Kind != AuditKind.MixedOrientation && !finding.WithinOneSet);
        Console.Out.WriteLine(shared == 0
            ? "No scan of A is in B."
            : $"{shared} shared: a network trained on one of these sets has seen them; leave them out of an evaluation on the other.");
    }

    private static void WriteNotes(Dataset dataset)
    {
        Console.Out.WriteLine($"{DatasetArguments.NameOf(dataset.Kind)} at {dataset.Root}{(dataset.Description is { } text ? $" ({text})" : "")}");
        foreach (var warning in dataset.Warnings)
        {
            Console.Out.WriteLine($"note: {warning}");
        }
    }

    private static void WriteJson(DatasetCheck check) => JsonOutput.Write(new
    {
        dataset = DatasetArguments.NameOf(check.Dataset.Kind),
        root = check.Dataset.Root,
        description = check.Dataset.Description,
        warnings = check.Dataset.Warnings,
        scans = check.Scans.Select(scan => new
        {
            scan.Id,
            scan.Subset,
            image = scan.ImagePath,
            label = scan.LabelPath,
            shape = scan.Shape is { } shape ? new[] { shape.X, shape.Y, shape.Z } : null,
            spacing = scan.Spacing is { } mm ? new[] { mm.X, mm.Y, mm.Z } : null,
            scan.Orientation,
            dtype = scan.StoredType?.ToString().ToLowerInvariant(),
            scan.MinimumHu,
            scan.MaximumHu,
            scan.Slices,
            scan.OrganSlices,
            scan.OrganVoxels,
            scan.KeptSlices,
            scan.KeptOrganSlices,
            scan.VanishedOrganSlices,
            scan.ContentHash,
            scan.Warnings,
            scan.Error,
        }),
        totals = new
        {
            scans = check.Scans.Count,
            labelled = check.Scans.Count(scan => scan.LabelPath is not null),
            slices = check.Scans.Sum(scan => scan.Slices),
            check.KeptSlices,
            check.KeptLabelledSlices,
            check.KeptOrganSlices,
            check.OrganShare,
            check.ScansWithoutAbsent,
            check.ScansWithoutPresent,
            check.Errors,
        },
    });

    private static void WriteJson(DatasetAudit audit) => JsonOutput.Write(new
    {
        a = new { dataset = DatasetArguments.NameOf(audit.A.Kind), root = audit.A.Root, orientations = Counts(audit.OrientationsOfA), warnings = audit.A.Warnings },
        b = new { dataset = DatasetArguments.NameOf(audit.B.Kind), root = audit.B.Root, orientations = Counts(audit.OrientationsOfB), warnings = audit.B.Warnings },
        scans = audit.ScanCount,
        findings = audit.Findings.Select(finding => new
        {
            kind = finding.Kind switch
            {
                AuditKind.SameScan => "same-scan",
                AuditKind.SameScanOtherAxes => "same-scan-other-axes",
                _ => "mixed-orientation",
            },
            finding.FirstSet,
            finding.First,
            finding.SecondSet,
            finding.Second,
            finding.Text,
        }),
    });

    private static Dictionary<string, int> Counts(IReadOnlyList<KeyValuePair<string, int>> orientations) => new(orientations);

    private static string Text(Imaging.Spacing mm) => string.Create(CultureInfo.InvariantCulture, $"{mm.X:0.###}×{mm.Y:0.###}×{mm.Z:0.###}");

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0} %");
}
