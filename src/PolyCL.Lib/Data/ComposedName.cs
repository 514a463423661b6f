using System.Globalization;
using System.Text;

namespace PolyCL.Data;

/// <summary>File names with composed letters, so that a name written on macOS (u and two dots) equals the same name written elsewhere (ü).</summary>
/// <remarks>
/// Unicode's form NFC by its own table of canonical compositions and its rule for Hangul. The runtime's own normalisation needs ICU, which the program
/// does without, and leaves such names as they are.
/// </remarks>
internal static class ComposedName
{
    private const int FirstLead = 0x1100;
    private const int FirstVowel = 0x1161;
    private const int BeforeTails = 0x11A7;
    private const int FirstSyllable = 0xAC00;
    private const int Leads = 19;
    private const int Vowels = 21;
    private const int Tails = 28;
    private static readonly Lazy<Dictionary<(char Base, char Mark), char>> Pairs = new(ReadPairs);

    /// <summary>The name with composed letters; most names come back as they are.</summary>
    public static string Of(string name)
    {
        if (Ascii.IsValid(name))
        {
            return name;
        }

        var result = new StringBuilder(name.Length);
        foreach (var letter in name)
        {
            if (result.Length > 0 && Joined(result[^1], letter) is { } joined)
            {
                result[^1] = joined;
            }
            else
            {
                result.Append(letter);
            }
        }

        return result.ToString();
    }

    private static char? Joined(char first, char second)
    {
        int lead = first - FirstLead, vowel = second - FirstVowel, tail = second - BeforeTails, syllable = first - FirstSyllable;
        return lead is >= 0 and < Leads && vowel is >= 0 and < Vowels ? (char)(FirstSyllable + (((lead * Vowels) + vowel) * Tails))
            : syllable is >= 0 and < Leads * Vowels * Tails && syllable % Tails == 0 && tail is > 0 and < Tails ? (char)(first + tail)
            : Pairs.Value.TryGetValue((first, second), out var joined) ? joined
            : null;
    }

    private static Dictionary<(char Base, char Mark), char> ReadPairs()
    {
        using var stream = typeof(ComposedName).Assembly.GetManifestResourceStream("PolyCL.compositions.txt")!;
        using var reader = new StreamReader(stream);
        var pairs = new Dictionary<(char Base, char Mark), char>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            var parts = line.Split(' ');
            foreach (var pair in parts.AsSpan(1))
            {
                pairs.Add((Letter(pair.AsSpan(0, 4)), Letter(parts[0])), Letter(pair.AsSpan(4, 4)));
            }
        }

        return pairs;
    }

    private static char Letter(ReadOnlySpan<char> hex) => (char)int.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
