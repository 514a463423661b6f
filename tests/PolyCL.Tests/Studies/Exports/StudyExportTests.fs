module PolyCL.Tests.Studies.Exports.StudyExportTests

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions
open Expecto
open PolyCL.Core
open PolyCL.Studies
open PolyCL.Studies.Exports
open PolyCL.Tests
open PolyCL.Tests.Studies

let private text format table = StudyExport.Text([| table |], format)

/// A table whose texts hold every sign that a format could take for its own.
let private hostile =
    lazy
        (let nasty =
            "needs a_file & 5 % of $x$ #1 {a} ~b ^c \\d [e] |f| *g* \"h\", <i> `j` – … ± μ 肝"

         let small = StudyTables.small.Value

         StudyTable(
             Number = 1,
             Title = nasty,
             Profile = "quick",
             PaperDataset = "LiTS",
             DataLine = nasty,
             Definition = nasty,
             Rows = [|
                 StudyTableRow(Backbone = "[U-Net]", Model = nasty, Missing = nasty)
                 yield! small.Rows
             |],
             Notes = [| nasty; "two\nlines" |],
             Provenance = nasty,
             Phantom = false
         ))

/// Fields of CSV by the grammar of RFC 4180, with nothing forgiven.
let private parseCsv (text: string) =
    let rec field (i: int) =
        if text[i] = '"' then
            let rec quoted (i: int) (value: string) =
                if text[i] <> '"' then quoted (i + 1) $"{value}{text[i]}"
                elif text[i + 1] = '"' then quoted (i + 2) (value + "\"")
                else i + 1, value

            quoted (i + 1) ""
        else
            let stop = text.IndexOfAny([| ','; '\r' |], i)
            let value = text[i .. stop - 1]
            Expect.isFalse (value.Contains '"' || value.Contains '\n') $"a bare field with quotes: {value}"
            stop, value

    let rec record (i: int) (fields: string list) =
        let stop, value = field i

        if text[stop] = ',' then
            record (stop + 1) (value :: fields)
        else
            Expect.equal text[stop .. stop + 1] "\r\n" "end of record"
            stop + 2, List.rev (value :: fields)

    let rec records (i: int) rows =
        if i = text.Length then
            List.rev rows
        else
            let next, row = record i []
            records next (row :: rows)

    records 0 []

let private cellsOf (line: string) =
    Regex.Split(line.Trim().Trim('|'), @"(?<!\\)\|") |> Array.map _.Trim()

/// Runs pdflatex on a document around the table; skips where there is none.
let private compile (table: string) =
    TestData.withTempFolder (fun folder ->
        File.WriteAllText(
            Path.Combine(folder, "table.tex"),
            "\\documentclass[twocolumn]{article}\n\\usepackage{booktabs}\n\\begin{document}\n"
            + table
            + "\\end{document}\n"
        )

        let start =
            ProcessStartInfo(
                "pdflatex",
                "-interaction=nonstopmode -halt-on-error table.tex",
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true // where the font makers talk
            )

        let run =
            try
                Process.Start start
            with :? ComponentModel.Win32Exception ->
                null

        match run with
        | null -> skiptest "needs pdflatex with booktabs (texlive-latex-base, texlive-latex-recommended)"
        | run ->
            use run = run
            let errors = run.StandardError.ReadToEndAsync()
            let output = run.StandardOutput.ReadToEnd()
            errors.Wait()
            run.WaitForExit()
            run.ExitCode, output)

[<Tests>]
let tests =
    testList "Studies.Exports" [
        testCase "a row stands with the paper's number, ours, the difference and p against from scratch"
        <| fun () ->
            let scores = RowScore.Of(StudyTables.small.Value, StudyMetric.PaperDice)
            let mixed = scores[3]
            Expect.equal mixed.PrintedText "0.895 ± 0.003" "as printed"
            // Two runs of means 0.8095 and 0.810.
            Expect.floatClose Accuracy.high mixed.Mean.Value 0.80975 "mean over runs"
            Expect.floatClose Accuracy.high mixed.Difference.Value (0.80975 - 0.895) "ours − paper"
            Expect.isTrue mixed.IsBest "best of ours"
            Expect.isFalse mixed.PrintedIsBest "U-Net from scratch has 0.897"

            match mixed.Against with
            | null -> failtest "both rows have runs"
            | against ->
                Expect.equal against.Second "U-Net" "from scratch"
                Expect.floatClose Accuracy.high against.Adjusted (6.0 / 1024.0) "three comparisons"

            Expect.isNull scores[0].Against "from scratch has no baseline"
            Expect.equal (scores[1].Text, scores[1].Mean.HasValue) ("–", false) "SupCon has no number"

        testCase "Markdown has as many cells in each line, marks the best and says why a row is empty"
        <| fun () ->
            for table in [ StudyTables.small.Value; hostile.Value ] do
                let lines =
                    (text ExportFormat.Markdown table).Split '\n'
                    |> Array.filter _.StartsWith("|")
                    |> Array.map cellsOf

                Expect.equal lines.Length (table.Rows.Count + 2) "lines"

                for line in lines do
                    Expect.equal line.Length lines[0].Length $"{line}"

            let small = text ExportFormat.Markdown StudyTables.small.Value
            Expect.stringContains small "| **0.810 ± 0.000** |" "best of ours"
            Expect.stringContains small "| **0.897 ± 0.010** |" "best of the paper's four"
            Expect.stringContains small "- U-Net, SupCon: not run." "reason"
            Expect.stringContains small "Profile smoke." "profile"
            Expect.stringContains small "no reproduction of the paper" "phantom"

        testCase "CSV parses strictly and keeps every digit"
        <| fun () ->
            for table in [ StudyTables.small.Value; hostile.Value ] do
                let records = text ExportFormat.Csv table |> parseCsv

                for record in records do
                    Expect.equal record.Length records.Head.Length "fields"

                Expect.equal records.Length (1 + 2 * table.Rows.Count) "a line per row and metric"

            let records = text ExportFormat.Csv hostile.Value |> parseCsv

            let value name (record: string list) =
                record[List.findIndex ((=) name) records.Head]

            Expect.equal (value "missing" records[1]) $"{hostile.Value.Rows[0].Missing}" "the reason, sign by sign"
            let mixed = records[5]
            let run = hostile.Value.Rows[4].Runs

            let mean =
                (run[0].Scores.PaperCode.Dice.Value + run[1].Scores.PaperCode.Dice.Value) / 2.0

            Expect.equal (float (value "mean" mixed)) mean "the same number"
            Expect.equal (value "profile" mixed, value "phantom" mixed) ("quick", "false") "on every line"

        testCase "LaTeX compiles with pdfLaTeX and booktabs, whatever the texts hold"
        <| fun () ->
            for table in [ StudyTables.small.Value; hostile.Value ] do
                let exit, output = text ExportFormat.Latex table |> compile
                Expect.equal exit 0 output
                Expect.stringContains output "Output written on table.pdf (1 page" "a page"
                Expect.isFalse (output.Contains "LaTeX Warning: Reference") "no warning"

        testCase "LaTeX has balanced braces, as many cells in each row, and no bare special sign"
        <| fun () ->
            let latex = text ExportFormat.Latex hostile.Value

            let plain = Regex.Replace(latex, @"\\[&%$#_{}\\]|^%.*$", "", RegexOptions.Multiline)

            let count (sign: char) =
                plain |> Seq.filter (fun c -> c = sign) |> Seq.length

            Expect.equal (count '{') (count '}') "braces"
            Expect.equal (count '$' % 2) 0 "formulas"
            Expect.equal (count '#' + count '_' + count '~' + count '^') 0 "special signs"

            let ampersands =
                plain.Split '\n'
                |> Array.filter (fun line -> line.Contains '&' && not (line.Contains "multicolumn"))
                |> Array.map (fun line -> line |> Seq.filter (fun c -> c = '&') |> Seq.length)

            Expect.equal (Array.distinct ampersands).Length 1 "cells"

        testCase "JSON reads back as the same table"
        <| fun () ->
            let json = text ExportFormat.Json hostile.Value
            let read = SettingsJson.Read<StudyTable>(json, "table.json")
            Expect.equal (text ExportFormat.Json read) json "the same text"

        testCase "several tables share one CSV heading and are a list in JSON"
        <| fun () ->
            let both = [|
                StudyTables.small.Value
                StudyTables.table 2 [ StudyTables.row 2 "none" "U-Net" [] ]
            |]

            let records = StudyExport.Text(both, ExportFormat.Csv) |> parseCsv
            Expect.equal [ for record in records.Tail -> record.Head ] (List.replicate 8 "1" @ [ "2"; "2" ]) "tables"
            let json = StudyExport.Text(both, ExportFormat.Json)
            let read = SettingsJson.Read<StudyTable[]>(json, "tables.json")
            Expect.equal [ for table in read -> table.Number ] [ 1; 2 ] "list"

        testCase "other metrics stand without the paper's columns"
        <| fun () ->
            let table =
                StudyTableText.Of(StudyTables.small.Value, StudyMetric.Of "volume.dice,slice.hd95_px")

            Expect.equal
                [ for column in table.Columns -> column.Name ]
                [ "backbone"; "arm"; "runs"; "ours"; "p"; "ours"; "p" ]
                "columns"

            Expect.equal table.Rows[3].[5].Text "3.81 ± 0.01" "pixels"
            Expect.isTrue table.Rows[3].[5].Best "the smallest distance"

        testCase "no metric is refused"
        <| fun () ->
            Expect.throwsT<ArgumentException>
                (fun () ->
                    StudyExport.Text([| StudyTables.small.Value |], ExportFormat.Markdown, [||])
                    |> ignore)
                "none"
    ]
