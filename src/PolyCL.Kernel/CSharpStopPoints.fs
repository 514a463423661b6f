/// Writes calls of StopPoint.Check into a C# cell, as FSharpStopPoints does into F#; every line keeps its number.
module internal PolyCL.Kernel.CSharpStopPoints

open System.Text
open Microsoft.CodeAnalysis
open Microsoft.CodeAnalysis.CSharp
open Microsoft.CodeAnalysis.CSharp.Syntax

let private sharpCheck = "global::PolyCL.Kernel.StopPoint.Check(); "

/// The C# cell with its stop points.
let add (code: string) =
    let options =
        CSharpParseOptions(LanguageVersion.Preview, kind = SourceCodeKind.Script)

    let tree = CSharpSyntaxTree.ParseText(code, options)

    let insertions = ResizeArray<struct (int * string)>()
    let insert (at: int) (text: string) = insertions.Add(struct (at, text))

    let statement (body: StatementSyntax) =
        match body with
        | :? BlockSyntax as block -> insert block.OpenBraceToken.Span.End (" " + sharpCheck)
        | _ ->
            insert body.Span.Start ("{ " + sharpCheck)
            insert body.Span.End " }"

    let block (body: BlockSyntax | null) =
        match body with
        | null -> ()
        | body -> statement body

    /// An expression that surely has a value and a type of its own.
    let value (body: ExpressionSyntax) =
        insert body.Span.Start "(global::PolyCL.Kernel.StopPoint.Passed ? ("
        insert body.Span.End ") : default!)"

    let computed (body: ExpressionSyntax) =
        match body with
        | :? BinaryExpressionSyntax
        | :? ConditionalExpressionSyntax -> true
        | _ -> false

    let arrow (returns: TypeSyntax) (modifiers: SyntaxTokenList) (body: ArrowExpressionClauseSyntax | null) =
        match body with
        | null -> ()
        | body ->
            let isPlain =
                returns.ToString() <> "void"
                && not (returns :? RefTypeSyntax)
                && not (modifiers.Any SyntaxKind.AsyncKeyword)

            if
                isPlain
                && (computed body.Expression || body.Expression :? InvocationExpressionSyntax)
            then
                value body.Expression

    for node in tree.GetRoot().DescendantNodes() do
        match node with
        | :? WhileStatementSyntax as loop -> statement loop.Statement
        | :? DoStatementSyntax as loop -> statement loop.Statement
        | :? ForStatementSyntax as loop -> statement loop.Statement
        | :? CommonForEachStatementSyntax as loop -> statement loop.Statement
        | :? LabeledStatementSyntax as label -> insert label.Statement.Span.Start sharpCheck
        | :? LocalFunctionStatementSyntax as work ->
            block work.Body
            arrow work.ReturnType work.Modifiers work.ExpressionBody
        | :? MethodDeclarationSyntax as work ->
            block work.Body
            arrow work.ReturnType work.Modifiers work.ExpressionBody
        | :? AnonymousFunctionExpressionSyntax as work ->
            block work.Block

            match work.ExpressionBody with
            | NonNull body when computed body -> value body
            | _ -> ()
        | _ -> ()

    let text = StringBuilder code

    // From the end, so that places stay; what stands at one place, the inner first.
    for struct (at, inserted) in insertions |> Seq.rev |> Seq.sortByDescending (fun struct (at, _) -> at) do
        text.Insert(at, inserted) |> ignore

    let result = text.ToString()
    let problems (tree: SyntaxTree) = Seq.length (tree.GetDiagnostics())

    if problems (CSharpSyntaxTree.ParseText(result, options)) > problems tree then
        code
    else
        result
