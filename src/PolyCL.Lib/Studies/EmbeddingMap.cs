using MathNet.Numerics.LinearAlgebra;
using PolyCL.Core;

namespace PolyCL.Studies;

/// <summary>Two-dimensional maps of embeddings.</summary>
public static class EmbeddingMap
{
    private const int ExaggeratedIterations = 250;
    private const double Exaggeration = 12;
    private const double MinimumGain = 0.01;
    private const double Smallest = 1e-12;

    /// <summary>The two directions of largest variance (principal components) of centred vectors.</summary>
    /// <remarks>The sign of a direction is fixed: its entry of largest absolute value is positive.</remarks>
    /// <param name="vectors">Vectors of one length, at least two.</param>
    /// <returns>Per vector its two coordinates.</returns>
    /// <exception cref="ArgumentException">There are fewer than two vectors, their lengths differ or a number is not finite.</exception>
    public static double[][] Pca(IReadOnlyList<float[]> vectors)
    {
        var data = Matrix<double>.Build.DenseOfRowArrays(Checked(vectors));
        var means = data.ColumnSums() / data.RowCount;
        var centred = data.MapIndexed((_, column, value) => value - means[column]);
        // The smaller of E×E and n×n; their eigenvalues above 0 are the same.
        var wide = centred.ColumnCount > centred.RowCount;
        var square = wide ? centred.TransposeAndMultiply(centred) : centred.TransposeThisAndMultiply(centred);
        var eigen = square.Evd(Symmetricity.Symmetric).EigenVectors;
        var result = Enumerable.Range(0, data.RowCount).Select(_ => new double[2]).ToArray();
        for (var component = 0; component < Math.Min(2, eigen.ColumnCount); component++)
        {
            var direction = eigen.Column(eigen.ColumnCount - 1 - component);
            direction = wide ? centred.TransposeThisAndMultiply(direction) : direction;
            var length = direction.L2Norm();
            var sign = direction.Maximum() >= -direction.Minimum() ? 1 : -1;
            var scores = length > Smallest ? centred * direction * (sign / length) : Vector<double>.Build.Dense(data.RowCount);
            for (var i = 0; i < result.Length; i++)
            {
                result[i][component] = scores[i];
            }
        }

        return result;
    }

    /// <summary>Exact t-SNE (van der Maaten and Hinton 2008): neighbours stay neighbours, distances between groups mean little.</summary>
    /// <remarks>O(n²) a step: about 2,000 vectors are the sensible limit. Starts from the principal components with a trace of noise; deterministic.</remarks>
    /// <param name="vectors">Vectors of one length, at least two.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <param name="perplexity">Effective number of neighbours; at most a third of the others is used.</param>
    /// <param name="iterations">Steps of gradient descent with momentum; the first 250 exaggerate similarities twelvefold.</param>
    /// <param name="token">Stops between steps.</param>
    /// <returns>Per vector its two coordinates, centred.</returns>
    /// <exception cref="ArgumentException">There are fewer than two vectors, their lengths differ or a number is not finite.</exception>
    public static double[][] TSne(
        IReadOnlyList<float[]> vectors, long seed = 0, double perplexity = 30, int iterations = 750, CancellationToken token = default)
    {
        Check.Positive(perplexity);
        Check.Positive(iterations);
        var n = Checked(vectors).Length;
        var similarity = Similarities(vectors, Math.Max(1, Math.Min(perplexity, (n - 1) / 3.0)));
        var map = Start(vectors, seed);
        var velocity = new double[2 * n];
        var gains = new double[2 * n];
        Array.Fill(gains, 1.0);
        var rate = Math.Max(n / Exaggeration / 4, 50);
        var gradient = new double[2 * n];
        var weights = new double[n * n];
        for (var step = 0; step < iterations; step++)
        {
            token.ThrowIfCancellationRequested();
            var early = step < ExaggeratedIterations;
            Gradient(similarity, early ? Exaggeration : 1, map, weights, gradient);
            var momentum = early ? 0.5 : 0.8;
            for (var i = 0; i < map.Length; i++)
            {
                gains[i] = Math.Max(MinimumGain, gradient[i] * velocity[i] < 0 ? gains[i] + 0.2 : gains[i] * 0.8);
                velocity[i] = (momentum * velocity[i]) - (rate * gains[i] * gradient[i]);
                map[i] += velocity[i];
            }

            Centre(map);
        }

        return [.. Enumerable.Range(0, n).Select(i => new[] { map[2 * i], map[(2 * i) + 1] })];
    }

    private static double[] Start(IReadOnlyList<float[]> vectors, long seed)
    {
        var pca = Pca(vectors);
        var spread = Math.Sqrt(pca.Average(point => point[0] * point[0]));
        var stream = new RandomStream(seed, "t-sne");
        var map = new double[2 * pca.Length];
        for (var i = 0; i < map.Length; i++)
        {
            var value = spread > Smallest ? pca[i / 2][i % 2] / spread : 0;
            map[i] = 1e-4 * (value + (0.1 * stream.NextNormal()));
        }

        return map;
    }

    /// <summary>Symmetric neighbour probabilities whose rows have the wanted perplexity; they sum to 1.</summary>
    private static double[] Similarities(IReadOnlyList<float[]> vectors, double perplexity)
    {
        var n = vectors.Count;
        var conditional = new double[n * n];
        Parallel.For(0, n, i =>
        {
            var squared = new double[n];
            for (var j = 0; j < n; j++)
            {
                var sum = 0.0;
                for (var k = 0; k < vectors[i].Length; k++)
                {
                    var difference = (double)vectors[i][k] - vectors[j][k];
                    sum += difference * difference;
                }

                squared[j] = sum;
            }

            Row(squared, i, Math.Log(perplexity), conditional.AsSpan(i * n, n));
        });
        var result = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                result[(i * n) + j] = i == j ? 0 : Math.Max((conditional[(i * n) + j] + conditional[(j * n) + i]) / (2.0 * n), Smallest);
            }
        }

        return result;
    }

    /// <summary>Finds the Gaussian's precision by bisection, so that the row's entropy is log(perplexity).</summary>
    private static void Row(double[] squared, int self, double entropy, Span<double> row)
    {
        var nearest = double.PositiveInfinity;
        for (var j = 0; j < squared.Length; j++)
        {
            nearest = j == self ? nearest : Math.Min(nearest, squared[j]);
        }

        var (low, high, precision) = (0.0, double.PositiveInfinity, 1.0);
        for (var attempt = 0; attempt < 64; attempt++)
        {
            double sum = 0, weighted = 0;
            for (var j = 0; j < squared.Length; j++)
            {
                var distance = squared[j] - nearest;
                row[j] = j == self ? 0 : Math.Exp(-precision * distance);
                sum += row[j];
                weighted += row[j] * distance;
            }

            for (var j = 0; j < row.Length; j++)
            {
                row[j] /= sum;
            }

            var difference = Math.Log(sum) + (precision * weighted / sum) - entropy;
            if (Math.Abs(difference) < 1e-5)
            {
                return;
            }

            (low, high) = difference > 0 ? (precision, high) : (low, precision);
            precision = double.IsInfinity(high) ? precision * 2 : (low + high) / 2;
        }
    }

    /// <summary>Gradient of the Kullback–Leibler divergence; rows in parallel, the sum in fixed order.</summary>
    private static void Gradient(double[] similarity, double exaggeration, double[] map, double[] weights, double[] gradient)
    {
        var n = map.Length / 2;
        var sums = new double[n];
        Parallel.For(0, n, i =>
        {
            var sum = 0.0;
            for (var j = 0; j < n; j++)
            {
                var (x, y) = (map[2 * i] - map[2 * j], map[(2 * i) + 1] - map[(2 * j) + 1]);
                var weight = i == j ? 0 : 1 / (1 + (x * x) + (y * y));
                weights[(i * n) + j] = weight;
                sum += weight;
            }

            sums[i] = sum;
        });
        var total = sums.Sum();
        Parallel.For(0, n, i =>
        {
            double gx = 0, gy = 0;
            for (var j = 0; j < n; j++)
            {
                var weight = weights[(i * n) + j];
                var force = 4 * ((exaggeration * similarity[(i * n) + j]) - (weight / total)) * weight;
                gx += force * (map[2 * i] - map[2 * j]);
                gy += force * (map[(2 * i) + 1] - map[(2 * j) + 1]);
            }

            (gradient[2 * i], gradient[(2 * i) + 1]) = (gx, gy);
        });
    }

    private static void Centre(double[] map)
    {
        for (var axis = 0; axis < 2; axis++)
        {
            var mean = 0.0;
            for (var i = axis; i < map.Length; i += 2)
            {
                mean += map[i];
            }

            mean /= map.Length / 2;
            for (var i = axis; i < map.Length; i += 2)
            {
                map[i] -= mean;
            }
        }
    }

    private static double[][] Checked(IReadOnlyList<float[]> vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        if (vectors.Count < 2)
        {
            throw new ArgumentException($"There are {vectors.Count} vectors; a map needs at least 2.", nameof(vectors));
        }

        for (var i = 0; i < vectors.Count; i++)
        {
            if (vectors[i].Length != vectors[0].Length || vectors[i].Length == 0 || Array.Exists(vectors[i], value => !float.IsFinite(value)))
            {
                throw new ArgumentException(
                    $"Vector {i} has {vectors[i].Length} numbers, the first {vectors[0].Length}; give finite vectors of one length above 0.", nameof(vectors));
            }
        }

        return [.. vectors.Select(vector => Array.ConvertAll(vector, value => (double)value))];
    }
}
