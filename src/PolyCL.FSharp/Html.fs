namespace PolyCL

open System.Globalization
open System.Net
open System.Text

/// Tables and cards as HTML, escaped, and tables as aligned text.
module internal Html =
    let private shownRows = 50

    let escape (text: string) =
        match WebUtility.HtmlEncode text with
        | null -> ""
        | text -> text

    let number (value: float) =
        value.ToString("0.####", CultureInfo.InvariantCulture)

    let tableOf (columns: string[]) (rows: (string * string[])[]) =
        let html = StringBuilder("<table><thead><tr><th></th>")

        for column in columns do
            html.Append("<th>").Append(escape column).Append("</th>") |> ignore

        html.Append("</tr></thead><tbody>") |> ignore

        for key, values in Array.truncate shownRows rows do
            html.Append("<tr><th>").Append(escape key).Append("</th>") |> ignore

            for value in values do
                html.Append("<td>").Append(escape value).Append("</td>") |> ignore

            html.Append("</tr>") |> ignore

        html.Append("</tbody></table>") |> ignore

        if rows.Length > shownRows then
            html.Append("<p>").Append(shownRows).Append(" of ").Append(rows.Length).Append(" rows</p>")
            |> ignore

        html.ToString()

    /// The title of a value and what it says, a line each.
    let card (title: string) (lines: (string * string) list) =
        let html =
            StringBuilder("<div style=\"border-left:4px solid #0072B2;padding:2px 12px\"><b>")

        html.Append(escape title).Append("</b><table><tbody>") |> ignore

        for name, value in lines do
            html
                .Append("<tr><th style=\"text-align:left\">")
                .Append(escape name)
                .Append("</th><td style=\"text-align:left\">")
                .Append(escape value)
                .Append("</td></tr>")
            |> ignore

        html.Append("</tbody></table></div>").ToString()

    /// Columns aligned by spaces, numbers as in the HTML.
    let tableText (columns: string[]) (rows: (string * string[])[]) =
        let lines = [|
            yield Array.append [| "" |] columns

            for key, values in Array.truncate shownRows rows do
                yield Array.append [| key |] values
        |]

        let widths =
            Array.init (columns.Length + 1) (fun i -> lines |> Array.map (fun line -> line[i].Length) |> Array.max)

        let padded line =
            Array.map2 (fun (text: string) (width: int) -> text.PadRight width) line widths
            |> String.concat "  "
            |> _.TrimEnd()

        [|
            yield! Array.map padded lines

            if rows.Length > shownRows then
                yield $"{shownRows} of {rows.Length} rows"
        |]
        |> String.concat "\n"
