using System.CommandLine;
using System.Globalization;
using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Sampling;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl sample</c>: what a strategy finds in a dataset, and the triplets it would train on.</summary>
internal static class SampleCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var data = new StoreArguments(run);
        var prepare = new PrepareArguments();
        var strategy = new StrategyArguments();
        var results = ComputeArguments.Results();
        var split = new Option<string?>("--split") { Description = "A split; only its training scans are used. Without it, all scans.", HelpName = "FILE" };
        var seed = new Option<long>("--seed") { Description = "Seed of the order and the draws." };
        var epoch = new Option<int>("--epoch") { Description = "Epoch whose triplets are shown, from 0.", HelpName = "N" };
        var count = new Option<int>("--count") { Description = "Triplets to show.", HelpName = "N", DefaultValueFactory = _ => 10 };
        var command = new Command("sample", "Show counts, fallbacks and example triplets of a selection strategy.") { split, seed, epoch, count, results };
        strategy.AddTo(command);
        data.AddTo(command);
        prepare.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var shown = Check.NotNegative(parse.GetValue(count), "--count");
            var at = Check.NotNegative(parse.GetValue(epoch), "--epoch");
            var options = strategy.Options(parse);
            using var store = run.Run(parse, (progress, token) =>
                data.Open(parse, prepare.Options(parse), ComputeArguments.Stores(parse.GetValue(results)!), progress, token));
            var training = parse.GetValue(split) is { } path ? ScanSplit.Read(path).Train : [.. store.Scans.Select(scan => scan.Id)];
            var pool = SlicePool.Of(store.Scans, training, options);
            var selector = ExampleSelector.Create(options, store.Slices, pool, parse.GetValue(seed), store.CanBeAnchor);
            var triplets = new Triplet[Math.Min(shown, selector.Anchors.Count)];
            selector.Draw(EpochOrder.Of(selector.Anchors, parse.GetValue(seed), at).AsSpan(0, triplets.Length), at, 0, triplets);
            if (run.Json(parse))
            {
                WriteJson(store, selector.Summary, parse.GetValue(seed), at, triplets);
            }
            else
            {
                WriteText(store, selector.Summary, training.Count(id => !store.Scans[store.Find(id)].Labelled), triplets);
            }

            return 0;
        });
        return command;
    }

    private static void WriteText(SliceStore store, SelectionSummary summary, int unlabelled, Triplet[] triplets)
    {
        var options = summary.Options;
        Line("strategy", options.DrawsPartners
            ? $"{summary.Strategy}, {(options.Rule == SelectionRule.PaperEquation ? "paper's equations" : "as the authors' code")}, "
                + $"{(options.ResolvedDraw == PartnerDraw.BySlice ? "by slice" : "scan first")}, {(options.Frozen ? "frozen" : "fresh each epoch")}"
            : $"{summary.Strategy}, two views of each slice; the rest of the batch is the negatives");
        Line("scans", $"{summary.Scans}; the organ in every slice of {summary.ScansAllOrgan}, in no slice of {summary.ScansWithoutOrgan}; "
            + $"a single slice in {summary.ScansOfOneSlice}");
        Line("slices", string.Create(CultureInfo.InvariantCulture,
            $"{summary.Slices}, {summary.OrganSlices} with the organ ({summary.OrganShare * 100:0.#} %)"));
        if (unlabelled > 0)
        {
            Line("unlabelled", $"{unlabelled} of the scans; their slices count as without the organ here");
        }

        Line("anchors", $"{summary.Anchors}; {summary.Dropped} dropped, {summary.PartnerOnly} only partners");
        Line("partnerless", $"{summary.WithoutPositive} without positive, {summary.WithoutNegative} without negative");
        foreach (var fallback in summary.Fallbacks)
        {
            Line("fallback", $"{fallback.Anchors} anchors: {Words(fallback.Kind)}");
        }

        Console.Out.WriteLine();
        var strategies = new TextTable("slices without", "positive", "negative", "");
        foreach (var row in summary.ByStrategy)
        {
            strategies.Add($"  {row.Strategy.ToString().ToLowerInvariant()}", Text(row.WithoutPositive), Text(row.WithoutNegative), "");
        }

        strategies.Write(Console.Out);
        if (triplets.Length > 0)
        {
            Console.Out.WriteLine();
            var table = new TextTable("anchor", "slice", "organ", "positive", "slice", "organ", "negative", "slice", "organ");
            foreach (var triplet in triplets)
            {
                table.Add([.. Cells(store, triplet.Anchor), .. Cells(store, triplet.Positive), .. Cells(store, triplet.Negative)]);
            }

            table.Write(Console.Out);
        }
    }

    private static string[] Cells(SliceStore store, int slice) => slice == Triplet.NoSlice
        ? ["-", "-", "-"]
        : [store.Scans[store.Slices[slice].Scan].Id, Text(store.Slices[slice].Index), store.Slices[slice].ContainsOrgan ? "yes" : "no"];

    private static string Words(FallbackKind kind) => kind switch
    {
        FallbackKind.PositiveFromOtherScans => "positive with the anchor's label from another scan",
        FallbackKind.PositiveIsAnchor => "its own positive, under another dropout mask",
        FallbackKind.NegativeFromOtherScans => "negative with the other label from another scan",
        _ => "negative with the other label from the anchor's scan",
    };

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Line(string name, string value) => Console.Out.WriteLine($"{name,-12} {value}");

    private static void WriteJson(SliceStore store, SelectionSummary summary, long seed, int epoch, Triplet[] triplets) => JsonOutput.Write(new
    {
        store = store.Path,
        store.Fingerprint,
        summary.Strategy,
        rule = summary.Options.Rule == SelectionRule.PaperEquation ? "paper" : "authors",
        draw = summary.Options.ResolvedDraw == PartnerDraw.BySlice ? "by-slice" : "scan-first",
        partnerless = summary.Options.Partnerless == PartnerlessRule.Fallback ? "fallback" : "drop",
        summary.Options.Frozen,
        seed,
        epoch,
        summary.Scans,
        summary.ScansAllOrgan,
        summary.ScansWithoutOrgan,
        summary.ScansOfOneSlice,
        summary.Slices,
        summary.OrganSlices,
        summary.OrganShare,
        summary.Anchors,
        summary.PartnerOnly,
        summary.Dropped,
        summary.WithoutPositive,
        summary.WithoutNegative,
        fallbacks = Enum.GetValues<FallbackKind>().ToDictionary(kind => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()), summary.Of),
        byStrategy = summary.ByStrategy.Select(row => new { strategy = row.Strategy.ToString().ToLowerInvariant(), row.WithoutPositive, row.WithoutNegative }),
        triplets = triplets.Select(triplet => new
        {
            anchor = Slice(store, triplet.Anchor),
            positive = Slice(store, triplet.Positive),
            negative = Slice(store, triplet.Negative),
        }),
    });

    private static object? Slice(SliceStore store, int slice) => slice == Triplet.NoSlice ? null : new
    {
        scan = store.Scans[store.Slices[slice].Scan].Id,
        store.Slices[slice].Index,
        organ = store.Slices[slice].ContainsOrgan,
    };
}
