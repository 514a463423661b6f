module PolyCL.Tests.Training.EmbeddingProbeTests

open System
open Expecto
open PolyCL.Core
open PolyCL.Data
open PolyCL.Tests.Models
open PolyCL.Training

let private slice scan index organ =
    SliceRecord(scan, index, organ, (if organ then 9 else 0))

/// Slices of some scans, the upper half of each with the organ.
let private scans count depth = [|
    for scan in 0 .. count - 1 do
        for index in 0 .. depth - 1 -> slice scan index (index >= depth / 2)
|]

let private noise seed length =
    let mutable stream = RandomStream(seed, "embedding-probe-tests")
    Array.init length (fun _ -> float32 (stream.NextNormal()))

/// Length 8: a direction per label, a little noise.
let private by (label: SliceRecord -> int) (slices: SliceRecord array) =
    slices
    |> Array.mapi (fun i slice ->
        let row = noise (int64 i) 8 |> Array.map ((*) 0.05f)
        row[label slice] <- row[label slice] + 1.0f
        row)

let private organ (slice: SliceRecord) = if slice.ContainsOrgan then 1 else 0

[<Tests>]
let tests =
    testSequenced
    <| testList "Training.EmbeddingProbe" [
        testCase "embeddings by organ tell the organ and not the scan"
        <| fun () ->
            let slices = scans 4 10
            let probe = EmbeddingProbe.Of(by organ slices, slices)
            Expect.equal probe.OrganAccuracy.Value 1.0 "organ"
            Expect.equal probe.OrganChance.Value 0.5 "chance of the organ"
            Expect.isLessThan probe.ScanAccuracy.Value 0.6 "scan"
            Expect.equal probe.ScanChance.Value 0.25 "chance of the scan"
            Expect.isNull probe.Warning "no collapse"

        testCase "embeddings by scan tell the scan, and the organ only by chance"
        <| fun () ->
            let slices = scans 4 10
            let probe = EmbeddingProbe.Of(by _.Scan slices, slices)
            Expect.equal probe.ScanAccuracy.Value 1.0 "scan"
            Expect.isLessThan probe.OrganAccuracy.Value 0.8 "organ"

        testCase
            "four vectors along the axes have rank 3 about their mean, cosine 0 and the uniformity of the right angle"
        <| fun () ->
            let slices = scans 2 2

            let rows =
                Array.init 4 (fun i -> Array.init 4 (fun j -> if i = j then 2.0f else 0.0f))

            let probe = EmbeddingProbe.Of(rows, slices)
            NnFixture.within 1e-9 (abs (probe.EffectiveRank - 3.0)) "rank"
            NnFixture.within 1e-12 (abs probe.MeanCosine) "cosine"
            NnFixture.within 1e-12 (abs (probe.Uniformity + 4.0)) "uniformity: log exp(-2 * 2)"
            NnFixture.within 1e-12 (abs (probe.Alignment.Value - 2.0)) "alignment"
            NnFixture.within 1e-12 (abs (probe.MeanNorm - 2.0)) "norm"

        testCase "slices next to each other with equal embeddings have alignment 0"
        <| fun () ->
            let slices = scans 3 4

            let rows =
                slices
                |> Array.map (fun slice -> Array.init 3 (fun j -> if j = slice.Scan then 1.0f else 0.0f))

            let probe = EmbeddingProbe.Of(rows, slices)
            NnFixture.within 1e-12 (abs probe.Alignment.Value) "alignment"

        testCase "the length of the embeddings changes the norm alone"
        <| fun () ->
            let slices = scans 3 6
            let rows = by organ slices
            let once = EmbeddingProbe.Of(rows, slices)
            let twice = EmbeddingProbe.Of(rows |> Array.map (Array.map ((*) 2.0f)), slices)
            NnFixture.within 1e-9 (abs (twice.MeanNorm - 2.0 * once.MeanNorm)) "norm"
            NnFixture.within 1e-9 (abs (twice.Uniformity - once.Uniformity)) "uniformity"
            NnFixture.within 1e-6 (abs (twice.EffectiveRank - once.EffectiveRank)) "rank"

        for name, rows, words in
            [
                "all the same", (fun _ -> Array.create 4 1.0f), "same way"
                "all zero", (fun _ -> Array.zeroCreate 4), "zero"
                "on a line", (fun i -> [| float32 (cos (0.2 * float i)); 1.0f; 0.0f; 0.0f |]), "on a line"
            ] do
            testCase $"a collapse is named: {name}"
            <| fun () ->
                let slices = scans 2 5
                let probe = EmbeddingProbe.Of(Array.init 10 rows, slices)
                Expect.stringContains (nonNull probe.Warning) words "warning"
                Expect.stringContains (probe.ToWords()) words "progress line"

        testCase "with one scan neither organ nor scan is voted on"
        <| fun () ->
            let slices = scans 1 6
            let probe = EmbeddingProbe.Of(by organ slices, slices)
            Expect.isFalse probe.OrganAccuracy.HasValue "organ"
            Expect.isFalse probe.ScanAccuracy.HasValue "scan"

        testCase "values that are not finite are refused"
        <| fun () ->
            let slices = scans 1 2

            Expect.throwsT<ArgumentException>
                (fun () -> EmbeddingProbe.Of([| [| 1.0f |]; [| nanf |] |], slices) |> ignore)
                "NaN"
    ]
