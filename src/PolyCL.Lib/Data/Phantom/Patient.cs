using System.Numerics;
using PolyCL.Core;

namespace PolyCL.Data.Phantom;

/// <summary>What distinguishes one patient from another, before any organ is shaped.</summary>
internal sealed class Patient
{
    private readonly long seed;
    private readonly long site;
    private readonly long index;

    private Patient(PhantomSite site, long seed, int index) => (this.seed, this.site, this.index) = (seed, (long)site, index);

    public required ContrastPhase Phase { get; init; }

    /// <summary>Subcutaneous fat at the flank, mm.</summary>
    public required float Fat { get; init; }

    /// <summary>Fat between the organs, 0 lean to 1.</summary>
    public required float VisceralFat { get; init; }

    /// <summary>Thickness of the muscles relative to the template.</summary>
    public required float Muscle { get; init; }

    /// <summary>Age, years: bone density, calcification, fat in the muscles.</summary>
    public required float Age { get; init; }

    public required Warp Warp { get; init; }

    public required TissueTable Hu { get; init; }

    public static Patient Draw(PhantomSite site, long seed, int index)
    {
        var random = new RandomStream(seed, "phantom/patient", (long)site, index);
        var phase = DrawPhase(site, random.NextDouble());
        var large = site == PhantomSite.C ? 0.05 : 0;
        var visceral = Math.Clamp(random.NextDouble(-0.1, 1) + (2 * large), 0, 1);
        var age = (float)random.NextDouble(25, 85);
        var scale = new Vector3(
            (float)(1 + large + (0.055 * random.NextNormal()) + (0.06 * (visceral - 0.5))),
            (float)(1 + large + (0.05 * random.NextNormal()) + (0.16 * (visceral - 0.45))),
            (float)(1 + (0.04 * random.NextNormal())));
        scale = Vector3.Clamp(scale, new Vector3(0.86f, 0.86f, 0.9f), new Vector3(1.2f, 1.25f, 1.1f));
        return new Patient(site, seed, index)
        {
            Phase = phase,
            Fat = (float)Math.Clamp(4 + (20 * Math.Pow(random.NextDouble(), 1.6)) + (10 * (visceral - 0.4)) + (60 * large), 3, 34),
            VisceralFat = (float)visceral,
            Muscle = (float)Math.Clamp(1.08 + (0.12 * random.NextNormal()) - (0.004 * (age - 50)), 0.7, 1.35),
            Age = age,
            Warp = new Warp(ref random, scale, 4),
            Hu = TissueTable.Draw(phase, age, ref random),
        };
    }

    /// <summary>The random numbers for one part of this patient; parts do not disturb each other.</summary>
    public RandomStream Random(string part) => new(seed, "phantom/" + part, site, index);

    private static ContrastPhase DrawPhase(PhantomSite site, double u)
    {
        var (native, arterial) = site switch
        {
            PhantomSite.A => (0.10, 0.20),
            PhantomSite.B => (0.45, 0.20),
            _ => (0.05, 0.45),
        };
        return u < native ? ContrastPhase.Native : u < native + arterial ? ContrastPhase.Arterial : ContrastPhase.PortalVenous;
    }
}
