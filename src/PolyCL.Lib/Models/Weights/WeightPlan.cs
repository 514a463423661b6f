using PolyCL.Core;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Weights;

/// <summary>Which tensor of a file goes to which of a network, found before anything is copied.</summary>
internal sealed class WeightPlan
{
    private const string ParallelPrefix = "module.";

    /// <summary>One tensor of the right name and shape outweighs any number of right name alone.</summary>
    private const long ShapeScore = 1 << 20;

    private readonly string network;
    private readonly string path;

    private WeightPlan(string network, string path, WeightReport report, IReadOnlyList<(WeightEntry, Tensor)> pairs)
    {
        this.network = network;
        this.path = path;
        Report = report;
        Pairs = pairs;
    }

    internal WeightReport Report { get; }

    internal IReadOnlyList<(WeightEntry Source, Tensor Target)> Pairs { get; }

    internal static WeightPlan Make(Module target, WeightSet weights, WeightLoadOptions options)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(weights);
        var network = target.GetName();
        var tensors = target.state_dict()
            .Where(entry => entry.Key.StartsWith(options.TargetPrefix, StringComparison.Ordinal))
            .ToDictionary(StringComparer.Ordinal);
        if (tensors.Count == 0)
        {
            throw new ArgumentException($"{network} has no tensor whose name begins with '{options.TargetPrefix}'; correct TargetPrefix.", nameof(options));
        }

        var (section, prefix) = Choose(tensors, weights, options);
        return Pair(network, tensors, weights, options, section, prefix);
    }

    /// <summary>Throws unless all fits, or at least one tensor does and <paramref name="partial"/> allows the rest not to.</summary>
    internal void ThrowUnlessAllowed(bool partial)
    {
        if (partial ? Report.Matched.Count > 0 : Report.Fits)
        {
            return;
        }

        List<string> faults = [];
        AddFault(Report.Missing, "missing");
        AddFault(Report.Unexpected, "unexpected");
        AddFault(Report.WrongShape, "of another shape or format");
        var where = Report.Section.Length == 0 ? string.Empty : $" (its dictionary '{Report.Section}')";
        throw new WeightMismatchException(
            $"Weight file '{path}'{where} does not fit {network}: {string.Join("; ", faults)}. "
            + "Build the network as the file's was, or say in the load options what may differ.",
            path,
            Report.Missing,
            Report.Unexpected,
            Report.WrongShape);

        void AddFault(IReadOnlyList<string> names, string what)
        {
            if (names.Count > 0)
            {
                faults.Add($"{names.Count} {what} ({WeightNames.Some(names)})");
            }
        }
    }

    private static WeightPlan Pair(
        string network, Dictionary<string, Tensor> tensors, WeightSet weights, WeightLoadOptions options, string section, string prefix)
    {
        List<(WeightEntry, Tensor)> pairs = [];
        List<string> unexpected = [], wrong = [], converted = [], leftOut = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (var entry in weights.BySection[section])
        {
            var stripped = Strip(entry.Name, prefix);
            var name = options.TargetPrefix + stripped;
            if (WeightNames.StartsWithAny(stripped, options.IgnoreInFile) || WeightNames.StartsWithAny(name, options.KeepInNetwork))
            {
                leftOut.Add(entry.Name);
            }
            else if (!tensors.TryGetValue(name, out var tensor))
            {
                unexpected.Add(entry.Name);
            }
            else if (!seen.Add(name))
            {
                throw new WeightMismatchException(
                    $"Weight file '{weights.Path}' has two tensors for '{name}', with and without '{prefix}' before; give StripPrefix.", weights.Path);
            }
            else if (!entry.Shape.SequenceEqual(tensor.shape) || !MayBecome(entry.Type, tensor.dtype, options))
            {
                wrong.Add($"{name}: file {entry}, network {WeightTypes.Describe(tensor.dtype, tensor.shape)}");
            }
            else
            {
                pairs.Add((entry, tensor));
                if (entry.Type != tensor.dtype)
                {
                    converted.Add($"{name}: {WeightTypes.Name(entry.Type)} to {WeightTypes.Name(tensor.dtype)}");
                }
            }
        }

        var unfilled = tensors.Keys.Where(name => !seen.Contains(name)).ToLookup(name => WeightNames.StartsWithAny(name, options.KeepInNetwork));
        var report = new WeightReport
        {
            Section = section,
            StrippedPrefix = prefix,
            Matched = [.. pairs.Select(pair => options.TargetPrefix + Strip(pair.Item1.Name, prefix))],
            Missing = [.. unfilled[false]],
            Unexpected = unexpected,
            WrongShape = wrong,
            Converted = converted,
            LeftOut = [.. leftOut, .. unfilled[true]],
        };
        return new WeightPlan(network, weights.Path, report, pairs);
    }

    private static bool MayBecome(ScalarType from, ScalarType to, WeightLoadOptions options) =>
        WeightTypes.Widens(from, to) || (options.AllowNarrowing && WeightTypes.IsFloating(from) && WeightTypes.IsFloating(to));

    private static string Strip(string name, string prefix) => name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;

    /// <summary>The dictionary and prefix whose names and shapes fit best; two that fit equally well are the caller's choice.</summary>
    private static (string Section, string Prefix) Choose(Dictionary<string, Tensor> tensors, WeightSet weights, WeightLoadOptions options)
    {
        if (options.Section is { } wanted && !weights.Sections.Contains(wanted))
        {
            throw new WeightMismatchException(
                $"Weight file '{weights.Path}' has no dictionary of tensors '{wanted}'; it has {Quote(weights.Sections)}.", weights.Path);
        }

        string[] prefixes = options.StripPrefix is { } given ? [given] : [string.Empty, ParallelPrefix];
        IReadOnlyList<string> sections = options.Section is { } only ? [only] : weights.Sections;
        if (sections.Count == 0)
        {
            throw new WeightMismatchException($"Weight file '{weights.Path}' holds no tensor.", weights.Path);
        }

        var ranked = sections
            .SelectMany(section => prefixes.Select(prefix => (Section: section, Prefix: prefix, Score: Score(section, prefix))))
            .OrderByDescending(candidate => candidate.Score)
            .ToList();
        var best = ranked[0];
        var rivals = ranked.Where(candidate => candidate.Score == best.Score).Select(candidate => candidate.Section).Distinct().ToList();
        return rivals.Count == 1 || best.Score == 0
            ? (best.Section, best.Prefix)
            : throw new WeightMismatchException(
                $"Weight file '{weights.Path}' has several dictionaries that fit equally well: {Quote(rivals)}; name one in Section.", weights.Path);

        long Score(string section, string prefix) =>
            weights.BySection[section].Sum(entry => tensors.TryGetValue(options.TargetPrefix + Strip(entry.Name, prefix), out var tensor)
                ? entry.Shape.SequenceEqual(tensor.shape) ? ShapeScore : 1
                : 0);
    }

    private static string Quote(IReadOnlyList<string> sections) =>
        WeightNames.Some([.. sections.Select(section => section.Length == 0 ? "the outermost ('')" : $"'{section}'")], 8);
}
