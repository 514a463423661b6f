/// What the compiled types of an assembly use of each other, as its metadata and instructions say.
module PolyCL.Tests.CompiledReferences

open System.Collections.Immutable
open System.IO
open System.Reflection.Emit
open System.Reflection.Metadata
open System.Reflection.Metadata.Ecma335
open System.Reflection.PortableExecutable

/// A type and one that it uses, both outermost, by namespace and name.
type Reference = {
    FromNamespace: string
    From: string
    ToNamespace: string
    To: string
}

/// The types of this assembly that a signature names, those of other assemblies left out.
type private Signatures() =
    interface ISignatureTypeProvider<TypeDefinitionHandle list, unit> with
        member _.GetArrayType(element, _) = element
        member _.GetByReferenceType element = element

        member _.GetFunctionPointerType signature =
            signature.ReturnType :: List.ofSeq signature.ParameterTypes |> List.concat

        member _.GetGenericInstantiation(generic, arguments) =
            generic :: List.ofSeq arguments |> List.concat

        member _.GetGenericMethodParameter(_, _) = []
        member _.GetGenericTypeParameter(_, _) = []
        member _.GetModifiedType(modifier, unmodified, _) = modifier @ unmodified
        member _.GetPinnedType element = element
        member _.GetPointerType element = element
        member _.GetPrimitiveType _ = []
        member _.GetSZArrayType element = element
        member _.GetTypeFromDefinition(_, handle, _) = [ handle ]
        member _.GetTypeFromReference(_, _, _) = []

        member this.GetTypeFromSpecification(reader, context, handle, _) =
            (reader.GetTypeSpecification handle).DecodeSignature(this, context)

/// Every instruction's kind of operand: one byte long, or two with 0xFE before.
let private operands =
    typeof<OpCodes>.GetFields()
    |> Seq.map (fun field ->
        let code = field.GetValue null :?> OpCode
        uint16 code.Value, code.OperandType)
    |> dict

/// The metadata tokens in a method's instructions.
let private tokens (body: BlobReader) = [
    let mutable body = body

    while body.RemainingBytes > 0 do
        let first = body.ReadByte()

        let code =
            if first = 0xFEuy then
                0xFE00us ||| uint16 (body.ReadByte())
            else
                uint16 first

        match operands[code] with
        | OperandType.InlineField
        | OperandType.InlineMethod
        | OperandType.InlineSig
        | OperandType.InlineTok
        | OperandType.InlineType -> MetadataTokens.EntityHandle(body.ReadInt32())
        | OperandType.InlineNone -> ()
        | OperandType.InlineSwitch ->
            // The count is read first: reading moves the offset.
            let targets = body.ReadInt32()
            body.Offset <- body.Offset + 4 * targets
        | OperandType.ShortInlineBrTarget
        | OperandType.ShortInlineI
        | OperandType.ShortInlineVar -> body.Offset <- body.Offset + 1
        | OperandType.InlineVar -> body.Offset <- body.Offset + 2
        | OperandType.InlineI8
        | OperandType.InlineR -> body.Offset <- body.Offset + 8
        | _ -> body.Offset <- body.Offset + 4
]

/// Every use of one of the assembly's types by another one in base types, interfaces, constraints, attributes, fields, signatures,
/// local variables and instructions. Nested types, closures and iterators count as the type around them.
/// Not seen, because the compiler puts their values in place: constants and the members of enums (an enum in a signature, a field or a
/// local variable is seen), and what `nameof` and the documentation name.
let ofAssembly (path: string) : Reference list =
    use file = File.OpenRead path
    use image = new PEReader(file)
    let reader = image.GetMetadataReader()
    let signatures = Signatures()

    let rec typesOf (handle: EntityHandle) : TypeDefinitionHandle list =
        match handle.Kind with
        | HandleKind.TypeDefinition -> [ TypeDefinitionHandle.op_Explicit handle ]
        | HandleKind.TypeSpecification ->
            (reader.GetTypeSpecification(TypeSpecificationHandle.op_Explicit handle)).DecodeSignature(signatures, ())
        | HandleKind.MethodDefinition -> [
            (reader.GetMethodDefinition(MethodDefinitionHandle.op_Explicit handle)).GetDeclaringType()
          ]
        | HandleKind.FieldDefinition -> [
            (reader.GetFieldDefinition(FieldDefinitionHandle.op_Explicit handle)).GetDeclaringType()
          ]
        | HandleKind.MemberReference ->
            typesOf (reader.GetMemberReference(MemberReferenceHandle.op_Explicit handle)).Parent
        | HandleKind.MethodSpecification ->
            let method =
                reader.GetMethodSpecification(MethodSpecificationHandle.op_Explicit handle)

            typesOf method.Method @ List.concat (method.DecodeSignature(signatures, ()))
        | HandleKind.StandaloneSignature -> locals (StandaloneSignatureHandle.op_Explicit handle)
        | _ -> []

    and locals (handle: StandaloneSignatureHandle) =
        let signature = reader.GetStandaloneSignature handle

        match signature.GetKind() with
        | StandaloneSignatureKind.LocalVariables -> List.concat (signature.DecodeLocalSignature(signatures, ()))
        | _ -> whole (signature.DecodeMethodSignature(signatures, ()))

    and whole (signature: MethodSignature<TypeDefinitionHandle list>) =
        signature.ReturnType :: List.ofSeq signature.ParameterTypes |> List.concat

    let attributes (handles: CustomAttributeHandleCollection) = [
        for handle in handles do
            yield! typesOf (reader.GetCustomAttribute handle).Constructor
    ]

    let constraints (handles: GenericParameterHandleCollection) = [
        for handle in handles do
            for one in (reader.GetGenericParameter handle).GetConstraints() do
                yield! typesOf (reader.GetGenericParameterConstraint one).Type
    ]

    let instructions (method: MethodDefinition) = [
        if method.RelativeVirtualAddress <> 0 then
            let body = image.GetMethodBody method.RelativeVirtualAddress

            if not body.LocalSignature.IsNil then
                yield! locals body.LocalSignature

            for region in body.ExceptionRegions do
                if not region.CatchType.IsNil then
                    yield! typesOf region.CatchType

            for token in tokens (body.GetILReader()) do
                yield! typesOf token
    ]

    let usedBy (definition: TypeDefinition) = [
        if not definition.BaseType.IsNil then
            yield! typesOf definition.BaseType

        yield! attributes (definition.GetCustomAttributes())
        yield! constraints (definition.GetGenericParameters())

        for handle in definition.GetInterfaceImplementations() do
            yield! typesOf (reader.GetInterfaceImplementation handle).Interface

        for handle in definition.GetFields() do
            let field = reader.GetFieldDefinition handle
            yield! field.DecodeSignature(signatures, ())
            yield! attributes (field.GetCustomAttributes())

        for handle in definition.GetProperties() do
            yield! attributes ((reader.GetPropertyDefinition handle).GetCustomAttributes())

        for handle in definition.GetMethods() do
            let method = reader.GetMethodDefinition handle
            yield! whole (method.DecodeSignature(signatures, ()))
            yield! attributes (method.GetCustomAttributes())
            yield! constraints (method.GetGenericParameters())
            yield! instructions method
    ]

    let rec outermost (handle: TypeDefinitionHandle) =
        let definition = reader.GetTypeDefinition handle
        let around = definition.GetDeclaringType()
        if around.IsNil then definition else outermost around

    let name (definition: TypeDefinition) =
        reader.GetString definition.Namespace, reader.GetString definition.Name

    [
        for handle in reader.TypeDefinitions do
            let from = name (outermost handle)

            for other in usedBy (reader.GetTypeDefinition handle) do
                let used = name (outermost other)

                // What the compiler and its generators add for themselves is in no namespace of the project.
                if
                    used <> from
                    && (fst from).StartsWith "PolyCL."
                    && (fst used).StartsWith "PolyCL."
                then
                    {
                        FromNamespace = fst from
                        From = snd from
                        ToNamespace = fst used
                        To = snd used
                    }
    ]
    |> List.distinct

/// The arrows that lie on a cycle: those whose end leads back to their start.
let onCycles (arrows: (string * string) seq) : (string * string) list =
    let arrows =
        Seq.distinct arrows
        |> Seq.filter (fun (start, finish) -> start <> finish)
        |> Seq.toList

    let next =
        arrows
        |> List.groupBy fst
        |> List.map (fun (start, all) -> start, List.map snd all)
        |> Map

    let rec reach (seen: Set<string>) node =
        if seen.Contains node then
            seen
        else
            Map.tryFind node next
            |> Option.defaultValue []
            |> List.fold reach (seen.Add node)

    arrows
    |> List.filter (fun (start, finish) -> (reach Set.empty finish).Contains start)
    |> List.sort
