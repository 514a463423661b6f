using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Names the scan whose file is at fault where one scan stops the work on all, and the way to go on without it.</summary>
internal static class ScanFault
{
    /// <summary>Does something with a scan; a fault of its files is thrown on under its id.</summary>
    public static T Named<T>(ScanRecord scan, Func<T> read) => Named(scan.Id, read);

    /// <summary>The same for a scan whose files are still looked for.</summary>
    public static T Named<T>(string id, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ScanFormatException e)
        {
            throw e.OfScan(id, GoOn(id));
        }
        catch (DatasetException e)
        {
            var start = e.Message.Contains($"'{id}'", StringComparison.Ordinal) ? "" : $"Scan '{id}': ";
            throw new DatasetException($"{start}{e.Message} {GoOn(id)}", e.File, e);
        }
        catch (FileNotFoundException e)
        {
            throw new FileNotFoundException($"Scan '{id}': {e.Message} {GoOn(id)}", e.FileName, e);
        }
    }

    private static string GoOn(string id) => $"To go on without it, exclude {id}.";
}
