namespace PolyCL.Arithmetic;

/// <summary>What the user asks of the machine's arithmetic.</summary>
public enum ArithmeticChoice
{
    /// <summary>The fastest route that passes the check.</summary>
    Checked,

    /// <summary><see cref="ArithmeticRoute.Direct"/>, refused where it does not pass.</summary>
    Direct,

    /// <summary><see cref="ArithmeticRoute.PaddedChannels"/>, refused where it does not pass.</summary>
    PaddedChannels,

    /// <summary><see cref="ArithmeticRoute.WithoutOneDnn"/>, refused where it does not pass.</summary>
    WithoutOneDnn,

    /// <summary><see cref="ArithmeticRoute.Direct"/>, whatever the check says; results say so.</summary>
    Unchecked,
}
