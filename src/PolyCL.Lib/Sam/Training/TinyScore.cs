using PolyCL.Data.Phantom;

namespace PolyCL.Sam.Training;

/// <summary>What a small network makes of held-out phantoms of one site in one grid; Dice is the mean over slices that show the organ.</summary>
/// <param name="Site">The site.</param>
/// <param name="Grid">The pixels.</param>
/// <param name="Slices">Slices that were scored.</param>
/// <param name="Before">Dice of what the network was given: for SAM degraded masks, for SAM 2 the mask of the reference slice on every other.</param>
/// <param name="After">Dice of what it made of it.</param>
/// <param name="Best">Dice with the best possible prompts: for SAM boxes round the true masks; null for SAM 2, which was given a true one.</param>
public sealed record TinyScore(PhantomSite Site, TinyGrid Grid, int Slices, double Before, double After, double? Best);
