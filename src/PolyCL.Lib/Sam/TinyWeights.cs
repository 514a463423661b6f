namespace PolyCL.Sam;
/// <summary>tmp</summary>
public static class TinyWeights
{
    /// <summary>tmp</summary>
    public static string Sam => Path.Combine(AppContext.BaseDirectory, "weights", "sam-phantom-tiny.safetensors");
    /// <summary>tmp</summary>
    public static string Sam2 => Path.Combine(AppContext.BaseDirectory, "weights", "sam2-phantom-tiny.safetensors");
    /// <summary>tmp</summary>
    public const string Label = "phantom-tiny, not Meta's weights";
}
