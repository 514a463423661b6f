using PolyCL.Core;

namespace PolyCL.Training;

/// <summary>What tells one run from another; two with equal texts are the same run.</summary>
/// <param name="Kind">"pretrain" or "finetune".</param>
/// <param name="Config">Everything that fixes the weights, as canonical JSON: the content of <c>config.json</c>.</param>
internal sealed record RunIdentity(string Kind, string Config)
{
    /// <summary>The name of the run and of its folder.</summary>
    public string Name { get; } = RunFolder.NameOf(Kind, Config);

    /// <summary>The run that a config describes.</summary>
    public static RunIdentity Of<TOptions>(RunConfig<TOptions> config) => new(config.Kind, SettingsJson.ToText(config));

    /// <summary>The run's folder under a folder of results.</summary>
    public string FolderIn(string results) => Path.Combine(results, Name);
}
