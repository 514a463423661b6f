namespace PolyCL.Studies.Exports;

/// <summary>How a table is written out.</summary>
public enum ExportFormat
{
    /// <summary>A Markdown table with caption and footnotes.</summary>
    Markdown,

    /// <summary>Comma-separated values, one line per row and metric, all digits.</summary>
    Csv,

    /// <summary>A LaTeX table of the booktabs package.</summary>
    Latex,

    /// <summary>The whole value with every scan's scores; it reads back.</summary>
    Json,
}
