/// Networks as values: JSON, which fixes a run's identity, and what each record builds.
module PolyCL.Tests.Models.NetworkOptionsTests

open System
open Expecto
open PolyCL.Core
open PolyCL.Models
open PolyCL.Studies

let private kinds = Enum.GetValues<BackboneKind>()

let private text (options: NetworkOptions) =
    SettingsJson.ToLine<NetworkOptions> options

[<Tests>]
let tests =
    testList "Models.NetworkOptions" [
        for kind in kinds do
            testCase $"{kind}: JSON begins with the backbone and reads back to the same text"
            <| fun () ->
                let options = ProfileSettings.Network(Profile.Quick, kind, 96)
                let json = text options
                Expect.stringStarts json "{\"backbone\":\"" "discriminator first"
                let again = SettingsJson.Read<NetworkOptions>(json, "test")
                Expect.equal (again.GetType()) (options.GetType()) "type"
                Expect.equal (text again) json "text"
                let other = options.WithPrecision ComputePrecision.BFloat16
                Expect.notEqual (text other) json "precision is part of the identity"
                Expect.equal (text (other.WithPrecision ComputePrecision.Full)) json "and can be taken back"

        testCase "every network and every profile has a text of its own"
        <| fun () ->
            let texts = [
                for kind in kinds -> text (ProfileSettings.Network(Profile.Paper, kind, 256))
            ]

            Expect.hasLength (List.distinct texts) kinds.Length "texts"

        testCase "JSON without a backbone, or with an unknown one, is refused in one sentence"
        <| fun () ->
            for json in [ "{\"dropout\":0.1}"; "{\"backbone\":\"v-net\"}" ] do
                Expect.throwsT<RunStateException>
                    (fun () -> SettingsJson.Read<NetworkOptions>(json, "card") |> ignore)
                    json

        testCase "a slice size that does not fit names the network, the size and the rule"
        <| fun () ->
            Expect.throwsC (fun () -> UNetOptions().CheckSize(40L, 64L)) (fun e ->
                Expect.isTrue (e :? ArgumentException) "type"

                for part in [ "U-Net"; "40×64"; "multiples of 16" ] do
                    Expect.stringContains e.Message part "message")
    ]
