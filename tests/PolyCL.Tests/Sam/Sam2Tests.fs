module PolyCL.Tests.Sam.Sam2Tests

open System
open System.Collections.Generic
open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Models
open PolyCL.Models.Weights
open PolyCL.Sam
open PolyCL.Sam.Video
open PolyCL.Tests
open PolyCL.Tests.Sam
open PolyCL.Tests.Sam.Video.VideoFixture
open TorchSharp

let private bytes (case: Case) name =
    snd (SamFixture.bytes $"{case.Folder}/{name}.npy")

/// Runs the body with the fixture's network opened from a .safetensors file that tells its sizes.
let private withModel overrides (options: Sam2Options) body =
    TestData.withTempFolder (fun folder ->
        let file = Path.Combine(folder, "tiny-video.safetensors")

        using (network overrides) (fun network -> network.Save file)
        use model = Sam2.Load(file, options)
        body model)

let private sequence (case: Case) =
    SliceSequence.Of(bytes case "frames_u8", case.Count, case.Height, case.Width)

let private propagate (model: Sam2) (case: Case) options =
    model.Propagate(sequence case, case.Prompted, ReadOnlySpan(bytes case "mask"), options)

let private masks (slices: seq<PropagatedMask>) =
    [| for slice in slices -> slice.Mask |] |> Array.concat

/// 0 and 1 of an array of logits.
let private above relative =
    snd (SamFixture.floats relative)
    |> Array.map (fun logit -> if logit > 0f then 1uy else 0uy)

/// Slices in rows of a fixture's pass, which begins with the prompted slice: `pixels` without that one, in ascending order.
let private ascending (case: Case) reverse (pixels: byte[]) =
    let slices = Array.chunkBySize (case.Height * case.Width) pixels |> Array.tail
    (if reverse then Array.rev slices else slices) |> Array.concat

let private shapesOf (relative: string) =
    dict [
        for name, shape in SamFixture.shapes relative -> name, (Array.ofList shape :> IReadOnlyList<int64>)
    ]
    |> Dictionary

let private complaint (load: unit -> 'a) =
    try
        load () |> ignore
        failtest "nothing was refused"
    with :? WeightMismatchException as e ->
        e.Message

[<Tests>]
let tests =
    testSequenced
    <| testList "Sam.Sam2" [
        testCase "from a file and bytes to the reference's masks and scores"
        <| fun () ->
            withModel false (Sam2Options()) (fun model ->
                let result = propagate model videoCase null
                Expect.equal [ for slice in result -> slice.Slice ] [ 0..8 ] "slices"
                Expect.equal (masks result) (bytes videoCase "masks") "masks"

                let scores = SamFixture.json "sam2-tiny-video/scores.json"

                for slice in result do
                    let score =
                        scores.GetProperty("object_score_logits").GetProperty(string slice.Slice).GetDouble()

                    Expect.isLessThan (abs (slice.ObjectScore - score)) tracked $"score of {slice.Slice}"
                    Expect.equal slice.IsReference (slice.Slice = 4) "reference"
                    Expect.equal slice.PredictedIou.HasValue (slice.Slice <> 4) "quality")

        testCase "fresh states give the reference's fresh reverse pass (large corpus)"
        <| fun () ->
            withModel false (Sam2Options()) (fun model ->
                let result = propagate model videoCase (PropagationOptions(FreshStates = true))

                let expected =
                    ascending videoCase true (above "sam2-tiny-video/reverse_fresh_logits.npy")

                Expect.equal (masks (Seq.take 4 result)) expected "slices 0 to 3")

        testCase "in fresh states the order makes no difference"
        <| fun () ->
            withModel false (Sam2Options()) (fun model ->
                let fresh order =
                    masks (propagate model videoCase (PropagationOptions(Order = order, FreshStates = true)))

                Expect.equal (fresh PassOrder.ReverseFirst) (fresh PassOrder.ForwardFirst) "either order")

        testCase "in one state the order is seen in the scores"
        <| fun () ->
            withModel false (Sam2Options()) (fun model ->
                let scores order = [
                    for slice in propagate model videoCase (PropagationOptions(Order = order)) -> slice.ObjectScore
                ]

                Expect.notEqual (scores PassOrder.ReverseFirst) (scores PassOrder.ForwardFirst) "scores")

        testCase "sam2-tiny-long: masks of both passes, and where the stop rule ends them"
        <| fun () ->
            withModel true (Sam2Options()) (fun model ->
                let whole = propagate model longCase null
                Expect.equal (masks whole) (bytes longCase "masks") "masks"

                for stopAfter in 1..4 do
                    let stopped =
                        propagate model longCase (PropagationOptions(StopAfter = stopAfter, FreshStates = true))

                    let absent = [
                        for slice in whole -> not slice.IsReference && (slice.ObjectScore <= 0.0 || slice.Pixels = 0)
                    ]

                    // The forward pass does not depend on the states: its end follows from the whole run.
                    let last =
                        Seq.append
                            (seq {
                                for slice in 3 .. 19 - stopAfter + 1 do
                                    if List.forall id absent[slice .. slice + stopAfter - 1] then
                                        slice + stopAfter - 1
                            })
                            [ 19 ]
                        |> Seq.head

                    Expect.equal (Seq.last stopped).Slice last $"stop after {stopAfter}"

                    Expect.equal
                        (masks (Seq.filter (fun (s: PropagatedMask) -> s.Slice >= 3) stopped))
                        (masks (whole |> Seq.take (last + 1) |> Seq.skip 3))
                        "masks up to there")

        testCase "tensors and remembered slices stay the same over 120 slices"
        <| fun () ->
            withModel false (Sam2Options()) (fun model ->
                let frames = bytes videoCase "frames_u8"
                let area = 96 * 112

                let sequence =
                    SliceSequence(
                        120,
                        96,
                        112,
                        fun slice pixels ->
                            frames.AsSpan((slice + 8 - abs (slice % 16 - 8)) % 9 * area, area).CopyTo pixels
                    )

                let counts = ResizeArray<int64>()

                let progress = {
                    new IProgress<ProgressReport> with
                        member _.Report _ =
                            counts.Add DisposeScopeManager.Statistics.ThreadTotalLiveCount
                }

                let before = DisposeScopeManager.Statistics.ThreadTotalLiveCount

                let result =
                    model.Propagate(sequence, 60, ReadOnlySpan(bytes videoCase "mask"), null, progress)

                Expect.equal result.Count 120 "slices"
                // After 30 slices the forward pass keeps both windows: its own, and that of the reverse pass to come.
                Expect.equal (Seq.max counts) counts[40] "most tensors"
                Expect.equal counts[58] counts[40] "forward"
                Expect.equal counts[118] counts[90] "reverse"
                Expect.equal DisposeScopeManager.Statistics.ThreadTotalLiveCount before "after")

        testCase "each slice is read once, in the order of the passes"
        <| fun () ->
            withModel false (Sam2Options()) (fun model ->
                let inner = sequence videoCase
                let read = ResizeArray<int>()

                let watched =
                    SliceSequence(
                        9,
                        96,
                        112,
                        fun slice pixels ->
                            read.Add slice
                            inner.Read(slice, pixels)
                    )

                model.Propagate(watched, 4, ReadOnlySpan(bytes videoCase "mask")) |> ignore
                Expect.equal (List.ofSeq read) [ 4; 5; 6; 7; 8; 3; 2; 1; 0 ] "slices")

        testCase "in bfloat16 the encoder's masks stay near those of float32"
        <| fun () ->
            withModel false (Sam2Options(Precision = ComputePrecision.BFloat16)) (fun model ->
                let result = masks (propagate model videoCase null)

                let same =
                    Array.map2 (fun a b -> if a = b then 1 else 0) result (bytes videoCase "masks")
                    |> Array.sum

                Expect.isGreaterThan (float same / float result.Length) 0.97 "share of equal pixels")

        testCase "the four official sizes are recognised by their names and shapes"
        <| fun () ->
            for expected, file in
                [
                    Sam2Architecture.Tiny, "sam2.1_hiera_tiny"
                    Sam2Architecture.Small, "sam2.1_hiera_small"
                    Sam2Architecture.BasePlus, "sam2.1_hiera_base_plus"
                    Sam2Architecture.Large, "sam2.1_hiera_large"
                ] do
                let found =
                    Sam2Weights.Read(shapesOf $"keys/{file}.json", Dictionary<string, string>(), file)

                Expect.equal (SettingsJson.ToLine found) (SettingsJson.ToLine expected) file

        testCase "files of SAM 2.0, which lack three entries, are opened without these parts"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let file = Path.Combine(folder, "old.safetensors")

                using (network false) (fun network ->
                    let kept =
                        network.state_dict ()
                        |> Seq.filter (fun entry ->
                            entry.Key <> "no_obj_embed_spatial"
                            && not (entry.Key.StartsWith "obj_ptr_tpos_proj"))
                        |> Seq.map (fun entry -> KeyValuePair(entry.Key, entry.Value))

                    WeightFile.Write(
                        file,
                        Dictionary kept,
                        dict [ Sam2Weights.MetadataKey, SettingsJson.ToLine sizes ] |> Dictionary
                    ))

                use model = Sam2.Load file
                Expect.isFalse (model.Architecture.MarksAbsence || model.Architecture.PointersHavePositions) "parts"
                Expect.equal (propagate model videoCase null).Count 9 "slices")

        testCase "a compiled, wrapped network of float64 is opened with a note; NaN is refused by name"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use _ = torch.NewDisposeScope()
                let file = Path.Combine(folder, "wrapped.safetensors")
                use network = network true

                let write (change: string -> torch.Tensor -> torch.Tensor) =
                    WeightFile.Write(
                        file,
                        Dictionary(
                            network.state_dict ()
                            |> Seq.map (fun entry ->
                                KeyValuePair("model._orig_mod." + entry.Key, change entry.Key entry.Value))
                        ),
                        dict [ Sam2Weights.MetadataKey, SettingsJson.ToLine sizes ] |> Dictionary
                    )

                write (fun _ tensor -> tensor.to_type torch.float64)
                let count = network.state_dict().Count

                using (Sam2.Load file) (fun model ->
                    Expect.equal
                        model.Warning
                        ($"wrapped.safetensors: 'model._orig_mod.' was taken off {count} names; "
                         + $"{count} tensors converted from float64 to float32.")
                        "warning")

                write (fun name tensor ->
                    if name = "no_obj_ptr" then
                        torch.full_like (tensor, nanf.ToScalar())
                    else
                        tensor)

                Expect.stringContains
                    (complaint (fun () -> Sam2.Load file))
                    "'model._orig_mod.no_obj_ptr' (NaN in"
                    "by name")

        testCase "files of other networks, damaged files and unknown sizes are refused in one sentence"
        <| fun () ->
            let load (file: string) () = Sam2.Load file
            Expect.stringContains (complaint (load (SamFixture.tinySam ()))) "is of SAM; SAM 2 is needed" "SAM"

            Expect.stringContains
                (complaint (load (Models.NnFixture.path "loader/plain.pth")))
                "not of a SAM 2 network"
                "another network"

            Expect.stringContains
                (complaint (load (SamFixture.tinySam2 ())))
                "windows and heads are unknown"
                "another size"

            TestData.withTempFolder (fun folder ->
                let file = Path.Combine(folder, "half.pt")
                let whole = File.ReadAllBytes(SamFixture.tinySam2 ())
                File.WriteAllBytes(file, whole[.. whole.Length / 2])
                Expect.stringContains (complaint (fun () -> Sam2.Load file)) file "half a file"

                Expect.stringContains
                    (complaint (fun () -> Sam2.Load(Path.Combine(folder, "none.pt"))))
                    "does not exist"
                    "no file")

        testCase "a mask that is empty or of another size, and a slice that is not there, are refused"
        <| fun () ->
            withModel false (Sam2Options()) (fun model ->
                let attempt reference (mask: byte[]) () =
                    model.Propagate(sequence videoCase, reference, ReadOnlySpan mask) |> ignore

                Expect.throwsT<ArgumentException> (attempt 4 (Array.zeroCreate (96 * 112))) "empty"
                Expect.throwsT<ArgumentException> (attempt 4 (Array.create 12 1uy)) "size"
                Expect.throwsT<ArgumentOutOfRangeException> (attempt 9 (bytes videoCase "mask")) "slice")
    ]
