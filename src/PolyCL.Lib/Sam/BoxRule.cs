namespace PolyCL.Sam;

/// <summary>How many boxes a coarse mask becomes.</summary>
public enum BoxRule
{
    /// <summary>One box round all foreground of the slice (paper eqs. 6–7).</summary>
    OnePerSlice,

    /// <summary>One box round each 8-connected component; the refined mask is the union of the results.</summary>
    OnePerComponent,
}
