namespace PolyCL.Kernel

open System
open System.Text.Json
open System.Text.Json.Nodes
open Microsoft.DotNet.Interactive.Formatting

/// Why a cell failed: the exception's type, its message, and the lines shown under the cell.
type internal CellError = {
    Name: string
    Message: string
    Trace: string list
}

/// What a cell gives while it runs. Data are MIME bundles as Jupyter has them.
[<RequireQualifiedAccess>]
type internal CellOutput =
    | Stream of name: string * text: string
    | Display of data: JsonObject * displayId: string
    | DisplayUpdate of data: JsonObject * displayId: string
    | Returned of data: JsonObject

module internal MimeBundle =

    let private isJson (mime: string) =
        mime = "application/json"
        || mime.StartsWith("application/", StringComparison.Ordinal)
           && mime.EndsWith("+json", StringComparison.Ordinal)

    /// JSON types become real JSON, as the front-ends want them; text that is not JSON stays text.
    let private node (mime: string) (text: string) : JsonNode | null =
        try
            if isJson mime then
                JsonNode.Parse text
            else
                JsonValue.Create text
        with :? JsonException ->
            JsonValue.Create text

    /// The bundle of a shown value; with plain text, which every front-end can show.
    let create (value: obj | null) (formatted: FormattedValue seq) =
        let bundle = JsonObject()

        for item in formatted do
            bundle[item.MimeType] <- node item.MimeType item.Value

        match value with
        | NonNull value when bundle.Count > 0 && not (bundle.ContainsKey "text/plain") ->
            bundle["text/plain"] <- JsonValue.Create(value.ToDisplayString "text/plain")
        | _ -> ()

        bundle
