/// Writes PyTorch's files operation by operation, sound and hostile ones: zip .pth and the format before it.
module PolyCL.Tests.Models.Weights.TorchPickle

open System
open System.IO
open System.IO.Compression
open System.Text
open TorchSharp

/// Pickle, written operation by operation.
module Pickle =
    let bytes (values: int list) = values |> List.map byte |> Array.ofList

    let text (value: string) =
        let utf8 = Encoding.UTF8.GetBytes value
        Array.concat [ "X"B; BitConverter.GetBytes utf8.Length; utf8 ]

    let integer (value: int64) =
        Array.concat [ bytes [ 0x8a; 8 ]; BitConverter.GetBytes value ]

    let name (moduleName: string) (name: string) =
        Encoding.UTF8.GetBytes $"c{moduleName}\n{name}\n"

    let tuple (items: byte[] list) =
        Array.concat [ "("B; Array.concat items; "t"B ]

    let call (f: byte[]) (arguments: byte[] list) =
        Array.concat [ f; tuple arguments; "R"B ]

    let storage kind key (count: int64) =
        Array.concat [
            tuple [ text "storage"; name "torch" kind; text key; text "cpu"; integer count ]
            "Q"B
        ]

    let tensorOf storage (offset: int64) (shape: int64 list) (stride: int64 list) =
        call (name "torch._utils" "_rebuild_tensor_v2") [
            storage
            integer offset
            tuple (List.map integer shape)
            tuple (List.map integer stride)
            bytes [ 0x89 ]
            call (name "collections" "OrderedDict") []
        ]

    let dictionary (items: (string * byte[]) list) =
        Array.concat [
            "}("B
            Array.concat [ for key, value in items -> Array.append (text key) value ]
            "u"B
        ]

    let program (body: byte[]) =
        Array.concat [ bytes [ 0x80; 2 ]; body; "."B ]

    /// PyTorch's magic number as the first pickle of the format before zip.
    let magic =
        bytes [
            0x80
            2
            0x8a
            10
            0x6c
            0xfc
            0x9c
            0x46
            0xf9
            0x20
            0x6a
            0xa8
            0x50
            0x19
            int '.'
        ]

/// Writes a zip with these members, stored.
let archive folder (members: (string * byte[]) list) =
    let path = Path.Combine(folder, $"{Guid.NewGuid():N}.pth")
    use stream = File.Create path
    use zip = new ZipArchive(stream, ZipArchiveMode.Create)

    for name, bytes in members do
        use entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open()
        entry.Write(bytes, 0, bytes.Length)

    path

/// The pickle of the third part: byte order and sizes of the machine.
let machine (littleEndian: bool) =
    Pickle.program (
        Pickle.dictionary [
            "protocol_version", Pickle.integer 1001L
            "little_endian", [| (if littleEndian then 0x88uy else 0x89uy) |]
        ]
    )

/// The parts of a file before zip: contents, keys in order, and each storage's count and bytes.
let legacyOf contents (keys: string list) (storages: (int64 * byte[]) list) : byte[] list =
    let start = [
        Pickle.magic
        Pickle.program (Pickle.integer 1001L)
        machine true
        Pickle.program contents
        Pickle.program (Array.concat [ "]("B; Array.concat (List.map Pickle.text keys); "e"B ])
    ]

    start
    @ [
        for count, bytes in storages -> Array.append (BitConverter.GetBytes count) bytes
    ]

/// Dictionaries of contiguous float32 and int64 tensors under their names, in a file before zip, one storage each; "" is the outermost.
let legacyOfSections (sections: (string * (string * torch.Tensor) list) list) =
    let all = sections |> List.collect snd |> List.indexed

    let strides (shape: int64[]) =
        Array.scanBack (*) shape 1L |> Array.tail |> List.ofArray

    let describe (i: int, (name: string, tensor: torch.Tensor)) =
        let kind =
            if tensor.dtype = torch.int64 then
                "LongStorage"
            else
                "FloatStorage"

        let storage = Pickle.storage kind $"{i}" (tensor.numel ())
        name, Pickle.tensorOf storage 0L (List.ofArray tensor.shape) (strides tensor.shape)

    let contents, _ =
        sections
        |> List.mapFold
            (fun first (section, tensors) ->
                let described =
                    all |> List.skip first |> List.take (List.length tensors) |> List.map describe

                (section, described), first + List.length tensors)
            0

    let body =
        match contents with
        | [ "", described ] -> Pickle.dictionary described
        | nested -> Pickle.dictionary [ for section, described in nested -> section, Pickle.dictionary described ]

    legacyOf body [ for i, _ in all -> $"{i}" ] [ for _, (_, tensor) in all -> tensor.numel (), tensor.bytes.ToArray() ]

/// Writes parts one after another.
let write folder (parts: byte[] list) =
    let path = Path.Combine(folder, $"{Guid.NewGuid():N}.pth")
    File.WriteAllBytes(path, Array.concat parts)
    path
