module PolyCL.Tests.Studies.Figures.SamFiguresTests

open System
open System.IO
open Expecto
open PolyCL.Imaging
open PolyCL.Sam
open PolyCL.Studies.Figures
open PolyCL.Studies.Pictures
open PolyCL.Tests
open SkiaSharp

let private height, width = 20, 30

let private mask inside =
    Array.init (height * width) (fun i -> if inside (i % width) (i / width) then 1uy else 0uy)

let private memory (values: byte[]) = ReadOnlyMemory values

let private slice =
    SheetCell(
        ReadOnlyMemory(Array.init (height * width) (fun i -> float32 (i % width) / float32 width)),
        height,
        width,
        PixelAspect = 2.0
    )

/// Columns 4 to 13 of row 8: ten pixels, five of them in the coarse mask, which has five others below.
let private truth = mask (fun x y -> y = 8 && x >= 4 && x < 14)
let private coarse = mask (fun x y -> x >= 4 && x < 9 && (y = 8 || y = 9))

let private panel known =
    RefinementPanel("scan 1, slice 7", slice, memory coarse, [| BoxPrompt(4.0, 8.0, 8.0, 9.0) |], memory truth, known)

let private lines (picture: Picture) =
    picture.ToSvg().Split '\n' |> Array.map _.Trim()

/// Pixels of a PNG whose colour is wanted.
let private placesOf wanted (picture: Picture) =
    use bitmap = SKBitmap.Decode(picture.ToPng 1.0)

    [
        for y in 0 .. bitmap.Height - 1 do
            for x in 0 .. bitmap.Width - 1 do
                if wanted (bitmap.GetPixel(x, y)) then
                    x, y
    ]

let private places (colour: PictureColour) =
    placesOf ((=) (SKColor.Parse(colour.Hex())))

let private captions (sheet: SliceSheet) = [
    for row in sheet.Rows -> [ for cell in row -> (nonNull cell).Caption |> Option.ofObj ]
]

let private shape = VolumeShape(width, height, 6)

let private affine =
    Volume
        .FromArray(shape, Affine.Diagonal(Spacing(1, 2, 5)), Array.zeroCreate<byte>(int shape.VoxelCount))
        .Reorient(Orientation.Lps)
        .Affine

/// A file of slices given from the feet up, stored in another order of axes.
let private file folder (name: string) (slices: 'a[] list) =
    let path = Path.Combine(folder, name)
    NiftiWriter.Write(path, Volume.FromArray(shape, affine, Array.concat slices).Reorient(Orientation.Parse "SAL"))
    path

let private digest = String('a', 64)
let private empty = mask (fun _ _ -> false)

/// CT and truth files: slices 1 to 4 show the organ.
let private files folder =
    file folder "ct.nii.gz" [
        for z in 0..5 -> Array.init (height * width) (fun i -> int16 (i % width * 10 + z))
    ],
    file folder "truth.nii.gz" [ for z in 0..5 -> if z >= 1 && z <= 4 then truth else empty ]

[<Tests>]
let tests =
    testList "Studies.Figures.Sam" [
        testCase "refinement: slice, coarse mask, box, refined mask; Dice before and after by hand"
        <| fun () ->
            let sheet =
                RefinementPanels.Of([| panel (Nullable(memory truth)) |], "phantom CT, seed 1")

            Expect.equal (captions sheet) [ [ None; Some "Dice 0.500"; None; Some "Dice 0.500 → 1.000" ] ] "Dice"

            for text in
                [
                    "coarse mask"
                    "box"
                    "refined mask"
                    "truth"
                    "phantom CT, seed 1"
                    "scan 1, slice 7"
                ] do
                Expect.contains (lines sheet) text "a text of the drawing"

            for colour in
                [
                    PictureColour.Yellow
                    PictureColour.Vermillion
                    PictureColour.SkyBlue
                    PictureColour.BluishGreen
                ] do
                Expect.isGreaterThan (places colour sheet).Length 100 $"{colour}: its legend, and more"

        testCase "refinement without a truth has no Dice and no yellow"
        <| fun () ->
            let sheet = RefinementPanels.Of([| panel (Nullable()) |], "seed 1")
            Expect.equal (captions sheet) [ List.replicate 4 None ] "Dice"
            Expect.isEmpty (places PictureColour.Yellow sheet) "truth"

        testCase "refinement refuses masks of another size, and no slices"
        <| fun () ->
            let wrong =
                RefinementPanel("slice", slice, memory [| 1uy |], [||], memory truth, Nullable(memory truth))

            Expect.throwsT<ArgumentException> (fun () -> RefinementPanels.Of([| wrong |], "") |> ignore) "size"
            Expect.throwsT<ArgumentException> (fun () -> RefinementPanels.Of([||], "") |> ignore) "none"

        testCase "a box goes round its first and last pixels, a frame round its cell"
        <| fun () ->
            // Ten layout pixels per pixel across, twenty down; the cell begins at (10, 10).
            let cell =
                SheetCell(
                    ReadOnlyMemory(Array.zeroCreate<float32> 100),
                    10,
                    10,
                    PixelAspect = 2.0,
                    Boxes = [| BoxLayer.Prompt(BoxPrompt(2.0, 3.0, 5.0, 6.0)) |],
                    Frame = Nullable PictureColour.Orange
                )

            let sheet =
                SliceSheet(Rows = [| [| cell |] |], CellWidth = 100, CellHeight = 200, Provenance = "seed 1")

            // The lines are smoothed on black; the legend's square stands below the cell.
            let drawn =
                placesOf (fun c -> c.Green > 40uy && c.Green > c.Red && c.Red < 200uy) sheet
                |> List.filter (fun (_, y) -> y < 210)

            let xs, ys = List.unzip drawn

            let near what (expected: int) actual =
                Expect.isLessThanOrEqual (abs (actual - expected)) 1 what

            near "left" 30 (List.min xs)
            near "right" 70 (List.max xs)
            near "top" 70 (List.min ys)
            near "bottom" 150 (List.max ys)
            let frame = places PictureColour.Orange sheet
            Expect.equal (List.min frame, List.max frame) ((10, 10), (109, 209)) "frame"

        testCase "refinement from files: slices by number whatever the storage order, boxes as they were asked"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let image, known = files folder

                let refinement =
                    VolumeRefinement(
                        Image = image,
                        CoarseMask =
                            file folder "coarse.nii" [ for z in 0..5 -> if z = 2 || z = 3 then coarse else empty ],
                        Mask = file folder "refined.nii" [ for z in 0..5 -> if z = 2 || z = 3 then truth else empty ],
                        Model = "vit_b",
                        ModelLabel = "phantom-tiny",
                        ModelSha256 = digest,
                        Options = SamOptions(Margin = 1.0),
                        Window = Window.Abdomen,
                        Slices = 6,
                        RefinedSlices = 2,
                        Boxes = 2,
                        MeanQuality = 0.9,
                        FoundEmbeddings = 0,
                        CoarseVoxels = 20L,
                        Voxels = 20L,
                        Millilitres = 0.2,
                        Warnings = [||]
                    )

                let sheet = RefinementPanels.Of(refinement, 4, known)
                Expect.equal (List.ofSeq sheet.RowHeadings) [ "slice 2"; "slice 3" ] "slices with a coarse mask"

                Expect.equal
                    (captions sheet)
                    (List.replicate 2 [ None; Some "Dice 0.500"; None; Some "Dice 0.500 → 1.000" ])
                    "Dice"

                let cell = nonNull (sheet.Rows[0][2])
                Expect.equal cell.Boxes[0].Box (BoxPrompt(3.0, 7.0, 9.0, 10.0)) "with its margin"
                Expect.equal (cell.Height, cell.Width, cell.PixelAspect) (height, width, 2.0) "rows, columns, aspect"
                Expect.stringContains sheet.Provenance "SAM vit_b, weights aaaaaaaaaaaa (phantom-tiny)" "provenance"

                Expect.throwsT<PolyCL.Core.ScanFormatException>
                    (fun () ->
                        let other = Path.Combine(folder, "other.nii")

                        NiftiWriter.Write(
                            other,
                            Volume.FromArray(VolumeShape(2, 2, 2), affine, Array.zeroCreate<byte> 8)
                        )

                        RefinementPanels.Of(refinement, 4, other) |> ignore)
                    "another grid")

        testProperty "slices of a strip are evenly spaced, meet the reference slice and stay in the range"
        <| fun (a: byte) (b: byte) (c: byte) (n: byte) ->
            let sorted = List.sort [ int a; int b; int c ]
            let first, reference, last = sorted[0], sorted[1], sorted[2]
            let count = 2 + int n % 12
            let places = PropagationStrip.Places(first, last, reference, count) |> List.ofSeq

            let steps =
                places |> List.pairwise |> List.map (fun (p, q) -> q - p) |> List.distinct

            Expect.contains places reference "reference"
            Expect.isTrue (List.head places >= first && List.last places <= last) "range"
            Expect.isLessThanOrEqual steps.Length 1 "one distance"
            Expect.isLessThanOrEqual places.Length count "no more than asked"

            Expect.isTrue
                (List.forall (fun step -> List.head places - first < step && last - List.last places < step) steps)
                "to the ends"

        testCase "strip: distance and Dice of each slice, the reference slice framed"
        <| fun () ->
            let at index mask known =
                StripSlice(index, slice, memory mask, Nullable(memory known), (index = 7))

            let slices = [| at 5 coarse truth; at 7 truth truth; at 9 empty truth |]
            let sheet = PropagationStrip.Of(slices, "seed 1", Nullable 2.5)

            Expect.equal
                (List.ofSeq sheet.ColumnHeadings)
                [ "slice 5, −5 mm"; "slice 7, reference"; "slice 9, +5 mm" ]
                "headings"

            Expect.equal (captions sheet) [ [ Some "Dice 0.500"; Some "Dice 1.000"; Some "Dice 0.000" ] ] "Dice"
            let frames = [ for cell in sheet.Rows[0] -> (nonNull cell).Frame.HasValue ]
            Expect.equal frames [ false; true; false ] "reference"
            Expect.isGreaterThan (places PictureColour.Orange sheet).Length 500 "frame"

            Expect.equal
                (List.ofSeq (PropagationStrip.Of(slices, "seed 1")).ColumnHeadings)
                [ "slice 5 (−2)"; "slice 7, reference"; "slice 9 (+2)" ]
                "in slices"

            Expect.throwsT<ArgumentException>
                (fun () -> PropagationStrip.Of(slices[..0], "") |> ignore)
                "no reference slice"

        testCase "strip and distances of a propagation from files"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let image, known = files folder

                let propagation =
                    VolumePropagation(
                        Image = image,
                        ReferenceMask = known,
                        Mask =
                            file folder "masks.nii" [
                                for z in 0..5 ->
                                    if z < 1 then empty
                                    elif z < 4 then truth
                                    else coarse
                            ],
                        Model = "hiera_tiny",
                        ModelLabel = null,
                        ModelSha256 = digest,
                        Options = VolumePropagationOptions(),
                        Slices = 6,
                        AnnotatedSlices = 4,
                        Reference = 3,
                        First = 1,
                        Last = 5,
                        Voxels = 50L,
                        Millilitres = 0.5,
                        Dice = Nullable 0.8,
                        ScoredSlices = 3,
                        Propagated = [|
                            for z, dice in
                                [
                                    1, Nullable 1.0
                                    2, Nullable 1.0
                                    3, Nullable 1.0
                                    4, Nullable 0.5
                                    5, Nullable()
                                ] -> PropagatedSlice(z, (z = 3), 1.0, Nullable 0.9, 10, dice)
                        |],
                        Warnings = [||]
                    )

                let sheet = PropagationStrip.Of(propagation, 5)

                Expect.equal
                    (List.ofSeq sheet.ColumnHeadings)
                    [
                        "slice 1, −10 mm"
                        "slice 2, −5 mm"
                        "slice 3, reference"
                        "slice 4, +5 mm"
                        "slice 5, +10 mm"
                    ]
                    "headings"

                Expect.equal
                    (captions sheet)
                    [
                        [
                            for dice in [ "1.000"; "1.000"; "1.000"; "0.500"; "0.000" ] -> Some $"Dice {dice}"
                        ]
                    ]
                    "Dice with the reference mask's file"

                let distances = ScanAtDistances.Of("a", propagation, 5.0)

                Expect.equal
                    [ for slice in distances.Slices -> slice.Distance, slice.Dice ]
                    [ -10.0, 1.0; -5.0, 1.0; 5.0, 0.5 ]
                    "without the reference slice and those without annotation")

        testCase "distance: dots per slice, means over scans and not over slices"
        <| fun () ->
            let scan name slices =
                ScanAtDistances(name, [| for distance, dice in slices -> SliceAtDistance(distance, dice) |])

            let run =
                DistanceRun(
                    "one state",
                    [|
                        scan "a" [ 1.0, 0.9; 2.0, 0.6; 1.4, 0.8 ]
                        scan "b" [ 2.0, 0.1; -1.0, 0.5 ]
                    |]
                )

            let chart =
                DistanceCurves.Of([| run; DistanceRun("fresh", [| scan "a" [ 3.0, 0.2 ] |]) |], "slices", "seed 1")

            let line = chart.Series |> Seq.find (fun s -> s.Name = "one state")

            Expect.equal
                (Seq.zip line.X line.Y
                 |> Seq.map (fun (x, y) -> Math.Round(x, 12), Math.Round(y, 12))
                 |> List.ofSeq)
                [ -1.0, 0.5; 1.0, 0.9; 1.8, 0.4 ]
                "1.4 and 2 of scan a are one step: (0.7 + 0.1) / 2 at (1.4 + 2 + 2) / 3"

            let dots =
                chart.Series |> Seq.filter (fun s -> s.Style = SeriesStyle.Points) |> Seq.head

            Expect.equal (Seq.length dots.X) 5 "dots"
            Expect.equal (List.ofSeq (nonNull dots.Labels)) [ "a"; "a"; "a"; "b"; "b" ] "named for a pointer"
            Expect.equal dots.Colour line.Colour "one colour"

            for text in
                [
                    "one state"
                    "fresh"
                    "distance from the reference slice (slices), feet at the left"
                ] do
                Expect.contains (lines chart) text "a text of the drawing"

            Expect.throwsT<ArgumentException>
                (fun () ->
                    DistanceCurves.Of([| DistanceRun("none", [| scan "a" [] |]) |], "mm", "")
                    |> ignore)
                "nothing to draw"
    ]
