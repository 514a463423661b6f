using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace PolyCL.Models.Weights;

/// <summary>A tiny pickle machine: builds plain containers and descriptions of tensors, and refuses everything else by name.</summary>
/// <remarks>
/// It has no operation that could run code: classes and functions are names from a fixed list (<see cref="PickleGlobals"/>), and applying one makes a
/// value of this program. Source: the opcode descriptions of Python's pickletools, protocols 2 to 5.
/// </remarks>
internal sealed class PickleMachine
{
    /// <summary>A file with thousands of tensors and its optimiser's state takes a few hundred thousand.</summary>
    private const int MostOperations = 4_000_000;
    private const int LargestProtocol = 5;
    private const string SaveStates = "Save only its state dictionary in PyTorch: torch.save(model.state_dict(), path).";

    /// <summary>Bytes of the longest pickle that is read.</summary>
    internal const int LongestPickle = 32 << 20;

    /// <summary>Longer names are hostile: they would be hashed and copied again and again.</summary>
    private const int LongestName = 1024;

    /// <summary>Bytes of the longest integer whose value is kept; of a longer one only the length is.</summary>
    private const int LongestInteger = 255;

    private static readonly object Mark = new();
    private readonly WeightSource source;
    private readonly byte[] code;
    private readonly List<object?> stack = [];
    private readonly Dictionary<long, object?> memo = [];
    private readonly Dictionary<string, PickleStorage> storages = new(StringComparer.Ordinal);
    private int position;
    private long spent;

    /// <param name="source">The file, for messages.</param>
    /// <param name="code">Bytes that hold the pickle.</param>
    /// <param name="position">Where it begins.</param>
    internal PickleMachine(WeightSource source, byte[] code, int position = 0)
    {
        this.source = source;
        this.code = code;
        this.position = position;
    }

    /// <summary>Where the pickle ended, once it ran.</summary>
    internal int Position => position;

    /// <summary>The storages it named, by key; one named with a number format of another size is refused.</summary>
    internal IReadOnlyDictionary<string, PickleStorage> Storages => storages;

    /// <summary>True for values that can be keys of a dictionary here.</summary>
    internal static bool IsKey(object? value) => value is string { Length: <= LongestName } or long or BigInteger or double or bool;

    /// <summary>The value the pickle describes.</summary>
    internal object? Run()
    {
        while (spent++ < MostOperations)
        {
            var operation = Byte();
            if (operation == (byte)'.')
            {
                return Pop();
            }

            Step(operation);
        }

        throw source.Problem($"has a pickle of more than {MostOperations} operations. {SaveStates}");
    }

    private void Step(byte operation)
    {
        switch (operation)
        {
            case 0x80:                                                       // PROTO
                var protocol = Byte();
                if (protocol > LargestProtocol)
                {
                    throw source.Problem($"uses pickle protocol {protocol}; up to {LargestProtocol} is read. Save it with PyTorch's default.");
                }

                break;
            case 0x95: Take(8); break;                                       // FRAME
            case (byte)'(': stack.Add(Mark); break;
            case (byte)'0': Pop(); break;
            case (byte)'1': PopToMark(); break;
            case (byte)'2': stack.Add(Top()); break;
            case (byte)'N': stack.Add(null); break;
            case 0x88: stack.Add(true); break;
            case 0x89: stack.Add(false); break;
            case (byte)'J': stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case (byte)'K': stack.Add((long)Byte()); break;
            case (byte)'M': stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case 0x8a: stack.Add(Integer(Take(Byte()))); break;              // LONG1
            case 0x8b: stack.Add(Integer(Take(BinaryPrimitives.ReadInt32LittleEndian(Take(4))))); break;   // LONG4
            case (byte)'G': stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case (byte)'X': stack.Add(Text(Length32())); break;              // BINUNICODE
            case 0x8c: stack.Add(Text(Byte())); break;                       // SHORT_BINUNICODE
            case 0x8d: stack.Add(Text(Length64())); break;                   // BINUNICODE8
            case (byte)'C': stack.Add(Bytes(Byte())); break;                 // SHORT_BINBYTES
            case (byte)'B': stack.Add(Bytes(Length32())); break;             // BINBYTES
            case 0x8e or 0x96: stack.Add(Bytes(Length64())); break;          // BINBYTES8, BYTEARRAY8
            case (byte)'U': stack.Add(Text(Byte())); break;                  // SHORT_BINSTRING, Python 2
            case (byte)'T': stack.Add(Text(Length32())); break;              // BINSTRING
            case (byte)')': stack.Add(Array.Empty<object?>()); break;
            case (byte)'t': stack.Add(PopToMark()); break;
            case 0x85 or 0x86 or 0x87: stack.Add(PopMany(operation - 0x84)); break;
            case (byte)']' or 0x8f: stack.Add(new List<object?>()); break;   // EMPTY_LIST, EMPTY_SET
            case (byte)'l' or 0x91: stack.Add(PopToMark().ToList()); break;  // LIST, FROZENSET
            case (byte)'a': Append([Pop()]); break;
            case (byte)'e' or 0x90: Append(PopToMark()); break;              // APPENDS, ADDITEMS
            case (byte)'}': stack.Add(new PickleDictionary()); break;
            case (byte)'d':
                var items = PopToMark();
                stack.Add(new PickleDictionary());
                SetItems(items);
                break;
            case (byte)'s': SetItems(PopMany(2)); break;
            case (byte)'u': SetItems(PopToMark()); break;
            case (byte)'c': stack.Add(Global(Line(), Line())); break;
            case 0x93:                                                       // STACK_GLOBAL
                var names = PopMany(2);
                stack.Add(names is [string module, string name] ? Global(module, name) : throw Damaged("a class that is not named by text"));
                break;
            case (byte)'R': Reduce(); break;
            case (byte)'b': Build(); break;
            case (byte)'Q': stack.Add(Storage(Pop())); break;                // BINPERSID
            case (byte)'q': memo[Byte()] = Top(); break;
            case (byte)'r': memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Top(); break;
            case 0x94: memo[memo.Count] = Top(); break;                      // MEMOIZE
            case (byte)'h': stack.Add(Remembered(Byte())); break;
            case (byte)'j': stack.Add(Remembered(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
            default: throw source.Problem($"uses pickle operation 0x{operation:x2}, which weights do not need. {SaveStates}");
        }
    }

    private PickleGlobal Global(string module, string name)
    {
        var full = module.Length + name.Length < LongestName ? $"{module}.{name}" : throw Damaged("an endless name");
        return PickleGlobals.Knows(full)
            ? new PickleGlobal(full)
            : throw source.Problem($"needs the Python class or function '{ZipDirectory.Printable(full)}', which is never run here. {SaveStates}");
    }

    private void Reduce()
    {
        var pair = PopMany(2);
        if (pair is not [PickleGlobal function, object[] arguments])
        {
            throw Damaged("a call of something that is no function");
        }

        spent += arguments is [List<object> items] ? items.Count : 0;   // a copy of the list
        stack.Add(PickleGlobals.Apply(function.FullName, arguments) ?? throw Damaged($"'{function.FullName}' with arguments of another kind"));
    }

    /// <summary>Attributes of an OrderedDict, such as a state dictionary's version table, are dropped; nothing else may have any.</summary>
    private void Build()
    {
        Pop();
        if (Top() is not (PickleDictionary or PickleTensor))
        {
            throw Damaged("attributes of something that has none");
        }
    }

    private PickleStorage Storage(object? id)
    {
        if (id is not (object[] and ["storage", PickleGlobal type, string key, _, long count, .. var view]))
        {
            throw Damaged("a reference to something other than a storage");
        }

        // PyTorch before 0.4 named a part of a storage: (its own key, first element, elements).
        var first = view is [object[] and [_, long skipped, long]] ? skipped : 0;

        if (PickleGlobals.StorageType(type.FullName) is not { } format || count < 0 || first < 0 || first > count)
        {
            throw Damaged($"a storage of type '{type.FullName}' and {count} elements");
        }

        var storage = new PickleStorage(key, format, count);
        if (storages.TryGetValue(key, out var known) && (known.Count != count || WeightTypes.Size(known.Type) != WeightTypes.Size(format)))
        {
            throw Damaged($"a storage of {known.Count} elements that has {count} elsewhere");
        }

        storages.TryAdd(key, storage);
        return storage with { First = first };
    }

    private void SetItems(object?[] items)
    {
        if (Top() is not PickleDictionary dictionary || items.Length % 2 != 0)
        {
            throw Damaged("dictionary entries outside a dictionary");
        }

        for (var i = 0; i < items.Length; i += 2)
        {
            dictionary.Set(IsKey(items[i]) ? items[i]! : throw Damaged("a dictionary key that is neither a short text nor a number"), items[i + 1]);
        }
    }

    private void Append(object?[] items) => (Top() as List<object?> ?? throw Damaged("list items outside a list")).AddRange(items);

    private object? Remembered(long key) => memo.TryGetValue(key, out var value) ? value : throw Damaged("a reference to nothing");

    private object? Top() => stack.Count > 0 && !ReferenceEquals(stack[^1], Mark) ? stack[^1] : throw Damaged("an empty stack");

    private object? Pop()
    {
        var value = Top();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private object?[] PopMany(int count)
    {
        var values = new object?[count];
        for (var i = count - 1; i >= 0; i--)
        {
            values[i] = Pop();
        }

        return values;
    }

    private object?[] PopToMark()
    {
        var mark = stack.LastIndexOf(Mark);
        if (mark < 0)
        {
            throw Damaged("a missing mark");
        }

        object?[] values = [.. stack[(mark + 1)..]];
        stack.RemoveRange(mark, stack.Count - mark);
        return values;
    }

    private byte Byte() => Take(1)[0];

    private long Length32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    private long Length64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    private string Text(long length) => Encoding.UTF8.GetString(Take(length));

    private string Line()
    {
        var length = code.AsSpan(position).IndexOf((byte)'\n');
        if (length < 0)
        {
            throw Damaged("an endless name");
        }

        var line = Text(length);
        position++;
        return line;
    }

    private PickleBytes Bytes(long length) => new(Take(length).Length);

    /// <summary>A long where it fits, else a BigInteger, else the length alone: a hostile one of megabytes would take minutes to print.</summary>
    private static object Integer(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        <= sizeof(long) => (long)new BigInteger(bytes),
        <= LongestInteger => new BigInteger(bytes),
        _ => new PickleBytes(bytes.Length),
    };

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > code.Length - position)
        {
            if (count > 0 && code.Length >= LongestPickle)
            {
                throw source.Problem($"has a pickle of more than {LongestPickle} bytes. {SaveStates}");
            }

            throw Damaged("an end in the middle of an operation");
        }

        var bytes = code.AsSpan(position, (int)count);
        position += (int)count;
        return bytes;
    }

    private Core.WeightMismatchException Damaged(string what) =>
        source.Problem($"has a damaged or unusual pickle ({what}, at byte {position}); copy or download it again. {SaveStates}");
}
