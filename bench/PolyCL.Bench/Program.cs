using BenchmarkDotNet.Running;
using PolyCL.Bench;

if (args.Length > 0 && args[0] == UNetStepBench.Verb)
{
    return UNetStepBench.Run(args[1..]);
}

if (args.Length > 1 && args[0] == SliceStoreBench.Verb)
{
    return SliceStoreBench.Run(args[1..]);
}

if (args.Length > 1 && args[0] == FeedBench.Verb)
{
    return FeedBench.Run(args[1..]);
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
