namespace PolyCL.Core;

/// <summary>Something a person can mend: the message says what is wrong, where, and how to mend it, in one sentence or two.</summary>
/// <remarks>The command line turns every such exception into one sentence and exit code 2.</remarks>
public abstract class PolyClException : Exception
{
    /// <summary>Creates the exception with a message for the user.</summary>
    protected PolyClException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>A short, stable word for programs, such as <c>scan-format</c>.</summary>
    public abstract string Code { get; }

    /// <summary>The file or folder concerned, or null.</summary>
    public virtual string? File => null;
}

/// <summary>A scan or label file that cannot be read as what it claims to be.</summary>
public sealed class ScanFormatException : PolyClException
{
    /// <summary>Creates the exception; <paramref name="problem"/> states what is wrong and how to mend it.</summary>
    public ScanFormatException(string path, string field, string problem, Exception? inner = null)
        : base($"{path}: {field}: {problem}", inner)
    {
        Path = path;
        Field = field;
    }

    private ScanFormatException(string message, ScanFormatException of)
        : base(message, of)
    {
        Path = of.Path;
        Field = of.Field;
    }

    /// <summary>The offending file.</summary>
    public string Path { get; }

    /// <summary>The header field or part of the file at fault, such as <c>dim[1]</c> or <c>voxels</c>.</summary>
    public string Field { get; }

    /// <inheritdoc/>
    public override string Code => "scan-format";

    /// <inheritdoc/>
    public override string File => Path;

    /// <summary>The same with the scan's id before, and what else can be done behind.</summary>
    internal ScanFormatException OfScan(string id, string end) => new($"Scan '{id}': {Message} {end}", this);
}

/// <summary>A dataset folder, split or scan list that does not hold what is needed.</summary>
public sealed class DatasetException : PolyClException
{
    /// <summary>Creates the exception; <paramref name="message"/> names the place and the mend.</summary>
    public DatasetException(string message, string? file = null, Exception? inner = null)
        : base(message, inner) => File = file;

    /// <inheritdoc/>
    public override string Code => "dataset";

    /// <inheritdoc/>
    public override string? File { get; }
}

/// <summary>Weights that cannot be read, or do not fit the network.</summary>
public sealed class WeightMismatchException : PolyClException
{
    /// <summary>Creates the exception with the keys at fault.</summary>
    public WeightMismatchException(
        string message,
        string? file = null,
        IReadOnlyList<string>? missing = null,
        IReadOnlyList<string>? unexpected = null,
        IReadOnlyList<string>? wrongShape = null)
        : base(message)
    {
        File = file;
        Missing = missing ?? [];
        Unexpected = unexpected ?? [];
        WrongShape = wrongShape ?? [];
    }

    /// <inheritdoc/>
    public override string Code => "weights";

    /// <inheritdoc/>
    public override string? File { get; }

    /// <summary>Keys the network has and the file lacks.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Keys the file has and the network lacks.</summary>
    public IReadOnlyList<string> Unexpected { get; }

    /// <summary>Keys in both with different shape or type, each with both shapes.</summary>
    public IReadOnlyList<string> WrongShape { get; }
}

/// <summary>A run folder, checkpoint or slice store that does not fit what is asked of it.</summary>
public sealed class RunStateException : PolyClException
{
    /// <summary>Creates the exception; <paramref name="message"/> names the folder and the mend.</summary>
    public RunStateException(string message, string? file = null, Exception? inner = null)
        : base(message, inner) => File = file;

    /// <inheritdoc/>
    public override string Code => "run-state";

    /// <inheritdoc/>
    public override string? File { get; }

    /// <summary>True when nothing is wrong but that another process works on it: waiting mends it.</summary>
    public bool IsHeld { get; init; }
}

/// <summary>A run that was asked for rightly but failed on the way, such as a loss that is no longer finite; exit code 1.</summary>
public sealed class RunFailedException : Exception
{
    /// <summary>Creates the exception; <paramref name="message"/> says what failed, where, and what to try.</summary>
    public RunFailedException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
