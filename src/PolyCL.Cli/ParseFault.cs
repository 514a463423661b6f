using System.CommandLine.Parsing;

namespace PolyCL.Cli;

/// <summary>Says what is wrong with a command line in one line: the option's name, the value, what to give.</summary>
internal static class ParseFault
{
    private const string TypeWords = " as expected type '";

    /// <summary>The sentence of a fault.</summary>
    public static string Sentence(ParseError error)
    {
        var text = string.Join(' ', error.Message.Split(['\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        var symbol = Symbol(error.SymbolResult);
        if (text.IndexOf(TypeWords, StringComparison.Ordinal) is var at and > 0 && symbol is var (name, type))
        {
            var values = string.Join(' ', error.SymbolResult!.Tokens.Select(token => token.Value));
            return $"{name} {values}: give {Kind(type)}.";
        }

        return symbol is var (option, _) && !text.Contains(option, StringComparison.Ordinal) ? $"{option}: {text}" : text;
    }

    private static (string Name, Type Type)? Symbol(SymbolResult? result) => result switch
    {
        OptionResult option => (option.Option.Name, option.Option.ValueType),
        ArgumentResult { Parent: OptionResult option } => (option.Option.Name, option.Option.ValueType),
        ArgumentResult argument => (argument.Argument.Name, argument.Argument.ValueType),
        _ => null,
    };

    private static string Kind(Type type)
    {
        var plain = type.IsArray ? type.GetElementType()! : type;
        plain = Nullable.GetUnderlyingType(plain) ?? plain;
        return Type.GetTypeCode(plain) switch
        {
            _ when plain.IsEnum => $"one of {string.Join(", ", Enum.GetNames(plain))}",
            TypeCode.Int32 => $"a whole number of at most {int.MaxValue}",
            TypeCode.Int64 => "a whole number",
            TypeCode.Double or TypeCode.Single or TypeCode.Decimal => "a number such as 0.5",
            TypeCode.Boolean => "true or false, or nothing",
            _ => "what --help names",
        };
    }
}
