module PolyCL.Tests.Imaging.OrientationTests

open System
open Expecto
open PolyCL.Imaging
open PolyCL.Tests.Imaging.NiftiCorpus

let private affine (columns: double list list) =
    Affine.FromRows [|
        for row in 0..2 do
            for column in 0..2 do
                yield columns[column][row]

            yield 0.0

        yield! [ 0.0; 0.0; 0.0; 1.0 ]
    |]

let private ofColumns columns =
    string (Orientation.FromAffine(affine columns))

[<Tests>]
let tests =
    testList "Imaging.Orientation" [
        testCase "each signed permutation has its own letters, which Parse reads back"
        <| fun () ->
            let unit axis sign =
                List.init 3 (fun i -> if i = axis then sign else 0.0)

            let all = [
                for a in 0..2 do
                    for b in 0..2 do
                        for c in 0..2 do
                            if List.length (List.distinct [ a; b; c ]) = 3 then
                                for s in [ 1.0; -1.0 ] do
                                    for t in [ 1.0; -1.0 ] do
                                        for u in [ 1.0; -1.0 ] -> ofColumns [ unit a s; unit b t; unit c u ]
            ]

            Expect.hasLength (List.distinct all) 48 "orders"

            for letters in all do
                Expect.equal (string (Orientation.Parse letters)) letters letters

            Expect.equal (ofColumns [ unit 0 1.0; unit 1 1.0; unit 2 1.0 ]) "RAS" "positive axes"
            Expect.equal (ofColumns [ unit 0 -1.0; unit 1 -1.0; unit 2 1.0 ]) "LPS" "negative right and front"

        testCase "an oblique axis takes the world axis in which it moves most"
        <| fun () ->
            let turn degrees =
                let c, s = cos (degrees * Math.PI / 180.0), sin (degrees * Math.PI / 180.0)
                ofColumns [ [ c; s; 0.0 ]; [ -s; c; 0.0 ]; [ 0.0; 0.0; 1.0 ] ]

            Expect.equal
                (List.map turn [ 0.0; 44.0; 46.0; 134.0; 136.0; 226.0 ])
                [ "RAS"; "RAS"; "ALS"; "ALS"; "LPS"; "PRS" ]
                "turned"

        testCase "unequal spacing does not matter, nor does a moderate shear"
        <| fun () ->
            Expect.equal (ofColumns [ [ 0.1; 0.0; 0.0 ]; [ 0.0; -50.0; 0.0 ]; [ 0.0; 0.0; 3.0 ] ]) "RPS" "spacing"
            Expect.equal (ofColumns [ [ 1.0; 0.0; 0.0 ]; [ 0.4; 1.0; 0.0 ]; [ 0.0; 0.4; 1.0 ] ]) "RAS" "shear"

        testCase "three different world axes are taken even when two axes lean the same way"
        <| fun () ->
            let letters = ofColumns [ [ 1.0; 0.1; 0.0 ]; [ 1.0; 0.9; 0.0 ]; [ 0.0; 0.0; 1.0 ] ]
            Expect.equal letters "RAS" "the second axis gives way"

        testCase "every geometry of the corpus has nibabel's letters"
        <| fun () ->
            for entry in entries "valid" do
                let stored = Array.ofList (affineRows entry "affine")

                Expect.equal
                    (string (Orientation.FromAffine(Affine.FromRows stored)))
                    (text entry "axcodes")
                    (text entry "file")

        testCase "letters are read in any case, and nothing else is read"
        <| fun () ->
            Expect.equal (Orientation.Parse " lps ") Orientation.Lps "lower case"
            Expect.equal Unchecked.defaultof<Orientation> Orientation.Ras "the default value"

            for text in [ ""; "LP"; "LPSR"; "LRS"; "XYZ"; "LLS" ] do
                Expect.throwsC (fun () -> Orientation.Parse text |> ignore) (fun e ->
                    Expect.stringContains e.Message $"'{text}'" "names the text")
    ]
