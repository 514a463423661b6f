module PolyCL.Tests.Sam.SamFixtureTests

open System.IO
open System.IO.Compression
open Expecto
open PolyCL.Models.Weights
open PolyCL.Tests
open PolyCL.Tests.Sam
open TorchSharp

/// Every tensor of the corpus's weights, by its name without the dictionary's.
let private tensors (file: string) =
    use weights = WeightFile.Read file

    Map [
        for entry in weights.Entries -> entry.Name, weights.ReadTensor(entry.FullName).bytes.ToArray()
    ]

[<Tests>]
let tests =
    testList "Sam.Fixture" [
        testCase "the golden copies are the corpus's files (large corpus)"
        <| fun () ->
            let corpus = SamFixture.path ""
            use zip = ZipFile.OpenRead(Path.Combine(TestData.golden, "sam", "sam.zip"))
            Expect.isGreaterThan zip.Entries.Count 70 "entries"

            for entry in zip.Entries do
                use stream = entry.Open()
                use memory = new MemoryStream()
                stream.CopyTo memory

                Expect.equal (memory.ToArray()) (File.ReadAllBytes(Path.Combine(corpus, entry.FullName))) entry.FullName

        testCase "the weights made by the formula are the corpus's, bit for bit (large corpus)"
        <| fun () ->
            use _ = torch.NewDisposeScope()

            for made, file in
                [
                    SamFixture.madeSam, "sam1-tiny/weights.pth"
                    SamFixture.madeSam2, "sam2-tiny-video/weights.pt"
                ] do
                let ours, theirs = tensors made.Value, tensors (SamFixture.path file)
                Expect.equal (List.ofSeq ours.Keys) (List.ofSeq theirs.Keys) $"{file}: names"

                for name in theirs.Keys do
                    Expect.equal ours[name] theirs[name] $"{file}: {name}"
    ]
