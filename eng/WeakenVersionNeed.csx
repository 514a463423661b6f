// ELF64 little endian: find section .gnu.version_r (type SHT_GNU_verneed), and in it the vernaux entry with the given name.
const uint shtGnuVerneed = 0x6ffffffe;
const ushort verFlgWeak = 2;
if (System.IO.File.Exists(Destination) && System.IO.File.GetLastWriteTimeUtc(Destination) >= System.IO.File.GetLastWriteTimeUtc(Source)) return true;
byte[] elf = System.IO.File.ReadAllBytes(Source);
bool isElf64 = elf.Length > 64 && elf[0] == 0x7f && elf[1] == 'E' && elf[2] == 'L' && elf[3] == 'F' && elf[4] == 2 && elf[5] == 1;
if (isElf64)
{
    System.Func<long, ushort> u16 = at => System.BitConverter.ToUInt16(elf, (int)at);
    System.Func<long, uint> u32 = at => System.BitConverter.ToUInt32(elf, (int)at);
    System.Func<long, long> i64 = at => System.BitConverter.ToInt64(elf, (int)at);
    long sections = i64(0x28);
    int sectionSize = u16(0x3a), sectionCount = u16(0x3c);
    for (int s = 0; s < sectionCount; s++)
    {
        long header = sections + (long)s * sectionSize;
        if (u32(header + 4) != shtGnuVerneed) continue;
        long need = i64(header + 24);
        long strings = i64(sections + (long)u32(header + 40) * sectionSize + 24);
        while (true)
        {
            long aux = need + u32(need + 8);
            for (int a = 0; a < u16(need + 2); a++)
            {
                long name = strings + u32(aux + 8);
                int end = System.Array.IndexOf(elf, (byte)0, (int)name);
                if (System.Text.Encoding.ASCII.GetString(elf, (int)name, end - (int)name) == VersionName) elf[aux + 4] |= (byte)verFlgWeak;
                aux += u32(aux + 12);
            }
            if (u32(need + 12) == 0) break;
            need += u32(need + 12);
        }
    }
}
System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Destination));
// A new file each time: the old one may be hard-linked into output folders.
string temporary = Destination + ".tmp";
System.IO.File.WriteAllBytes(temporary, elf);
System.IO.File.Delete(Destination);
System.IO.File.Move(temporary, Destination);
