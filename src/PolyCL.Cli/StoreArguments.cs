using System.CommandLine;
using PolyCL.Core;
using PolyCL.Data;

namespace PolyCL.Cli;

/// <summary>The options that give a command its slices: a store made before, or a dataset from which it is made once.</summary>
internal sealed class StoreArguments(RunArguments run)
{
    private readonly Option<string?> store = new("--store") { Description = "A slice store made by prepare, instead of --data.", HelpName = "FILE" };
    private readonly DatasetArguments dataset = new(required: false);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(store);
        dataset.AddTo(command);
    }

    /// <summary>Opens the store, or makes it in <paramref name="folder"/> when it is not there yet.</summary>
    /// <exception cref="ArgumentException">Neither --store nor --data is given, or both.</exception>
    public SliceStore Open(ParseResult parse, PrepareOptions options, string folder, IProgress<ProgressReport> progress, CancellationToken token)
    {
        var opened = OpenSilently(parse, options, folder, progress, token);
        WriteWarnings(opened);
        return opened;
    }

    /// <summary>Says on standard error what was odd about the data when their slices were made.</summary>
    public static void WriteWarnings(SliceStore store)
    {
        foreach (var warning in store.Warnings)
        {
            Console.Error.WriteLine($"polycl: warning: {warning}");
        }
    }

    private SliceStore OpenSilently(ParseResult parse, PrepareOptions options, string folder, IProgress<ProgressReport> progress, CancellationToken token) =>
        (parse.GetValue(store), dataset.IsGiven(parse)) switch
        {
            ({ } file, false) => SliceStore.Open(file),
            (null, true) => SliceStoreBuilder.OpenOrBuild(dataset.Open(parse), options, folder, run.Threads(parse), progress, token),
            (null, false) => throw new ArgumentException("No data are given; give --data ROOT, or --store FILE made by prepare."),
            _ => throw new ArgumentException("Both --store and --data are given; give one of them."),
        };
}
