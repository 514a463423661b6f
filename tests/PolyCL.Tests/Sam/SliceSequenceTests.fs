module PolyCL.Tests.Sam.SliceSequenceTests

open System
open Expecto
open PolyCL.Sam

let private read (sequence: SliceSequence) slice =
    let pixels = Array.zeroCreate<byte>(sequence.Height * sequence.Width)
    sequence.Read(slice, pixels.AsSpan())
    pixels

let private shares stretch (slices: float32[][]) =
    SliceSequence.OfShares(
        slices.Length,
        1,
        slices[0].Length,
        stretch,
        (fun slice target -> slices[slice].AsSpan().CopyTo target)
    )

[<Tests>]
let tests =
    testList "Sam.SliceSequence" [
        testCase "shares become grey levels, rounded half up; outside 0 to 1 they are cut"
        <| fun () ->
            Expect.equal
                (read (shares false [| [| -1f; 0f; 0.5f; 1f; 2f |] |]) 0)
                [| 0uy; 0uy; 128uy; 255uy; 255uy |]
                "levels"

        testCase "each slice is stretched from its own least to its own largest value; a constant one becomes 0"
        <| fun () ->
            let sequence =
                shares true [| [| 0.25f; 0.5f; 0.75f |]; [| 0.5f; 0.5f; 0.5f |]; [| 0.9f; 1f; 0.9f |] |]

            Expect.equal (read sequence 0) [| 0uy; 128uy; 255uy |] "a ramp"
            Expect.equal (read sequence 1) [| 0uy; 0uy; 0uy |] "constant"
            Expect.equal (read sequence 2) [| 0uy; 255uy; 0uy |] "another range"
            Expect.equal (read sequence 0) [| 0uy; 128uy; 255uy |] "the given shares are not changed"

        testCase "an array of another length, a slice that is not there and sizes of 0 are refused"
        <| fun () ->
            Expect.throwsT<ArgumentException>
                (fun () -> SliceSequence.Of(Array.zeroCreate 5, 1, 2, 3) |> ignore)
                "length"

            Expect.throwsT<ArgumentOutOfRangeException>
                (fun () -> read (shares true [| [| 0f |] |]) 1 |> ignore)
                "slice"

            Expect.throwsT<ArgumentOutOfRangeException>
                (fun () -> SliceSequence.OfShares(0, 1, 1, false, (fun _ _ -> ())) |> ignore)
                "count"
    ]
