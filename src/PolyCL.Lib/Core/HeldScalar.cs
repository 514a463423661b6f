using System.Collections.Concurrent;
using TorchSharp;

namespace PolyCL.Core;

/// <summary>Numbers for torch that live as long as the process.</summary>
/// <remarks>
/// TorchSharp turns a number beside a tensor into a Scalar with a finalizer and hands only its address to the native call: a garbage collection that another
/// thread starts in that moment frees it, and the call reads freed memory (seen as "Exception raised from toFloat at Scalar.h"; the value could as well be
/// wrong). So settings and constants beside tensors are taken from here; a value that changes each step is held by a <c>using</c>.
/// </remarks>
internal static class HeldScalar
{
    private static readonly ConcurrentDictionary<double, Scalar> Known = new();

    /// <summary>The number as a scalar that nobody may dispose; for constants and settings, since it is kept for ever.</summary>
    public static Scalar Held(this double value) => Known.GetOrAdd(value, static number => number.ToScalar());
}
