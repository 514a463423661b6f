using BenchmarkDotNet.Running;
using PolyCL.Bench;

if (args.Length > 0 && args[0] == NetworkStepBench.Verb)
{
    return NetworkStepBench.Run(args[1..]);
}

if (args.Length > 4 && args[0] == NetworkExchange.MakeVerb)
{
    return NetworkExchange.Make(args[1..]);
}

if (args.Length > 3 && args[0] == NetworkExchange.RunVerb)
{
    return NetworkExchange.Run(args[1..]);
}

if (args.Length > 1 && args[0] == SliceStoreBench.Verb)
{
    return SliceStoreBench.Run(args[1..]);
}

if (args.Length > 0 && args[0] == SamEncoderBench.Verb)
{
    return SamEncoderBench.Run(args[1..]);
}

if (args.Length > 0 && args[0] == SamDecoderBench.Verb)
{
    return SamDecoderBench.Run(args[1..]);
}

if (args.Length > 1 && args[0] == FeedBench.Verb)
{
    return FeedBench.Run(args[1..]);
}

if (args.Length > 0 && args[0] == Sam2PropagationBench.Verb)
{
    return Sam2PropagationBench.Run(args[1..]);
}

if (args.Length > 1 && args[0] == SoakBench.Verb)
{
    return SoakBench.Run(args[1..]);
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
