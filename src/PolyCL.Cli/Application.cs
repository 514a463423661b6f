using System.CommandLine;
using PolyCL.Cli.Commands;
using PolyCL.Core;

namespace PolyCL.Cli;

/// <summary>Builds the command tree, runs one command and turns failures into one sentence and an exit code.</summary>
public static class Application
{
    /// <summary>Runs the command line; returns 0 done, 1 failed, 2 wrong input or arguments, 75 time is up, 130 interrupted.</summary>
    public static int Run(string[] args)
    {
        var result = Root().Parse(args);
        if (result.Errors.Count > 0)
        {
            return Failure.Report(result, ParseFault.Sentence(result.Errors[0]));
        }

        var json = result.Tokens.Any(token => token.Value == "--json");
        try
        {
            PathArguments.Check(result);
            return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (PolyClException e)
        {
            return Failure.Report(e.Message, e.Code, e.File, json);
        }
        catch (ArgumentException e)
        {
            // .NET appends the parameter's name, which means nothing to a user of the command line.
            return Failure.Report(e.Message.Split(" (Parameter '")[0], "arguments", null, json);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Failure.Report(e.Message, "not-found", (e as FileNotFoundException)?.FileName, json);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Failure.Report(e.Message, "io", null, json);
            return Failure.Failed;
        }
        catch (RunFailedException e)
        {
            Failure.Report(e.Message, "run-failed", null, json);
            return Failure.Failed;
        }
        catch (TimeUpException)
        {
            Console.Error.WriteLine("polycl: time is up; the state is saved, run the same line again to go on.");
            return Failure.TimeUp;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("polycl: interrupted; run the same line again to go on.");
            return Failure.Interrupted;
        }
    }

    /// <summary>The command line's root with all commands.</summary>
    internal static RootCommand Root()
    {
        var root = new RootCommand("PolyCL: data-efficient contrastive segmentation of CT.");
        foreach (var command in Commands())
        {
            root.Subcommands.Add(command);
        }

        return root;
    }

    private static IEnumerable<Command> Commands()
    {
        yield return DoctorCommand.Create();
        yield return QuickstartCommand.Create();
        yield return InspectCommand.Create();
        yield return DataCommand.Create();
        yield return PrepareCommand.Create();
        yield return SampleCommand.Create();
        yield return PretrainCommand.Create();
        yield return FineTuneCommand.Create();
        yield return EvaluateCommand.Create();
        yield return PredictCommand.Create();
        yield return SamCommand.Create();
        yield return RefineCommand.Create();
        yield return PropagateCommand.Create();
        yield return ModelsCommand.Create();
        yield return MetricsCommand.Create();
        yield return StudyCommand.Create();
        yield return PhantomCommand.Create();
        yield return NotebookCommand.Create();
    }
}
