using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Names the scan whose file is at fault where one scan stops the work on all, and the way to go on without it.</summary>
internal static class ScanFault
{
    /// <summary>Does something with a scan; a fault of its files is thrown on under its id.</summary>
    public static T Named<T>(ScanRecord scan, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ScanFormatException e)
        {
            throw e.OfScan(scan.Id, GoOn(scan));
        }
        catch (DatasetException e)
        {
            throw new DatasetException($"{e.Message} {GoOn(scan)}", e.File, e);
        }
        catch (FileNotFoundException e)
        {
            throw new FileNotFoundException($"Scan '{scan.Id}': {e.Message} {GoOn(scan)}", e.FileName, e);
        }
    }

    private static string GoOn(ScanRecord scan) => $"To go on without it, exclude {scan.Id}.";
}
