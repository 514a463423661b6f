using System.Globalization;
using PolyCL.Core;
using PolyCL.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace PolyCL.Sam.Training;

/// <summary>The training loop of the small networks: Adam, a rate that rises and falls, shortened gradients.</summary>
internal static class TinyLoop
{
    /// <summary>Trains a network on the CPU with the recipe's threads, which are set back afterwards.</summary>
    /// <param name="network">What is trained.</param>
    /// <param name="recipe">Steps, rate, threads.</param>
    /// <param name="loss">The loss of a step, a scalar that the loop disposes.</param>
    /// <param name="progress">Told after each step, with the mean loss of the last <see cref="Window"/> steps.</param>
    /// <param name="token">Stops between steps.</param>
    /// <returns>The loss of each step.</returns>
    internal static IReadOnlyList<double> Run(
        nn.Module network, TinyRecipe recipe, Func<int, Tensor> loss, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        var threads = get_num_threads();
        set_num_threads(recipe.Threads);
        try
        {
            network.train();
            var parameters = network.parameters().ToList();
            using var optimiser = new AdamOptimiser(parameters);
            List<double> losses = [];
            for (var step = 0; step < recipe.Steps; step++)
            {
                token.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                var value = loss(step);
                network.zero_grad();
                value.backward();
                nn.utils.clip_grad_norm_(parameters, recipe.GradientNorm);
                optimiser.Step(recipe.Rate(step));
                losses.Add(value.ToDouble());
                var mean = losses.Skip(losses.Count - Window).Average();
                progress?.Report(new ProgressReport("train", step + 1, recipe.Steps, string.Create(CultureInfo.InvariantCulture, $"loss {mean:0.0000}"), mean));
            }

            network.eval();
            return losses;
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    /// <summary>Steps over which a reported loss is averaged.</summary>
    internal const int Window = 50;
}
