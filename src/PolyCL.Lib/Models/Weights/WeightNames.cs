namespace PolyCL.Models.Weights;

/// <summary>Dotted names of tensors in files and networks.</summary>
internal static class WeightNames
{
    /// <summary>Joins two parts by a dot; an empty part adds nothing.</summary>
    internal static string Join(string first, string second) =>
        first.Length == 0 ? second : second.Length == 0 ? first : $"{first}.{second}";

    /// <summary>True when the name begins with one of the prefixes.</summary>
    internal static bool StartsWithAny(string name, IReadOnlyList<string> prefixes) =>
        prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>The first few items for a message, with the number left out.</summary>
    internal static string Some(IReadOnlyList<string> items, int shown = 3)
    {
        var text = string.Join(", ", items.Take(shown));
        return items.Count > shown ? $"{text} and {items.Count - shown} more" : text;
    }
}
