// ECMA-335, II.24.2: the metadata root "BSJB" lists its streams; "#Blob" holds the values of attributes, "#~" the tables with one row for each attribute.
// The assembly's DebuggableAttribute says 0x002, in a blob that it shares with attributes of delegates, so the blob must stay. Its row is led to
// the blob of CompilationRelaxationsAttribute (8, "strings need not be interned"), which becomes 0x103: Default, IgnoreSymbolStoreSequencePoints and
// DisableOptimizations. Read as relaxations, 0x103 holds no known one. The runtime heeds DisableOptimizations with Default alone.
byte[] debuggable = { 8, 1, 0, 0x02, 0x00, 0, 0, 0, 0 }, relaxations = { 8, 1, 0, 0x08, 0x00, 0, 0, 0, 0 };
byte[] assembly = System.IO.File.ReadAllBytes(Source);
string hash;
using (var sha = System.Security.Cryptography.SHA256.Create()) hash = System.BitConverter.ToString(sha.ComputeHash(assembly)).Replace("-", "").ToLowerInvariant();
System.Func<byte[], int, int, System.Collections.Generic.List<int>> find = (pattern, start, length) =>
{
    var places = new System.Collections.Generic.List<int>();
    for (int at = start; at + pattern.Length <= start + length; at++)
    {
        int same = 0;
        while (same < pattern.Length && assembly[at + same] == pattern[same]) same++;
        if (same == pattern.Length) places.Add(at);
    }
    return places;
};
System.Func<int, int> i32 = at => System.BitConverter.ToInt32(assembly, at);
System.Func<string, int[]> stream = name =>
{
    int root = find(new byte[] { 0x42, 0x53, 0x4A, 0x42, 1, 0, 1, 0 }, 0, assembly.Length)[0];
    int header = find(System.Text.Encoding.ASCII.GetBytes(name + "\0"), root, 256)[0] - 8;
    return new[] { root + i32(header), i32(header + 4) };
};
var rows = new System.Collections.Generic.List<int>();
int value = 0, blobs = 0;
if (hash == Sha256)
{
    int[] blob = stream("#Blob"), tables = stream("#~");
    blobs = blob[0];
    var (old, other) = (find(debuggable, blob[0], blob[1]), find(relaxations, blob[0], blob[1]));
    if (old.Count == 1 && other.Count == 1)
    {
        value = other[0];
        byte[] oldIndex = System.BitConverter.GetBytes(old[0] - blob[0]);
        // A row: what bears the attribute (0x2E, the assembly), its constructor, the place of its value in #Blob; four bytes each.
        foreach (int at in find(oldIndex, tables[0], tables[1])) if (i32(at - 8) == 0x2E) rows.Add(at);
    }
}
if (rows.Count != 1)
{
    Log.LogError("TorchSharp.dll of package version {0} (SHA-256 {1}) is not the one that the mend of its freed arguments was made for ({2}, SHA-256 {3}); "
        + "see eng/LibTorchSharp.targets for what to try with the new one before its version and hash are written there.", PackageVersion, hash, Version, Sha256);
    return false;
}
System.BitConverter.GetBytes(value - blobs).CopyTo(assembly, rows[0]);
System.BitConverter.GetBytes(0x103).CopyTo(assembly, value + 3);
// Written only when it differs, and as a new file: the old one may be hard-linked into output folders and loaded by a running program.
if (System.IO.File.Exists(Destination) && System.Linq.Enumerable.SequenceEqual(System.IO.File.ReadAllBytes(Destination), assembly)) return true;
System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Destination));
string temporary = Destination + "." + System.Guid.NewGuid().ToString("N") + ".tmp";
System.IO.File.WriteAllBytes(temporary, assembly);
System.IO.File.Delete(Destination);
System.IO.File.Move(temporary, Destination);
