using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Finds scans and labels in a dataset's folder as downloaded.</summary>
public static class DatasetReader
{
    /// <summary>Lists the scans of a folder.</summary>
    /// <exception cref="DatasetException">The folder holds no scan of this layout, or its list is damaged or leads outside the folder.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static Dataset Open(DatasetKind kind, string root, DatasetOptions? options = null) => throw new NotSupportedException();

    /// <summary>The layout of a folder by its content.</summary>
    /// <exception cref="DatasetException">The folder fits no layout.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static DatasetKind Detect(string root) => throw new NotSupportedException();
}
