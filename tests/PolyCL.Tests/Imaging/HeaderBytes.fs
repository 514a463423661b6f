/// Writes small NIfTI-1 files and changes single fields of their headers, to make files as other programs write them.
module PolyCL.Tests.Imaging.HeaderBytes

open System
open System.IO
open PolyCL.Imaging

/// Byte offsets of nifti1.h.
module At =
    let pixdim = 76
    let slope = 112
    let intercept = 116
    let units = 123
    let qformCode = 252
    let sformCode = 254
    let quaternion = 256
    let sform = 280

let singles (values: float list) =
    values |> List.map (float32 >> BitConverter.GetBytes) |> Array.concat

/// Overwrites header fields of a plain .nii file.
let patch (path: string) (fields: (int * byte[]) list) =
    let bytes = File.ReadAllBytes path

    for place, field in fields do
        Array.blit field 0 bytes place field.Length

    File.WriteAllBytes(path, bytes)

/// Writes a volume as a plain .nii file with some header fields changed; returns the path.
let write (folder: string) (name: string) (volume: Volume) fields =
    let path = Path.Combine(folder, name)
    NiftiWriter.Write(path, volume)
    patch path fields
    path

/// A grid in LPS order with a spacing in mm.
let lps (x: float) (y: float) (z: float) =
    Affine.FromRows [| -x; 0.0; 0.0; 5.0; 0.0; -y; 0.0; 6.0; 0.0; 0.0; z; 7.0; 0.0; 0.0; 0.0; 1.0 |]
