using System.CommandLine;
using System.Globalization;
using PolyCL.Data;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl prepare</c>: makes the slice store of a dataset, or finds the one already made.</summary>
internal static class PrepareCommand
{
    public static Command Create()
    {
        var dataset = new DatasetArguments();
        var prepare = new PrepareArguments();
        var run = new RunArguments();
        var folder = new Option<string>("--out") { Description = "Folder for the slice store.", HelpName = "DIR", Required = true };
        var verify = new Option<bool>("--verify") { Description = "Read the store and compare it with its digests." };
        var command = new Command("prepare", "Turn a dataset into network slices, once for all strategies, seeds and runs.") { folder, verify };
        dataset.AddTo(command);
        prepare.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var found = dataset.Open(parse);
            var options = prepare.Options(parse);
            using var store = run.Run(parse, (progress, token) =>
                SliceStoreBuilder.OpenOrBuild(found, options, parse.GetRequiredValue(folder), run.Threads(parse), progress, token));
            if (parse.GetValue(verify))
            {
                store.Verify();
            }

            StoreArguments.WriteWarnings(store);
            if (run.Json(parse))
            {
                WriteJson(found, store);
            }
            else
            {
                WriteText(found, store);
            }

            return 0;
        });
        return command;
    }

    private static void WriteText(Dataset dataset, SliceStore store)
    {
        var organ = store.Slices.Count(slice => slice.ContainsOrgan);
        var empty = store.Scans.Where(scan => scan.SliceCount == 0).Select(scan => scan.Id).ToArray();
        var options = store.Options;
        Line("store", store.Path);
        Line("size", string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(store.Path).Length / 1048576.0:0.0} MiB"));
        Line("data", $"{DatasetArguments.NameOf(dataset.Kind)}, {dataset.Root}{(dataset.Description is { } text ? $" ({text})" : "")}");
        Line("fingerprint", store.Fingerprint);
        Line("settings", string.Create(
            CultureInfo.InvariantCulture,
            $"window {options.Window.Level}/{options.Window.Width} HU, {options.Size}×{options.Size}, middle {options.KeepShare * 100:0.#} % ({options.KeptRange}), {options.Order} order, pixels {options.Intensity}"));
        var without = store.Excluded.Count > 0 ? $"; without {string.Join(", ", store.Excluded)}" : "";
        Line("scans", $"{store.Scans.Count}{(empty.Length > 0 ? $"; no slice kept of {string.Join(", ", empty)}" : "")}{without}");
        Line("slices", string.Create(
            CultureInfo.InvariantCulture, $"{store.Slices.Count}, {organ} with the organ ({(store.Slices.Count > 0 ? 100.0 * organ / store.Slices.Count : 0):0} %)"));
    }

    private static void Line(string name, string value) => Console.Out.WriteLine($"{name,-12} {value}");

    private static void WriteJson(Dataset dataset, SliceStore store) => JsonOutput.Write(new
    {
        store = store.Path,
        bytes = new FileInfo(store.Path).Length,
        dataset = DatasetArguments.NameOf(dataset.Kind),
        root = dataset.Root,
        fingerprint = store.Fingerprint,
        settings = new
        {
            windowLevel = store.Options.Window.Level,
            windowWidth = store.Options.Window.Width,
            store.Options.Size,
            store.Options.KeepShare,
            keptRange = store.Options.KeptRange.ToString(),
            order = store.Options.Order.ToString(),
            store.Options.Antialias,
            store.Options.TumourIsOrgan,
            intensity = store.Options.Intensity.ToString(),
        },
        slices = store.Slices.Count,
        organSlices = store.Slices.Count(slice => slice.ContainsOrgan),
        scans = store.Scans.Select(scan => new
        {
            scan.Id,
            scan.Subset,
            scan.SliceCount,
            scan.FirstIndex,
            shape = new[] { scan.Shape.X, scan.Shape.Y, scan.Shape.Z },
            gridSpacing = new[] { scan.GridSpacing.X, scan.GridSpacing.Y, scan.GridSpacing.Z },
            scan.Orientation,
            scan.Labelled,
            scan.OrganSlices,
            scan.OrganVoxels,
            scan.ContentHash,
        }),
        excluded = store.Excluded,
        warnings = store.Warnings,
    });
}
