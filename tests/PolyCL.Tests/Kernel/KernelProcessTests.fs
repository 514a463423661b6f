/// How the kernel's process begins and ends.
module PolyCL.Tests.Kernel.KernelProcessTests

open System.Diagnostics
open System.IO
open Expecto
open PolyCL.Tests
open PolyCL.Tests.Kernel.WireClient

let private key = "a key of the tests"

[<Tests>]
let tests =
    testSequenced
    <| testList "Kernel.Process" [
        testCase "an empty key means unsigned messages, and is said"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let connection = Path.Combine(folder, "connection.json")
                let ports = writeConnection connection "127.0.0.1" ""
                use kernel = startKernel connection
                use client = new WireClient(ports, "")
                client.WaitUntilReady()
                client.Ask(client.Control, "shutdown_request", []) |> ignore
                Expect.isTrue (kernel.WaitForExit patience) "ended"
                Expect.stringContains (kernel.StandardError.ReadToEnd()) "not signed" "standard error")

        testCase "a connection file that is none, or asks for another address, is refused in one sentence"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let refused (prepare: string -> unit) (word: string) =
                    let connection = Path.Combine(folder, "connection.json")
                    prepare connection
                    use kernel = startKernel connection
                    let errors = kernel.StandardError.ReadToEnd()
                    Expect.isTrue (kernel.WaitForExit patience) "ended"
                    Expect.equal kernel.ExitCode 2 $"exit code; {errors}"
                    Expect.hasLength (errors.TrimEnd().Split '\n') 1 errors
                    Expect.stringContains errors word "message"

                for ip in [ "0.0.0.0"; "192.168.1.2"; "*" ] do
                    refused (fun path -> writeConnection path ip key |> ignore) "loopback"

                refused (fun path -> File.WriteAllText(path, "{")) "not JSON"
                refused (fun path -> File.WriteAllText(path, "[]")) "not a JSON object"
                refused (fun path -> File.WriteAllText(path, "{\"ip\":\"127.0.0.1\"}")) "transport")

        testCase "it ends when the process that started it is gone"
        <| fun () ->
            onLinux ()

            TestData.withTempFolder (fun folder ->
                let connection = Path.Combine(folder, "connection.json")
                let ports = writeConnection connection "127.0.0.1" key

                let info =
                    ProcessStartInfo(
                        "/bin/sh",
                        [ "-c"; $"dotnet '{kernelFile.Value}' kernel '{connection}' & echo $!; wait" ],
                        RedirectStandardOutput = true
                    )

                use parent = nonNull (Process.Start info)
                let pid = int (nonNull (parent.StandardOutput.ReadLine()))
                use kernel = Process.GetProcessById pid
                use client = new WireClient(ports, key)
                client.WaitUntilReady()
                parent.Kill()
                Expect.isTrue (kernel.WaitForExit patience) "ended")
    ]
