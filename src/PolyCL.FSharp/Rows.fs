namespace PolyCL

/// Arrays row by row, as the library takes them.
module internal Rows =
    let flat (values: 'a[,]) =
        let width = Array2D.length2 values
        Array.init values.Length (fun i -> values[i / width, i % width])

    let square height width (values: 'a[]) =
        Array2D.init height width (fun row column -> values[row * width + column])
