module PolyCL.Tests.FSharp.SettingsTests

open System
open System.Reflection
open Expecto
open Microsoft.FSharp.Reflection
open PolyCL
open PolyCL.Core
open PolyCL.Studies

/// An F# record and the library's settings it stands for: names that differ, fields that only F# has, and the way over as JSON.
type private Twin = {
    Record: Type
    Library: Type
    Renamed: Map<string, string>
    Own: Set<string>
    Value: obj
    Json: objnull -> string
    Default: string
}

let private twin<'record, 'library> renamed own (value: 'record) (toLib: 'record -> 'library) (standard: 'library) = {
    Record = typeof<'record>
    Library = typeof<'library>
    Renamed = Map renamed
    Own = set own
    Value = nonNull (box value)
    Json = fun value -> SettingsJson.ToLine(toLib (unbox value))
    Default = SettingsJson.ToLine standard
}

let private twins = [
    twin [] [ "Profile" ] Dataset.paper Dataset.toLib (Data.PrepareOptions())
    twin [ "Kind", "Strategy" ] [] Strategy.mixed Strategy.toLib (Sampling.StrategyOptions())
    twin
        []
        []
        Pretrain.paper.Views
        (fun views -> (Pretrain.toLib { Pretrain.paper with Views = views }).Views)
        (Sampling.ViewOptions())
    twin
        []
        []
        Pretrain.paper.Momentum
        (fun momentum ->
            (Pretrain.toLib {
                Pretrain.paper with
                    Momentum = momentum
            })
                .Momentum)
        (Training.MomentumOptions())
    twin
        [ "Strategy", "Selection"; "Backbone", "Network" ]
        [ "Profile" ]
        Pretrain.paper
        Pretrain.toLib
        (Training.PretrainOptions())
    twin [ "Backbone", "Network" ] [ "Profile" ] FineTune.paper FineTune.toLib (Training.FineTuneOptions())
    twin [] [ "Window" ] Sam.paper Sam.toLib (PolyCL.Sam.SamOptions())
    twin [] [] Sam2.passes Sam2.toLibPasses (PolyCL.Sam.PropagationOptions())
    twin [] [] Sam2.standard Sam2.toLib (PolyCL.Sam.VolumePropagationOptions())
    twin [] [] Sam2.opening Sam2.toLibOpening (PolyCL.Sam.Sam2Options())
    twin
        []
        []
        {
            Phantom.abdomen with
                Scans = Data.Phantom.PhantomOptions().Scans
        }
        Phantom.toLib
        (Data.Phantom.PhantomOptions())
]

let private fields (twin: Twin) = FSharpType.GetRecordFields twin.Record

let private nameInLibrary (twin: Twin) (field: PropertyInfo) =
    twin.Renamed |> Map.tryFind field.Name |> Option.defaultValue field.Name

let private network =
    (nonNull (typeof<Training.PretrainOptions>.GetProperty "Network")).PropertyType

/// The types of the two sides that stand for each other and are not the same.
let private standsFor =
    dict [
        typeof<StrategyKind>, typeof<Sampling.Strategy>
        typeof<Strategy>, typeof<Sampling.StrategyOptions>
        typeof<Views>, typeof<Sampling.ViewOptions>
        typeof<Momentum>, typeof<Training.MomentumOptions>
        typeof<Sam2.Passes>, typeof<PolyCL.Sam.PropagationOptions>
        typeof<Backbone>, network
        typeof<Backbone option>, network
    ]

let private expected (t: Type) =
    match standsFor.TryGetValue t with
    | true, library -> library
    | _ when t.IsGenericType && t.GetGenericTypeDefinition() = typedefof<_ option> ->
        typedefof<Nullable<_>>.MakeGenericType(t.GetGenericArguments())
    | _ -> t

/// Other values of a field, until one lies in its range.
let private others (value: objnull) : objnull list =
    match value with
    | :? bool as b -> [ box (not b) ]
    | :? int as i -> [ box (i + 1) ]
    | :? int64 as i -> [ box (i + 1L) ]
    | :? float as f when f = 0.0 -> [ box 1.0 ]
    | :? float as f -> [ box (f / 2.0); box (f * 1.5) ]
    | :? Imaging.Window -> [ box (Imaging.Window(50.0, 300.0)) ]
    | :? Enum as e -> [
        for other in Enum.GetValues(e.GetType()) do
            if other <> box e then
                other
      ]
    | _ -> []

let private othersOf (field: PropertyInfo) (value: objnull) : objnull list =
    let t = field.PropertyType

    if t = typeof<float option> then
        [ box (Some 0.5) ]
    elif t = typeof<int option> then
        [ box (Some 12) ]
    elif t = typeof<Data.Phantom.PhantomLayout option> then
        [ box (Some Data.Phantom.PhantomLayout.Msd) ]
    elif t = typeof<StrategyKind> then
        [ box StrategyKind.Organ ]
    elif t = typeof<Strategy> then
        [ box Strategy.scan ]
    elif t = typeof<Momentum> then
        [
            box {
                Pretrain.paper.Momentum with
                    QueueSize = 8
            }
        ]
    elif t = typeof<Sam2.Passes> then
        [ box { Sam2.passes with FreshStates = true } ]
    elif t = typeof<Backbone> then
        [ box ResUNet ]
    elif t = typeof<Backbone option> then
        [ box (Some UNetResidual) ]
    elif t = typeof<Views> then
        [
            box {
                Pretrain.paper.Views with
                    Frozen = true
            }
        ]
    else
        others value

[<Tests>]
let tests =
    testList "FSharp.Settings" [
        for twin in twins do
            testCase $"{twin.Library.Name}: the same names and types on both sides"
            <| fun () ->
                let library =
                    twin.Library.GetProperties(BindingFlags.Public ||| BindingFlags.Instance)
                    |> Array.filter _.CanWrite
                    |> Array.map (fun p -> p.Name, p.PropertyType)
                    |> Map

                let record =
                    fields twin
                    |> Array.filter (fun field -> not (twin.Own.Contains field.Name))
                    |> Array.map (fun field ->
                        nameInLibrary twin field,
                        // None stands for the rate of the profile's network.
                        if field.Name = "LearningRate" && field.PropertyType = typeof<float option> then
                            typeof<float>
                        else
                            expected field.PropertyType)
                    |> Map

                Expect.equal record library "names and types"

            testCase $"{twin.Library.Name}: the paper's values are the library's defaults"
            <| fun () -> Expect.equal (twin.Json twin.Value) twin.Default "settings as JSON"

            testCase $"{twin.Library.Name}: a change of any field reaches the library"
            <| fun () ->
                let values = FSharpValue.GetRecordFields twin.Value

                for i, field in Array.indexed (fields twin) do
                    let attempts = othersOf field values[i]

                    let changed =
                        attempts
                        |> List.choose (fun other ->
                            try
                                let copy = Array.copy values
                                copy[i] <- other
                                Some(twin.Json(FSharpValue.MakeRecord(twin.Record, copy)))
                            with _ ->
                                None)

                    if not (twin.Own.Contains field.Name) then
                        Expect.isNonEmpty changed $"{field.Name} takes another value"
                        Expect.notEqual changed[0] twin.Default field.Name

        testCase "the profiles are the library's"
        <| fun () ->
            for profile, prepare, pretrain, fineTune in
                [
                    Profile.Paper, Dataset.paper, Pretrain.paper, FineTune.paper
                    Profile.Quick, Dataset.quick, Pretrain.quick, FineTune.quick
                    Profile.Smoke, Dataset.smoke, Pretrain.smoke, FineTune.smoke
                ] do
                let same (a: 'a) (b: 'a) =
                    Expect.equal (SettingsJson.ToLine a) (SettingsJson.ToLine b) $"{profile}"

                same (Dataset.toLib prepare) (ProfileSettings.Prepare profile)
                same (Pretrain.toLib pretrain) (ProfileSettings.Pretrain profile)
                same (FineTune.toLib fineTune) (ProfileSettings.FineTune profile)
                Expect.equal prepare.Profile profile "profile of the preparation"
                Expect.equal pretrain.Profile profile "profile of the pre-training"
                Expect.equal fineTune.Profile profile "profile of the fine-tuning"
    ]
