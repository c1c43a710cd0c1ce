namespace WarehouseImport.Profiles.Values;

/// <summary>
/// What an input cell natively is. Every cell arrives as exact text; the kind says how that text is to be read
/// (profile-import-rules 7.7). <see cref="Text"/> is a CSV cell or a text column and is parsed by the rules of 7.2–7.6.
/// </summary>
public enum InputKind
{
    Text,

    /// <summary>Optional <c>-</c> and digits.</summary>
    Integer,

    /// <summary>Plain decimal notation.</summary>
    Decimal,

    /// <summary>Shortest round-trip form of a binary double; may be <c>NaN</c> or an infinity.</summary>
    Float,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary><c>YYYY-MM-DD</c>.</summary>
    Date,

    /// <summary><c>YYYY-MM-DDTHH:MM:SS[.f…]</c> without zone; meant in the zone the sync states.</summary>
    Timestamp,

    /// <summary><c>YYYY-MM-DDTHH:MM:SS[.f…]Z</c>.</summary>
    TimestampWithZone,

    /// <summary><c>HH:MM:SS[.f…]</c>; text only.</summary>
    Time,

    /// <summary>A JSON array of scalars.</summary>
    List,

    /// <summary>JSON text.</summary>
    Json,
}

/// <summary>The declared type of a property (profile-import-rules 6.4).</summary>
public enum PropertyType
{
    Text,
    Number,
    Boolean,
    Date,
    List,
    Json,
}
