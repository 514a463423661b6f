using PolyCL.Core;

namespace PolyCL.Data.Phantom;

/// <summary>Mean HU per tissue of one patient in one phase.</summary>
/// <remarks>
/// Native values: air −1000, lung −850 to −910, fat −50 to −100 (to −150 in other tables), kidney 20–40, spleen 35–55, blood 45–65, liver 45–65 (Prokop and
/// Galanski, Spiral and Multislice Computed Tomography of the Body, 2003, and Buzug, Computed Tomography, 2008, as tabulated by the RadClass atlas); liver 50–70
/// and about 10 above the spleen; fatty livers down to 30. Spongy bone 50–200, compact bone 250–1000. Enhanced values follow docs/phantom.md.
/// </remarks>
internal sealed record TissueTable
{
    public required float Liver { get; init; }

    public required float Spleen { get; init; }

    public required float KidneyCortex { get; init; }

    public required float KidneyMedulla { get; init; }

    public required float Pancreas { get; init; }

    public required float Muscle { get; init; }

    public required float Aorta { get; init; }

    /// <summary>Lower caval vein, above the renal veins.</summary>
    public required float CavalVein { get; init; }

    /// <summary>Veins of the pelvis and the lower caval vein below the kidneys.</summary>
    public required float LowerVein { get; init; }

    public required float PortalVein { get; init; }

    public required float HepaticVein { get; init; }

    public required float Gut { get; init; }

    public required float Lesion { get; init; }

    public required float Marrow { get; init; }

    public required float Cortex { get; init; }

    public required float Fat { get; init; }

    public static TissueTable Draw(ContrastPhase phase, double age, ref RandomStream random)
    {
        // One number for how much medium reaches the organs (dose, weight, heart), one for fat in the liver.
        var dose = phase == ContrastPhase.Native ? 0 : Math.Clamp(1 + (0.16 * random.NextNormal()), 0.65, 1.4);
        var steatosis = random.NextDouble() < 0.25 ? random.NextDouble(8, 32) : 0;
        float Of(ref RandomStream r, double native, double arterial, double portal, double spread) => (float)(native
            + (phase == ContrastPhase.Arterial ? dose * (arterial - native) : phase == ContrastPhase.PortalVenous ? dose * (portal - native) : 0)
            + (spread * r.NextNormal()));
        return new TissueTable
        {
            Liver = Of(ref random, 58, 68, 110, 4) - (float)steatosis,
            Spleen = Of(ref random, 47, 115, 122, 4),
            KidneyCortex = Of(ref random, 33, 165, 185, 3),
            KidneyMedulla = Of(ref random, 31, 70, 165, 3),
            Pancreas = Of(ref random, 41, 95, 92, 4),
            Muscle = Of(ref random, 55, 58, 65, 3),
            Aorta = Of(ref random, 43, 300, 155, 4),
            CavalVein = Of(ref random, 42, 85, 140, 4),
            LowerVein = Of(ref random, 42, 45, 110, 4),
            PortalVein = Of(ref random, 43, 95, 170, 4),
            HepaticVein = Of(ref random, 42, 60, 158, 4),
            Gut = Of(ref random, 40, 70, 88, 5),
            Lesion = Of(ref random, 38, 45, 62, 9),
            Marrow = (float)Math.Clamp(265 - (2.2 * age) + (25 * random.NextNormal()), 70, 260),
            Cortex = (float)Math.Clamp(820 - (3 * age) + (60 * random.NextNormal()), 420, 900),
            Fat = (float)(-104 + (4 * random.NextNormal())),
        };
    }
}
