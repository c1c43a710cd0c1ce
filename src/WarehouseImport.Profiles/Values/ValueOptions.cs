namespace WarehouseImport.Profiles.Values;

/// <summary>What a sync and a mapped column decide about reading values.</summary>
public sealed record ValueOptions
{
    public static ValueOptions Default { get; } = new();

    /// <value>The zone of native timestamps without one (7.7); UTC by default. Text without a zone is always UTC (7.5).</value>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <value>The unit of a native integer mapped to a date; required for one.</value>
    public EpochUnit? IntegerDateUnit { get; init; }

    /// <value>Whether empty and white-space-only text is stored as <c>""</c> in text properties instead of being no value (4.2).</value>
    public bool KeepEmpty { get; init; }

    /// <value>Whether booleans are read as narrowly as Klaviyo's CSV page does: <c>true</c> and <c>false</c> only (7.4).</value>
    public bool StrictKlaviyo { get; init; }

    /// <value>The most bytes of a value as UTF-8 JSON; 100 000 by default (6.5).</value>
    public int MaxValueBytes { get; init; } = 100_000;

    /// <value>The most items of a list; 1 000 by default (7.6).</value>
    public int MaxListItems { get; init; } = 1_000;
}
