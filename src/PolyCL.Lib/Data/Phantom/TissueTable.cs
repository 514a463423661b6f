using PolyCL.Core;

namespace PolyCL.Data.Phantom;

/// <summary>Mean HU per tissue of one patient in one phase.</summary>
/// <remarks>
/// Native: air −1000, lung −850 to −910, fat −50 to −100, kidney 20–40, spleen 35–55, blood 45–65, liver 45–65 (Prokop and Galanski 2003 and Buzug
/// 2008, as tabulated by the RadClass atlas). Trabecular bone by age: Jang et al., Radiology 291 (2019) 360. Liver in the portal venous phase,
/// +56 ± 14: Naruo et al., Radiat. Med. 25 (2007) 106. Late arterial aorta 290–360, portal vein 145 ± 20, liver +20 to +30: Radiopaedia, "Late
/// arterial phase". Renal cortex +195 to +217: Eur. J. Radiol. 63 (2007) 420. The other enhanced values were set by eye between these;
/// docs/phantom.md has the table.
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
            Liver = Of(ref random, 58, 80, 112, 4) - (float)steatosis,
            Spleen = Of(ref random, 47, 115, 122, 4),
            KidneyCortex = Of(ref random, 33, 215, 195, 3),
            KidneyMedulla = Of(ref random, 31, 95, 172, 3),
            Pancreas = Of(ref random, 41, 95, 92, 4),
            Muscle = Of(ref random, 55, 58, 65, 3),
            Aorta = Of(ref random, 43, 310, 158, 4),
            CavalVein = Of(ref random, 42, 85, 140, 4),
            LowerVein = Of(ref random, 42, 45, 110, 4),
            PortalVein = Of(ref random, 43, 135, 172, 4),
            HepaticVein = Of(ref random, 42, 60, 158, 4),
            Gut = Of(ref random, 40, 70, 88, 5),
            Lesion = Of(ref random, 38, 45, 62, 9),
            Marrow = (float)Math.Clamp(298 - (2.4 * age) + (32 * random.NextNormal()), 70, 300),
            Cortex = (float)Math.Clamp(640 - (2 * age) + (50 * random.NextNormal()), 400, 700),
            Fat = (float)(-104 + (4 * random.NextNormal())),
        };
    }
}
