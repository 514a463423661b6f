using PolyCL.Core;

namespace PolyCL.Arithmetic;

/// <summary>The machine does not compute rightly by the route that is asked for, or by any.</summary>
public sealed class MachineArithmeticException : PolyClException
{
    /// <summary>Creates the exception; <paramref name="message"/> says what is wrong and how to mend it.</summary>
    public MachineArithmeticException(string message)
        : base(message)
    {
    }

    /// <inheritdoc/>
    public override string Code => "arithmetic";
}
