module PolyCL.Tests.Sam.SamRefinerTests

open System
open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Sam
open PolyCL.Sam.Modules
open PolyCL.Tests
open PolyCL.Tests.Sam.SamFixture
open TorchSharp

let private tinyOptions = SamOptions(DecoderHeads = 4)

let private load (options: SamOptions) = SamRefiner.Load(tinySam (), options)

let private refine (refiner: SamRefiner) (slice: float32[]) (coarse: byte[]) height width =
    refiner.Refine(ReadOnlySpan slice, ReadOnlySpan coarse, height, width)

/// A slice of the reference with its coarse mask.
let private case name =
    let shape, slice = floats $"sam1-tiny/{name}/slice.npy"
    slice, snd (bytes $"sam1-tiny/{name}/coarse_mask.npy"), shape[0], shape[1]

let private message action =
    let mutable text = ""

    Expect.throwsC action (fun e ->
        Expect.isTrue (e :? WeightMismatchException) "type"
        text <- e.Message)

    text

[<Tests>]
let tests =
    testList "Sam.SamRefiner" [
        for name in [ "case_a_landscape"; "case_b_portrait_down"; "case_c_square_2x" ] do
            testCase
                $"{name}: slice and coarse mask give the reference's mask, pixel for pixel, with its predicted quality"
            <| fun () ->
                use refiner = load tinyOptions
                let slice, coarse, height, width = case name
                let refined = refine refiner slice coarse height width
                let _, masks = bytes $"sam1-tiny/{name}/single_mask.npy"
                Expect.equal refined.Mask masks[.. height * width - 1] "mask"
                let _, quality = floats $"sam1-tiny/{name}/single_iou.npy"

                Expect.floatClose
                    { absolute = tolerance; relative = 0.0 }
                    (float refined.Qualities[0])
                    (float quality[0])
                    "quality"

                Expect.hasLength refined.Boxes 1 "boxes"

        testCase "best of three is the alternative of highest predicted quality"
        <| fun () ->
            use refiner = load (SamOptions(DecoderHeads = 4, BestOfThree = true))
            let slice, coarse, height, width = case "case_c_square_2x"
            let refined = refine refiner slice coarse height width
            let _, qualities = floats "sam1-tiny/case_c_square_2x/multi_iou.npy"
            let best = Array.max qualities[..2]

            Expect.floatClose
                { absolute = tolerance; relative = 0.0 }
                (float refined.Qualities[0])
                (float best)
                "quality"
            // The reference holds the alternatives before they are brought to the slice, which a test of its own covers.
            use _ = torch.NewDisposeScope()
            let low = tensor "sam1-tiny/case_c_square_2x/multi_low_res_logits.npy"
            let index = int64 (Array.findIndex ((=) best) qualities)

            let logits =
                SamImage(height, width, 128).Back(low.narrow(0, 0L, 1L).narrow(1, index, 1L))

            Expect.equal refined.Mask (logits.gt(0.0.ToScalar()).to_type(torch.uint8).data<byte>().ToArray()) "mask"

        testCase "an empty coarse mask gives an empty mask"
        <| fun () ->
            use refiner = load tinyOptions
            let refined = refine refiner (Array.create 12 0.5f) (Array.zeroCreate 12) 3 4
            Expect.equal refined.Mask (Array.zeroCreate 12) "mask"
            Expect.isEmpty refined.Boxes "boxes"

        testCase "many components are decoded in parts and joined: the same as each alone"
        <| fun () ->
            use refiner = load (SamOptions(DecoderHeads = 4, Boxes = BoxRule.OnePerComponent))
            let slice, _, height, width = case "case_c_square_2x"
            // 20 single pixels, more than one call takes.
            let dots = [ for i in 0..19 -> (6 + 12 * (i / 5)) * width + 6 + 12 * (i % 5) ]

            let mask pixels =
                Array.init (height * width) (fun i -> if List.contains i pixels then 1uy else 0uy)

            let all = refine refiner slice (mask dots) height width
            Expect.hasLength all.Boxes 20 "boxes"
            Expect.hasLength all.Qualities 20 "qualities"

            let alone =
                dots
                |> List.map (fun dot -> (refine refiner slice (mask [ dot ]) height width).Mask)

            let union =
                Array.init (height * width) (fun i ->
                    if alone |> List.exists (fun m -> m[i] = 1uy) then
                        1uy
                    else
                        0uy)

            Expect.equal all.Mask union "union"

        testCase "refining leaves no tensor"
        <| fun () ->
            use refiner = load tinyOptions
            let slice, coarse, height, width = case "case_c_square_2x"

            let live () =
                DisposeScopeManager.Statistics.ThreadTotalLiveCount

            refine refiner slice coarse height width |> ignore
            let before = live ()
            refine refiner slice coarse height width |> ignore
            Expect.equal (live ()) before "live tensors"

        testCase "opening and closing leaves no tensor"
        <| fun () ->
            use _ = torch.NewDisposeScope()

            let live () =
                DisposeScopeManager.Statistics.ThreadTotalLiveCount

            (load tinyOptions).Dispose()
            let before = live ()
            (load tinyOptions).Dispose()
            Expect.equal (live ()) before "live tensors"

        testCase "a missing file names the place, the official address and its size"
        <| fun () ->
            let text =
                message (fun () -> SamRefiner.Load "nowhere/sam_vit_l_0b3195.pth" |> ignore)

            for part in
                [
                    Path.GetFullPath "nowhere/sam_vit_l_0b3195.pth"
                    "https://dl.fbaipublicfiles.com/segment_anything/sam_vit_l_0b3195.pth"
                    "1,249,524,607 bytes"
                ] do
                Expect.stringContains text part "message"

            let other = message (fun () -> SamRefiner.Load "nowhere/own.pth" |> ignore)
            Expect.stringContains other "sam_vit_b_01ec64.pth" "the smallest for an unknown name"

        testCase "a file of an official name and another content is taken with a warning"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let file = Path.Combine(folder, "sam_vit_b_01ec64.pth")
                File.Copy(tinySam (), file)
                use refiner = SamRefiner.Load(file, tinyOptions)
                Expect.stringContains (nonNull refiner.Warning) "ec2df6273261" "the known digest"
                use own = load tinyOptions
                Expect.isNull own.Warning "another name")

        testCase "a truncated file is refused"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let file = Path.Combine(folder, "short.pth")
                let whole = File.ReadAllBytes(tinySam ())
                File.WriteAllBytes(file, whole[.. whole.Length / 2])
                Expect.stringContains (message (fun () -> SamRefiner.Load file |> ignore)) file "message")

        testCase "a slice of another length is refused"
        <| fun () ->
            use refiner = load tinyOptions

            Expect.throwsT<ArgumentException>
                (fun () -> refine refiner (Array.zeroCreate 11) (Array.zeroCreate 12) 3 4 |> ignore)
                "slice"

            Expect.throwsT<ArgumentException>
                (fun () -> refine refiner (Array.zeroCreate 12) (Array.zeroCreate 11) 3 4 |> ignore)
                "mask"
    ]
