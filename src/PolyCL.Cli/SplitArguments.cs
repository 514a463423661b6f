using PolyCL.Data;

namespace PolyCL.Cli;

/// <summary>Reads what <c>--split</c> gives.</summary>
internal static class SplitArguments
{
    /// <summary>The split of a file, or drawn with given numbers of scans.</summary>
    /// <param name="text">A file, or TRAIN/VALIDATION/TEST scans.</param>
    /// <param name="ids">The scans to draw from.</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <exception cref="ArgumentException">The text is neither.</exception>
    public static ScanSplit Of(string text, IReadOnlyList<string> ids, long seed)
    {
        if (File.Exists(text))
        {
            return ScanSplit.Read(text);
        }

        var parts = text.Split('/');
        return parts.Length == 3 && int.TryParse(parts[0], out var train) && int.TryParse(parts[1], out var validation) && int.TryParse(parts[2], out var test)
            ? ScanSplit.BySeed(ids, train, validation, test, seed)
            : throw new ArgumentException($"--split {text}: no such file, and not three numbers such as 100/5/25; give one of these.");
    }
}
