namespace PolyCL.Training;

/// <summary>Whose optimiser, schedule and minibatches a fine-tuning uses.</summary>
public enum TrainingProtocol
{
    /// <summary>The paper's (§4.2), the same for every network: Adam, cosine with warm restarts.</summary>
    Paper,

    /// <summary>
    /// nnU-Net's own, for nnU-Net alone: SGD with Nesterov momentum 0.99 and weight decay 3e-5, gradients clipped to norm 12, the rate falling with
    /// (1 − epoch / epochs)^0.9, a third of each minibatch from slices that show the organ. Source: nnU-Net (Apache-2.0), reference §1.6.
    /// </summary>
    Native,
}
