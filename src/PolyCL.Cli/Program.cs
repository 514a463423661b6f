using PolyCL.Cli;
using PolyCL.Core;

ThreadWaiting.KeepShort();
return Application.Run(args);
