namespace PolyCL.Core;

/// <summary>The project's only source of randomness: a counter-based stream fixed by (seed, purpose, epoch, position).</summary>
/// <remarks>
/// Two streams with different keys are independent; the same key always gives the same numbers, on every machine and from every
/// thread. Generator: SplitMix64 (Steele, Lea, Flood 2014) started from a mixed hash of the key.
/// </remarks>
public struct RandomStream
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;
    private ulong state;

    /// <summary>Starts the stream of one purpose at one place.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="purpose">What the numbers are for, such as <c>"epoch-order"</c>; part of the key.</param>
    /// <param name="epoch">Epoch, or 0.</param>
    /// <param name="position">Position in the epoch (anchor, scan, step …), or 0.</param>
    public RandomStream(long seed, string purpose, long epoch = 0, long position = 0)
        : this(seed, Fnv1a(purpose), epoch, position)
    {
    }

    /// <summary>Starts a stream from an already hashed purpose; see <see cref="Fnv1a"/>. Allocation-free, for hot paths.</summary>
    public RandomStream(long seed, ulong purposeHash, long epoch, long position)
    {
        var h = Mix(unchecked((ulong)seed) + Gamma);
        h = Mix(h ^ purposeHash);
        h = Mix(h + unchecked((ulong)epoch * 0xD1342543DE82EF95));
        state = Mix(h + unchecked((ulong)position * 0xAF251AF3B0F025B5));
    }

    /// <summary>64-bit FNV-1a hash of the text's UTF-8 bytes.</summary>
    public static ulong Fnv1a(string text)
    {
        var hash = 0xcbf29ce484222325UL;
        foreach (var b in System.Text.Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ b) * 0x100000001b3UL;
        }

        return hash;
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64() => Mix(state += Gamma);

    /// <summary>A uniform integer in [0, <paramref name="bound"/>), unbiased.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bound is zero or negative.</exception>
    public int NextInt(int bound)
    {
        Check.Positive(bound);
        // Lemire 2019: multiply and reject the few biased low words.
        var product = (UInt128)NextUInt64() * (uint)bound;
        var low = (ulong)product;
        if (low < (uint)bound)
        {
            var threshold = unchecked(0UL - (uint)bound) % (uint)bound;
            while (low < threshold)
            {
                product = (UInt128)NextUInt64() * (uint)bound;
                low = (ulong)product;
            }
        }

        return (int)(product >> 64);
    }

    /// <summary>A uniform number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A uniform number in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double NextDouble(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>A standard normal number (Box–Muller, one of the pair).</summary>
    public double NextNormal()
    {
        var radius = Math.Sqrt(-2.0 * Math.Log(1.0 - NextDouble()));
        return radius * Math.Cos(2.0 * Math.PI * NextDouble());
    }

    /// <summary>Puts the items in a uniformly random order, in place (Fisher–Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
