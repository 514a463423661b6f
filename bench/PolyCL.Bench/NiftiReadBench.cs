using System.IO.Compression;
using BenchmarkDotNet.Attributes;
using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Bench;

/// <summary>How long does reading a 512×512×100 CT from .nii.gz take, and how much of it is inflating? Budget (DESIGN §6): bound by inflate.</summary>
/// <remarks>Leaves its file in the temporary folder for the reference side, bench/reference/nifti_read.py. POLYCL_BENCH_NIFTI names another file.</remarks>
[MemoryDiagnoser]
public class NiftiReadBench
{
    private readonly string path = Environment.GetEnvironmentVariable("POLYCL_BENCH_NIFTI") is { Length: > 0 } named
        ? named
        : Path.Combine(Path.GetTempPath(), "polycl-bench-ct.nii.gz");

    [GlobalSetup]
    public void Setup()
    {
        if (!File.Exists(path))
        {
            WriteSynthetic(path);
        }

        Console.WriteLine($"{path}: {new FileInfo(path).Length} bytes");
    }

    [Benchmark(Description = "inflate only", Baseline = true)]
    public long Inflate()
    {
        using var stream = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        var buffer = new byte[1 << 18];
        long total = 0;
        for (int count; (count = stream.Read(buffer)) > 0;)
        {
            total += count;
        }

        return total;
    }

    [Benchmark(Description = "NiftiReader.Read")]
    public Volume Read() => NiftiReader.Read(path);

    [Benchmark(Description = "Read, all slices as float")]
    public float ReadSlices()
    {
        var volume = NiftiReader.Read(path).Reorient(Orientation.Lps);
        var slice = new float[volume.Shape.X * volume.Shape.Y];
        var last = 0f;
        for (var z = 0; z < volume.Shape.Z; z++)
        {
            volume.CopySlice(z, slice);
            last += slice[^1];
        }

        return last;
    }

    [Benchmark(Description = "Summarize (inspect)")]
    public double Summarize() => NiftiReader.Summarize(path, out _).Sum;

    /// <summary>A round body of 40 HU in air, organs in it, noise of 15 HU: it compresses about as a CT does.</summary>
    private static void WriteSynthetic(string path)
    {
        const int size = 512, slices = 100;
        var voxels = new short[size * size * slices];
        var noise = new RandomStream(1, "nifti-read-bench");
        for (var i = 0; i < voxels.Length; i++)
        {
            int x = (i % size) - 256, y = (i / size % size) - 256;
            double body = (x * x / 52900.0) + (y * y / 28900.0), organ = Math.Sin(x / 30.0) * Math.Cos(y / 40.0);
            voxels[i] = (short)Math.Round(body > 1 ? -1000 + (3 * noise.NextNormal()) : 40 + (60 * organ) + (15 * noise.NextNormal()));
        }

        NiftiWriter.Write(path, Volume.FromArray(new VolumeShape(size, size, slices), Affine.Diagonal(new Spacing(0.7, 0.7, 2)), voxels));
    }
}
