namespace PolyCL.Kernel

open System
open System.IO
open System.Reflection

/// What a notebook finds loaded: PolyCL's assemblies and those whose types they show, as far as they lie beside the kernel.
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
    let assemblies = [
        for name in names do
            let path = Path.Combine(AppContext.BaseDirectory, $"{name}.dll")

            if File.Exists path then
                path
    ]

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

    /// Registers the formatters of the F# bindings, when the bindings are there.
    let registerFormatters () =
        let bindings = Path.Combine(AppContext.BaseDirectory, "PolyCL.FSharp.dll")

        if File.Exists bindings then
            match Assembly.LoadFrom(bindings).GetType "PolyCL.Formatters" with
            | null -> ()
            | formatters ->
                match formatters.GetMethod "register" with
                | null -> ()
                | register ->
                    // Its flag says whether a start cell shows the chart library; here none does, so the first chart brings it.
                    let arguments = [|
                        for _ in register.GetParameters() do
                            box false
                    |]

                    register.Invoke(null, arguments) |> ignore
