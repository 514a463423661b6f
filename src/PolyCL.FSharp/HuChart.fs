namespace PolyCL

open System
open PolyCL.Studies
open PolyCL.Studies.Pictures
open PolyCL // again, for the names that PolyCL.Studies has too

/// Hounsfield values of scans.
module internal HuChart =
    let draw count (data: Dataset) =
        let scans = data.Found.Scans |> Seq.truncate count |> Seq.toArray

        let histogram =
            HuHistogram.Of(scans, progress = Progress.sink (), token = Workspace.token ())

        let window = data.Preparation.Window

        let series name (shares: float seq) colour =
            ChartSeries(
                name,
                histogram.Centres,
                shares |> Seq.map (fun share -> 100.0 * share) |> Seq.toArray,
                Colour = Nullable colour
            )

        // Air outside and in the lungs would flatten everything else.
        let highest =
            Seq.zip3 histogram.Centres histogram.All histogram.Organ
            |> Seq.filter (fun (hu, _, _) -> hu > -800.0)
            |> Seq.map (fun (_, all, organ) -> 100.0 * max all organ)
            |> Seq.max

        let edge hu =
            ChartSeries(
                "",
                [| hu; hu |],
                [| 0.0; 1.05 * highest |],
                Colour = Nullable PictureColour.Grey,
                Dashed = true
            )

        Chart(
            Title = $"Hounsfield values of {histogram.Scans} scans; dashed: the window {window.Level}/{window.Width}",
            XTitle = "HU",
            YTitle = "share of voxels per 10 HU (%)",
            XRange = struct (-1100.0, 700.0),
            YRange = struct (0.0, 1.05 * highest),
            Series = [|
                series "all voxels" histogram.All PictureColour.Blue
                series "target organ" histogram.Organ PictureColour.Vermillion
                edge window.Low
                edge window.High
            |],
            Provenance = Provenance.ofData data
        )
        :> Picture
