namespace PolyCL.Sam;

/// <summary>What a prompt token stands for, with the numbers of the SAM models.</summary>
internal enum PromptLabel
{
    /// <summary>No point at all; fills up where the model expects one token more.</summary>
    Padding = -1,

    /// <summary>A point outside the object.</summary>
    Negative = 0,

    /// <summary>A point inside the object.</summary>
    Positive = 1,

    /// <summary>The top left corner of a box.</summary>
    TopLeft = 2,

    /// <summary>The bottom right corner of a box.</summary>
    BottomRight = 3,
}
