module PolyCL.Tests.Imaging.GzipDamageTests

open System
open System.IO
open System.IO.Compression
open System.Text.RegularExpressions
open Expecto
open PolyCL.Core
open PolyCL.Imaging
open PolyCL.Tests

/// A scan that does not compress well, so that a place in the file is a place in the voxels.
let private write folder =
    let path = Path.Combine(folder, "scan.nii.gz")
    let mutable stream = RandomStream(1L, "gzip", 0L, 0L)
    let voxels = Array.init 4096 (fun _ -> int16 (stream.NextInt 30000))
    NiftiWriter.Write(path, Volume.FromArray(VolumeShape(16, 16, 16), Affine.Diagonal(Spacing(1, 1, 1)), voxels))
    path

let private messageOf (path: string) (change: byte[] -> byte[]) =
    File.WriteAllBytes(path, change (File.ReadAllBytes path))

    try
        NiftiReader.Read path |> ignore
        ""
    with :? ScanFormatException as e ->
        Expect.equal e.Field "gzip" "field"
        e.Message

let private flip (place: int) (bytes: byte[]) =
    let place = if place < 0 then bytes.Length + place else place
    bytes[place] <- bytes[place] ^^^ 0xffuy
    bytes

/// The same data behind a header with extra field, name and comment, as other programs write it.
let private withFields (bytes: byte[]) =
    let header = Array.copy bytes[..9]
    header[3] <- 4uy ||| 8uy ||| 16uy

    Array.concat [
        header
        [| 3uy; 0uy; 1uy; 2uy; 3uy |]
        "scan.nii\000a comment\000"B
        bytes[10..]
    ]

[<Tests>]
let tests =
    testList "Imaging.GzipDamage" [
        testCase "a wrong checksum is called so, with the bytes that inflate"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let message = messageOf (write folder) (flip -8)
                Expect.stringContains message "the checksum is wrong: 8544 bytes inflate without an error" "message"
                Expect.isFalse (message.Contains "damaged after") "not the other sentence")

        testCase "a wrong length at the end is told from damage"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let message = messageOf (write folder) (flip -1)
                Expect.stringContains message "8544 bytes inflate without an error, but checksum or length" "message")

        testCase "damage on the way is placed within the whole part"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path = write folder

                // A stored block of raw bytes, then a block of a type that does not exist.
                let plain =
                    use source = new GZipStream(File.OpenRead path, CompressionMode.Decompress)
                    use all = new MemoryStream()
                    source.CopyTo all
                    all.ToArray()

                let length = 5000us

                let message =
                    messageOf path (fun bytes ->
                        Array.concat [
                            bytes[..9]
                            [| 0uy |]
                            BitConverter.GetBytes length
                            BitConverter.GetBytes(~~~length)
                            plain[.. int length - 1]
                            Array.create 4000 0xffuy
                        ])

                // Whether the last few whole bytes come out before the error is the inflater's matter.
                Expect.isTrue
                    (Regex.IsMatch(message, "the compressed data are damaged after (49[3-9][0-9]|5000) bytes"))
                    message

                Expect.stringContains message "copy or download the file again" "mend")

        testCase "header fields of other programs are passed over"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let path = write folder
                Expect.equal (messageOf path withFields) "" "readable"
                Expect.stringContains (messageOf path (flip -8)) "the checksum is wrong: 8544 bytes" "message")
    ]
