namespace PolyCL

open System
open PolyCL.Studies.Pictures

/// <summary>What the colours of an embedding map show.</summary>
type MapColour =
    /// <summary>One colour and mark per scan.</summary>
    | ByScan
    /// <summary>Slices with and without the target organ.</summary>
    | ByOrgan
    /// <summary>Height in the scan.</summary>
    | ByPosition

/// Maps of embeddings, a mark per slice.
module internal EmbeddingChart =
    let private side = 420

    /// <summary>Scans whose colours and marks are told apart in a legend.</summary>
    let private namedScans = 12

    let private points name (places: Pretrain.Place[]) (values: float[] | null) (colour: Nullable<PictureColour>) =
        ChartSeries(
            name,
            places |> Array.map _.X,
            places |> Array.map _.Y,
            Style = SeriesStyle.Points,
            Values = values,
            Colour = colour,
            MarkerSize = (if places.Length > 600 then 4.0 else 6.0),
            Labels =
                (places
                 |> Array.map (fun p ->
                     $"""{p.Slice.Scan}, slice {p.Slice.Z}, {(if p.Slice.Organ then "organ" else "no organ")}, {p.Part}"""))
        )

    let private legendWidth = 120

    let draw (colour: MapColour) (axis: string) (title: string -> string) provenance (places: Pretrain.Place[]) =
        let series, heading =
            match colour with
            | ByScan ->
                let scans = places |> Array.groupBy _.Slice.Scan
                let named = scans.Length <= namedScans

                scans
                |> Array.map (fun (scan, places) -> points (if named then scan else "") places null (Nullable())),
                $"{scans.Length} scans"
            | ByOrgan ->
                [|
                    true, "organ", PictureColour.Vermillion
                    false, "no organ", PictureColour.Blue
                |]
                |> Array.map (fun (organ, name, colour) ->
                    let side = places |> Array.filter (fun p -> p.Slice.Organ = organ)
                    points name side null (Nullable colour))
                |> Array.filter (fun series -> series.X.Count > 0),
                "target organ"
            | ByPosition ->
                [| points "" places (places |> Array.map _.Slice.Position) (Nullable()) |], "height in the scan"

        let legend =
            if series.Length > 1 && series[0].Name <> "" then
                legendWidth
            else
                0

        let scale = if colour = ByPosition then 74 else 0

        Chart(
            Title = title heading,
            XTitle = $"{axis} 1 (no unit)",
            YTitle = $"{axis} 2 (no unit)",
            Series = series,
            ScaleTitle = "height (0 feet, 1 head)",
            Legend = LegendPlace.Outside,
            Width = side + legend + scale,
            Height = side,
            Provenance = provenance
        )
        :> Picture

    /// The map three times: coloured by scan, by organ and by height in the scan.
    let three (axis: string) (embeddings: Pretrain.Embedding[]) =
        let places = Pretrain.pca embeddings

        [|
            for colour in [ ByScan; ByOrgan; ByPosition ] -> draw colour axis id "" places
        |]
