using System.Text.RegularExpressions;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Finds the label of the target organ by the names in a dataset's list.</summary>
internal static partial class ListedOrgan
{
    /// <summary>The options with the organ's class as the list names it.</summary>
    /// <remarks>
    /// Where the list has the organ as 1 and beside it only what grows in an organ (cancer, tumour, cyst …), no class is set, so that the settings decide
    /// whether tumours count (<see cref="PrepareOptions.TumourIsOrgan"/>). A class that is given already stays.
    /// </remarks>
    /// <param name="options">The options as given.</param>
    /// <param name="list">The list.</param>
    /// <param name="warnings">Takes what was decided.</param>
    /// <exception cref="DatasetException">Several organs are listed, and the one asked for is none of them or cannot be told by one value.</exception>
    public static DatasetOptions Choose(DatasetOptions options, DatasetList list, List<string> warnings)
    {
        var labels = list.Labels.Where(label => label.Values.Any(value => value > 0) && !Same(label.Name, "ignore")).ToArray();
        if (labels.Length == 0)
        {
            return options;
        }

        if (options.OrganClass is { } given)
        {
            if (!labels.Any(label => label.Values.Contains(given)))
            {
                warnings.Add($"{DatasetList.Name} has no label {given}, but {InWords(labels)}.");
            }

            return options;
        }

        return Array.Find(labels, label => Same(label.Name, options.Organ)) is { } organ
            ? options with { OrganClass = ClassOf(organ, [.. labels.Where(label => label != organ)], options, list, warnings) }
            : Unnamed(labels, options, list, warnings);
    }

    private static int? ClassOf(ListedLabel organ, ListedLabel[] others, DatasetOptions options, DatasetList list, List<string> warnings)
    {
        var apart = others.Where(label => !label.Values.All(organ.Values.Contains)).ToArray();
        if (organ.Values.Count > 1)
        {
            return apart.Length == 0
                ? null
                : throw new DatasetException(
                    $"{list.FilePath}: '{options.Organ}' is made of the labels {string.Join(" and ", organ.Values)} beside {InWords(apart)}; "
                    + "one label can be the organ. Give its label as the organ's class, or a label map in which the organ has one.",
                    list.FilePath);
        }

        var value = organ.Values[0];
        if (value == 1 && apart.All(label => IsLesion(label.Name)))
        {
            return null;
        }

        var rest = apart.Length > 0 ? $"; {InWords(apart)} {(apart.Length == 1 ? "counts" : "count")} as background" : "";
        warnings.Add($"{DatasetList.Name}: '{organ.Name}' is label {value}{rest}.");
        return value;
    }

    private static DatasetOptions Unnamed(ListedLabel[] labels, DatasetOptions options, DatasetList list, List<string> warnings)
    {
        if (labels.Count(label => !IsLesion(label.Name)) > 1)
        {
            throw new DatasetException(
                $"{list.FilePath}: no label is named '{options.Organ}'; there are {InWords(labels)}. "
                + "Name one of them as the organ, or give its label as the organ's class.",
                list.FilePath);
        }

        var names = string.Join(", ", list.Labels.Select(label => label.Name));
        warnings.Add($"{DatasetList.Name} names no label '{options.Organ}' but {names}; every value above 0 counts as the organ.");
        return options;
    }

    private static string InWords(ListedLabel[] labels) =>
        string.Join(", ", labels.Select(label => $"{label.Name} ({string.Join(" and ", label.Values)})"));

    private static bool Same(string a, string b) => string.Equals(Plain(a), Plain(b), StringComparison.OrdinalIgnoreCase);

    private static string Plain(string name) => name.Trim().Replace('_', ' ').Replace('-', ' ');

    private static bool IsLesion(string name) => Lesion().IsMatch(name);

    [GeneratedRegex("cancer|tumou?r|lesion|metasta|carcinoma|neoplas|nodul|cyst|mass", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Lesion();
}
