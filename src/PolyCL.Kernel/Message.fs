namespace PolyCL.Kernel

open System
open System.Diagnostics
open System.Globalization
open System.Security.Cryptography
open System.Text
open System.Text.Encodings.Web
open System.Text.Json
open System.Text.Json.Nodes

/// A message of the Jupyter protocol whose signature was right. Arrived is the Stopwatch's tick at which it came.
type internal Message = {
    Routes: byte[] list
    Header: JsonObject
    Content: JsonObject
    Arrived: int64
}

/// Frames to and from messages: routes, delimiter, signature, header, parent, metadata, content.
/// The signature is the hexadecimal HMAC-SHA256 of the last four, as they stand on the wire.
type internal MessageCodec(key: byte[]) =
    static let delimiter = "<IDS|MSG>"B
    static let version = "5.3"

    static let options =
        JsonSerializerOptions(Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)

    let session = Guid.NewGuid().ToString()

    let sign (parts: byte[] list) =
        if key.Length = 0 then
            Array.empty
        else
            use hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key)
            parts |> List.iter hash.AppendData
            hash.GetHashAndReset() |> Convert.ToHexStringLower |> Encoding.ASCII.GetBytes

    let parse (part: byte[]) =
        match JsonNode.Parse(ReadOnlySpan<byte> part) with
        | :? JsonObject as value -> Some value
        | _ -> None

    /// The text of a header field, or nothing.
    static member Text(name: string, value: JsonObject) =
        match value[name] with
        | :? JsonValue as text when text.GetValueKind() = JsonValueKind.String -> text.GetValue<string>()
        | _ -> ""

    /// Reads a message. A wrong signature gives nothing, before any of the text is parsed; so does text that is no message.
    member _.Decode(frames: byte[] list) =
        let routes =
            frames
            |> List.takeWhile (fun frame -> frame.AsSpan().SequenceEqual delimiter |> not)

        match List.skip routes.Length frames with
        | _ :: signature :: header :: parent :: metadata :: content :: _ ->
            let expected = sign [ header; parent; metadata; content ]

            if
                key.Length > 0
                && not (CryptographicOperations.FixedTimeEquals(expected, signature))
            then
                None
            else
                try
                    match parse header, parse content with
                    | Some header, Some content ->
                        Some {
                            Routes = routes
                            Header = header
                            Content = content
                            Arrived = Stopwatch.GetTimestamp()
                        }
                    | _ -> None
                with :? JsonException ->
                    None
        | _ -> None

    /// The frames of a message, routes first.
    member _.Encode(routes: byte[] list, kind: string, parent: JsonObject, content: JsonObject) =
        let header = JsonObject()
        header["msg_id"] <- JsonValue.Create(Guid.NewGuid().ToString())
        header["session"] <- JsonValue.Create session
        header["username"] <- JsonValue.Create "kernel"
        header["date"] <- JsonValue.Create(DateTime.UtcNow.ToString("O", CultureInfo.InvariantCulture))
        header["msg_type"] <- JsonValue.Create kind
        header["version"] <- JsonValue.Create version

        let parts =
            [ header; parent; JsonObject(); content ]
            |> List.map (fun part -> Encoding.UTF8.GetBytes(part.ToJsonString options))

        routes @ delimiter :: sign parts :: parts
