namespace PolyCL

open System
open System.Collections.Generic
open System.Diagnostics
open System.Globalization
open System.IO
open PolyCL.Core

/// <summary>One stage of long work as it stands now, such as a pre-training.</summary>
type Stage = {
    /// <summary>What is being done.</summary>
    Name: string
    /// <summary>Units finished.</summary>
    Done: int64
    /// <summary>Units in all, or 0 when unknown.</summary>
    Total: int64
    /// <summary>A few words on the state, such as epoch and loss; empty for none.</summary>
    Detail: string
    /// <summary>Training losses so far, at most 60, evenly spaced over the stage; empty outside training.</summary>
    Losses: float[]
    /// <summary>Time since the stage's first report.</summary>
    Elapsed: TimeSpan
    /// <summary>Estimated time to the end, or None.</summary>
    Left: TimeSpan option
}

/// <summary>How the progress of long work is shown. The pipeline itself prints nothing: it tells a display, which a notebook replaces.</summary>
[<RequireQualifiedAccess>]
module Progress =
    let private keptLosses = 60

    let private clock (time: TimeSpan) =
        time.ToString((if time.TotalHours >= 1.0 then @"h\:mm\:ss" else @"m\:ss"), CultureInfo.InvariantCulture)

    /// <summary>Whether the stage has reached its end.</summary>
    /// <example><code>
    /// let over (stage: Stage) = Progress.isOver stage
    /// </code></example>
    let isOver (stage: Stage) =
        stage.Total > 0L && stage.Done >= stage.Total

    /// <summary>The stage in one line of plain text.</summary>
    /// <example><code>
    /// let text (stage: Stage) = Progress.line stage
    /// </code></example>
    let line (stage: Stage) =
        let count =
            if stage.Total > 0L then
                $"{stage.Done}/{stage.Total}"
            else
                $"{stage.Done}"

        let time =
            match stage.Left with
            | _ when isOver stage -> $", took {clock stage.Elapsed}"
            | Some left -> $", {clock left} left"
            | None -> ""

        let detail = if stage.Detail = "" then "" else $" ({stage.Detail})"
        $"{stage.Name}: {count}{time}{detail}"

    /// <summary>The losses as a small SVG curve; empty below two of them.</summary>
    let private sparkline (losses: float[]) =
        let finite = losses |> Array.filter Double.IsFinite

        if finite.Length < 2 then
            ""
        else
            let low, high = Array.min finite, Array.max finite

            let height value =
                if high > low then
                    15.0 - 14.0 * (value - low) / (high - low)
                else
                    8.0

            let points =
                finite
                |> Array.mapi (fun i value ->
                    let x = 118.0 * float i / float (finite.Length - 1) + 1.0
                    FormattableString.Invariant $"{x:F1},{height value:F1}")
                |> String.concat " "

            $"""<svg width="120" height="16" role="img" aria-label="loss"><polyline points="{points}" fill="none" stroke="#0072B2" stroke-width="1.5"/></svg>"""

    /// <summary>The stage as an HTML bar with its loss curve and the time left, for a display that is updated in place.</summary>
    /// <example><code>
    /// let html (stage: Stage) = Progress.html stage
    /// </code></example>
    let html (stage: Stage) =
        let share =
            if stage.Total > 0L then
                float stage.Done / float stage.Total |> min 1.0
            else
                0.0

        let percent = FormattableString.Invariant $"{100.0 * share:F0}"

        $"""<div style="font:13px sans-serif;display:flex;gap:10px;align-items:center"><div style="width:160px;height:9px;border-radius:5px;background:#ddd"><div style="width:{percent}%%;height:9px;border-radius:5px;background:#009E73"></div></div>{sparkline stage.Losses}<span>{Net.WebUtility.HtmlEncode(line stage)}</span></div>"""

    /// <summary>A display that writes a line when a stage ends, and one about every ten seconds before.</summary>
    /// <example><code>
    /// Progress.show (fun () -> Progress.toWriter stderr)
    /// </code></example>
    let toWriter (writer: TextWriter) : Stage -> unit =
        let mutable last = TimeSpan.Zero

        fun stage ->
            if isOver stage || stage.Elapsed - last >= TimeSpan.FromSeconds 10.0 then
                last <- stage.Elapsed
                writer.WriteLine(line stage)

    /// <summary>A display that shows nothing.</summary>
    /// <example><code>
    /// Progress.show (fun () -> Progress.silent)
    /// </code></example>
    let silent: Stage -> unit = ignore

    let mutable private start: unit -> Stage -> unit = fun () -> toWriter Console.Error

    /// <summary>Replaces the display. The function is called once for each stage and gives what is told of that stage's state, ten times a second at
    /// most and once at its end. Until it is replaced, lines go to standard error.</summary>
    /// <example><code>
    /// Progress.show (fun () -> fun stage -> if Progress.isOver stage then printfn "%s" (Progress.line stage))
    /// </code></example>
    let show (display: unit -> Stage -> unit) = start <- display

    /// <summary>Thins the losses evenly to the kept number.</summary>
    let private thinned (losses: List<float>) =
        if losses.Count <= keptLosses then
            losses.ToArray()
        else
            Array.init keptLosses (fun i -> losses[int ((int64 i * int64 (losses.Count - 1)) / int64 (keptLosses - 1))])

    type private Following = {
        Show: Stage -> unit
        Time: Stopwatch
        First: int64
        Losses: List<float>
        mutable Last: TimeSpan
    }

    /// <summary>The sink that tells the display; given to the library by every function that takes long.</summary>
    let internal sink () : IProgress<ProgressReport> =
        let stages = Dictionary<string, Following>()

        let report (value: ProgressReport) =
            let known, stage = stages.TryGetValue value.Stage

            let stage =
                if known then
                    stage
                else
                    let fresh = {
                        Show = start ()
                        Time = Stopwatch.StartNew()
                        First = value.Done
                        Losses = List()
                        Last = TimeSpan.Zero
                    }

                    stages[value.Stage] <- fresh
                    fresh

            if value.Loss.HasValue then
                stage.Losses.Add value.Loss.Value

            let elapsed = stage.Time.Elapsed
            let over = value.Total > 0L && value.Done >= value.Total

            if over || not known || elapsed - stage.Last >= TimeSpan.FromMilliseconds 100.0 then
                stage.Last <- elapsed
                let steps = value.Done - stage.First

                let left =
                    if steps > 0L && value.Total > value.Done then
                        Some(elapsed * (float (value.Total - value.Done) / float steps))
                    else
                        None

                stage.Show {
                    Name = value.Stage
                    Done = value.Done
                    Total = value.Total
                    Detail =
                        (match value.Detail with
                         | null -> ""
                         | detail -> detail)
                    Losses = thinned stage.Losses
                    Elapsed = elapsed
                    Left = left
                }

        {
            new IProgress<ProgressReport> with
                member _.Report value = lock stages (fun () -> report value)
        }
