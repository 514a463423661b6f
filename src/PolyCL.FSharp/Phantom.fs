namespace PolyCL

open System
open PolyCL.Studies

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
    let private training profile =
        let options = PhantomSettings.Training profile

        {
            Site = options.Site
            Scans = options.Scans
            Seed = options.Seed
            Matrix = options.Matrix
            Slices = Option.ofNullable options.Slices
            Layout = Option.ofNullable options.Layout
        }

    /// <summary>Site A, 130 scans of 256×256 pixels: the number of scans in the paper's data.</summary>
    /// <example><code>
    /// let thirty = { Phantom.abdomen with Scans = 30 }
    /// </code></example>
    let abdomen = training Profile.Paper

    /// <summary>Site A, 30 scans: enough for the quick profile.</summary>
    /// <example><code>
    /// let data = Dataset.phantom Phantom.quick
    /// </code></example>
    let quick = training Profile.Quick

    /// <summary>Site A, 10 small scans: generated in seconds.</summary>
    /// <example><code>
    /// let data = Dataset.phantom Phantom.smoke
    /// </code></example>
    let smoke = training Profile.Smoke

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

    /// <summary>A folder name of its own for each content; equal to the command line's.</summary>
    let internal folder (phantom: Phantom) = PhantomSettings.FolderOf(toLib phantom)
