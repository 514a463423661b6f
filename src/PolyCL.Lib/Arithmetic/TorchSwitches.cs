using System.Runtime.InteropServices;
using TorchSharp;

namespace PolyCL.Arithmetic;

/// <summary>Switches of libtorch that TorchSharp does not show: NNPACK and oneDNN, for the whole process.</summary>
/// <remarks>They are C++ functions, found by the names that GCC and Clang give them; where a library lacks them, nothing is switched.</remarks>
internal static unsafe class TorchSwitches
{
    private static readonly nint Library = Load();
    private static readonly delegate* unmanaged<nint> Context = (delegate* unmanaged<nint>)Export("_ZN2at13globalContextEv");
    private static readonly delegate* unmanaged<nint, byte, void> NnPack = (delegate* unmanaged<nint, byte, void>)Export("_ZN2at7Context20setUserEnabledNNPACKEb");
    private static readonly delegate* unmanaged<nint, byte, void> OneDnn = (delegate* unmanaged<nint, byte, void>)Export("_ZN2at7Context20setUserEnabledMkldnnEb");

    private static readonly delegate* unmanaged<nint, byte> OneDnnState = (delegate* unmanaged<nint, byte>)Export("_ZNK2at7Context17userEnabledMkldnnEv");

    /// <summary>Whether oneDNN can be switched off here.</summary>
    public static bool HasOneDnn => Context != null && OneDnn != null && OneDnnState != null;

    /// <summary>Whether oneDNN takes part now.</summary>
    public static bool OneDnnIsOn => !HasOneDnn || OneDnnState(Context()) != 0;

    /// <summary>Switches NNPACK off: torch tries it for single slices, and says on standard error at every convolution that it does not know the processor.</summary>
    public static void StopNnPack()
    {
        if (Context != null && NnPack != null)
        {
            NnPack(Context(), 0);
        }
    }

    /// <summary>Switches oneDNN on or off, for every operation of the process from now on.</summary>
    /// <exception cref="NotSupportedException"><see cref="HasOneDnn"/> is false.</exception>
    public static void UseOneDnn(bool on)
    {
        if (!HasOneDnn)
        {
            throw new NotSupportedException("This libtorch has no switch for oneDNN that is known here.");
        }

        OneDnn(Context(), on ? (byte)1 : (byte)0);
    }

    private static nint Load()
    {
        torch.TryInitializeDeviceType(DeviceType.CPU);                    // TorchSharp finds and loads libtorch
        return NativeLibrary.TryLoad("torch_cpu", typeof(torch).Assembly, null, out var library)
            || NativeLibrary.TryLoad("libtorch_cpu.so", out library) ? library : 0;
    }

    private static nint Export(string name) => Library != 0 && NativeLibrary.TryGetExport(Library, name, out var entry) ? entry : 0;
}
