namespace PolyCL.Kernel

open System
open System.IO
open System.Net
open System.Text
open System.Text.Json

/// Where the front-end wants the five sockets, and the key that signs its messages.
type internal Connection = {
    Ip: string
    Shell: int
    Control: int
    IoPub: int
    StdIn: int
    Heartbeat: int
    Key: byte[]
}

module internal Connection =

    /// Reads a connection file.
    /// <exception cref="InputError">It is not one, or asks for what this kernel refuses: another address than loopback,
    /// another transport than TCP, another signature than HMAC-SHA256.</exception>
    let read (path: string) =
        let refuse problem =
            raise (InputError($"{path}: {problem}", Some path))

        let parse () =
            use document = JsonDocument.Parse(File.ReadAllText path)
            let root = document.RootElement

            let text (name: string) =
                match root.TryGetProperty name with
                | true, value when value.ValueKind = JsonValueKind.String -> value.GetString() |> string
                | _ -> refuse $"no text '{name}'; let the front-end write the file."

            let port (name: string) =
                match root.TryGetProperty name with
                | true, value when value.ValueKind = JsonValueKind.Number ->
                    match value.TryGetInt32() with
                    | true, port when port > 0 && port < 65536 -> port
                    | _ -> refuse $"{name} is not a port; let the front-end write the file."
                | _ -> refuse $"no number '{name}'; let the front-end write the file."

            match IPAddress.TryParse(text "ip") with
            | true, NonNull address when IPAddress.IsLoopback address -> ()
            | _ ->
                let ip = text "ip"
                refuse $"ip is {ip}; this kernel listens on loopback only, so use 127.0.0.1 and tunnel from elsewhere."

            if text "transport" <> "tcp" then
                refuse $"""transport is {text "transport"}; only tcp is spoken."""

            if text "signature_scheme" <> "hmac-sha256" then
                refuse $"""signature_scheme is {text "signature_scheme"}; only hmac-sha256 is spoken."""

            {
                Ip = text "ip"
                Shell = port "shell_port"
                Control = port "control_port"
                IoPub = port "iopub_port"
                StdIn = port "stdin_port"
                Heartbeat = port "hb_port"
                Key = Encoding.UTF8.GetBytes(text "key")
            }

        try
            parse ()
        with
        | :? JsonException -> refuse "not JSON; let the front-end write the file."
        | :? InvalidOperationException -> refuse "not a JSON object; let the front-end write the file."
        | :? IOException
        | :? UnauthorizedAccessException -> refuse "cannot be read; check the path."
