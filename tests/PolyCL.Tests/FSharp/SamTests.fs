module PolyCL.Tests.FSharp.SamTests

open System
open System.IO
open Expecto
open PolyCL
open PolyCL.Imaging
open PolyCL.Metrics
open PolyCL.Tests
open PolyCL.Tests.Sam
open PolyCL.Tests.Sam.Video

Progress.show (fun () -> Progress.silent)

/// sam1-tiny's decoder has four heads.
let private settings = { Sam.paper with DecoderHeads = 4 }

let private sam =
    lazy (Sam.loadWith settings Workspace.local (SamFixture.tinySam ()))

let private square height width (values: 'a[]) =
    Array2D.init height width (fun y x -> values[y * width + x])

/// Slice, coarse mask and the reference's mask of case_c, 64×64.
let private case =
    lazy
        (let file (name: string) =
            $"sam1-tiny/case_c_square_2x/{name}.npy"

         let _, slice = SamFixture.floats (file "slice")
         let _, coarse = SamFixture.bytes (file "coarse_mask")
         let _, masks = SamFixture.bytes (file "single_mask")
         slice, coarse, masks[.. 64 * 64 - 1])

let private image z pixels mask : SliceImage = {
    Slice = {
        Scan = "scan-1"
        Z = z
        Position = 0.5
        Organ = true
        OrganPixels = 1
    }
    Size = int (sqrt (float (Array.length pixels)))
    Pixels = pixels
    Mask = mask
    PixelAspect = 1.0
}

let private video name =
    snd (SamFixture.bytes (VideoFixture.video name))

/// SAM 2 opened from a file that tells its sizes.
let private withSam2 body =
    TestData.withTempFolder (fun folder ->
        let file = Path.Combine(folder, "tiny-video.safetensors")
        using (VideoFixture.network false) (fun network -> network.Save file)
        body folder (Sam2.load file))

let private write folder (name: string) (slices: 'a[] list) height width =
    let path = Path.Combine(folder, name)
    let shape = VolumeShape(width, height, slices.Length)
    NiftiWriter.Write(path, Volume.FromArray(shape, Affine.Diagonal(Spacing(2, 1, 3)), Array.concat slices))
    path

[<Tests>]
let tests =
    testSequenced
    <| testList "FSharp.Sam" [
        testCase "a slice of arrays becomes the reference's mask"
        <| fun () ->
            let slice, coarse, mask = case.Value
            let refined = square 64 64 slice |> Sam.refineSlice sam.Value (square 64 64 coarse)
            Expect.equal refined.Mask (square 64 64 mask) "mask"
            Expect.hasLength refined.Boxes 1 "boxes"
            Expect.hasLength refined.Qualities 1 "qualities"

            Expect.throwsT<ArgumentException>
                (fun () -> square 64 64 slice |> Sam.refineSlice sam.Value (square 2 2 coarse) |> ignore)
                "sizes"

        testCase "a model's masks are refined with Dice before and after; an empty one stays empty"
        <| fun () ->
            let slice, coarse, mask = case.Value

            let prediction coarse : Evaluate.Prediction = {
                Image = image 7 slice mask
                Mask = coarse
                Dice = MaskCounts.Of(coarse, mask).Dice
            }

            let refined =
                [| prediction coarse; prediction (Array.zeroCreate 4096) |]
                |> Sam.refine sam.Value

            Expect.equal refined[0].Mask mask "mask"
            Expect.equal (refined[0].DiceBefore, refined[0].DiceAfter) (MaskCounts.Of(coarse, mask).Dice, 1.0) "Dice"
            Expect.isLessThan refined[0].DiceBefore 1.0 "the coarse mask is another"
            Expect.equal (refined[1].Boxes, refined[1].DiceAfter) ([||], 0.0) "nothing to refine"
            let text = (Figure.refinement "seed 1" refined).ToSvg()
            Expect.stringContains text "→ 1.000" "figure"

        testCase "a scan file: label and window reach the library, and the figure reads its files"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let slice, coarse, _ = case.Value
                let hu = slice |> Array.map (fun share -> 400f * share - 160f)
                let none = Array.zeroCreate<byte> 4096
                let ct = write folder "ct.nii.gz" [ hu; hu; hu ] 64 64

                let labels =
                    write folder "labels.nii.gz" [ none; coarse |> Array.map ((*) 2uy); coarse ] 64 64

                let files = {
                    ScanFiles.create ct labels (Path.Combine(folder, "refined.nii.gz")) with
                        Label = Some 2
                }

                let refined = files |> Sam.refineFile sam.Value
                Expect.equal (refined.RefinedSlices, refined.Slices) (1, 3) "label 2 is in one slice"

                use refiner = PolyCL.Sam.SamRefiner.Load(SamFixture.tinySam (), Sam.toLib settings)
                let other = Path.Combine(folder, "library.nii.gz")

                let expected =
                    PolyCL.Sam.VolumeRefinement.Of(refiner, ct, labels, other, label = Nullable 2)

                Expect.equal (File.ReadAllBytes files.Output) (File.ReadAllBytes other) "the library's file"
                Expect.isGreaterThan expected.Voxels 0L "voxels"

                let narrow =
                    Sam.loadWith
                        {
                            settings with
                                Window = Window(0.0, 50.0)
                        }
                        Workspace.local
                        (SamFixture.tinySam ())

                Expect.equal
                    ({ files with Output = other } |> Sam.refineFile narrow).Window
                    (Window(0.0, 50.0))
                    "window"

                let text = (refined |> Figure.refinedFile 4 None).ToSvg()
                Expect.stringContains text "ct.nii.gz, window 40/400 HU" "figure")

        testCase "a mask through slices of arrays becomes the reference's masks"
        <| fun () ->
            withSam2 (fun _ sam2 ->
                let frames, mask, masks = video "frames_u8", video "mask", video "masks"
                let slices = Array3D.init 9 96 112 (fun z y x -> frames[(z * 96 + y) * 112 + x])
                let found = slices |> Sam2.propagateSlices Sam2.passes sam2 4 (square 96 112 mask)
                Expect.equal [ for slice in found -> slice.Slice ] [ 0..8 ] "slices"

                for slice in found do
                    let expected = masks[slice.Slice * 96 * 112 .. (slice.Slice + 1) * 96 * 112 - 1]
                    Expect.equal slice.Mask (square 96 112 expected) $"slice {slice.Slice}"

                    Expect.equal
                        (slice.IsReference, slice.PredictedIou.IsNone)
                        (slice.Slice = 4, slice.Slice = 4)
                        "reference")

        testCase "slices of a data set: the library's masks of stretched slices, with their Dice; and the figures"
        <| fun () ->
            withSam2 (fun _ sam2 ->
                let frames, masks = video "frames_u8", video "masks"

                let cut (values: 'a[]) z =
                    Array.init (96 * 96) (fun i -> values[(z * 96 + i / 96) * 112 + i % 96])

                let images = [|
                    for z in 0..8 ->
                        image (20 + z) (cut frames z |> Array.map (fun g -> float32 g / 255f)) (cut masks z)
                |]

                let carried = images |> Sam2.propagate Sam2.passes sam2 4

                let file = Path.Combine(Path.GetTempPath(), "none.pt")
                Expect.throwsT<Core.WeightMismatchException> (fun () -> Sam2.load file |> ignore) "no file"

                let expected =
                    sam2.With(fun network ->
                        network.Propagate(
                            PolyCL.Sam.SliceSequence.OfShares(
                                9,
                                96,
                                96,
                                true,
                                fun slice target -> images[slice].Pixels.AsSpan().CopyTo target
                            ),
                            4,
                            ReadOnlySpan images[4].Mask
                        ))

                Expect.equal [ for slice in carried -> slice.Mask ] [ for slice in expected -> slice.Mask ] "masks"

                for slice in carried do
                    Expect.equal slice.Dice (MaskCounts.Of(slice.Mask, slice.Image.Mask).Dice) "Dice"

                Expect.throwsT<ArgumentOutOfRangeException>
                    (fun () -> images |> Sam2.propagate Sam2.passes sam2 9 |> ignore)
                    "reference"

                let strip = (carried |> Figure.propagation 5 "seed 1").ToSvg()

                for text in [ "slice 20 (−4)"; "slice 24, reference"; "slice 28 (+4)"; "seed 1" ] do
                    Expect.stringContains strip text "strip"

                let chart =
                    Figure.distance "seed 1" [ "one", [ carried; carried ] ] :?> Studies.Pictures.Chart

                let dots =
                    chart.Series
                    |> Seq.find (fun s -> s.Style = Studies.Pictures.SeriesStyle.Points)

                Expect.equal (Seq.length dots.X) 16 "eight slices a scan, without the reference slice"
                Expect.equal (Seq.min dots.X, Seq.max dots.X) (-4.0, 4.0) "distances")

        testCase "a mask through a scan file: settings reach the library, and the figure reads its files"
        <| fun () ->
            withSam2 (fun folder sam2 ->
                let frames, masks = video "frames_u8", video "masks"

                let slices (values: 'a[]) =
                    Array.chunkBySize (96 * 112) values |> List.ofArray

                let ct = write folder "ct.nii.gz" (slices (frames |> Array.map int16)) 96 112
                let truth = write folder "truth.nii.gz" (slices masks) 96 112
                let files = ScanFiles.create ct truth (Path.Combine(folder, "masks.nii.gz"))

                let used = {
                    Sam2.paper with
                        Passes = { Sam2.passes with FreshStates = true }
                }

                let found = files |> Sam2.propagateFile used sam2

                Expect.equal
                    (found.Options.Range, found.Options.Passes.FreshStates)
                    (PolyCL.Sam.SliceRange.Labelled, true)
                    "settings"

                let other = Path.Combine(folder, "library.nii.gz")

                let expected =
                    sam2.With(fun network ->
                        PolyCL.Sam.VolumePropagation.Of(network, ct, truth, other, Sam2.toLib used))

                Expect.equal (File.ReadAllBytes files.Output) (File.ReadAllBytes other) "the library's file"
                Expect.equal found.Dice expected.Dice "Dice"
                let text = (found |> Figure.propagatedFile 3 None).ToSvg()
                Expect.stringContains text $"slice {found.Reference}, reference" "figure")

        testCase "the small SAM that comes along says what it is"
        <| fun () ->
            let tiny = Sam.tiny ()
            Expect.equal tiny.Label (Some PolyCL.Sam.TinyWeights.Label) "label"
            Expect.stringContains (Option.get tiny.Warning) "generated phantoms" "warning"
            Expect.isNone sam.Value.Label "another file's"

        testCase
            "the paper's range takes labelled slices from the middle one; the library's default takes no other label"
        <| fun () ->
            Expect.equal
                (Sam2.paper.Range, Sam2.paper.Reference)
                (PolyCL.Sam.SliceRange.Labelled, PolyCL.Sam.ReferenceRule.Middle)
                "paper"

            Expect.equal Sam2.standard.Range PolyCL.Sam.SliceRange.StopRule "standard"
    ]
