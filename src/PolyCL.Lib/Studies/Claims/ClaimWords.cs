namespace PolyCL.Studies.Claims;

/// <summary>Kinds of claims in words, for headings.</summary>
public static class ClaimWords
{
    /// <summary>The claim, as a row's heading.</summary>
    public static string Of(ClaimKind kind) => kind switch
    {
        ClaimKind.AboveScratch => "PolyCL better than from scratch",
        ClaimKind.AboveSimClr => "PolyCL better than SimCLR",
        ClaimKind.AboveSupCon => "PolyCL better than SupCon",
        ClaimKind.BestOfTable => "best PolyCL row better than the best other",
        ClaimKind.SamHelps => "SAM or SAM 2 improves the row",
        ClaimKind.MixedIsBest => "PolyCL-M better than -S and -O",
        _ => "most labels better than fewest",
    };
}
