using System.CommandLine;
using PolyCL.Core;
using PolyCL.Data.Phantom;
using PolyCL.Studies.Pictures;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl phantom</c>: generates CT of invented patients, as a data set, a picture, or both.</summary>
internal static class PhantomCommand
{
    public static Command Create()
    {
        var site = new Option<PhantomSite[]>("--site")
        {
            Description = "Invented hospital: A (LiTS-like), B (TotalSegmentator-like) or C (MSD-like); several for a picture.",
            DefaultValueFactory = _ => [PhantomSite.A],
            AllowMultipleArgumentsPerToken = true,
        };
        var scans = new Option<int>("--scans") { Description = "Scans, each of another patient.", DefaultValueFactory = _ => 20 };
        var seed = new Option<long>("--seed") { Description = "Seed; the same seed gives the same voxels.", DefaultValueFactory = _ => 1 };
        var output = new Option<string?>("--out") { Description = "New or empty folder for the data set." };
        var layout = new Option<PhantomLayout?>("--layout") { Description = "lits, totalsegmentator or msd; without it the site's own." };
        var matrix = new Option<int>("--matrix") { Description = "Pixels along the longer side of a slice.", DefaultValueFactory = _ => 256 };
        var slices = new Option<int?>("--slices") { Description = "Slices per scan; without it about 60 to 110." };
        var picture = new Option<string?>("--picture") { Description = "PNG or SVG file for a contact sheet, a row per scan." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var command = new Command("phantom", "Generate abdominal CT of invented patients with liver labels.")
        {
            site, scans, seed, output, layout, matrix, slices, picture, json, quiet,
        };
        site.AcceptOnlyFromAmong("A", "B", "C");
        layout.AcceptOnlyFromAmong("lits", "totalsegmentator", "msd");
        // On another thread, so that an interrupt can reach the token while this one waits.
        command.SetAction((parse, token) => Task.Run(() =>
        {
            var folder = parse.GetValue(output);
            var file = parse.GetValue(picture);
            var sites = parse.GetRequiredValue(site);
            if (folder is null && file is null)
            {
                throw new ArgumentException("Nothing to write: give a folder with --out, a picture with --picture, or both.");
            }

            if (folder is not null && sites.Length != 1)
            {
                throw new ArgumentException("A data set is of one site: give one letter to --site, or leave --out away.");
            }

            PhantomOptions[] options =
            [
                .. sites.Select(s => new PhantomOptions
                {
                    Site = s,
                    Scans = parse.GetValue(scans),
                    Seed = parse.GetValue(seed),
                    Matrix = parse.GetValue(matrix),
                    Slices = parse.GetValue(slices),
                    Layout = parse.GetValue(layout),
                }),
            ];
            var progress = parse.GetValue(quiet) ? null : new LineProgress();
            if (folder is not null)
            {
                PhantomDataset.Write(options[0], folder, progress, token);
            }

            if (file is not null)
            {
                PhantomSheet.Of(options, progress: progress, token: token).Write(file);
            }

            Report(options[0], folder, file, parse.GetValue(json));
            return 0;
        }));
        return command;
    }

    private static void Report(PhantomOptions options, string? folder, string? picture, bool json)
    {
        var layout = folder is null ? null : options.LayoutOrDefault.ToString().ToLowerInvariant();
        if (json)
        {
            JsonOutput.Write(new { @out = folder, layout, scans = options.Scans, seed = options.Seed, generator_version = PhantomGenerator.Version, picture });
            return;
        }

        if (folder is not null)
        {
            Console.Out.WriteLine($"{options.Scans} scans in {layout} layout: {folder}");
        }

        if (picture is not null)
        {
            Console.Out.WriteLine($"picture: {picture}");
        }
    }

    /// <summary>One line per scan on standard error.</summary>
    private sealed class LineProgress : IProgress<ProgressReport>
    {
        public void Report(ProgressReport value) => Console.Error.WriteLine($"{value.Stage} {value.Done}/{value.Total} {value.Detail}");
    }
}
