namespace PolyCL.Studies;

/// <summary>What a job does.</summary>
public enum StudyJobKind
{
    /// <summary>Pre-trains an encoder.</summary>
    Pretrain,

    /// <summary>Fine-tunes a segmenter.</summary>
    FineTune,

    /// <summary>Scores a segmenter on the test scans of a table.</summary>
    Evaluate,

    /// <summary>Refines a segmenter's masks with SAM and scores them.</summary>
    Refine,

    /// <summary>Carries a segmenter's mask of one slice through each scan with SAM 2 and scores the masks.</summary>
    Propagate,
}

/// <summary>How a job stands, as its folder tells.</summary>
public enum StudyJobState
{
    /// <summary>Its result is there.</summary>
    Finished,

    /// <summary>A process works on it.</summary>
    Running,

    /// <summary>It was begun and stopped; it goes on where it stopped.</summary>
    Interrupted,

    /// <summary>Nothing of it is there, and it could begin.</summary>
    Missing,

    /// <summary>It needs another job first.</summary>
    Waiting,

    /// <summary>It failed, or a job that it needs did.</summary>
    Failed,
}
