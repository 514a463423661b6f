namespace PolyCL.Cli;

/// <summary>Work was stopped by the signal that time is up; its state is saved.</summary>
internal sealed class TimeUpException(OperationCanceledException inner) : Exception(inner.Message, inner);
