module PolyCL.Tests.Sam.Video.HoleFillingTests

open System
open Expecto
open PolyCL.Sam.Video

/// '#' is 3, '.' is −3; '+' is the logit of a filled pixel.
let private logits (rows: string list) =
    String.concat "" rows
    |> Seq.map (fun c ->
        match c with
        | '#' -> 3f
        | '+' -> 0.1f
        | _ -> -3f)
    |> Array.ofSeq

let private filled area rows =
    let values = logits rows
    HoleFilling.Fill(values.AsSpan(), List.length rows, String.length (List.head rows), area)
    values

[<Tests>]
let tests =
    testList "Sam.Video.HoleFilling" [
        testCase "components touch at corners; larger ones stay"
        <| fun () ->
            let rows = [ "######"; "#.##.#"; "##.#.#"; "####.#"; "######" ]
            Expect.equal (filled 2 rows) (logits [ "######"; "#+##.#"; "##+#.#"; "####.#"; "######" ]) "area 2"
            Expect.equal (filled 3 rows) (logits [ "######"; "#+##+#"; "##+#+#"; "####+#"; "######" ]) "area 3"
            Expect.equal (filled 1 rows) (logits rows) "area 1"

        testCase "a small background at the border counts as a hole, as in the reference"
        <| fun () -> Expect.equal (filled 1 [ ".##"; "###" ]) (logits [ "+##"; "###" ]) "corner"

        testCase "a logit of 0 is background"
        <| fun () ->
            let values = [| 1f; 0f; 1f |]
            HoleFilling.Fill(values.AsSpan(), 1, 3, 1)
            Expect.equal values [| 1f; 0.1f; 1f |] "filled"
    ]
