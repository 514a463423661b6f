namespace PolyCL

open System

/// <summary>Which phantom CT is generated; the fields are those of the library's PhantomOptions.</summary>
type Phantom = {
    /// <summary>The invented hospital.</summary>
    Site: PolyCL.Data.Phantom.PhantomSite
    /// <summary>Scans, each of another patient.</summary>
    Scans: int
    /// <summary>Seed of the patients.</summary>
    Seed: int64
    /// <summary>Pixels along the longer side of a slice.</summary>
    Matrix: int
    /// <summary>Slices per scan, or None for the site's own number.</summary>
    Slices: int option
    /// <summary>Folder layout, or None for the site's own.</summary>
    Layout: PolyCL.Data.Phantom.PhantomLayout option
}

/// <summary>Generated CT of an abdomen: no patient, no download.</summary>
[<RequireQualifiedAccess>]
module Phantom =
    /// <summary>Site A, 130 scans of 256×256 pixels: the number of scans in the paper's data.</summary>
    /// <example><code>
    /// let thirty = { Phantom.abdomen with Scans = 30 }
    /// </code></example>
    let abdomen = {
        Site = PolyCL.Data.Phantom.PhantomSite.A
        Scans = 130
        Seed = 1L
        Matrix = 256
        Slices = None
        Layout = None
    }

    /// <summary>Site A, 30 scans: enough for the quick profile.</summary>
    /// <example><code>
    /// let data = Dataset.phantom Phantom.quick
    /// </code></example>
    let quick = { abdomen with Scans = 30 }

    /// <summary>Site A, 10 small scans: generated in seconds.</summary>
    /// <example><code>
    /// let data = Dataset.phantom Phantom.smoke
    /// </code></example>
    let smoke = { abdomen with Scans = 10; Matrix = 64 }

    /// <summary>The library's options of the same content.</summary>
    /// <example><code>
    /// let options = Phantom.toLib Phantom.smoke
    /// </code></example>
    let toLib (phantom: Phantom) =
        PolyCL.Data.Phantom.PhantomOptions(
            Site = phantom.Site,
            Scans = phantom.Scans,
            Seed = phantom.Seed,
            Matrix = phantom.Matrix,
            Slices = Option.toNullable phantom.Slices,
            Layout = Option.toNullable phantom.Layout
        )

    /// <summary>A folder name of its own for each content; equal to the command line's for seed 1.</summary>
    let internal folder (phantom: Phantom) =
        let part name value =
            value |> Option.map (fun v -> $"-{name}{v}") |> Option.defaultValue ""

        let seed = if phantom.Seed = 1L then "" else $"-seed{phantom.Seed}"

        $"phantom-{phantom.Site}-{phantom.Scans}-{phantom.Matrix}{seed}".ToLowerInvariant()
        + part "slices" phantom.Slices
        + (part "" phantom.Layout).ToLowerInvariant()
