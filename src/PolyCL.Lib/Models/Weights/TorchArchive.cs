using System.Text;

namespace PolyCL.Models.Weights;

/// <summary>Reads PyTorch's zip .pth and .pt: one folder with a pickle that describes tensors, and their storages as plain bytes.</summary>
internal sealed class TorchArchive
{
    private readonly WeightSource source;
    private readonly ZipDirectory zip;
    private readonly string folder;
    private readonly Dictionary<string, (long Position, long Size)?> storages = new(StringComparer.Ordinal);

    private TorchArchive(WeightSource source)
    {
        this.source = source;
        zip = ZipDirectory.Read(source);
        folder = FindFolder();
    }

    internal static WeightSet Read(WeightSource source)
    {
        var archive = new TorchArchive(source);
        archive.CheckByteOrder();
        var (position, size) = archive.zip.Locate(archive.folder + "data.pkl")!.Value;
        if (size > PickleMachine.LongestPickle)
        {
            throw source.Problem($"has a pickle of {size} bytes; at most {PickleMachine.LongestPickle} are read.");
        }

        var root = new PickleMachine(source, source.Read(position, (int)size)).Run();
        return TorchContents.Read(source, root, archive.Locate);
    }

    private string FindFolder()
    {
        var pickles = zip.Names.Where(name => name.EndsWith("/data.pkl", StringComparison.Ordinal) && name.IndexOf('/') == name.LastIndexOf('/')).ToList();
        if (pickles.Count != 1)
        {
            throw source.Problem("is a zip file but not one of torch.save (no data.pkl in a folder of its own); give the file PyTorch wrote.");
        }

        var found = pickles[0][..^"data.pkl".Length];
        return zip.Names.Contains(found + "constants.pkl")
            ? throw source.Problem("is a TorchScript program, not weights; save its state dictionary in PyTorch: torch.save(model.state_dict(), path).")
            : found;
    }

    private void CheckByteOrder()
    {
        if (zip.Locate(folder + "byteorder") is not var (position, size))
        {
            return;
        }

        var order = Encoding.ASCII.GetString(source.Read(position, (int)Math.Min(size, 16)));
        if (order != "little")
        {
            throw source.Problem($"was written in '{ZipDirectory.Printable(order)}' byte order; only little is read. Save it again on a little-endian machine.");
        }
    }

    private (long Position, long Size)? Locate(PickleStorage storage)
    {
        if (!storages.TryGetValue(storage.Key, out var place))
        {
            place = zip.Locate($"{folder}data/{storage.Key}");
            storages.Add(storage.Key, place);
        }

        return place;
    }
}
