using System.Text;

namespace PolyCL.Studies.Slurm;

/// <summary>Writes words so that bash reads them as they are.</summary>
internal static class ShellText
{
    private const string Plain = "-_./,:=+@%";

    /// <summary>One word: bare where nothing in it means anything to a shell, else in single quotes.</summary>
    public static string Word(string text) =>
        text.Length > 0 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || Plain.Contains(letter, StringComparison.Ordinal))
            ? text
            : $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <summary>Several words, parted by blanks.</summary>
    public static string Words(IEnumerable<string> words) => string.Join(' ', words.Select(Word));

    /// <summary>A text in double quotes in which <c>$NAME</c> and <c>${NAME}</c> stand for variables of the node, and nothing else means anything.</summary>
    public static string WithVariables(string text)
    {
        var quoted = new StringBuilder("\"");
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '"' or '\\' or '`' || (text[i] == '$' && !BeginsVariable(text.AsSpan(i + 1))))
            {
                quoted.Append('\\');
            }

            quoted.Append(text[i]);
        }

        return quoted.Append('"').ToString();
    }

    private static bool IsOfName(char letter) => char.IsAsciiLetterOrDigit(letter) || letter == '_';

    private static bool BeginsVariable(ReadOnlySpan<char> rest)
    {
        var braced = rest.StartsWith("{");
        var end = braced ? rest.IndexOf('}') : rest.Length;
        var name = end > 0 ? rest[(braced ? 1 : 0)..end] : [];
        return name.Length > 0 && IsOfName(name[0]) && !char.IsAsciiDigit(name[0]) && (!braced || name.ToArray().All(IsOfName));
    }
}
