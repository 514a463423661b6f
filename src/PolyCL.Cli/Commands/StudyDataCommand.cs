using System.CommandLine;
using System.Globalization;
using PolyCL.Studies;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl study data</c>: makes the data of a study, for all that run it afterwards.</summary>
internal static class StudyDataCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var study = new StudyArguments(run);
        var command = new Command("data", "Make the data of tables: generate phantoms, audit, prepare slices; what is there is verified by its digests.");
        study.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var stores = run.Run(parse, (progress, token) =>
            {
                using var opened = study.Open(parse, progress, token);
                return StudyStore.Verified(opened, progress, token);
            });
            if (run.Json(parse))
            {
                JsonOutput.Write(stores);
            }
            else
            {
                foreach (var store in stores)
                {
                    Console.Out.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{store.Name}: {store.Scans} scans, {store.Slices} slices, {store.Bytes / 1e6:0.0} MB, data {store.Fingerprint[..12]}, verified: {store.Path}"));
                }
            }

            return 0;
        });
        return command;
    }
}
