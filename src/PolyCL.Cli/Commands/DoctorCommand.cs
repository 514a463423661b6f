using System.CommandLine;
using TorchSharp;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl doctor</c>: says in words whether this machine can run the project.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Say what this machine offers, what is missing, and the next step.");
        command.SetAction(_ =>
        {
            using var x = torch.arange(4);
            Console.WriteLine($"libtorch {torch.__version__}; sum of 0..3 = {x.sum().ToInt64()}");
            return 0;
        });
        return command;
    }
}
