namespace PolyCL.Kernel

open System
open System.Threading
open NetMQ
open NetMQ.Sockets

/// The channels on which requests come.
type internal Channel =
    | Shell
    | Control

/// The five sockets of the connection file, and no other. They belong to one thread; others hand it what is to be sent.
type internal Sockets(connection: Connection, receive: Channel -> byte[] list -> unit) =

    let bind (socket: NetMQSocket) (port: int) =
        socket.Options.SendHighWatermark <- 0
        socket.Options.Linger <- TimeSpan.FromSeconds 1.0

        try
            socket.Bind $"tcp://{connection.Ip}:{port}"
        with :? NetMQException as e ->
            raise (InputError($"port {port} of {connection.Ip} cannot be taken: {e.Message}; start again.", None))

    let shell = new RouterSocket()
    let control = new RouterSocket()
    let stdin = new RouterSocket()
    let ioPub = new PublisherSocket()
    let heartbeat = new ResponseSocket()
    let outgoing = new NetMQQueue<NetMQSocket * byte[] list>()
    let poller = new NetMQPoller()

    let send (socket: NetMQSocket) (frames: byte[] list) =
        let message = NetMQMessage()
        frames |> List.iter message.Append
        socket.SendMultipartMessage message

    let frames (socket: NetMQSocket) = [ for frame in socket.ReceiveMultipartMessage() -> frame.ToByteArray() ]

    do
        bind shell connection.Shell
        bind control connection.Control
        bind stdin connection.StdIn
        bind ioPub connection.IoPub
        bind heartbeat connection.Heartbeat
        shell.ReceiveReady.Add(fun _ -> receive Shell (frames shell))
        control.ReceiveReady.Add(fun _ -> receive Control (frames control))
        // This kernel never asks for input, so nothing that comes here is an answer.
        stdin.ReceiveReady.Add(fun _ -> frames stdin |> ignore)
        heartbeat.ReceiveReady.Add(fun _ -> send heartbeat (frames heartbeat))

        outgoing.ReceiveReady.Add(fun _ ->
            let mutable item = Unchecked.defaultof<_>

            while outgoing.TryDequeue(&item, TimeSpan.Zero) do
                item ||> send)

        for socket in [ shell :> NetMQSocket; control; stdin; ioPub; heartbeat ] do
            poller.Add socket

        poller.Add outgoing

    /// Serves the sockets on the calling thread until Stop.
    member _.Run() =
        poller.Run()
        poller.Dispose()
        outgoing.Dispose()

        for socket in [ shell :> NetMQSocket; control; stdin; ioPub; heartbeat ] do
            socket.Dispose()

        NetMQConfig.Cleanup true

    /// Ends Run after what is queued has been sent.
    member _.Stop() =
        while outgoing.Count > 0 do
            Thread.Sleep 1

        poller.StopAsync()

    /// Answers on a channel; from any thread.
    member _.Reply(channel: Channel, frames: byte[] list) =
        let socket: NetMQSocket =
            match channel with
            | Shell -> shell
            | Control -> control

        outgoing.Enqueue(socket, frames)

    /// Publishes to all front-ends; from any thread.
    member _.Publish(frames: byte[] list) = outgoing.Enqueue(ioPub, frames)
