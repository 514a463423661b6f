using PolyCL.Core;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Losses;

/// <summary>Losses on embeddings: PolyCL's, SimCLR's (NT-Xent), supervised contrastive, MoCo's and BYOL's.</summary>
/// <remarks>
/// All compare by cosine, a·b / (max(|a|, 1e-8) · max(|b|, 1e-8)), so embeddings need no normalising and a zero vector has similarity 0. Half and
/// bfloat16 embeddings are widened to float32 first. Each function gives a fresh scalar that the caller owns; arguments stay as they are.
/// </remarks>
public static class ContrastiveLoss
{
    private const double NormFloor = 1e-8;

    /// <summary>PolyCL's loss: the mean over anchors of softplus((s(z, z⁻) − s(z, z⁺)) / τ).</summary>
    /// <remarks>
    /// Source: paper eq. 4, of which this is the overflow-free form. The mean over anchors is ln 2 when positives and negatives are alike.
    /// </remarks>
    /// <param name="anchor">Anchor embeddings z, [N, E].</param>
    /// <param name="positive">Positive embeddings z⁺, [N, E].</param>
    /// <param name="negative">Negative embeddings z⁻, [N, E].</param>
    /// <param name="temperature">τ; the paper's is 1/M with M the configured batch size, also for a smaller last batch.</param>
    /// <returns>A scalar, 0 or above.</returns>
    /// <exception cref="ArgumentException">Shapes, number formats or devices differ, or there is no row.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not above 0.</exception>
    public static Tensor PolyCl(Tensor anchor, Tensor positive, Tensor negative, double temperature)
    {
        LossInput.CheckEmbeddings(anchor, nameof(anchor));
        LossInput.CheckAlike(anchor, positive, nameof(anchor), nameof(positive));
        LossInput.CheckAlike(anchor, negative, nameof(anchor), nameof(negative));
        LossInput.CheckTemperature(temperature);
        using var scope = NewDisposeScope();
        var z = LossInput.Widen(anchor);
        var unlike = functional.cosine_similarity(z, LossInput.Widen(negative), dim: 1, eps: NormFloor);   // [N]
        var like = functional.cosine_similarity(z, LossInput.Widen(positive), dim: 1, eps: NormFloor);
        return Softplus((unlike - like) / temperature).mean().MoveToOuterDisposeScope();
    }

    /// <summary>NT-Xent, SimCLR's loss: each view must find its other view among all views of the batch.</summary>
    /// <remarks>With one pair there is nothing to tell apart and the loss is 0.</remarks>
    /// <param name="first">First views, [N, E].</param>
    /// <param name="second">Second views, row by row of the same slices, [N, E].</param>
    /// <param name="temperature">τ, above 0.</param>
    /// <param name="anchorsOnly">True counts only the first views as rows, as the authors' SimCLR does; false is NT-Xent proper.</param>
    /// <returns>A scalar, 0 or above: the mean over N or 2N rows.</returns>
    /// <exception cref="ArgumentException">Shapes, number formats or devices differ, or there is no row.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not above 0.</exception>
    public static Tensor NtXent(Tensor first, Tensor second, double temperature, bool anchorsOnly = false)
    {
        LossInput.CheckEmbeddings(first, nameof(first));
        LossInput.CheckAlike(first, second, nameof(first), nameof(second));
        LossInput.CheckTemperature(temperature);
        using var scope = NewDisposeScope();
        var n = first.shape[0];
        var rows = anchorsOnly ? n : 2 * n;
        var logits = LogitsToOthers(cat([LossInput.Widen(first), LossInput.Widen(second)]), rows, temperature);   // [rows, 2N]
        var partner = arange(n, 2 * n, dtype: ScalarType.Int64, device: first.device);
        var target = anchorsOnly ? partner : cat([partner, arange(0, n, dtype: ScalarType.Int64, device: first.device)]);
        return functional.cross_entropy(logits, target).MoveToOuterDisposeScope();
    }

    /// <summary>Supervised contrastive loss: each view is drawn to all views of its label.</summary>
    /// <remarks>
    /// Per anchor −(τ / base) · mean over positives p of [s_ip/τ − log Σ_{a≠i} exp(s_ia/τ)], positives being the other views of equal label; an anchor
    /// without positives adds 0 but counts. With all labels different this is NT-Xent. Source: Khosla et al. 2020, eq. 2.
    /// </remarks>
    /// <param name="views">One or more views of the same N slices, each [N, E].</param>
    /// <param name="labels">Label of each slice, integer or bool, [N], on the views' device.</param>
    /// <param name="temperature">τ, above 0.</param>
    /// <param name="baseTemperature">Scale of the loss; null for τ, which gives factor 1.</param>
    /// <param name="anchorsOnly">True counts only the first view as rows.</param>
    /// <returns>A scalar: the mean over rows.</returns>
    /// <exception cref="ArgumentException">Shapes, number formats or devices differ, or there is no view or row.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A temperature is not above 0.</exception>
    public static Tensor SupCon(
        IReadOnlyList<Tensor> views, Tensor labels, double temperature, double? baseTemperature = null, bool anchorsOnly = false)
    {
        CheckViews(views, labels);
        LossInput.CheckTemperature(temperature);
        var scale = temperature / Check.Positive(baseTemperature ?? temperature, nameof(baseTemperature));
        using var scope = NewDisposeScope();
        var n = views[0].shape[0];
        var rows = anchorsOnly ? n : n * views.Count;
        var logits = LogitsToOthers(cat([.. views.Select(LossInput.Widen)]), rows, temperature);   // [rows, views · N]
        var columnLabels = labels.repeat(views.Count);
        var positives = columnLabels.narrow(0, 0, rows).unsqueeze(1).eq(columnLabels.unsqueeze(0)).logical_and(Diagonal(logits).logical_not());
        var logShare = functional.log_softmax(logits, dim: 1).masked_fill(positives.logical_not(), 0.0);
        var counts = positives.sum(1).to_type(logits.dtype).clamp_min(1.0);
        return (logShare.sum(1) / counts).mean().mul((-scale)).MoveToOuterDisposeScope();
    }

    /// <summary>MoCo's loss: each query must find its key among the keys of a queue.</summary>
    /// <remarks>Source: He et al. 2020, eq. 1. The key gets no gradient when it carries none, as keys of a following encoder do.</remarks>
    /// <param name="query">Embeddings of first views, [N, E].</param>
    /// <param name="key">Embeddings of second views, row by row of the same slices, [N, E].</param>
    /// <param name="queue">Earlier keys, [K, E].</param>
    /// <param name="temperature">τ, above 0.</param>
    /// <returns>A scalar, 0 or above: the mean over rows.</returns>
    /// <exception cref="ArgumentException">Shapes, number formats or devices differ, or there is no row.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not above 0.</exception>
    public static Tensor MoCo(Tensor query, Tensor key, Tensor queue, double temperature)
    {
        LossInput.CheckEmbeddings(query, nameof(query));
        LossInput.CheckAlike(query, key, nameof(query), nameof(key));
        LossInput.CheckEmbeddings(queue, nameof(queue));
        if (queue.shape[1] != query.shape[1])
        {
            throw new ArgumentException($"queue holds keys of length {queue.shape[1]} and query has length {query.shape[1]}; give both the same.", nameof(queue));
        }

        LossInput.CheckTemperature(temperature);
        using var scope = NewDisposeScope();
        var (q, k) = (Unit(LossInput.Widen(query)), Unit(LossInput.Widen(key)));
        var own = (q * k).sum(1, keepdim: true);                                      // [N, 1]
        var others = q.mm(Unit(LossInput.Widen(queue)).t());                          // [N, K]
        var target = zeros([query.shape[0]], ScalarType.Int64, query.device);
        return functional.cross_entropy(cat([own, others], 1) / temperature, target).MoveToOuterDisposeScope();
    }

    /// <summary>BYOL's loss: each prediction must point where the other view's embedding points.</summary>
    /// <remarks>Source: Grill et al. 2020, eq. 2, as −½ [s(p₀, z₁) + s(p₁, z₀)] without its constant; the embeddings get no gradient.</remarks>
    /// <param name="firstPrediction">Predictions from first views, p₀, [N, E].</param>
    /// <param name="secondPrediction">Predictions from second views, p₁, [N, E].</param>
    /// <param name="first">Target embeddings of first views, z₀, [N, E].</param>
    /// <param name="second">Target embeddings of second views, z₁, [N, E].</param>
    /// <returns>A scalar in [−1, 1]: the mean over rows.</returns>
    /// <exception cref="ArgumentException">Shapes, number formats or devices differ, or there is no row.</exception>
    public static Tensor Byol(Tensor firstPrediction, Tensor secondPrediction, Tensor first, Tensor second)
    {
        LossInput.CheckEmbeddings(firstPrediction, nameof(firstPrediction));
        LossInput.CheckAlike(firstPrediction, secondPrediction, nameof(firstPrediction), nameof(secondPrediction));
        LossInput.CheckAlike(firstPrediction, first, nameof(firstPrediction), nameof(first));
        LossInput.CheckAlike(firstPrediction, second, nameof(firstPrediction), nameof(second));
        using var scope = NewDisposeScope();
        var (p0, p1) = (LossInput.Widen(firstPrediction), LossInput.Widen(secondPrediction));
        var toSecond = functional.cosine_similarity(p0, LossInput.Widen(second).detach(), dim: 1, eps: NormFloor);
        var toFirst = functional.cosine_similarity(p1, LossInput.Widen(first).detach(), dim: 1, eps: NormFloor);
        return (toSecond + toFirst).mean().mul((-0.5)).MoveToOuterDisposeScope();
    }

    private static void CheckViews(IReadOnlyList<Tensor> views, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(views);
        ArgumentNullException.ThrowIfNull(labels);
        if (views.Count == 0)
        {
            throw new ArgumentException("views is empty; give one or more views.", nameof(views));
        }

        LossInput.CheckEmbeddings(views[0], "views[0]");
        for (var i = 1; i < views.Count; i++)
        {
            LossInput.CheckAlike(views[0], views[i], "views[0]", $"views[{i}]");
        }

        var oneEach = labels.dim() == 1 && labels.shape[0] == views[0].shape[0];
        if (!oneEach || labels.is_floating_point() || labels.device_type != views[0].device_type)
        {
            throw new ArgumentException(
                $"labels is {labels.dtype} [{string.Join(", ", labels.shape)}] on {labels.device}; "
                + $"give {views[0].shape[0]} integers or bools on {views[0].device}.",
                nameof(labels));
        }
    }

    /// <summary>Cosines of the first rows to all rows over the temperature, minus infinity on the diagonal.</summary>
    private static Tensor LogitsToOthers(Tensor embeddings, long rows, double temperature)
    {
        var unit = Unit(embeddings);
        var logits = unit.narrow(0, 0, rows).mm(unit.t()) / temperature;
        return logits.masked_fill(Diagonal(logits), double.NegativeInfinity);
    }

    private static Tensor Unit(Tensor embeddings) => embeddings / embeddings.norm(1, keepdim: true, p: 2).clamp_min(NormFloor);

    private static Tensor Diagonal(Tensor logits) => eye(logits.shape[0], logits.shape[1], dtype: ScalarType.Bool, device: logits.device);

    /// <summary>log(1 + exp(x)); torch's usual switch to the identity at 20 would cost 2e-9.</summary>
    private static Tensor Softplus(Tensor x) => functional.softplus(x, 1, 40);
}
