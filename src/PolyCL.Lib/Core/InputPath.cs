namespace PolyCL.Core;

/// <summary>A file that is read, or a folder whose files are.</summary>
/// <param name="Path">Where; what does not exist cannot be overwritten.</param>
/// <param name="Name">What the caller calls it; null for nothing.</param>
public sealed record InputPath(string Path, string? Name = null)
{
    /// <inheritdoc/>
    public override string ToString() => Name is null ? Path : $"{Name} {Path}";
}
