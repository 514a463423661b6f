namespace PolyCL

open System
open PolyCL.Sampling
open PolyCL.Training

/// <summary>A strategy of your own: how often a candidate (second slice) is drawn for an anchor (first slice).</summary>
[<ReferenceEquality>]
type CustomRule = {
    /// <summary>Its name in results.</summary>
    Name: string
    /// <summary>Whether the second slice may be the first one's positive.</summary>
    Positive: Slice -> Slice -> bool
    /// <summary>Whether the second slice may be the first one's negative.</summary>
    Negative: Slice -> Slice -> bool
    /// <summary>Relative frequency of a positive, 0 or above; None draws all alike.</summary>
    PositiveWeight: (Slice -> Slice -> float) option
    /// <summary>Relative frequency of a negative, 0 or above; None draws all alike.</summary>
    NegativeWeight: (Slice -> Slice -> float) option
}

/// <summary>Which rule chooses the partners.</summary>
[<RequireQualifiedAccess; NoComparison>]
type StrategyKind =
    /// <summary>PolyCL-O (eq. 1): by organ label over all scans.</summary>
    | Organ
    /// <summary>PolyCL-S (eq. 2): positive from the anchor's scan, negative from another.</summary>
    | Scan
    /// <summary>PolyCL-M (eq. 3): by organ label within the anchor's scan.</summary>
    | Mixed
    /// <summary>SimCLR: two views of the anchor.</summary>
    | SimClr
    /// <summary>SupCon: two views; the batch's slices with the same label are positives.</summary>
    | SupCon
    /// <summary>MoCo: two views; a queue of earlier views is unlike.</summary>
    | Moco
    /// <summary>BYOL: two views, nothing unlike.</summary>
    | Byol
    /// <summary>A rule of your own.</summary>
    | Custom of CustomRule

/// <summary>How examples are selected; the fields are those of the library's StrategyOptions.</summary>
[<NoComparison>]
type Strategy = {
    /// <summary>The rule.</summary>
    Kind: StrategyKind
    /// <summary>Whose definition: the paper's equations or the released code.</summary>
    Rule: SelectionRule
    /// <summary>How a slice is drawn from a set that spans several scans.</summary>
    Draw: PartnerDraw
    /// <summary>What happens to an anchor without a partner.</summary>
    Partnerless: PartnerlessRule
    /// <summary>Whether every epoch uses the partners of epoch 0.</summary>
    Frozen: bool
}

/// <summary>An anchor with its partners as they were drawn, without pixels.</summary>
type Draw = {
    /// <summary>The anchor.</summary>
    Anchor: Slice
    /// <summary>The like partner; the anchor itself where the strategy compares views.</summary>
    Positive: Slice
    /// <summary>The unlike partner, or None where the rest of the batch is unlike.</summary>
    Negative: Slice option
}

/// <summary>An anchor with its partners, pixels included.</summary>
type Example = {
    /// <summary>The anchor.</summary>
    Anchor: SliceImage
    /// <summary>The like partner; another view of the anchor where the strategy compares views.</summary>
    Positive: SliceImage
    /// <summary>The unlike partner, or None where the rest of the batch is unlike.</summary>
    Negative: SliceImage option
}

/// <summary>Example selection: the part of the method that is yours to change.</summary>
[<RequireQualifiedAccess>]
module Strategy =
    let private ofKind kind =
        let defaults = StrategyOptions()

        {
            Kind = kind
            Rule = defaults.Rule
            Draw = defaults.Draw
            Partnerless = defaults.Partnerless
            Frozen = defaults.Frozen
        }

    /// <summary>PolyCL-O (eq. 1).</summary>
    /// <example><code>
    /// let settings = { Pretrain.quick with Strategy = Strategy.organ }
    /// </code></example>
    let organ = ofKind StrategyKind.Organ

    /// <summary>PolyCL-S (eq. 2).</summary>
    /// <example><code>
    /// let settings = { Pretrain.quick with Strategy = Strategy.scan }
    /// </code></example>
    let scan = ofKind StrategyKind.Scan

    /// <summary>PolyCL-M (eq. 3).</summary>
    /// <example><code>
    /// let settings = { Pretrain.quick with Strategy = Strategy.mixed }
    /// </code></example>
    let mixed = ofKind StrategyKind.Mixed

    /// <summary>SimCLR, the paper's unsupervised comparison.</summary>
    /// <example><code>
    /// let settings = { Pretrain.quick with Strategy = Strategy.simClr }
    /// </code></example>
    let simClr = ofKind StrategyKind.SimClr

    /// <summary>SupCon, the supervised comparison.</summary>
    /// <example><code>
    /// let settings = { Pretrain.quick with Strategy = Strategy.supCon }
    /// </code></example>
    let supCon = ofKind StrategyKind.SupCon

    /// <summary>MoCo, a further unsupervised comparison.</summary>
    /// <example><code>
    /// let settings = { Pretrain.quick with Strategy = Strategy.moco }
    /// </code></example>
    let moco = ofKind StrategyKind.Moco

    /// <summary>BYOL, a further unsupervised comparison.</summary>
    /// <example><code>
    /// let settings = { Pretrain.quick with Strategy = Strategy.byol }
    /// </code></example>
    let byol = ofKind StrategyKind.Byol

    /// <summary>A strategy from two predicates over (anchor, candidate). They must be pure: they are called from several threads in any order.</summary>
    /// <remarks>Runs are kept by what the predicates choose, not by the name: a changed predicate is a new run.</remarks>
    /// <example><code>
    /// let neighbours =
    ///     Strategy.custom
    ///         "neighbours"
    ///         (fun anchor s -> s.Scan = anchor.Scan &amp;&amp; abs (s.Z - anchor.Z) &lt;= 3)
    ///         (fun anchor s -> s.Scan &lt;> anchor.Scan)
    /// </code></example>
    let custom name (positive: Slice -> Slice -> bool) (negative: Slice -> Slice -> bool) =
        ofKind (
            StrategyKind.Custom {
                Name = name
                Positive = positive
                Negative = negative
                PositiveWeight = None
                NegativeWeight = None
            }
        )

    /// <summary>A strategy from two weights over (anchor, candidate): how often a candidate is drawn relative to the others; 0 is never.</summary>
    /// <remarks>A draw costs one call per slice of the training scans, so it is no longer independent of their number.</remarks>
    /// <example><code>
    /// let near =
    ///     Strategy.customWeighted
    ///         "near"
    ///         (fun anchor s -> exp (-20.0 * abs (s.Position - anchor.Position)))
    ///         (fun anchor s -> abs (s.Position - anchor.Position))
    /// </code></example>
    let customWeighted name (positive: Slice -> Slice -> float) (negative: Slice -> Slice -> float) =
        ofKind (
            StrategyKind.Custom {
                Name = name
                Positive = fun _ _ -> true
                Negative = fun _ _ -> true
                PositiveWeight = Some positive
                NegativeWeight = Some negative
            }
        )

    /// <summary>The same rule in everything as the authors' released code draws.</summary>
    /// <example><code>
    /// let settings = { Pretrain.paper with Strategy = Strategy.authors Strategy.mixed }
    /// </code></example>
    let authors (strategy: Strategy) =
        let options = StrategyOptions.Authors Sampling.Strategy.Mixed

        {
            strategy with
                Rule = options.Rule
                Draw = options.Draw
                Partnerless = options.Partnerless
                Frozen = options.Frozen
        }

    let internal kindOf (strategy: Strategy) =
        match strategy.Kind with
        | StrategyKind.Organ -> Sampling.Strategy.Organ
        | StrategyKind.Scan -> Sampling.Strategy.Scan
        | StrategyKind.Mixed -> Sampling.Strategy.Mixed
        | StrategyKind.SimClr -> Sampling.Strategy.SimClr
        | StrategyKind.SupCon -> Sampling.Strategy.SupCon
        | StrategyKind.Moco -> Sampling.Strategy.Moco
        | StrategyKind.Byol -> Sampling.Strategy.Byol
        | StrategyKind.Custom _ -> Sampling.Strategy.Custom

    /// <summary>The library's options; predicates go beside them.</summary>
    /// <example><code>
    /// let options = Strategy.toLib Strategy.mixed
    /// </code></example>
    let toLib (strategy: Strategy) =
        StrategyOptions(
            Strategy = kindOf strategy,
            Rule = strategy.Rule,
            Draw = strategy.Draw,
            Partnerless = strategy.Partnerless,
            Frozen = strategy.Frozen
        )

    /// <summary>The name in results: organ, scan, mixed, simclr, supcon, moco, byol, or your own.</summary>
    /// <example><code>
    /// let name = Strategy.name Strategy.mixed
    /// </code></example>
    let name (strategy: Strategy) =
        match strategy.Kind with
        | StrategyKind.Custom rule -> rule.Name
        | _ -> (toLib strategy).Name

    /// <summary>The predicates over the library's records, or null for a named strategy.</summary>
    let internal customOf (data: Dataset) (strategy: Strategy) : CustomStrategy | null =
        match strategy.Kind with
        | StrategyKind.Custom rule ->
            let look = data.Look()

            let adapt (f: Slice -> Slice -> 'a) =
                let fast = OptimizedClosures.FSharpFunc<_, _, _>.Adapt f
                Func<_, _, _>(fun anchor candidate -> fast.Invoke(look anchor, look candidate))

            let weight f : Func<_, _, float> | null =
                match f with
                | Some f -> adapt f
                | None -> null

            CustomStrategy(
                rule.Name,
                adapt rule.Positive,
                adapt rule.Negative,
                PositiveWeight = weight rule.PositiveWeight,
                NegativeWeight = weight rule.NegativeWeight
            )
        | _ -> null

    let private selector seed (strategy: Strategy) (split: Split) =
        let data = split.Dataset

        Pretraining.Select(
            PretrainOptions(Selection = toLib strategy, Seed = seed),
            split.ForTraining,
            customOf data strategy
        )

    /// <summary>Counts before any training: anchors, slices without partners, fallbacks.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">Nothing can be drawn; the message has the counts.</exception>
    /// <example><code>
    /// let anchors split = (split |> Strategy.summary Strategy.mixed).Anchors
    /// </code></example>
    let summary (strategy: Strategy) (split: Split) = (selector 0L strategy split).Summary

    /// The first triplets of a training with this seed, in its order.
    let private drawn count (seed: int64) (selector: ExampleSelector) =
        let order = EpochOrder.Of(selector.Anchors, seed, 0L)
        Array.init (min count order.Length) (fun position -> selector.Draw(order[position], 0L, int64 position))

    /// <summary>The first draws of a training with this seed, without pixels; at most one per anchor.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">Nothing can be drawn.</exception>
    /// <example><code>
    /// let shareOfOneScan split =
    ///     split |> Strategy.draws 1000 1L Strategy.organ |> Array.averageBy (fun d -> if d.Positive.Scan = d.Anchor.Scan then 1.0 else 0.0)
    /// </code></example>
    let draws count (seed: int64) (strategy: Strategy) (split: Split) : Draw[] =
        let slices = split.Dataset.Slices

        selector seed strategy split
        |> drawn count seed
        |> Array.map (fun triplet -> {
            Draw.Anchor = slices[triplet.Anchor]
            Positive = slices[triplet.Positive]
            Negative =
                if triplet.Negative = Triplet.NoSlice then
                    None
                else
                    Some slices[triplet.Negative]
        })

    /// <summary>The first triplets that a training with this seed draws; of a strategy that compares views the two views, with the paper's settings.</summary>
    /// <exception cref="T:PolyCL.Core.DatasetException">Nothing can be drawn.</exception>
    /// <example><code>
    /// let four split = split |> Strategy.examples 4 1L Strategy.mixed
    /// </code></example>
    let examples count (seed: int64) (strategy: Strategy) (split: Split) =
        let selector = selector seed strategy split
        let image index = Dataset.imageAt index split.Dataset

        /// One of the two views that training compares; its mask is left empty, because it would have to be cropped too.
        let view (position: int) which (image: SliceImage) =
            let pixels = Array.zeroCreate<float32> image.Pixels.Length
            let parameters = ViewParameters.Draw(ViewOptions(), seed, 0L, position, which)
            ViewRenderer.Render(image.Pixels.AsSpan(), image.Size, &parameters, pixels.AsSpan())

            {
                image with
                    Pixels = pixels
                    Mask = Array.zeroCreate image.Mask.Length
            }

        let shown position which slice =
            if selector.DrawsPartners then
                image slice
            else
                image slice |> view position which

        drawn count seed selector
        |> Array.mapi (fun position triplet -> {
            Anchor = shown position 0 triplet.Anchor
            Positive = shown position 1 triplet.Positive
            Negative =
                if triplet.Negative = Triplet.NoSlice then
                    None
                else
                    Some(image triplet.Negative)
        })
