/// Ends the program when the process that started it is gone, so that no kernel is left holding memory.
module internal PolyCL.Kernel.ParentWatch

open System
open System.Runtime.InteropServices
open System.Threading

[<DllImport("libc")>]
extern int private getppid()

let private period = TimeSpan.FromSeconds 1.0

/// Watches on a thread of its own. On Windows, where a process has no such parent, it does nothing.
let start () =
    if not (OperatingSystem.IsWindows()) then
        let parent = getppid ()

        let watch () =
            while getppid () = parent do
                Thread.Sleep period

            Environment.Exit 1

        Thread(watch, IsBackground = true, Name = "parent watch").Start()
