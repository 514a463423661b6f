using System.CommandLine;
using PolyCL.Models;

namespace PolyCL.Cli;

/// <summary>The option that names the number format of a network.</summary>
internal static class PrecisionArgument
{
    /// <summary>Creates it.</summary>
    /// <param name="description">What computes in it.</param>
    /// <param name="name">Name of the option.</param>
    public static Option<string> Create(string description = "fp32 or bf16.", string name = "--precision") => TrainingArguments.Words(name, description, "fp32", "fp32", "bf16");

    /// <summary>The format that the command line asks for.</summary>
    public static ComputePrecision Of(ParseResult parse, Option<string> option) =>
        parse.GetValue(option) == "bf16" ? ComputePrecision.BFloat16 : ComputePrecision.Full;
}
