/// The innermost kernels against scalar twins.
module PolyCL.Tests.Models.Fused.KernelTests

#nowarn "9" // Native pointers: that is what the kernels take.

open System
open System.Runtime.Intrinsics
open Expecto
open FSharp.NativeInterop
open PolyCL.Core
open PolyCL.Models
open PolyCL.Models.Fused
open TorchSharp

let private random count (purpose: string) =
    let mutable stream = RandomStream(1L, purpose, 0L, 0L)
    Array.init count (fun _ -> float32 (stream.NextDouble()) - 0.5f)

/// Calls the body with the address of each array.
let rec private pinned (arrays: float32 array list) (body: nativeptr<float32> list -> unit) =
    match arrays with
    | [] -> body []
    | first :: rest ->
        use pin = fixed first
        let address = pin
        pinned rest (fun others -> body (address :: others))
        // Not a tail call: that would end the pinning before the body runs.
        GC.KeepAlive first

let private convolve wide unit blocks width (rows: float32 array list) (weights: float32 array) =
    let line = Array.zeroCreate<float32>(width * 16)
    let table = NativePtr.stackalloc<nativeptr<float32>> 3

    pinned [ yield! rows; weights; line ] (fun addresses ->
        for i in 0..2 do
            NativePtr.set table i addresses[i]

        ConvTile.Row(unit, table, nativeint ((width + 2) * unit), blocks, addresses[3], addresses[4], width, wide))

    line

let private scalarConvolve unit blocks width (rows: float32 array list) (weights: float32 array) =
    Array.init (width * 16) (fun at ->
        let pixel, lane = at / 16, at % 16

        Seq.sum (
            seq {
                for block in 0 .. blocks - 1 do
                    for ky in 0..2 do
                        for run in 0 .. 3 * unit - 1 do
                            let x = rows[ky][block * (width + 2) * unit + pixel * unit + run]
                            let w = weights[(((block * 3 + ky) * 3 * unit) + run) * 16 + lane]
                            float x * float w
            }
        ))

let private widths = [ 2; 4; 6; 8; 10; 12; 14; 16; 18; 20; 26; 38 ]

[<Tests>]
let tests =
    testList "Models.Fused.Kernels" [
        testCase "a convolution row equals its scalar twin at every width, and 512-bit tiles give the same bits"
        <| fun () ->
            for unit, blocks in [ 1, 1; 16, 1; 16, 3 ] do
                for width in widths do
                    let rows = [ for ky in 0..2 -> random (blocks * (width + 2) * unit) $"row {ky}" ]
                    let weights = random (blocks * 9 * unit * 16) "weights"
                    let narrow = convolve false unit blocks width rows weights
                    let scalar = scalarConvolve unit blocks width rows weights

                    Array.iter2
                        (fun (ours: float32) theirs ->
                            Expect.isLessThan (abs (float ours - theirs)) 2e-5 $"unit {unit}, width {width}")
                        narrow
                        scalar

                    Expect.equal (convolve true unit blocks width rows weights) narrow "bits"

        testCase "weight sums equal their scalar twin, and 512-bit tiles give the same bits"
        <| fun () ->
            let width, count = 10, 3
            let rows = [ for row in 1..count -> random ((width + 2) * 16) $"row {row}" ]
            let gradient = random (count * width * 16) "gradient"

            let sums (kernel: nativeptr<nativeptr<float32>> -> nativeptr<float32> -> nativeptr<float32> -> unit) =
                let target = Array.create (12 * 16) 1f
                let table = NativePtr.stackalloc<nativeptr<float32>> count

                pinned [ yield! rows; gradient; target ] (fun addresses ->
                    for i in 0 .. count - 1 do
                        NativePtr.set table i addresses[i]

                    kernel table addresses[count] addresses[count + 1])

                target

            let narrow =
                sums (fun table gradient target ->
                    WeightTile.Six(table, 7n, gradient, count, width, target)
                    WeightTile.Six(table, 13n, gradient, count, width, NativePtr.add target 96))

            let wide =
                sums (fun table gradient target -> WideTile.TwelveWeights(table, 7n, gradient, count, width, target))

            let scalar =
                Array.init (12 * 16) (fun at ->
                    let weight, lane = at / 16, at % 16

                    1.0
                    + Seq.sum (
                        seq {
                            for row in 0 .. count - 1 do
                                for pixel in 0 .. width - 1 do
                                    let x = rows[row][pixel * 16 + 7 + weight]
                                    let g = gradient[(row * width + pixel) * 16 + lane]
                                    float x * float g
                        }
                    ))

            Array.iter2
                (fun (ours: float32) theirs -> Expect.isLessThan (abs (float ours - theirs)) 1e-5 "sum")
                narrow
                scalar

            Expect.equal wide narrow "bits"

        testProperty "eight mask elements equal the mask's definition"
        <| fun (key: uint64) (index: uint32) (share: byte) ->
            let probability = float share / 300.0

            let factor =
                Dropping(key, probability).Factor(Vector256.Create 1f, Vector256.Create 0.2f, index)

            let scale = float32 (1.0 / (1.0 - probability))
            let threshold = DropoutMask.Threshold probability

            for lane in 0..7 do
                let keeps = DropoutMask.Keeps(key, index + uint32 lane, threshold)
                Expect.equal (factor.GetElement lane) (if keeps then scale else 0f) $"lane {lane}"

        testProperty "a stored bfloat16 is torch's nearest one"
        <| fun (bits: uint32) ->
            let value = BitConverter.UInt32BitsToSingle bits
            use exact = torch.tensor [| value |]
            use halved = exact.to_type torch.bfloat16
            use widened = halved.to_type torch.float32
            let theirs = widened.data<float32>()[0L]
            let ours = Stored.Round<uint16> value

            if Single.IsNaN theirs then
                Expect.isTrue (Single.IsNaN ours) "NaN"
            else
                Expect.equal (BitConverter.SingleToUInt32Bits ours) (BitConverter.SingleToUInt32Bits theirs) "bits"

        testCase "a NaN of any payload stays one and ties go to even"
        <| fun () ->
            let round (bits: uint32) =
                BitConverter.SingleToUInt32Bits(Stored.Round<uint16>(BitConverter.UInt32BitsToSingle bits))

            for bits in [ 0x7F800001u; 0x7FFFFFFFu; 0xFFFFFFFFu ] do
                Expect.isTrue (Single.IsNaN(BitConverter.UInt32BitsToSingle(round bits))) $"{bits:X}"

            Expect.equal (round 0x3F808000u) 0x3F800000u "tie to the even one below"
            Expect.equal (round 0x3F818000u) 0x3F820000u "tie to the even one above"
            Expect.equal (round 0x7F7FFFFFu) 0x7F800000u "the largest float rounds to infinity"
    ]
