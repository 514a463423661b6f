using PolyCL.Cli;

return Application.Run(args);
