module PolyCL.Tests.Sam.EmbeddingCacheTests

open System
open System.IO
open Expecto
open PolyCL.Sam
open PolyCL.Tests

/// A clock that a test sets.
type private Clock(start: DateTimeOffset) =
    inherit TimeProvider()
    member val Now = start with get, set
    override clock.GetUtcNow() = clock.Now

let private clock () =
    Clock(DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero))

let private values count =
    Array.init count (fun i -> sin (float32 i) * 3f)

let private files folder =
    Directory.GetFiles folder |> Array.map Path.GetFileName |> Array.sort

/// The entry's numbers, and whether they were made.
let private ask (cache: EmbeddingCache) key (numbers: float32[]) =
    let missed = cache.Missed
    let found = cache.FindOrMake(key, (fun () -> numbers))
    found, cache.Missed > missed

[<Tests>]
let tests =
    testList "Sam.EmbeddingCache" [
        testCase "SAM 2 tracks kept slices as it does fresh ones, and encodes none again"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let pixels = Array.init (5 * 32 * 32) (fun i -> byte (i * 7 % 251))

                let mask =
                    Array.init (32 * 32) (fun i ->
                        if i % 32 > 8 && i % 32 < 20 && i / 32 > 10 && i / 32 < 24 then
                            1uy
                        else
                            0uy)

                let cache = EmbeddingCache folder

                let masks (cache: EmbeddingCache | null) =
                    use model = Sam2.Load(TinyWeights.Sam2, null, null, cache)

                    [|
                        for slice in model.Propagate(SliceSequence.Of(pixels, 5, 32, 32), 2, ReadOnlySpan mask) ->
                            slice.Mask, slice.ObjectScore
                    |]

                let fresh = masks null
                Expect.equal (masks cache) fresh "made"
                Expect.equal (cache.Found, cache.Missed) (0, 5) "each slice once"
                Expect.equal (masks cache) fresh "found"
                Expect.equal (cache.Found, cache.Missed) (5, 5) "none again")

        testCase "what was kept is found by another instance, bit for bit"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let special = [| 0f; -0f; nanf; infinityf; Single.Epsilon; 1e38f; -1.5f |]
                ask (EmbeddingCache folder) "a" special |> ignore
                let found, made = ask (EmbeddingCache folder) "a" [||]
                Expect.isFalse made "not made again"

                Expect.equal
                    (Array.map BitConverter.SingleToInt32Bits found)
                    (Array.map BitConverter.SingleToInt32Bits special)
                    "bits")

        testCase "bfloat16 numbers take two bytes, others four; both come back as they were"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let short =
                    Array.init 1000 (fun i -> BitConverter.Int32BitsToSingle(int (uint32 i <<< 20)))

                let cache = EmbeddingCache folder
                ask cache "short" short |> ignore
                ask cache "long" (values 1000) |> ignore

                let length name =
                    FileInfo(Path.Combine(folder, name + ".embedding")).Length

                Expect.equal (length "short", length "long") (2033L, 4033L) "bytes: width, numbers, digest"
                Expect.equal (fst (ask cache "short" [||])) short "short"
                Expect.equal (fst (ask cache "long" [||])) (values 1000) "long")

        testCase "over the bound the entry used longest ago goes; a use counts"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let clock = clock ()
                // Room for three entries of 100 numbers.
                let cache = EmbeddingCache(folder, 3L * 433L, clock)

                let use' key =
                    clock.Now <- clock.Now.AddMinutes 1.0
                    snd (ask cache key (values 100))

                Expect.equal (List.map use' [ "a"; "b"; "c"; "a" ]) [ true; true; true; false ] "made"
                Expect.isTrue (use' "d") "the fourth is made"
                Expect.equal (files folder) [| "a.embedding"; "c.embedding"; "d.embedding" |] "b is out"
                Expect.equal (cache.Found, cache.Missed) (1, 4) "counts")

        testCase "an entry larger than the bound is not kept"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                ask (EmbeddingCache(folder, 100L)) "a" (values 100) |> ignore
                Expect.isEmpty (files folder) "files")

        testCase "a damaged or cut entry is made anew"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let cache = EmbeddingCache folder
                let path = Path.Combine(folder, "a.embedding")
                ask cache "a" (values 100) |> ignore
                let whole = File.ReadAllBytes path

                let damages = [
                    Array.empty
                    whole[..200]
                    Array.mapi (fun i b -> if i = 50 then b ^^^ 1uy else b) whole
                    Array.mapi (fun i b -> if i = 0 then 7uy else b) whole
                ]

                for bytes in damages do
                    File.WriteAllBytes(path, bytes)
                    Expect.equal (ask cache "a" (values 100)) (values 100, true) "made again"
                    Expect.equal (File.ReadAllBytes path) whole "kept again")

        testCase "unfinished entries of a killed process go out with age; files of others stay"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let clock = clock ()
                let left = Path.Combine(folder, ".x.embedding.1.0.tmp")
                File.WriteAllBytes(left, Array.zeroCreate 5000)
                File.SetLastWriteTimeUtc(left, clock.Now.UtcDateTime.AddDays -1.0)
                File.WriteAllText(Path.Combine(folder, "notes.txt"), String('n', 5000))
                ask (EmbeddingCache(folder, 1000L, clock)) "a" (values 100) |> ignore
                Expect.equal (files folder) [| "a.embedding"; "notes.txt" |] "files")

        testCase "a failed write says so and leaves nothing"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let blocked = Path.Combine(folder, "file")
                File.WriteAllText(blocked, "")

                Expect.throwsT<IOException>
                    (fun () -> ask (EmbeddingCache blocked) "a" (values 10) |> ignore)
                    "a file where the folder should be")

        testCase "the name of an entry depends on every part and every pixel"
        <| fun () ->
            let key (parts: string list) (pixels: byte[]) =
                EmbeddingCache.Key(parts, ReadOnlySpan pixels)

            let keys = [
                key [ "a"; "b" ] [| 1uy; 2uy |]
                key [ "a"; "c" ] [| 1uy; 2uy |]
                key [ "ab" ] [| 1uy; 2uy |]
                key [ "a"; "b" ] [| 1uy; 3uy |]
                key [ "a"; "b" ] [| 1uy; 2uy; 0uy |]
            ]

            Expect.hasLength (List.distinct keys) 5 "different names"
            Expect.equal (key [ "a"; "b" ] [| 1uy; 2uy |]) keys.Head "the same name for the same content"

        testCase "an entry that another process takes out while it is marked is still given, and nothing fails"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let thief = {
                    new TimeProvider() with
                        override _.GetUtcNow() =
                            for file in Directory.GetFiles folder do
                                File.Delete file

                            DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero)
                }

                let cache = EmbeddingCache(folder, 1_000_000L, thief)
                Expect.equal (ask cache "a" (values 9)) (values 9, true) "taken out while it is kept"
                EmbeddingCache folder |> fun other -> ask other "a" (values 9) |> ignore
                Expect.equal (ask cache "a" (values 5)) (values 9, false) "taken out while it is found")

        testCase "caches that crowd each other out of one folder give each asker its own numbers"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let work (worker: int) =
                    let cache = EmbeddingCache(folder, 2000L)

                    for i in 0..400 do
                        let key = (i * 7 + worker) % 11
                        let expected = values (40 + key)
                        Expect.equal (fst (ask cache $"k{key}" expected)) expected $"worker {worker}, entry {key}"

                let threads = [ for worker in 0..3 -> System.Threading.Tasks.Task.Run(fun () -> work worker) ]

                System.Threading.Tasks.Task.WaitAll(Array.ofList threads))

        testCase "a refiner with a cache encodes a slice once, and gives the same mask; another precision encodes again"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                let refine precision (cache: EmbeddingCache | null) =
                    let options = SamOptions(DecoderHeads = 4, Precision = precision)

                    use refiner = SamRefiner.Load(SamFixture.tinySam (), options, cache = cache)

                    let shape, slice = SamFixture.floats "sam1-tiny/case_c_square_2x/slice.npy"
                    let _, coarse = SamFixture.bytes "sam1-tiny/case_c_square_2x/coarse_mask.npy"
                    (refiner.Refine(ReadOnlySpan slice, ReadOnlySpan coarse, shape[0], shape[1])).Mask

                let full, half =
                    PolyCL.Models.ComputePrecision.Full, PolyCL.Models.ComputePrecision.BFloat16

                let cache = EmbeddingCache folder
                let plain = refine full null
                Expect.equal (refine full cache) plain "made"
                Expect.equal (refine full cache) plain "found"
                Expect.equal (cache.Found, cache.Missed) (1, 1) "one encoding"
                refine half cache |> ignore
                Expect.equal (cache.Found, cache.Missed) (1, 2) "another number format"

                let sizes =
                    Directory.GetFiles folder
                    |> Array.map (fun f -> FileInfo(f).Length)
                    |> Array.sort

                Expect.equal sizes [| 2L * 2048L + 33L; 4L * 2048L + 33L |] "two and four bytes a number")
    ]
