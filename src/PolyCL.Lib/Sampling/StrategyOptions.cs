using System.Text.Json.Serialization;

namespace PolyCL.Sampling;

/// <summary>Which partners are drawn and how; the defaults are the paper's.</summary>
public sealed record StrategyOptions
{
    /// <summary>The strategy.</summary>
    public Strategy Strategy { get; init => field = Known(value, nameof(Strategy)); } = Strategy.Mixed;

    /// <summary>Whose definition of the strategy; matters to Organ, Scan and Mixed.</summary>
    public SelectionRule Rule { get; init => field = Known(value, nameof(Rule)); } = SelectionRule.PaperEquation;

    /// <summary>How a slice is drawn from a set that spans several scans.</summary>
    public PartnerDraw Draw { get; init => field = Known(value, nameof(Draw)); } = PartnerDraw.OfRule;

    /// <summary>What happens to an anchor without a positive or a negative.</summary>
    public PartnerlessRule Partnerless { get; init => field = Known(value, nameof(Partnerless)); } = PartnerlessRule.Fallback;

    /// <summary>Whether every epoch uses the partners of epoch 0, as with the authors' pre-baked triplets; otherwise each epoch draws anew.</summary>
    public bool Frozen { get; init; }

    /// <summary>Everything as the released code does it: its sets, scan first, triplets drawn once, anchors without partner left out.</summary>
    /// <remarks>Without its retry limit and its exclusion list, which make a draw depend on all draws before it.</remarks>
    public static StrategyOptions Authors(Strategy strategy) => new()
    {
        Strategy = strategy,
        Rule = SelectionRule.AuthorsCode,
        Draw = PartnerDraw.ScanFirst,
        Partnerless = PartnerlessRule.Drop,
        Frozen = true,
    };

    /// <summary>The strategy's name in results and on the command line: organ, scan, mixed, simclr, supcon, moco, byol or custom.</summary>
    [JsonIgnore]
    public string Name => Strategy.ToString().ToLowerInvariant();

    /// <summary>Whether the strategy draws partners; the others compare two views of the anchor instead.</summary>
    [JsonIgnore]
    public bool DrawsPartners => Strategy is Strategy.Organ or Strategy.Scan or Strategy.Mixed or Strategy.Custom;

    /// <summary>Whether the strategy needs to know which slices show the organ.</summary>
    [JsonIgnore]
    public bool NeedsLabels => Strategy is Strategy.Organ or Strategy.Mixed or Strategy.SupCon;

    /// <summary>The draw with <see cref="PartnerDraw.OfRule"/> resolved.</summary>
    [JsonIgnore]
    public PartnerDraw ResolvedDraw => Draw switch
    {
        PartnerDraw.OfRule => Rule == SelectionRule.AuthorsCode ? PartnerDraw.ScanFirst : PartnerDraw.BySlice,
        var draw => draw,
    };

    private static T Known<T>(T value, string name)
        where T : struct, Enum =>
        Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(name, $"{name} is {value}; give one of {string.Join(", ", Enum.GetNames<T>())}.");
}
