namespace PolyCL.Data.Phantom;

/// <summary>All parts of one patient in the order in which they are painted: what is painted later lies on top.</summary>
internal sealed class Body
{
    private readonly IPart[] parts;
    private readonly Liver liver;

    public Body(Patient patient)
    {
        Patient = patient;
        Trunk = new Trunk(patient);
        var chest = new Chest(patient);
        var skeleton = new Skeleton(patient, Trunk);
        var kidneys = new Kidneys(patient);
        liver = new Liver(patient, chest);
        Apex = chest.Apex;
        Rear = new[] { 60f, 0, -60, -120, -180 }.Max(z => Trunk.Skin(z).Max(p => p.Y));
        parts =
        [
            Trunk, chest, new KidneyFat(kidneys), new DeepMuscles(patient, skeleton), new UpperAbdomen(patient), new Bowel(patient), liver,
            new GreatVessels(patient), kidneys, new Pelvis(patient, skeleton), skeleton,
        ];
    }

    public Patient Patient { get; }

    public Trunk Trunk { get; }

    /// <summary>Height of the diaphragm's right dome, mm.</summary>
    public float Apex { get; }

    /// <summary>The rearmost place of the body (y, mm): where the table is.</summary>
    public float Rear { get; }

    /// <summary>Height of the liver's lowest point, mm.</summary>
    public float LiverTip => liver.Tip;

    public int LesionCount => liver.LesionCount;

    private sealed class KidneyFat(Kidneys kidneys) : IPart
    {
        public void Paint(SliceCanvas canvas) => kidneys.PaintFat(canvas);
    }

    /// <summary>Paints the section at the canvas's height.</summary>
    public void Paint(SliceCanvas canvas)
    {
        foreach (var part in parts)
        {
            part.Paint(canvas);
        }
    }
}
