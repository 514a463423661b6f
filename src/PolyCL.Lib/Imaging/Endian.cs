using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PolyCL.Imaging;

/// <summary>Reverses the byte order of numbers in place.</summary>
internal static class Endian
{
    public static void Swap<T>(Span<T> values)
        where T : unmanaged
    {
        switch (Unsafe.SizeOf<T>())
        {
            case 2:
                var words = MemoryMarshal.Cast<T, ushort>(values);
                BinaryPrimitives.ReverseEndianness(words, words);
                break;
            case 4:
                var doubles = MemoryMarshal.Cast<T, uint>(values);
                BinaryPrimitives.ReverseEndianness(doubles, doubles);
                break;
            case 8:
                var quads = MemoryMarshal.Cast<T, ulong>(values);
                BinaryPrimitives.ReverseEndianness(quads, quads);
                break;
        }
    }
}
