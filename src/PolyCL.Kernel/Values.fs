/// How values are shown that the engine shows badly.
module internal PolyCL.Kernel.Values

open System
open Microsoft.DotNet.Interactive.Formatting

/// F#'s own way to write a value; what fails while it is written gives its reason.
let private plain (value: obj | null) =
    try
        sprintf "%A" value
    with error ->
        $"{(nonNull value).GetType().Name} (cannot be shown: {error.Message})"

/// Lists as F# writes them, not as a table of their tails; array segments, which may have no array.
let register () =
    for shape in [ typedefof<_ list>; typedefof<ArraySegment<_>> ] do
        Formatter.Register(
            shape,
            Action<obj, IO.TextWriter>(fun value writer -> writer.Write(plain value)),
            "text/plain"
        )

        Formatter.SetPreferredMimeTypesFor(shape, "text/plain")

/// Whether an exception came from writing a value.
let isShowing (error: exn) =
    match error.StackTrace with
    | null -> false
    | stack -> stack.Contains("Microsoft.DotNet.Interactive.Formatting.", StringComparison.Ordinal)
