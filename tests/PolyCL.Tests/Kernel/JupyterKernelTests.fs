module PolyCL.Tests.Kernel.JupyterKernelTests

open System
open System.Diagnostics
open System.IO
open System.Text.Json.Nodes
open System.Threading
open Expecto
open PolyCL.Tests
open PolyCL.Tests.Kernel.WireClient

let private key = "a key of the tests"

let private folder =
    lazy Directory.CreateTempSubdirectory("polycl-kernel-").FullName

/// One kernel for all tests but those that end one. It ends with its last test, or with this process.
let private session =
    lazy
        (let connection = Path.Combine(folder.Value, "connection.json")
         let ports = writeConnection connection "127.0.0.1" key
         let kernel = startKernel connection
         // The pipes must not fill; what a kernel says as it dies belongs in the log of the tests.
         kernel.ErrorDataReceived.Add(fun line ->
             if not (isNull line.Data) then
                 eprintfn $"kernel: {line.Data}")

         kernel.BeginOutputReadLine()
         kernel.BeginErrorReadLine()
         let client = new WireClient(ports, key)
         client.WaitUntilReady()
         kernel, client, ports)

let private client () =
    let _, client, _ = session.Value
    client

let private kernelProcess () =
    let kernel, _, _ = session.Value
    kernel

let private status (outcome: Outcome) = text "status" outcome.Reply

let private plain (outcome: Outcome) =
    outcome.Published
    |> List.choose (fun (kind, content) ->
        if kind = "execute_result" then
            Some(text "text/plain" (part "data" content))
        else
            None)

let private printed (outcome: Outcome) =
    outcome.Published
    |> List.filter (fun (kind, _) -> kind = "stream")
    |> List.map (snd >> text "text")

/// Starts a cell, waits until it prints that it runs, stops it, and looks that earlier values are kept.
let private stopped (stop: WireClient -> unit) (code: string) =
    let client = client ()
    let kept = client.Execute "let kept = 40 + 2"
    Expect.equal (status kept) "ok" "a value to keep"
    let id = client.Submit $"printfn \"running\"\n{code}"

    let rec untilRunning () =
        match client.NextPublished id with
        | message when message.Kind = "stream" -> ()
        | message when message.Kind = "error" -> failtest (text "evalue" message.Content)
        | _ -> untilRunning ()

    untilRunning ()
    stop client
    let outcome = client.Outcome id
    Expect.equal (status outcome, text "ename" outcome.Reply) ("error", "Interrupted") code
    Expect.equal (plain (client.Execute "kept")) [ "42" ] "earlier values are kept"

let private bySignal (_: WireClient) = sigInt (kernelProcess ()).Id

let private byRequest (client: WireClient) =
    let reply = client.Ask(client.Control, "interrupt_request", [])
    Expect.equal (text "status" reply) "ok" "interrupt_reply"

/// Local addresses on which a process listens, from Linux' tables: "0100007F:PORT" in hexadecimal.
let private listening (pid: int) =
    let sockets =
        Directory.GetFiles $"/proc/{pid}/fd"
        |> Array.choose (fun file ->
            match FileInfo(file).LinkTarget with
            | null -> None
            | target when target.StartsWith "socket:[" -> Some(target.Substring(8).TrimEnd ']')
            | _ -> None)
        |> set

    [
        for table in [ "tcp"; "tcp6"; "udp"; "udp6" ] do
            for line in File.ReadLines $"/proc/{pid}/net/{table}" |> Seq.skip 1 do
                let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                let listens = table.StartsWith "udp" || fields[3] = "0A"

                if listens && sockets.Contains fields[9] then
                    fields[1]
    ]

[<Tests>]
let tests =
    testSequenced
    <| testList "Kernel.JupyterKernel" [
        testCase "kernel_info names the language, and is answered before a cell has run"
        <| fun () ->
            let client = client ()
            let info = client.Ask(client.Shell, "kernel_info_request", [])
            Expect.equal (text "status" info) "ok" "status"
            Expect.equal (text "name" (part "language_info" info)) "F#" "language"

        testCase "a message signed with another key is dropped unread, and so is one without signature"
        <| fun () ->
            let client = client ()
            let marker = Path.Combine(folder.Value, "forged")

            let content =
                JsonObject(
                    dict [
                        "code",
                        (JsonValue.Create $"System.IO.File.WriteAllText(@\"{marker}\", \"\")" :> JsonNode | null)
                    ]
                )

            for signingKey in [ "another key"; "" ] do
                for channel in [ client.Shell; client.Control ] do
                    client.SendText(channel, signingKey, "execute_request", content.ToJsonString())
                    |> ignore

                    client.SendText(channel, signingKey, "shutdown_request", "{}") |> ignore
                    // Were it read before the signature is checked, this would trip the reader.
                    client.SendText(channel, signingKey, "execute_request", "{ not JSON") |> ignore

            // Ask sees the next reply on the channel: one to a forged message would not fit.
            client.Ask(client.Control, "kernel_info_request", []) |> ignore
            Expect.equal (plain (client.Execute "1 + 1")) [ "2" ] "a rightly signed cell runs"
            Expect.isFalse (File.Exists marker) "the forged cell did not run"

        testCase "signed text that is not JSON is dropped and the session goes on"
        <| fun () ->
            let client = client ()
            client.SendText(client.Shell, key, "execute_request", "{ not JSON") |> ignore
            client.SendText(client.Shell, key, "execute_request", "[1]") |> ignore
            Expect.equal (plain (client.Execute "2 + 2")) [ "4" ] "the next cell runs"

        testCase "PolyCL.Lib is there without a reference"
        <| fun () ->
            let outcome = (client ()).Execute "PolyCL.Imaging.Window(40.0, 400.0).Level"
            Expect.equal (plain outcome) [ "40" ] "window level"

        testCase "thousands of printed fragments come in few messages, in order, before the end"
        <| fun () ->
            let outcome = (client ()).Execute "for i in 1 .. 5000 do printf \"%d \" i"
            let pieces = printed outcome
            Expect.equal (String.concat "" pieces) (String.concat "" [ for i in 1..5000 -> $"{i} " ]) "text"
            Expect.isLessThan pieces.Length 500 "messages"

        testCase "C# and HTML cells run, and values go from F# to C#"
        <| fun () ->
            let client = client ()
            client.Execute "let shared = 20" |> ignore

            let outcome =
                client.Execute "#!csharp\n#!set --value @fsharp:shared --name given\ngiven + 1"

            Expect.equal (plain outcome) [ "21" ] "C#"

            match (client.Execute "#!html\n<b>bold</b>").Published with
            | [ "display_data", content ] -> Expect.equal (text "text/html" (part "data" content)) "<b>bold</b>" "HTML"
            | other -> failtest $"one display expected: {other}"

        testCase "JSON types arrive as JSON"
        <| fun () ->
            let code =
                "open Microsoft.DotNet.Interactive.Formatting\n\
                 type Chart = { Points: int }\n\
                 Formatter.Register<Chart>((fun (c: Chart) (w: System.IO.TextWriter) -> w.Write $\"{{\\\"n\\\":{c.Points}}}\"), \"application/vnd.plotly.v1+json\")\n\
                 Formatter.SetPreferredMimeTypesFor(typeof<Chart>, \"application/vnd.plotly.v1+json\")\n\
                 { Points = 3 }"

            let outcome = (client ()).Execute code

            let data =
                outcome.Published
                |> List.pick (fun (kind, content) ->
                    if kind = "execute_result" then
                        Some(part "data" content)
                    else
                        None)

            Expect.equal (json "application/vnd.plotly.v1+json" data) "{\"n\":3}" "an object, not a string"

        testCase "an update goes to the display it belongs to"
        <| fun () ->
            match ((client ()).Execute "let shown = display 1\nshown.Update 2").Published with
            | [ "display_data", first; "update_display_data", second ] ->
                let id (content: JsonObject) =
                    text "display_id" (part "transient" content)

                Expect.equal (id second) (id first) "display_id"
                Expect.isNotEmpty (id first) "an id"
                Expect.equal (text "text/plain" (part "data" second)) "2" "the new value"
            | other -> failtest $"a display and its update expected: {other}"

        testCase "asking for input fails and says what to do"
        <| fun () ->
            let outcome = (client ()).Execute "System.Console.ReadLine()"
            Expect.equal (status outcome) "error" "status"
            Expect.stringContains (text "evalue" outcome.Reply) "no standard input" "message"

        testCase "cells queued behind one that fails are not run"
        <| fun () ->
            let client = client ()

            let codes = [
                "System.Threading.Thread.Sleep 300\n(failwith \"stop\" : int)"
                "let never = 1"
                "2"
            ]

            let ids = codes |> List.map client.Submit
            let outcomes = ids |> List.map client.Outcome
            Expect.equal (outcomes |> List.map status) [ "error"; "aborted"; "aborted" ] "replies"
            Expect.equal (text "evalue" outcomes.Head.Reply) "stop" "the error"
            Expect.equal (status (client.Execute "never")) "error" "the queued cell left no value"
            Expect.equal (plain (client.Execute "5")) [ "5" ] "a cell sent afterwards runs"

        testCase "completion, help, completeness and history answer"
        <| fun () ->
            let client = client ()
            let number (value: int) = JsonValue.Create value :> JsonNode

            let code (value: string) =
                nonNull (JsonValue.Create value) :> JsonNode

            let completed =
                client.Ask(client.Shell, "complete_request", [ "code", code "System.Math.Sq"; "cursor_pos", number 14 ])

            Expect.equal (json "matches" completed) "[\"Sqrt\"]" "matches"
            Expect.equal (text "cursor_start" completed) "12" "start of the word"

            let help =
                client.Ask(client.Shell, "inspect_request", [ "code", code "List.map"; "cursor_pos", number 8 ])

            Expect.equal (text "found" help) "true" "found"
            Expect.stringContains (text "text/markdown" (part "data" help)) "mapping" "help"

            for source, expected in [ "1 + 1", "complete"; "let f x =", "incomplete"; "\"open", "incomplete" ] do
                let reply = client.Ask(client.Shell, "is_complete_request", [ "code", code source ])
                Expect.equal (text "status" reply) expected source

            client.Execute "let last = 1" |> ignore

            let history =
                client.Ask(client.Shell, "history_request", [ "hist_access_type", code "tail"; "n", number 1 ])

            Expect.stringContains (json "history" history) "let last = 1" "history"
            let comms = client.Ask(client.Shell, "comm_info_request", [])
            Expect.equal (json "comms" comms) "{}" "comms"

        testCase "an endless loop is stopped by a signal, and again"
        <| fun () ->
            onLinux ()
            // Twice: .NET unwinds one thread only once.
            stopped bySignal "let mutable n = 0L\nwhile true do n <- n + 1L"
            stopped bySignal "let mutable n = 0L\nwhile true do n <- n + 1L"

        testCase "a sleep, a wait and a loop that swallows exceptions are stopped by a request"
        <| fun () ->
            stopped byRequest "System.Threading.Thread.Sleep 600_000"
            stopped byRequest "System.Threading.Tasks.Task.Delay(600_000).Wait()"
            stopped byRequest "while true do (try System.Threading.Thread.Sleep 50 with _ -> ())"

        testCase "async work and loops that watch the default token stop at once"
        <| fun () ->
            stopped byRequest "Async.Sleep 600_000 |> Async.RunSynchronously"

            stopped
                byRequest
                (String.concat "\n" [
                    "let token = Async.DefaultCancellationToken"
                    "while true do"
                    "    token.ThrowIfCancellationRequested()"
                    "    System.Threading.Thread.Sleep 1"
                ])

        testCase "pre-training is stopped after a step, keeps its state, and the kernel goes on"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let data =
                    client()
                        .Execute(
                            String.concat "\n" [
                                "open PolyCL"
                                "let split ="
                                "    Dataset.phantom Phantom.smoke"
                                $"    |> Dataset.on {{ Workspace.local with Results = @\"{folder}\" }}"
                                "    |> Dataset.prepare Dataset.smoke"
                                "    |> Split.byScan Split.smoke"
                            ]
                        )

                Expect.equal (status data) "ok" "data"
                stopped byRequest "split |> Pretrain.run { Pretrain.smoke with Epochs = 100_000 }"

                Expect.isNonEmpty
                    (Directory.GetFiles(folder, "checkpoint.safetensors", SearchOption.AllDirectories))
                    "the state is saved"

                let after = client().Execute "(Pretrain.run Pretrain.smoke split).Run.Steps"
                Expect.equal (status after) "ok" "another training runs in the same kernel")

        testCase "a loop over tensors is stopped"
        <| fun () ->
            stopped
                byRequest
                (String.concat "\n" [
                    "open TorchSharp"
                    "let matrix = torch.rand([| 64L; 64L |])"
                    "while true do"
                    "    use scope = torch.NewDisposeScope()"
                    "    matrix.mm matrix |> ignore"
                ])

        testCase "it listens on the five ports of its file, on loopback, and nowhere else"
        <| fun () ->
            onLinux ()
            let kernel, _, ports = session.Value
            let expected = ports |> List.map (fun port -> $"0100007F:{port:X4}") |> List.sort
            Expect.equal (List.sort (listening kernel.Id)) expected "listening sockets"

        testCase "a shutdown request is answered and ends the process with 0"
        <| fun () ->
            let kernel, client, _ = session.Value

            let reply =
                client.Ask(client.Control, "shutdown_request", [ "restart", JsonValue.Create false ])

            Expect.equal (text "status" reply) "ok" "reply"
            Expect.isTrue (kernel.WaitForExit patience) "ended"
            Expect.equal kernel.ExitCode 0 "exit code"
            (client :> IDisposable).Dispose()
            Directory.Delete(folder.Value, true)
    ]
