/// Writing PyTorch's .pth; that PyTorch reads it is checked by bench/reference/roundtrip.py.
module PolyCL.Tests.Models.Weights.TorchArchiveWriterTests

open System
open System.Collections.Generic
open System.IO
open Expecto
open PolyCL.Core
open PolyCL.Models
open PolyCL.Models.Weights
open PolyCL.Tests
open TorchSharp

let private bytesOf (tensor: torch.Tensor) = tensor.contiguous().bytes.ToArray()

[<Tests>]
let tests =
    testList "Models.Weights.TorchArchiveWriter" [
        testCase "every number format, scalars, empty and strided tensors read back as they were"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use _ = torch.NewDisposeScope()
                let path = Path.Combine(folder, "mixed.pth")
                let numbers = torch.arange(0L, 24L).reshape(2L, 3L, 4L)
                let tensors = Dictionary<string, torch.Tensor>()

                for dtype in
                    [
                        torch.float64
                        torch.float32
                        torch.float16
                        torch.bfloat16
                        torch.int64
                        torch.int32
                        torch.int16
                        torch.int8
                        torch.uint8
                        torch.bool
                    ] do
                    tensors[$"of.{dtype}"] <- numbers.to_type dtype

                tensors["scalar"] <- torch.tensor 7L
                tensors["empty"] <- torch.zeros (0L, 3L)
                tensors["turned"] <- numbers.permute(2L, 0L, 1L).to_type(torch.float32)
                tensors["part"] <- numbers.to_type(torch.float32).slice(2L, 1L, 4L, 2L)
                WeightFile.WriteTorch(path, tensors)
                use read = WeightFile.Read path
                Expect.hasLength read.Entries tensors.Count "tensors"

                for entry in tensors do
                    let actual = read.ReadTensor entry.Key
                    Expect.equal actual.dtype entry.Value.dtype $"format of {entry.Key}"
                    Expect.equal actual.shape entry.Value.shape $"shape of {entry.Key}"
                    Expect.equal (bytesOf actual) (bytesOf entry.Value) $"numbers of {entry.Key}")

        testCase "a network's file fits the network, and the same content gives the same bytes"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use network = new UNet(UNetOptions(Widths = [| 4; 4; 8; 8; 8 |]))
                let first, second = Path.Combine(folder, "1.pth"), Path.Combine(folder, "2.pth")
                WeightFile.WriteTorch(first, network.state_dict ())
                WeightFile.WriteTorch(second, network.state_dict ())
                Expect.equal (ContentHash.OfFile second) (ContentHash.OfFile first) "bytes"
                use weights = WeightFile.Read first
                Expect.isTrue (WeightLoader.Load(network, weights).Fits) "fits")

        testCase "a format that .pth has no place for here is refused before anything is written"
        <| fun () ->
            TestData.withTempFolder (fun folder ->
                use _ = torch.NewDisposeScope()
                let path = Path.Combine(folder, "complex.pth")
                let tensors = Dictionary<string, torch.Tensor>()
                tensors["z"] <- torch.zeros (2L, dtype = torch.complex64)
                Expect.throwsT<ArgumentException> (fun () -> WeightFile.WriteTorch(path, tensors)) "format"
                Expect.isEmpty (Directory.GetFiles folder) "nothing written")
    ]
