using System.Globalization;
using PolyCL.Data;
using PolyCL.Studies.Pictures;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>The runs of one repeat.</summary>
/// <param name="Encoder">Pre-training.</param>
/// <param name="Tuned">Fine-tuning from it.</param>
/// <param name="Scratch">The same from scratch.</param>
internal sealed record QuickstartRuns(RunResult Encoder, RunResult Tuned, RunResult Scratch);

/// <summary>Draws the loss curves and the predictions of the quickstart's first repeat.</summary>
internal static class QuickstartPictures
{
    private const int ScansShown = 4;

    public static void Write(string folder, QuickstartReport report, QuickstartRuns runs, SliceStore store, ComputeOptions compute)
    {
        var provenance = string.Create(
            CultureInfo.InvariantCulture,
            $"phantom CT, profile {runs.Tuned.Profile}, data {store.Fingerprint[..12]}, seed {runs.Tuned.Seed}, {runs.Encoder.Run}, {runs.Tuned.Run}, {runs.Scratch.Run}");
        var pretraining = runs.Encoder.ReadEpochs();
        Chart.Losses(
            "PolyCL-M pre-training", "epoch", [.. pretraining.Select(epoch => (double)epoch.Epoch)], [.. pretraining.Select(epoch => epoch.Loss)], null, provenance,
            "contrastive loss (eq. 4)").Write(Path.Combine(folder, "pretraining.png"));
        new Chart
        {
            Title = string.Create(CultureInfo.InvariantCulture, $"Fine-tuning with {report.Options.LabelFraction:0%} of the training scans labelled"),
            XTitle = "epoch",
            YTitle = "Dice loss (eq. 5)",
            Provenance = provenance,
            Series = [.. Curves("PolyCL-M", runs.Tuned.ReadEpochs(), PictureColour.Blue), .. Curves("from scratch", runs.Scratch.ReadEpochs(), PictureColour.Vermillion)],
        }.Write(Path.Combine(folder, "fine-tuning.png"));
        Predictions(report, runs, store, compute, provenance).Write(Path.Combine(folder, "predictions.png"));
    }

    private static ChartSeries[] Curves(string name, IReadOnlyList<EpochLog> log, PictureColour colour)
    {
        double[] epochs = [.. log.Select(epoch => (double)epoch.Epoch)];
        return
        [
            new ChartSeries($"{name}, training", epochs, [.. log.Select(epoch => epoch.Loss)]) { Colour = colour },
            new ChartSeries($"{name}, validation", epochs, [.. log.Select(epoch => epoch.ValidationLoss ?? double.NaN)]) { Colour = colour, Dashed = true },
        ];
    }

    private static SliceSheet Predictions(QuickstartReport report, QuickstartRuns runs, SliceStore store, ComputeOptions compute, string provenance)
    {
        using var tuned = Predictor.Open(Path.Combine(runs.Tuned.Folder, runs.Tuned.Weights), compute);
        using var scratch = Predictor.Open(Path.Combine(runs.Scratch.Folder, runs.Scratch.Weights), compute);
        var area = store.Size * store.Size;
        var rows = new List<SheetCell[]>();
        var headings = new List<string>();
        foreach (var row in report.Repeats[0].Pretrained.Scans.Where(scan => scan.Scores.Volume.N > 0).Take(ScansShown))
        {
            var scan = store.Scans.First(candidate => candidate.Id == row.Scan);
            var slice = MedianOrganSlice(store, scan);
            var pixels = new float[area];
            var truth = new byte[area];
            store.CopyPixels(slice, pixels);
            store.CopyMask(slice, truth);
            SheetCell Cell(MaskLayer[] masks, string caption) => new(pixels, store.Size, store.Size) { Masks = masks, Caption = caption };
            SheetCell Predicted(Predictor predictor, Evaluation evaluation)
            {
                var mask = predictor.Probabilities(pixels, 1).Select(p => p > 0.5f ? (byte)1 : (byte)0).ToArray();
                var dice = evaluation.Scans.First(candidate => candidate.Scan == scan.Id).Scores.Volume.Dice;
                return Cell([MaskLayer.Truth(truth), MaskLayer.Prediction(mask)], string.Create(CultureInfo.InvariantCulture, $"scan Dice {dice:0.000}"));
            }

            rows.Add([Cell([], $"slice {store.Slices[slice].Index}"), Predicted(tuned, report.Repeats[0].Pretrained), Predicted(scratch, report.Repeats[0].Scratch)]);
            headings.Add(scan.Id);
        }

        return new SliceSheet
        {
            Title = "Held-out phantom scans, window 40/400",
            ColumnHeadings = ["CT", $"PolyCL-M, {report.Options.LabelFraction.ToString("0%", CultureInfo.InvariantCulture)} labels", "from scratch"],
            RowHeadings = headings,
            Rows = rows,
            Provenance = provenance,
        };
    }

    private static int MedianOrganSlice(SliceStore store, StoredScan scan)
    {
        var organ = Enumerable.Range(scan.FirstSlice, scan.SliceCount).Where(slice => store.Slices[slice].ContainsOrgan).ToList();
        return organ.Count > 0 ? organ[organ.Count / 2] : scan.FirstSlice + (scan.SliceCount / 2);
    }
}
