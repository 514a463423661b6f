using PolyCL.Core;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Weights;

/// <summary>Which tensor of a file goes to which of a network, found before anything is copied.</summary>
internal sealed class WeightPlan
{
    /// <summary>Ending of the counters of batch norms: they only count, so files may lack them or hold them in another form.</summary>
    private const string CounterEnd = "num_batches_tracked";

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

        var known = new KnownNames(tensors, options);
        return Pair(network, tensors, weights, options, Choose(known, weights, options), known);
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
        string network, Dictionary<string, Tensor> tensors, WeightSet weights, WeightLoadOptions options, string section, KnownNames known)
    {
        List<(WeightEntry, Tensor)> pairs = [];
        List<string> matched = [], unexpected = [], wrong = [], converted = [], adapted = [], leftOut = [];
        Dictionary<string, int> stripped = new(StringComparer.Ordinal);
        Dictionary<string, string> seen = new(StringComparer.Ordinal);
        foreach (var entry in weights.BySection[section])
        {
            var (rest, taken) = known.Strip(entry.Name);
            var name = options.TargetPrefix + rest;
            if (taken.Length > 0)
            {
                stripped[taken] = stripped.GetValueOrDefault(taken) + 1;
            }

            if (known.IsLeftOut(rest))
            {
                leftOut.Add(entry.Name);
            }
            else if (!tensors.TryGetValue(name, out var tensor))
            {
                unexpected.Add(entry.Name);
            }
            else if (!seen.TryAdd(name, entry.Name))
            {
                throw new WeightMismatchException(
                    $"Weight file '{weights.Path}' has two tensors for '{name}': '{seen[name]}' and '{entry.Name}'; "
                    + "save the one that is wanted alone.",
                    weights.Path);
            }
            else if (IsCounter(name, tensor) && entry.Count == 1 && entry.Type != ScalarType.Bool)
            {
                Take(entry, name, tensor);
                if (entry.Type != tensor.dtype || entry.Shape.Count != tensor.dim())
                {
                    adapted.Add($"{name}: {entry} read as {WeightTypes.Describe(tensor.dtype, tensor.shape)}");
                }
            }
            else if (!entry.Shape.SequenceEqual(tensor.shape) || !MayBecome(entry.Type, tensor.dtype, options))
            {
                wrong.Add($"{name}: file {entry}, network {WeightTypes.Describe(tensor.dtype, tensor.shape)}");
            }
            else
            {
                Take(entry, name, tensor);
                if (entry.Type != tensor.dtype)
                {
                    converted.Add($"{name}: {WeightTypes.Name(entry.Type)} to {WeightTypes.Name(tensor.dtype)}");
                }
            }
        }

        var unfilled = tensors.Keys.Where(name => !seen.ContainsKey(name)).ToLookup(name => WeightNames.StartsWithAny(name, options.KeepInNetwork));
        var missing = unfilled[false].ToLookup(name => IsCounter(name, tensors[name]) && seen.ContainsKey(name[..^CounterEnd.Length] + "running_mean"));
        var report = new WeightReport
        {
            Section = section,
            Stripped = stripped,
            Matched = matched,
            Missing = [.. missing[false]],
            Unexpected = unexpected,
            WrongShape = wrong,
            Converted = converted,
            Adapted = [.. adapted, .. missing[true].Select(name => $"{name}: a counter the file lacks, left as it was")],
            LeftOut = [.. leftOut, .. unfilled[true]],
        };
        return new WeightPlan(network, weights.Path, report, pairs);

        void Take(WeightEntry entry, string name, Tensor tensor)
        {
            pairs.Add((entry, tensor));
            matched.Add(name);
        }
    }

    private static bool IsCounter(string name, Tensor tensor) =>
        name.EndsWith(CounterEnd, StringComparison.Ordinal) && tensor.dtype == ScalarType.Int64 && tensor.numel() == 1;

    private static bool MayBecome(ScalarType from, ScalarType to, WeightLoadOptions options) =>
        WeightTypes.Widens(from, to) || (options.AllowNarrowing && WeightTypes.IsFloating(from) && WeightTypes.IsFloating(to));

    /// <summary>The dictionary whose names and shapes fit best; two that fit equally well are the caller's choice.</summary>
    private static string Choose(KnownNames known, WeightSet weights, WeightLoadOptions options)
    {
        if (options.Section is { } wanted && !weights.Sections.Contains(wanted))
        {
            throw new WeightMismatchException(
                $"Weight file '{weights.Path}' has no dictionary of tensors '{wanted}'; it has {Quote(weights.Sections)}.", weights.Path);
        }

        IReadOnlyList<string> sections = options.Section is { } only ? [only] : weights.Sections;
        if (sections.Count == 0)
        {
            throw new WeightMismatchException($"Weight file '{weights.Path}' holds no tensor.", weights.Path);
        }

        var scores = sections.Select(section => (Section: section, Score: Score(section))).ToList();
        var best = scores.MaxBy(candidate => candidate.Score);
        var rivals = scores.Where(candidate => candidate.Score == best.Score).Select(candidate => candidate.Section).ToList();
        return rivals.Count == 1 || best.Score == 0
            ? best.Section
            : throw new WeightMismatchException(
                $"Weight file '{weights.Path}' has several dictionaries that fit equally well: {Quote(rivals)}; name one in Section.", weights.Path);

        long Score(string section) => weights.BySection[section].Sum(entry => known.Find(entry.Name) is { } tensor
            ? entry.Shape.SequenceEqual(tensor.shape) ? ShapeScore : 1
            : 0);
    }

    private static string Quote(IReadOnlyList<string> sections) =>
        WeightNames.Some([.. sections.Select(section => section.Length == 0 ? "the outermost ('')" : $"'{section}'")], 8);

    /// <summary>Which names of a file are of the network, with or without what savers add.</summary>
    private sealed class KnownNames(Dictionary<string, Tensor> tensors, WeightLoadOptions options)
    {
        /// <summary>The network's tensor of a name in the file, or null.</summary>
        internal Tensor? Find(string name) => tensors.GetValueOrDefault(options.TargetPrefix + Strip(name).Name);

        /// <summary>The name in the network, without the prefix of the part to fill, and what was taken off.</summary>
        internal (string Name, string Taken) Strip(string name) => options.StripPrefix is not { } prefix
            ? WrapperNames.Strip(name, rest => tensors.ContainsKey(options.TargetPrefix + rest) || IsLeftOut(rest))
            : name.StartsWith(prefix, StringComparison.Ordinal) ? (name[prefix.Length..], prefix) : (name, string.Empty);

        /// <summary>True for names that the options leave out.</summary>
        internal bool IsLeftOut(string rest) =>
            WeightNames.StartsWithAny(rest, options.IgnoreInFile) || WeightNames.StartsWithAny(options.TargetPrefix + rest, options.KeepInNetwork);
    }
}
