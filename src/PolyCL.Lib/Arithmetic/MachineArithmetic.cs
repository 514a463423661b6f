using System.Diagnostics;
using PolyCL.Core;

namespace PolyCL.Arithmetic;

/// <summary>The arithmetic that this process computes with: checked before it is trusted, once per machine.</summary>
/// <remarks>
/// The first convolution of a network asks for it, so no process trains or predicts without. The answer is kept in the user's cache folder and made again
/// when processor, boot, libtorch or settings of its libraries change. It belongs to the process, as torch's thread count does.
/// </remarks>
public static class MachineArithmetic
{
    private static readonly Lock Gate = new();
    private static ArithmeticReport? report;
    private static ArithmeticChoice choice;
    private static ArithmeticRoute? route;
    private static bool onDevice;

    /// <summary>The answer for this machine; checks it when nothing is known yet.</summary>
    public static ArithmeticReport Report
    {
        get
        {
            lock (Gate)
            {
                return report ??= Known() ?? Kept(Check());
            }
        }
    }

    /// <summary>What results say beside their other settings: null where torch computes by itself and was checked, else the route, or "unchecked".</summary>
    /// <remarks>Null, too, where networks compute on another device than the CPU.</remarks>
    public static string? Identity => onDevice ? null : Route == ArithmeticRoute.Direct
        ? choice == ArithmeticChoice.Unchecked && !Report.IsSound ? "unchecked" : null
        : Word(Route);

    /// <summary>The route that convolutions take.</summary>
    /// <exception cref="MachineArithmeticException">No route passes.</exception>
    internal static ArithmeticRoute Route
    {
        get
        {
            if (route is { } known)
            {
                return known;
            }

            Use(choice);
            return route!.Value;
        }
    }

    /// <summary>One sentence for error messages and records: that the arithmetic was checked, and with which outcome.</summary>
    public static string Words => onDevice ? "networks compute on a GPU, whose arithmetic is not checked" : choice == ArithmeticChoice.Unchecked && !Report.IsSound
        ? "the machine's arithmetic is WRONG and was used all the same, as asked"
        : Report.IsSound ? "the machine's arithmetic was checked and is sound" : $"the machine's arithmetic was checked: {Report.ToWords()}";

    /// <summary>Chooses the route of this process.</summary>
    /// <param name="wanted">What the user asks for.</param>
    /// <exception cref="MachineArithmeticException">The route does not pass on this machine, or none does.</exception>
    public static void Use(ArithmeticChoice wanted)
    {
        TorchSwitches.StopNnPack();
        lock (Gate)
        {
            var found = wanted switch
            {
                ArithmeticChoice.Unchecked => ArithmeticRoute.Direct,
                ArithmeticChoice.Checked => Report.Route ?? throw new MachineArithmeticException(
                    $"This machine does not compute rightly: {Report.ToWords()} ('polycl doctor' lists the operations). Compute on another machine, or insist with --arithmetic unchecked."),
                ArithmeticChoice.Direct => Passing(ArithmeticRoute.Direct),
                ArithmeticChoice.PaddedChannels => Passing(ArithmeticRoute.PaddedChannels),
                _ => Passing(ArithmeticRoute.WithoutOneDnn),
            };
            (choice, route, onDevice) = (wanted, found, false);
            if (TorchSwitches.HasOneDnn)
            {
                TorchSwitches.UseOneDnn(found != ArithmeticRoute.WithoutOneDnn);
            }
        }
    }

    /// <summary>Networks compute on a GPU: the CPU's arithmetic is no part of what results say.</summary>
    internal static void LeaveToDevice() => onDevice = true;

    /// <summary>Forgets the answer in this process, so that the next question checks again; for tests that put other operations below.</summary>
    internal static void Forget()
    {
        lock (Gate)
        {
            (report, route, choice, onDevice) = (null, null, ArithmeticChoice.Checked, false);
        }
    }

    /// <summary>Checks the machine now, route by route, until one passes.</summary>
    internal static ArithmeticReport Check()
    {
        var clock = Stopwatch.StartNew();
        var tried = new List<RouteFindings>();
        foreach (var candidate in Enum.GetValues<ArithmeticRoute>())
        {
            if (candidate == ArithmeticRoute.WithoutOneDnn && !TorchSwitches.HasOneDnn)
            {
                break;
            }

            tried.Add(Try(candidate));
            if (tried[^1].Passed)
            {
                break;
            }
        }

        return new ArithmeticReport
        {
            Machine = MachineIdentity.Digest(),
            Route = tried[^1].Passed ? tried[^1].Route : null,
            Seconds = clock.Elapsed.TotalSeconds,
            Tried = tried,
        };
    }

    private static RouteFindings Try(ArithmeticRoute candidate)
    {
        TorchSwitches.StopNnPack();
        if (candidate == ArithmeticRoute.WithoutOneDnn)
        {
            TorchSwitches.UseOneDnn(false);
        }

        try
        {
            return new RouteFindings(candidate, ArithmeticCheck.Run(candidate));
        }
        finally
        {
            if (candidate == ArithmeticRoute.WithoutOneDnn)
            {
                TorchSwitches.UseOneDnn(true);
            }
        }
    }

    private static ArithmeticRoute Passing(ArithmeticRoute wanted)
    {
        var possible = wanted != ArithmeticRoute.WithoutOneDnn || TorchSwitches.HasOneDnn;
        if (possible && (Report.Tried.FirstOrDefault(found => found.Route == wanted) ?? Try(wanted)).Passed)
        {
            return wanted;
        }

        throw new MachineArithmeticException($"This machine does not compute rightly by --arithmetic {Word(wanted)}: {Report.ToWords()}. "
            + "Leave the option out, or use another machine.");
    }

    private static string Word(ArithmeticRoute known) => known switch
    {
        ArithmeticRoute.PaddedChannels => "padded-channels",
        ArithmeticRoute.WithoutOneDnn => "without-one-dnn",
        _ => "direct",
    };

    private static ArithmeticReport? Known()
    {
        TorchSwitches.StopNnPack();
        try
        {
            var digest = MachineIdentity.Digest();
            return Primitives.AreTorchs && File.Exists(CacheFile(digest)) && SettingsJson.Read<ArithmeticReport>(File.ReadAllText(CacheFile(digest)), CacheFile(digest)) is var read
                && read.Machine == digest && read.Tried.Count > 0 ? read : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RunStateException)
        {
            return null;                                                  // what cannot be read is made again
        }
    }

    private static ArithmeticReport Kept(ArithmeticReport made)
    {
        if (Primitives.AreTorchs)
        {
            try
            {
                AtomicFile.WriteText(CacheFile(made.Machine), SettingsJson.ToText(made));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A cache folder that cannot be written costs every process the check again, nothing else.
            }
        }

        return made;
    }

    private static string CacheFile(string digest) => Path.Combine(CacheFolder(), $"arithmetic-{digest[..16]}.json");

    private static string CacheFolder()
    {
        var own = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return Path.Combine(
            !string.IsNullOrEmpty(own) ? own
                : OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : home.Length > 0 ? Path.Combine(home, ".cache") : Path.GetTempPath(),
            "polycl");
    }
}
