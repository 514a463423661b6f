namespace PolyCL.Kernel

open System
open System.IO
open System.Threading.Tasks
open Microsoft.DotNet.Interactive
open Microsoft.DotNet.Interactive.Commands
open Microsoft.DotNet.Interactive.CSharp
open Microsoft.DotNet.Interactive.Events
open Microsoft.DotNet.Interactive.FSharp
open Microsoft.DotNet.Interactive.Formatting
open Microsoft.DotNet.Interactive.PackageManagement

/// A console input that says why there is none.
type private NoInput() =
    inherit TextReader()

    let refuse () =
        raise (NotSupportedException "A PolyCL notebook has no standard input; give the value in the cell.")

    override _.Peek() = refuse ()
    override _.Read() = refuse ()

/// Compiles and runs cells: F# by default; C# after #!csharp, HTML after #!html. One cell at a time.
type internal Engine(progress: unit -> PolyCL.Stage -> unit) =

    let interruption = Interruption()

    let fsharp =
        let kernel = new FSharpKernel()

        kernel
            .UseDefaultFormatting()
            .UseKernelHelpers()
            .UseWho()
            .UseValueSharing()
            .UseNugetDirective(fun kernel packages ->
                kernel.AddAssemblyReferencesAndPackageRoots(
                    packages |> Seq.collect _.AssemblyPaths,
                    packages |> Seq.map _.PackageRoot
                )

                Task.CompletedTask)
        |> ignore

        kernel.DeferCommand(SubmitCode Preload.fsharp)
        kernel

    let csharp =
        let kernel = new CSharpKernel()

        kernel
            .UseKernelHelpers()
            .UseWho()
            .UseValueSharing()
            .UseNugetDirective(fun kernel packages ->
                kernel.AddAssemblyReferences(packages |> Seq.collect _.AssemblyPaths)
                Task.CompletedTask)
        |> ignore

        kernel.AddAssemblyReferences Preload.assemblies
        kernel

    let root =
        let composite = new CompositeKernel("polycl")
        composite.Add(fsharp, [ "f#"; "F#" ])
        composite.Add(csharp, [ "c#"; "C#" ])
        composite.Add(new HtmlKernel(), [])
        composite.DefaultKernelName <- fsharp.Name
        composite.UseImportMagicCommand() |> ignore

        composite.AddMiddleware(
            KernelCommandPipelineMiddleware(fun command context next ->
                match command with
                | :? LanguageServiceCommand -> next.Invoke(command, context)
                | _ ->
                    try
                        interruption.Guard(fun () -> next.Invoke(command, context).GetAwaiter().GetResult())
                    with error when interruption.Requested ->
                        context.Fail(context.Command, error, "interrupted")

                    Task.CompletedTask)
        )

        composite

    let send (command: KernelCommand) =
        root.SendAsync(command).GetAwaiter().GetResult()

    let interrupted = {
        Name = "Interrupted"
        Message = "The cell was stopped; values of earlier cells are kept."
        Trace = [ "Interrupted: the cell was stopped; values of earlier cells are kept." ]
    }

    /// The user's part of a stack: the frames above the compiler's evaluation of the cell, without a machine's paths.
    let frames (error: exn) =
        match error.StackTrace with
        | null -> []
        | stack ->
            stack.Split '\n'
            |> Array.map _.TrimEnd()
            |> Array.takeWhile (fun line ->
                not (
                    line.Contains "System.RuntimeMethodHandle.InvokeMethod"
                    || line.Contains "System.Reflection."
                    || line.Contains "Microsoft.CodeAnalysis.Scripting."
                    || line.Contains "<StartupCode$FSI"
                ))
            |> Array.map (fun line ->
                line.Split(") in ")[0]
                |> fun frame -> if frame = line then line else frame + ")")
            |> List.ofArray

    let describe (failed: CommandFailed) =
        match failed.Exception with
        | null ->
            let first = failed.Message.Split('\n')[0]

            {
                Name = "Error"
                Message = first.Trim()
                Trace = failed.Message.Split '\n' |> List.ofArray
            }
        | :? CodeSubmissionCompilationErrorException ->
            let lines = failed.Message.Split '\n' |> Array.map _.TrimEnd() |> List.ofArray

            {
                Name = "CompilationError"
                Message = List.head lines
                Trace = lines
            }
        | error ->
            let rec cause (error: exn) =
                match error with
                | :? Reflection.TargetInvocationException
                | :? AggregateException ->
                    match error.InnerException with
                    | null -> error
                    | inner -> cause inner
                | _ -> error

            let error = cause error
            let name = error.GetType().Name

            {
                Name = name
                Message = error.Message
                Trace = $"{name}: {error.Message}" :: frames error
            }

    do
        Console.SetIn(new NoInput())

        for plain in [ typeof<string>; typeof<decimal>; typeof<bool>; typeof<char> ] do
            Formatter.SetPreferredMimeTypesFor(plain, "text/plain")

        for number in
            [
                typeof<sbyte>
                typeof<byte>
                typeof<int16>
                typeof<uint16>
                typeof<int>
                typeof<uint32>
                typeof<int64>
                typeof<uint64>
                typeof<float32>
                typeof<float>
            ] do
            Formatter.SetPreferredMimeTypesFor(number, "text/plain")

        // No start cell shows the chart library, so the first interactive chart brings it.
        PolyCL.Formatters.register false
        PolyCL.Progress.show progress

    /// Starts the compiler and loads what notebooks find; takes a few seconds.
    member _.Start() = send (SubmitCode "()") |> ignore

    /// Stops the running cell, if one runs.
    member _.Interrupt() = interruption.Request()

    /// Runs one cell to its end; its outputs go to the sink, from any thread, in order. Gives the error it failed with.
    member _.Run(code: string, output: CellOutput -> unit) : CellError option =
        let mutable failure = None

        let text (name: string) (values: FormattedValue seq) =
            for value in values do
                output (CellOutput.Stream(name, value.Value))

        let shown make (event: DisplayEvent) =
            let bundle = MimeBundle.create event.Value event.FormattedValues

            if bundle.Count > 0 then
                output (make bundle)

        let observe (event: KernelEvent) =
            match event with
            | :? StandardOutputValueProduced as e -> text "stdout" e.FormattedValues
            | :? StandardErrorValueProduced as e -> text "stderr" e.FormattedValues
            | :? ReturnValueProduced as e -> shown CellOutput.Returned e
            | :? DisplayedValueUpdated as e -> shown (fun data -> CellOutput.DisplayUpdate(data, e.ValueId)) e
            | :? ErrorProduced as e -> output (CellOutput.Stream("stderr", e.Message + "\n"))
            | :? DisplayedValueProduced as e -> shown (fun data -> CellOutput.Display(data, e.ValueId)) e
            | :? DiagnosticsProduced as e ->
                for diagnostic, shown in Seq.zip e.Diagnostics e.FormattedDiagnostics do
                    if diagnostic.Severity = Microsoft.CodeAnalysis.DiagnosticSeverity.Warning then
                        output (CellOutput.Stream("stderr", shown.Value + "\n"))
            | :? CommandFailed as e -> failure <- Some(describe e)
            | _ -> ()

        interruption.Begin()

        try
            use _ = root.KernelEvents |> Observable.subscribe observe
            send (SubmitCode code) |> ignore
        finally
            interruption.End()

        match failure with
        | Some _ when interruption.Requested -> Some interrupted
        | failure -> failure

    /// What the kernel produced for a command that asks about code.
    member _.Ask(command: KernelCommand) = send(command).Events
