namespace PolyCL.Kernel

open Microsoft.AspNetCore.Html
open Microsoft.DotNet.Interactive
open PolyCL

/// How a cell shows the progress of long work.
module internal ProgressDisplay =

    /// A bar under the cell, changed in place.
    let bar () : Stage -> unit =
        match KernelInvocationContext.Current with
        | null -> Progress.toWriter stderr
        | context ->
            let mutable update: (HtmlString -> unit) option = None

            fun stage ->
                let html = HtmlString(Progress.html stage)

                match update with
                | Some update -> update html
                | None ->
                    let display = KernelInvocationContextExtensions.Display(context, html)
                    update <- Some(fun html -> display.Update html)

    /// One line when a stage is over, for a file that nobody watches.
    let line () : Stage -> unit =
        fun stage ->
            if Progress.isOver stage then
                stdout.WriteLine(Progress.line stage)
