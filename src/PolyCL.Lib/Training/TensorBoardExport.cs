using TorchSharp;

namespace PolyCL.Training;

/// <summary>Scalars per epoch as TensorBoard event files, made from the log; a resumed run writes them anew, so that no epoch stands twice.</summary>
internal sealed class TensorBoardExport
{
    private readonly TorchSharp.Modules.SummaryWriter writer;

    /// <summary>Opens the export and fills it with the log's epochs.</summary>
    public TensorBoardExport(RunFolder folder)
    {
        var path = folder.File("tensorboard");
        Directory.CreateDirectory(path);
        foreach (var file in Directory.EnumerateFiles(path))
        {
            File.Delete(file);
        }

        writer = torch.utils.tensorboard.SummaryWriter(path, createRunName: false);
        foreach (var entry in folder.ReadLog())
        {
            Write(entry);
        }
    }

    /// <summary>Adds one epoch.</summary>
    public void Write(EpochLog entry)
    {
        writer.add_scalar("loss/train", (float)entry.Loss, entry.Epoch);
        writer.add_scalar("learning_rate", (float)entry.LearningRate, entry.Epoch);
        if (entry.ValidationLoss is { } validation)
        {
            writer.add_scalar("loss/validation", (float)validation, entry.Epoch);
        }

        if (entry.Probe is { } probe)
        {
            Write(probe, entry.Epoch);
        }
    }

    private void Write(EmbeddingProbe probe, int epoch)
    {
        (string Name, double? Value)[] scalars =
        [
            ("organ_knn_accuracy", probe.OrganAccuracy),
            ("scan_knn_accuracy", probe.ScanAccuracy),
            ("effective_rank", probe.EffectiveRank),
            ("alignment", probe.Alignment),
            ("uniformity", probe.Uniformity),
            ("mean_norm", probe.MeanNorm),
            ("mean_cosine", probe.MeanCosine),
        ];
        foreach (var (name, value) in scalars)
        {
            if (value is { } number)
            {
                writer.add_scalar("probe/" + name, (float)number, epoch);
            }
        }
    }
}
