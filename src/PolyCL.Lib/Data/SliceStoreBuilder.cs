using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Makes slice stores from datasets.</summary>
public static class SliceStoreBuilder
{
    /// <summary>Opens the store of a dataset and settings in a folder, or makes it first; the second time is instant.</summary>
    /// <exception cref="DatasetException">The dataset has no scan, or scan and label do not fit.</exception>
    /// <exception cref="ScanFormatException">A file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; nothing is left behind.</exception>
    public static SliceStore OpenOrBuild(
        Dataset dataset, PrepareOptions options, string folder, IProgress<ProgressReport>? progress = null, CancellationToken token = default) =>
        throw new NotSupportedException();
}
