using System.Text.Json;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Which scans train, validate and test; by scan, so that no slice of a test scan is ever seen in training.</summary>
public sealed record ScanSplit
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    [System.Text.Json.Serialization.JsonConstructor]
    private ScanSplit(string rule, long? seed, IReadOnlyList<string> train, IReadOnlyList<string> validation, IReadOnlyList<string> test)
    {
        (Rule, Seed, Train, Validation, Test) = (rule, seed, train, validation, test);
        CheckSet(train, "training");
        CheckSet(validation, "validation");
        CheckSet(test, "test");
        var twice = train.Concat(validation).Concat(test).GroupBy(id => id).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new DatasetException($"Scan '{twice.Key}' appears more than once in the split; a scan trains, validates or tests, only once.");
        }
    }

    /// <summary>How the split was made: <c>by-seed</c>, <c>by-file-number</c> or <c>given</c>.</summary>
    public string Rule { get; }

    /// <summary>The seed of a split by seed, or null.</summary>
    public long? Seed { get; }

    /// <summary>Ids of the training scans, in natural order.</summary>
    public IReadOnlyList<string> Train { get; }

    /// <summary>Ids of the validation scans, in natural order.</summary>
    public IReadOnlyList<string> Validation { get; }

    /// <summary>Ids of the test scans, in natural order.</summary>
    public IReadOnlyList<string> Test { get; }

    /// <summary>Draws the sets at random; the same ids in any order and the same seed give the same split.</summary>
    /// <exception cref="DatasetException">A set would be empty, there are too few scans, or an id appears twice.</exception>
    public static ScanSplit BySeed(IEnumerable<string> ids, int train, int validation, int test, long seed)
    {
        var order = Ordered(ids, train, validation, test);
        new RandomStream(seed, "scan-split").Shuffle(order.AsSpan());
        return Cut("by-seed", seed, order, train, validation, test);
    }

    /// <summary>Draws the sets at random by shares of all scans, at least one scan each; a remainder goes to training.</summary>
    /// <exception cref="DatasetException">There are fewer than three scans, or an id appears twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A share is not above 0, or both together reach 1.</exception>
    public static ScanSplit ByShares(IEnumerable<string> ids, double validationShare, double testShare, long seed)
    {
        Check.Share(validationShare);
        Check.Share(testShare);
        Check.InRange(validationShare + testShare, 0, 1 - 1e-9, "validationShare + testShare");
        var list = ids.ToArray();
        if (list.Length < 3)
        {
            throw new DatasetException($"{Count(list.Length)} cannot be split into training, validation and test; give at least 3.");
        }

        var validation = Math.Clamp((int)Math.Round(list.Length * validationShare), 1, list.Length - 2);
        var test = Math.Clamp((int)Math.Round(list.Length * testShare), 1, list.Length - validation - 1);
        return BySeed(list, list.Length - validation - test, validation, test, seed);
    }

    /// <summary>100, 5 and 25 scans as the paper (§4.1) from 130 scans on; the same shares of fewer.</summary>
    /// <exception cref="DatasetException">There are fewer than three scans, or an id appears twice.</exception>
    public static ScanSplit Paper(IEnumerable<string> ids, long seed)
    {
        var list = ids.ToArray();
        return list.Length >= 130 ? BySeed(list, 100, 5, 25, seed) : ByShares(list, 5.0 / 130, 25.0 / 130, seed);
    }

    /// <summary>The first scans by number train, the next validate, the next test; how the paper's split seems to have been made.</summary>
    /// <remarks>The paper's validation and test scans have twice the slices of its training scans, which fits file order, not chance.</remarks>
    /// <exception cref="DatasetException">A set would be empty, there are too few scans, or an id appears twice.</exception>
    public static ScanSplit ByFileNumber(IEnumerable<string> ids, int train, int validation, int test) =>
        Cut("by-file-number", null, Ordered(ids, train, validation, test), train, validation, test);

    /// <summary>A split from lists.</summary>
    /// <exception cref="DatasetException">A list is empty or a scan appears twice.</exception>
    public static ScanSplit Given(IEnumerable<string> train, IEnumerable<string> validation, IEnumerable<string> test) =>
        new("given", null, Sorted(train), Sorted(validation), Sorted(test));

    /// <summary>Reads the text of <see cref="ToJson"/>.</summary>
    /// <exception cref="DatasetException">The text is no split.</exception>
    public static ScanSplit FromJson(string json, string? file = null)
    {
        try
        {
            var stored = JsonSerializer.Deserialize<Stored>(json, Json) ?? throw new JsonException("it holds null");
            return stored is { Train: { } train, Validation: { } validation, Test: { } test }
                ? new ScanSplit(stored.Rule ?? "given", stored.Seed, Sorted(train), Sorted(validation), Sorted(test))
                : throw new JsonException("a list is missing");
        }
        catch (JsonException e)
        {
            throw new DatasetException(
                $"{file ?? "The text"} is no split ({e.Message.Split('.')[0]}); it needs the lists train, validation and test of scan ids.", file, e);
        }
    }

    /// <summary>The split as JSON: rule, seed, train, validation, test.</summary>
    public string ToJson() => JsonSerializer.Serialize(new Stored(Rule, Seed, Train, Validation, Test), Json);

    /// <summary>Reads a split from a file.</summary>
    /// <exception cref="DatasetException">The file is no split.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static ScanSplit Read(string path) => FromJson(File.ReadAllText(path), path);

    /// <summary>Writes the split to a file, whole or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path) => AtomicFile.WriteText(path, ToJson() + "\n");

    /// <inheritdoc/>
    public bool Equals(ScanSplit? other) =>
        other is not null && Rule == other.Rule && Seed == other.Seed
        && Train.SequenceEqual(other.Train) && Validation.SequenceEqual(other.Validation) && Test.SequenceEqual(other.Test);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rule, Seed, Train.Count, Validation.Count, Test.Count, Train[0]);

    private static ScanSplit Cut(string rule, long? seed, string[] order, int train, int validation, int test) =>
        new(rule, seed, Sorted(order[..train]), Sorted(order[train..(train + validation)]), Sorted(order[(train + validation)..(train + validation + test)]));

    private static string[] Ordered(IEnumerable<string> ids, int train, int validation, int test)
    {
        var order = Sorted(ids);
        CheckCount(train, "training");
        CheckCount(validation, "validation");
        CheckCount(test, "test");
        var needed = (long)train + validation + test;
        return needed <= order.Length
            ? order
            : throw new DatasetException($"{train} + {validation} + {test} scans are asked for, but there are {order.Length}; ask for fewer or give shares.");
    }

    private static string[] Sorted(IEnumerable<string> ids) => [.. ids.Order(NaturalOrder.Instance)];

    private static void CheckCount(int count, string name)
    {
        if (count < 1)
        {
            throw new DatasetException($"The {name} set would hold {Count(count)}; give it at least 1.");
        }
    }

    private static void CheckSet(IReadOnlyList<string> ids, string name) => CheckCount(ids.Count, name);

    private static string Count(int count) => count == 1 ? "1 scan" : $"{count} scans";

    private sealed record Stored(
        string? Rule, long? Seed, IReadOnlyList<string>? Train, IReadOnlyList<string>? Validation, IReadOnlyList<string>? Test);
}
