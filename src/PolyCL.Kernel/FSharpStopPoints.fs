/// Writes calls of StopPoint.Check into the source of a cell: unwinding a running thread from outside ends the process wherever the
/// runtime took over a method's return address, so a cell must end itself. Lines and columns of what the user wrote stay.
module internal PolyCL.Kernel.FSharpStopPoints

open System
open System.Text
open FSharp.Compiler.CodeAnalysis
open FSharp.Compiler.Syntax
open FSharp.Compiler.SyntaxTrivia
open FSharp.Compiler.Text

let private check = "global.PolyCL.Kernel.StopPoint.Check()"

let private checker = lazy FSharpChecker.Create()

let private parse (code: string) =
    let options = {
        FSharpParsingOptions.Default with
            SourceFiles = [| "input.fsx" |]
            IsInteractive = true
            LangVersionText = "preview"
    }

    // A stop cancels the default token; parsing that is cancelled in its middle may never answer.
    Async.RunSynchronously(
        checker.Value.ParseFile("input.fsx", SourceText.ofString code, options, cache = false),
        cancellationToken = System.Threading.CancellationToken.None
    )

/// Whether a loop here belongs to a computation whose builder may not take a statement without value.
let private inForeignComputation (path: SyntaxVisitorPath) =
    let rec go (path: SyntaxVisitorPath) =
        match path with
        | SyntaxNode.SynExpr(SynExpr.Lambda _ | SynExpr.MatchLambda _) :: _ -> false
        | SyntaxNode.SynExpr(SynExpr.ComputationExpr _) :: SyntaxNode.SynExpr(SynExpr.App(funcExpr = SynExpr.Ident name)) :: _ ->
            not (List.contains name.idText [ "seq"; "async"; "task"; "backgroundTask" ])
        | SyntaxNode.SynExpr(SynExpr.ComputationExpr(hasSeqBuilder = false)) :: _ -> true
        | _ :: rest -> go rest
        | [] -> false

    go path

/// Text that is data, or of which no line may be broken.
let private isClosed (path: SyntaxVisitorPath) =
    path
    |> List.exists (function
        | SyntaxNode.SynExpr(SynExpr.Quote _ | SynExpr.InterpolatedString _) -> true
        | _ -> false)

/// Where the body of a function or of a loop begins: line from 1, column from 0.
let private bodies (tree: ParsedInput) =
    let start (body: SynExpr) =
        struct (body.Range.StartLine, body.Range.StartColumn)

    let of' (path: SyntaxVisitorPath) (node: SyntaxNode) =
        match node with
        | _ when isClosed path -> []
        | SyntaxNode.SynExpr(SynExpr.While(doExpr = body))
        | SyntaxNode.SynExpr(SynExpr.For(doBody = body))
        | SyntaxNode.SynExpr(SynExpr.ForEach(bodyExpr = body)) ->
            if inForeignComputation path then
                []
            else
                match body with
                // "for x in xs -> value"
                | SynExpr.YieldOrReturn(expr = value) when value.Range.Start = body.Range.Start -> [ start value ]
                | body -> [ start body ]
        | SyntaxNode.SynExpr(SynExpr.Lambda(fromMethod = false; inLambdaSeq = false; parsedData = Some(_, body))) -> [
            start body
          ]
        | SyntaxNode.SynExpr(SynExpr.MatchLambda(matchClauses = clauses)) -> [
            for SynMatchClause(resultExpr = body) in clauses -> start body
          ]
        | SyntaxNode.SynBinding(SynBinding(
            valData = SynValData(memberFlags = flags)
            headPat = SynPat.LongIdent(argPats = SynArgPats.Pats(_ :: _))
            expr = body
            trivia = trivia)) ->
            match flags, trivia.LeadingKeyword with
            | Some {
                       MemberKind = SynMemberKind.Constructor
                   },
              _
            | _, SynLeadingKeyword.Extern _ -> []
            | _ ->
                match body with
                | SynExpr.Typed(expr = body) -> [ start body ]
                | body -> [ start body ]
        | _ -> []

    (Set.empty, tree)
    ||> ParsedInput.fold (fun found path node -> of' path node |> List.fold (fun found at -> Set.add at found) found)

/// The F# cell with its stop points; the cell itself where they would not fit.
let add (code: string) =
    let parsed = parse code

    if parsed.ParseHadErrors then
        code
    else
        let lines = code.Split '\n'

        let places =
            bodies parsed.ParseTree
            |> Seq.groupBy (fun struct (line, _) -> line)
            |> Map.ofSeq

        let text = StringBuilder()

        let line (value: string) =
            text.Append(value).Append('\n') |> ignore

        lines
        |> Array.iteri (fun index source ->
            match places.TryFind(index + 1) with
            | None -> line source
            | Some columns ->
                // The rest of the line follows on a line of its own, in its column, under its old number.
                let mutable from = 0

                for struct (_, column) in columns do
                    let before = source.Substring(from, column - from)

                    if not (String.IsNullOrWhiteSpace before) then
                        line (String(' ', from) + before)

                    line (String(' ', column) + check)
                    line $"# {index + 1} \"input.fsx\""
                    from <- column

                line (String(' ', from) + source.Substring from))

        let result = text.ToString(0, text.Length - 1)

        if places.IsEmpty then
            code
        elif (parse result).Diagnostics.Length > parsed.Diagnostics.Length then
            code
        else
            result
