namespace PolyCL.Kernel

open System
open System.IO

/// What a notebook finds loaded: PolyCL's assemblies and those whose types they show.
module internal Preload =

    let private names = [
        "TorchSharp"
        "PolyCL.Lib"
        "PolyCL.FSharp"
        "Plotly.NET"
        "Deedle"
        "DynamicObj"
        "Giraffe.ViewEngine"
        "Newtonsoft.Json"
    ]

    /// Their files.
    let assemblies = [ for name in names -> Path.Combine(AppContext.BaseDirectory, $"{name}.dll") ]

    /// References for the F# compiler, and a `display` whose result can be updated: the one of the engine gives back another value
    /// than it shows.
    let fsharp =
        String.concat "\n" [
            for path in assemblies do
                $"#r @\"{path}\""

            "let display (value: obj) ="
            "    Microsoft.DotNet.Interactive.KernelInvocationContextExtensions.Display("
            "        Microsoft.DotNet.Interactive.KernelInvocationContext.Current, value)"
        ]
