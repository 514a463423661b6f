module PolyCL.Tests.Studies.Pictures.PaletteTests

open System
open Expecto
open PolyCL.Studies.Pictures

/// What a person without red (protan) or green (deutan) cones sees: Viénot, Brettel and Mollon 1999, on linear RGB.
let private protan (r, g, b) =
    0.11238 * r + 0.88762 * g, 0.11238 * r + 0.88762 * g, 0.00401 * r - 0.00401 * g + b

let private deutan (r, g, b) =
    0.29275 * r + 0.70725 * g, 0.29275 * r + 0.70725 * g, -0.02234 * r + 0.02234 * g + b

let private linear (hex: string) =
    let part start =
        let c = float (Convert.ToInt32(hex.Substring(start, 2), 16)) / 255.0

        if c <= 0.04045 then
            c / 12.92
        else
            ((c + 0.055) / 1.055) ** 2.4

    part 1, part 3, part 5

/// CIE L*a*b* under D65.
let private lab (r, g, b) =
    let f t =
        if t > 0.008856 then
            Math.Cbrt t
        else
            7.787 * t + 16.0 / 116.0

    let x = f ((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047)
    let y = f (0.2126 * r + 0.7152 * g + 0.0722 * b)
    let z = f ((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883)
    116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)

let private difference (l1, a1, b1) (l2, a2, b2) =
    Math.Sqrt((l1 - l2) ** 2.0 + (a1 - a2) ** 2.0 + (b1 - b2) ** 2.0)

/// Smallest CIE 1976 difference between two colours under a way of seeing.
let private closest (see: float * float * float -> float * float * float) (colours: PictureColour seq) =
    let seen = colours |> Seq.map (fun c -> lab (see (linear (c.Hex())))) |> Seq.toArray

    Seq.min [
        for i in 0 .. seen.Length - 1 do
            for j in 0 .. i - 1 -> difference seen[i] seen[j]
    ]

[<Tests>]
let tests =
    testList "Studies.Pictures.Palette" [
        testCase "the colours of series differ clearly with normal, protan and deutan vision"
        <| fun () ->
            // 2.3 is just noticeable; 10 is clear side by side.
            for name, see in [ "normal", id; "protan", protan; "deutan", deutan ] do
                Expect.isGreaterThan (closest see PictureColours.Palette) 10.0 name

        testCase "truth and prediction differ with any of them"
        <| fun () ->
            for name, see in [ "normal", id; "protan", protan; "deutan", deutan ] do
                Expect.isGreaterThan (closest see [ PictureColour.Yellow; PictureColour.SkyBlue ]) 40.0 name

        testCase "truth, SAM's masks and its box differ with any of them"
        <| fun () ->
            let empty = System.ReadOnlyMemory [||]

            let shown = [
                MaskLayer.Truth(empty).Colour
                MaskLayer.Coarse(empty).Colour
                MaskLayer.Refined(empty).Colour
                BoxLayer.Prompt(PolyCL.Sam.BoxPrompt(0.0, 0.0, 1.0, 1.0)).Colour
            ]

            for name, see in [ "normal", id; "protan", protan; "deutan", deutan ] do
                Expect.isGreaterThan (closest see shown) 30.0 name

        testCase "red and green of equal lightness do not: the measure can fail"
        <| fun () ->
            let seen see hex = lab (see (linear hex))

            let pair see =
                difference (seen see "#C08060") (seen see "#8CA060")

            Expect.isLessThan (pair deutan) 10.0 "deutan"
            Expect.isGreaterThan (pair id) 30.0 "normal"

        testCase "a colour scale grows in lightness with the value"
        <| fun () ->
            let lightness step =
                let c = ColourScale.AtStep step
                let l, _, _ = lab (linear $"#{c.Red:X2}{c.Green:X2}{c.Blue:X2}")
                l

            for step in 1..23 do
                Expect.isGreaterThan (lightness step) (lightness (step - 1)) $"step {step}"

            Expect.equal (ColourScale.StepOf(nan, struct (0.0, 1.0))) 0 "not a number"
            Expect.equal (ColourScale.StepOf(1.0, struct (0.0, 1.0))) 23 "upper end"
    ]
