module PolyCL.Tests.PublicSurfaceTests

open System
open System.IO
open System.Reflection
open System.Runtime.CompilerServices
open Expecto

let private library = typeof<PolyCL.Core.Check>.Assembly

let private declared =
    BindingFlags.Public
    ||| BindingFlags.Static
    ||| BindingFlags.Instance
    ||| BindingFlags.DeclaredOnly

let private plain (name: string) = name.Split('`')[0]

/// C# as a reader would write the type, without its namespace.
let rec private typeName (t: Type) : string =
    let arguments (all: Type seq) =
        all |> Seq.map typeName |> String.concat ", "

    if t.IsByRef then
        "ref " + typeName (nonNull (t.GetElementType()))
    elif t.IsArray then
        typeName (nonNull (t.GetElementType())) + "[]"
    elif t.IsGenericParameter then
        t.Name
    elif t.IsGenericType && plain t.Name = "Nullable" then
        typeName (t.GetGenericArguments()[0]) + "?"
    else
        let owner =
            match t.DeclaringType with
            | null -> ""
            | owner -> plain owner.Name + "."

        if t.IsGenericType && t.GetGenericArguments().Length > 0 then
            $"{owner}{plain t.Name}<{arguments (t.GetGenericArguments())}>"
        else
            owner + t.Name

let private value (v: obj | null) =
    match v with
    | null -> "null"
    | :? string as text -> $"\"{text}\""
    | v -> String.Format(Globalization.CultureInfo.InvariantCulture, "{0}", v)

let private parameters (m: MethodBase) =
    m.GetParameters()
    |> Seq.map (fun p ->
        let optional =
            if p.HasDefaultValue then
                " = " + value p.RawDefaultValue
            else
                ""

        $"{typeName p.ParameterType} {p.Name}{optional}")
    |> String.concat ", "

let private kind (t: Type) =
    if t.IsEnum then "enum"
    elif typeof<Delegate>.IsAssignableFrom t then "delegate"
    elif t.IsInterface then "interface"
    elif t.IsValueType then "struct"
    elif t.IsAbstract && t.IsSealed then "static class"
    elif t.IsAbstract then "abstract class"
    elif t.IsSealed then "sealed class"
    else "class"

/// What a type derives from and promises; equality, which every record has, left out.
let private bases (t: Type) =
    let above = Option.ofObj t.BaseType

    let inherited =
        match above with
        | Some b -> b.GetInterfaces()
        | None -> [||]

    let shown = [
        match above with
        | Some b when t.IsClass && b <> typeof<obj> && b <> typeof<MulticastDelegate> -> typeName b
        | _ -> ()

        if not t.IsEnum then
            for i in Array.except inherited (t.GetInterfaces()) |> Array.sortBy typeName do
                if plain i.Name <> "IEquatable" then
                    typeName i
    ]

    if shown.IsEmpty then
        ""
    else
        " : " + String.concat ", " shown

let private written (m: MemberInfo) =
    not (m.IsDefined(typeof<CompilerGeneratedAttribute>, false))

let private accessors (p: PropertyInfo) =
    match p.GetSetMethod() |> Option.ofObj with
    | None -> "{ get; }"
    | Some set when
        set.ReturnParameter.GetRequiredCustomModifiers()
        |> Seq.exists (fun m -> m.Name = "IsExternalInit")
        ->
        "{ get; init; }"
    | Some _ -> "{ get; set; }"

/// The members that somebody wrote: what the compiler adds to records is left out.
let private members (t: Type) : string list =
    if t.IsEnum then
        [
            for name in Enum.GetNames t do
                $"{name} = {Convert.ToInt64(Enum.Parse(t, name))}"
        ]
    else
        [
            for c in t.GetConstructors declared do
                $"new({parameters c})"

            for f in t.GetFields declared do
                if f.IsLiteral then
                    $"const {typeName f.FieldType} {f.Name} = {value (f.GetRawConstantValue())}"
                else
                    $"{typeName f.FieldType} {f.Name}"

            for p in t.GetProperties declared do
                let index =
                    match p.GetIndexParameters() with
                    | [||] -> ""
                    | index ->
                        "["
                        + (index |> Seq.map (fun i -> typeName i.ParameterType) |> String.concat ", ")
                        + "]"

                $"{typeName p.PropertyType} {p.Name}{index} {accessors p}"

            for e in t.GetEvents declared do
                $"event {typeName (nonNull e.EventHandlerType)} {e.Name}"

            for m in t.GetMethods declared do
                if
                    written m
                    && (not m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal))
                then
                    let generic =
                        if m.IsGenericMethod then
                            "<" + (m.GetGenericArguments() |> Seq.map typeName |> String.concat ", ") + ">"
                        else
                            ""

                    $"{typeName m.ReturnType} {m.Name}{generic}({parameters m})"
        ]
        |> List.sortWith (fun a b -> String.CompareOrdinal(a, b))

/// One line for each public type, and one, indented, for each of its public members.
let private surface () = [|
    let types = library.GetExportedTypes()

    for space, all in types |> Array.groupBy (fun t -> nonNull t.Namespace) |> Array.sortBy fst do
        $"namespace {space}"

        for t in all |> Array.sortWith (fun a b -> String.CompareOrdinal(a.FullName, b.FullName)) do
            $"  {kind t} {typeName t}{bases t}"

            for m in members t do
                "    " + m
|]

[<Tests>]
let tests =
    testList "PublicSurface" [
        testCase "the library's public surface is the recorded one"
        <| fun () ->
            let now = surface ()

            // To refresh: POLYCL_REFRESH=1 dotnet run -c Release --project tests/PolyCL.Tests -- --filter-test-list PublicSurface
            if Environment.GetEnvironmentVariable "POLYCL_REFRESH" = "1" then
                match TestData.repository with
                | Some root ->
                    File.WriteAllLines(Path.Combine(root, "tests/PolyCL.Tests/golden/public-surface-lib.txt"), now)
                | None -> skiptest "needs the sources of the repository"
            else
                let golden =
                    File.ReadAllLines(Path.Combine(TestData.golden, "public-surface-lib.txt"))

                let added, removed = Array.except golden now, Array.except now golden
                Expect.isEmpty added "added to the surface"
                Expect.isEmpty removed "no longer in the surface"
                Expect.sequenceEqual now golden "every line in its place"
    ]
