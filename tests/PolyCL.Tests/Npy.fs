/// Reads NumPy's .npy format, version 1.0, C order.
module PolyCL.Tests.Npy

open System
open System.Text
open System.Text.RegularExpressions

/// Number format as NumPy writes it (such as "<f4"), shape, and the numbers' bytes.
let parse (bytes: byte[]) : string * int[] * byte[] =
    let start = 10 + int (BitConverter.ToUInt16(bytes, 8))
    let header = Encoding.ASCII.GetString(bytes, 10, start - 10)

    let field (pattern: string) =
        Regex.Match(header, pattern).Groups[1].Value

    let shape =
        (field @"\(([^)]*)\)").Split([| ','; ' ' |], StringSplitOptions.RemoveEmptyEntries)
        |> Array.map int

    field "'descr': '([^']*)'", shape, bytes[start..]
