namespace PolyCL

open System
open System.Globalization
open PolyCL.Studies.Pictures

/// Slices as cells of a sheet, for figures and notebooks.
module internal SliceCells =
    let placeOf (slice: Slice) = $"{slice.Scan}, slice {slice.Z}"

    let cell caption (masks: MaskLayer list) (image: SliceImage) =
        SheetCell(
            ReadOnlyMemory image.Pixels,
            image.Size,
            image.Size,
            PixelAspect = image.PixelAspect,
            Masks = List.toArray masks,
            Caption = caption
        )

    /// The organ outlined, where the slice shows it.
    let truth (image: SliceImage) =
        if Array.contains 1uy image.Mask then
            [ MaskLayer("target organ", ReadOnlyMemory image.Mask, PictureColour.Yellow) ]
        else
            []

    /// A slice under its name, the organ outlined.
    let named (image: SliceImage) =
        cell (placeOf image.Slice) (truth image) image

    /// A slice under its Dice, the true mask and the predicted one outlined.
    let prediction (prediction: Evaluate.Prediction) =
        cell
            ("slice Dice " + prediction.Dice.ToString("0.000", CultureInfo.InvariantCulture))
            [
                MaskLayer.Truth(ReadOnlyMemory prediction.Image.Mask)
                MaskLayer.Prediction(ReadOnlyMemory prediction.Mask)
            ]
            prediction.Image
