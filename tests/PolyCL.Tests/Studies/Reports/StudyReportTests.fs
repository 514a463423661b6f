module PolyCL.Tests.Studies.Reports.StudyReportTests

open System
open System.IO
open System.Text.RegularExpressions
open System.Xml
open Expecto
open PolyCL.Studies
open PolyCL.Studies.Reports
open PolyCL.Tests
open PolyCL.Tests.Studies

let private report =
    lazy StudyReport(Tables = [| StudyTables.small.Value |], Options = StudyOptions.Of Profile.Smoke)

let private html = lazy report.Value.ToHtml()

[<Tests>]
let tests =
    testList "Studies.Reports" [
        testCase "the page asks nothing of a network and runs no script"
        <| fun () ->
            // Names of XML namespaces look like addresses and are none.
            let page =
                Regex.Replace(html.Value, "xmlns(:xlink)?=\"http://www.w3.org/[^\"]+\"", "")

            Expect.isFalse (page.Contains "://") "no address"
            Expect.isFalse (page.Contains "<script") "no script"

            for reference in Regex.Matches(page, "(?:src|href)=\"([^\"]*)\"") do
                Expect.stringStarts reference.Groups[1].Value "#" "within the page"

        testCase "the page is well formed, and each link of its contents has its chapter"
        <| fun () ->
            let xml =
                html.Value.Replace("<!DOCTYPE html>", "")
                |> fun text -> Regex.Replace(text, "<(meta[^>]*)>", "<$1/>")

            let document = XmlDocument()
            document.LoadXml xml

            let ids =
                Regex.Matches(xml, "<h\\d id=\"([^\"]+)\"")
                |> Seq.map (fun m -> m.Groups[1].Value)
                |> set

            let links =
                Regex.Matches(xml, "<a href=\"#([^\"]+)\"")
                |> Seq.map (fun m -> m.Groups[1].Value)
                |> set

            Expect.isTrue (links.IsSubsetOf ids) "targets"
            Expect.equal links.Count 3 "table, claims, making"

            let count (path: string) =
                (nonNull (document.SelectNodes path)).Count

            Expect.equal (count "//*[local-name()='svg'][parent::figure]") 4 "rows, metrics, differences, one pair"
            Expect.equal (count "//table") 4 "the paper's metrics, the standard ones, comparisons, claims"

        testCase "table, comparisons, claims, settings and run folders are there, and what phantoms are worth"
        <| fun () ->
            for text in
                [
                    "no reproduction of the paper"
                    "phantom in place of LiTS"
                    "U-Net, SupCon: not run."
                    "rank-biserial"
                    "best PolyCL row better than the best other"
                    "Settings of fine-tuning"
                    "label_fraction"
                    "U-Net, PolyCL-M, seed 2: run-2"
                ] do
                Expect.isTrue (html.Value.Contains text) text

        testCase "texts are escaped"
        <| fun () ->
            let table = StudyTables.table 1 [ StudyTables.row 1 "none" "<b>\"&" [] ]
            let page = StudyReport(Tables = [| table |]).ToHtml()
            Expect.isTrue (page.Contains "&lt;b&gt;&quot;&amp;") "as text"
            Expect.isFalse (page.Contains "<b>") "not as an element"

        testCase "equal tables give equal pages"
        <| fun () -> Expect.equal (report.Value.ToHtml()) html.Value "the same bytes"

        testCase "Markdown has its figures beside it, each linked and there"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path = Path.Combine(folder, "my report.md")
                report.Value.Write path
                let text = File.ReadAllText path

                let figures =
                    Regex.Matches(text, @"!\[[^\]]*\]\(<([^>]+)>\)")
                    |> Seq.map (fun m -> m.Groups[1].Value)
                    |> Seq.toList

                Expect.equal figures.Length 4 "figures"

                for figure in figures do
                    Expect.isTrue (File.Exists(Path.Combine(folder, figure))) figure

                report.Value.Write(Path.Combine(folder, "report.html"))
                Expect.equal (File.ReadAllText(Path.Combine(folder, "report.html"))) html.Value "the HTML")

        testCase "no table, and a file of another kind, are refused"
        <| fun () ->
            Expect.throwsT<ArgumentException> (fun () -> StudyReport(Tables = [||]).ToHtml() |> ignore) "none"
            Expect.throwsT<ArgumentException> (fun () -> report.Value.Write "report.pdf") "pdf"
    ]
