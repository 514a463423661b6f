namespace PolyCL.Core;

/// <summary>A file or folder that will be written.</summary>
/// <param name="Path">Where.</param>
/// <param name="Name">What the caller calls it, such as an option's name; null for nothing.</param>
/// <param name="IsFolder">True for a folder that takes files.</param>
/// <param name="Endings">The endings that its name may have; none for any.</param>
public sealed record OutputPath(string Path, string? Name = null, bool IsFolder = false, params IReadOnlyList<string> Endings)
{
    /// <inheritdoc/>
    public override string ToString() => Name is null ? Path : $"{Name} {Path}";
}
