namespace PolyCL

open System
open System.Globalization
open PolyCL.Studies.Figures
open PolyCL.Studies.Pictures

/// Slices before and after SAM and SAM 2.
module internal SamFigure =
    let private memory (values: byte[]) = ReadOnlyMemory values

    let private bare (image: SliceImage) =
        SheetCell(ReadOnlyMemory image.Pixels, image.Size, image.Size, PixelAspect = image.PixelAspect)

    let private number (dice: float) =
        dice.ToString("0.000", CultureInfo.InvariantCulture)

    let diceText (slice: Sam.Refinement) =
        $"Dice {number slice.DiceBefore} → {number slice.DiceAfter}"

    /// A slice under its Dice, the true mask and the refined one outlined.
    let refinedCell (slice: Sam.Refinement) =
        SliceCells.cell
            (diceText slice)
            [
                MaskLayer.Truth(memory slice.Image.Mask)
                MaskLayer.Refined(memory slice.Mask)
            ]
            slice.Image

    /// A slice under its number and Dice, the true mask and the carried one outlined.
    let carriedCell (slice: Sam2.Carried) =
        let what =
            if slice.IsReference then
                "reference"
            else
                "Dice " + number slice.Dice

        SliceCells.cell
            $"slice {slice.Image.Slice.Z}, {what}"
            [
                MaskLayer.Truth(memory slice.Image.Mask)
                MaskLayer.Propagated(memory slice.Mask)
            ]
            slice.Image

    let refinement provenance (slices: Sam.Refinement[]) =
        let panel (slice: Sam.Refinement) =
            RefinementPanel(
                SliceCells.placeOf slice.Image.Slice,
                bare slice.Image,
                memory slice.Coarse,
                slice.Boxes,
                memory slice.Mask,
                Nullable(memory slice.Image.Mask)
            )

        RefinementPanels.Of(Array.map panel slices, provenance) :> Picture

    let private reference (slices: Sam2.Carried[]) =
        match slices |> Array.tryFind _.IsReference with
        | Some slice -> slice.Image.Slice.Z
        | None -> raise (ArgumentException "No slice is the reference slice; give all slices of a propagation.")

    let propagation count provenance (slices: Sam2.Carried[]) =
        let placed = slices |> Array.map (fun slice -> slice.Image.Slice.Z, slice) |> Map
        let first, last = Seq.min placed.Keys, Seq.max placed.Keys

        let strip (z: int, slice: Sam2.Carried) =
            StripSlice(z, bare slice.Image, memory slice.Mask, Nullable(memory slice.Image.Mask), slice.IsReference)

        PropagationStrip.Of(
            [|
                for z in PropagationStrip.Places(first, last, reference slices, count) do
                    match placed.TryFind z with
                    | Some slice -> strip (z, slice)
                    | None -> ()
            |],
            provenance
        )
        :> Picture

    let distance provenance (runs: (string * Sam2.Carried[] list) list) =
        let scan (slices: Sam2.Carried[]) =
            let reference = reference slices

            ScanAtDistances(
                slices[0].Image.Slice.Scan,
                [|
                    for slice in slices do
                        if not slice.IsReference then
                            SliceAtDistance(float (slice.Image.Slice.Z - reference), slice.Dice)
                |]
            )

        DistanceCurves.Of(
            [|
                for name, scans in runs -> DistanceRun(name, scans |> List.map scan |> List.toArray)
            |],
            "slices",
            provenance
        )
        :> Picture
