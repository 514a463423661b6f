using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>Which slices of a scan are kept: the middle share of them (paper §4.2: 30 %).</summary>
public static class MiddleSlices
{
    /// <summary>Slices Start … Stop − 1 with c = (n − 1) / 2: ceil(c − c·keep) to floor(c + c·keep), the end left out.</summary>
    /// <remarks>Keeps nothing when Stop ≤ Start, as for n = 1…5 and 7 with keep 0.3. Source: authors' data preparation.</remarks>
    /// <param name="n">Slices in the scan; above 0.</param>
    /// <param name="keep">Share kept, above 0 and at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument lies outside its range.</exception>
    public static (int Start, int Stop) Range(int n, double keep = 0.3)
    {
        Check.Positive(n);
        Check.Share(keep);
        var centre = (n - 1) / 2.0;
        return ((int)Math.Ceiling(centre - (centre * keep)), (int)Math.Floor(centre + (centre * keep)));
    }

    /// <summary>The range from which the authors' code takes partners, up to two slices wider: int(n/2 ∓ n/2·keep), the end left out.</summary>
    /// <inheritdoc cref="Range"/>
    public static (int Start, int Stop) PartnerRange(int n, double keep = 0.3)
    {
        Check.Positive(n);
        Check.Share(keep);
        var half = n / 2.0;
        return ((int)(half - (half * keep)), (int)(half + (half * keep)));
    }
}
