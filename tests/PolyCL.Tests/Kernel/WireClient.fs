/// A small front-end: starts the built kernel and speaks the Jupyter protocol with it.
module PolyCL.Tests.Kernel.WireClient

open System
open System.Diagnostics
open System.IO
open System.Net
open System.Net.Sockets
open System.Runtime.InteropServices
open System.Security.Cryptography
open System.Text
open System.Text.Json.Nodes
open NetMQ
open NetMQ.Sockets
open Expecto
open PolyCL.Tests

/// Far above what anything takes here: ends a hanging test.
let patience = TimeSpan.FromSeconds 60.0

[<DllImport("libc", EntryPoint = "kill")>]
extern int private sendSignal(int pid, int number)

let sigInt (pid: int) =
    Expect.equal (sendSignal (pid, 2)) 0 "SIGINT was sent"

/// The kernel of this build: in its project's output folder, of the same configuration.
let kernelFile =
    lazy
        (match TestData.repository with
         | Some root ->
             let framework = DirectoryInfo(AppContext.BaseDirectory.TrimEnd '/')
             let configuration = (nonNull framework.Parent).Name

             Path.Combine(root, "src", "PolyCL.Kernel", "bin", configuration, framework.Name, "PolyCL.Kernel.dll")
         | None -> skiptest "needs the build of the repository")

let private freePorts count =
    let listeners = [ for _ in 1..count -> new TcpListener(IPAddress.Loopback, 0) ]
    listeners |> List.iter _.Start()

    let ports = [ for listener in listeners -> (listener.LocalEndpoint :?> IPEndPoint).Port ]

    listeners |> List.iter _.Stop()
    ports

/// A connection file with free ports; gives the ports in the order of its fields.
let writeConnection (path: string) (ip: string) (key: string) =
    let ports = freePorts 5

    let file =
        JsonObject(
            dict [
                "ip", JsonValue.Create ip :> JsonNode | null
                "transport", JsonValue.Create "tcp"
                "signature_scheme", JsonValue.Create "hmac-sha256"
                "key", JsonValue.Create key
            ]
        )

    for name, port in List.zip [ "shell_port"; "control_port"; "iopub_port"; "stdin_port"; "hb_port" ] ports do
        file[name] <- JsonValue.Create port

    File.WriteAllText(path, file.ToJsonString())
    ports

let startKernel (connection: string) =
    let info =
        ProcessStartInfo(
            "dotnet",
            [ kernelFile.Value; "kernel"; connection ],
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    nonNull (Process.Start info)

type Received = {
    Kind: string
    Parent: string
    Content: JsonObject
}

/// What came of one execute_request: the reply and what was published, in order, without the status messages.
type Outcome = {
    Reply: JsonObject
    Published: (string * JsonObject) list
}

let text (name: string) (value: JsonObject) =
    match value[name] with
    | null -> ""
    | node -> node.ToString()

/// A field that is an object.
let part (name: string) (value: JsonObject) = (nonNull value[name]).AsObject()

/// A field as JSON text.
let json (name: string) (value: JsonObject) = (nonNull value[name]).ToJsonString()

type WireClient(ports: int list, key: string) =
    let address (index: int) = $"tcp://127.0.0.1:{ports[index]}"
    let shell = new DealerSocket()
    let control = new DealerSocket()
    let published = new SubscriberSocket()

    do
        shell.Connect(address 0)
        control.Connect(address 1)
        published.Connect(address 2)
        published.SubscribeToAnyTopic()

    let sign (key: string) (parts: byte[] list) =
        if key = "" then
            ""
        else
            Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes key, Array.concat parts))

    let receive (socket: NetMQSocket) (limit: TimeSpan) =
        let mutable message: NetMQMessage | null = null

        if socket.TryReceiveMultipartMessage(limit, &message) then
            let frames = [ for frame in nonNull message -> frame.ToByteArray() ]
            let start = frames |> List.findIndex (fun frame -> frame = "<IDS|MSG>"B)
            let parts = frames |> List.skip (start + 2) |> List.take 4
            Expect.equal (Encoding.ASCII.GetString frames[start + 1]) (sign key parts) "the kernel signs"

            let parsed =
                parts
                |> List.map (fun part -> (nonNull (JsonNode.Parse(ReadOnlySpan<byte> part))).AsObject())

            Some {
                Kind = text "msg_type" parsed[0]
                Parent = text "msg_id" parsed[1]
                Content = parsed[3]
            }
        else
            None

    let expect socket =
        match receive socket patience with
        | Some message -> message
        | None -> failtest "the kernel did not answer"

    member _.Shell = shell
    member _.Control = control

    /// Sends raw content, signed with a key; gives the message's id.
    member _.SendText(socket: NetMQSocket, signingKey: string, kind: string, content: string) =
        let id = Guid.NewGuid().ToString()

        let header =
            $"{{\"msg_id\":\"{id}\",\"session\":\"s\",\"username\":\"u\",\"date\":\"2026-01-01T00:00:00Z\",\"msg_type\":\"{kind}\",\"version\":\"5.3\"}}"

        let parts = [ header; "{}"; "{}"; content ] |> List.map Encoding.UTF8.GetBytes
        let message = NetMQMessage()
        message.Append "<IDS|MSG>"
        message.Append(sign signingKey parts)
        parts |> List.iter message.Append
        socket.SendMultipartMessage message
        id

    member this.Send(socket: NetMQSocket, kind: string, content: JsonObject) =
        this.SendText(socket, key, kind, content.ToJsonString())

    /// A request and its reply.
    member this.Ask(socket: NetMQSocket, kind: string, content: (string * JsonNode) list) =
        let id =
            this.Send(socket, kind, JsonObject(dict [ for name, value in content -> name, (value: JsonNode | null) ]))

        let reply = expect socket
        Expect.equal reply.Parent id $"the reply is to the {kind}"
        reply.Content

    /// Waits until requests are answered and publications arrive.
    member this.WaitUntilReady() =
        let deadline = Stopwatch.StartNew()
        let mutable ready = false

        while not ready do
            if deadline.Elapsed > patience then
                failtest "the kernel did not come up"

            this.Send(shell, "kernel_info_request", JsonObject()) |> ignore

            ready <-
                (receive shell patience).IsSome
                && (receive published (TimeSpan.FromSeconds 0.2)).IsSome

        while (receive published (TimeSpan.FromSeconds 0.2)).IsSome do
            ()

    member this.Submit(code: string) =
        this.Send(shell, "execute_request", JsonObject(dict [ "code", (JsonValue.Create code :> JsonNode | null) ]))

    /// The next publication that belongs to a request.
    member _.NextPublished(id: string) =
        let rec next () =
            let message = expect published
            if message.Parent = id then message else next ()

        next ()

    /// What was published for a request until it is idle.
    member this.PublishedFor(id: string) =
        let rec collect messages =
            let message = this.NextPublished id

            if message.Kind = "status" then
                if text "execution_state" message.Content = "idle" then
                    List.rev messages
                else
                    collect messages
            else
                collect ((message.Kind, message.Content) :: messages)

        collect []

    member this.Outcome(id: string) =
        let published = this.PublishedFor id
        let reply = expect shell
        Expect.equal reply.Parent id "the reply is to the cell"

        {
            Reply = reply.Content
            Published = published |> List.filter (fun (kind, _) -> kind <> "execute_input")
        }

    member this.Execute(code: string) = this.Outcome(this.Submit code)

    interface IDisposable with
        member _.Dispose() =
            shell.Dispose()
            control.Dispose()
            published.Dispose()

let onLinux () =
    if not (OperatingSystem.IsLinux()) then
        skiptest "reads /proc and sends signals: Linux only"
