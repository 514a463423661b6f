using BenchmarkDotNet.Attributes;
using PolyCL.Core;
using PolyCL.Sampling;
using PolyCL.Training;

namespace PolyCL.Bench;

/// <summary>Time to draw and render one SimCLR view of 256×256 pixels on one thread; part of the budget for feeding the network (DESIGN §6).</summary>
[MemoryDiagnoser]
public class ViewRenderBench
{
    private const int Size = 256;
    private readonly float[] slice = new float[Size * Size];
    private readonly float[] rendered = new float[Size * Size];
    private readonly ViewOptions options = new();
    private int anchor;

    [GlobalSetup]
    public void Setup()
    {
        var stream = new RandomStream(1, "bench");
        for (var i = 0; i < slice.Length; i++)
        {
            slice[i] = (float)stream.NextDouble();
        }
    }

    [Benchmark]
    public float DrawAndRender()
    {
        var view = ViewParameters.Draw(options, 1, 0, anchor++, 1);
        ViewRenderer.Render(slice, Size, view, rendered);
        return rendered[0];
    }
}
