using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Definitions;

/// <summary>The words of the API for the choices of a definition. The first word of a choice is the one that is written.</summary>
internal static class DefinitionWords
{
    public static readonly (string Word, IdentifierKind Value)[] IdentifierKinds =
        [("id", IdentifierKind.Id), ("external_id", IdentifierKind.ExternalId), ("email", IdentifierKind.Email), ("phone_number", IdentifierKind.PhoneNumber)];

    public static readonly (string Word, CursorUnit Value)[] CursorUnits =
    [
        ("seconds", CursorUnit.Seconds), ("milliseconds", CursorUnit.Milliseconds), ("microseconds", CursorUnit.Microseconds), ("nanoseconds", CursorUnit.Nanoseconds),
        ("s", CursorUnit.Seconds), ("ms", CursorUnit.Milliseconds), ("us", CursorUnit.Microseconds), ("ns", CursorUnit.Nanoseconds),
    ];

    public static readonly (string Word, CursorCombination Value)[] Combinations = [("coalesce", CursorCombination.Coalesce), ("greatest", CursorCombination.Greatest)];

    public static readonly (string Word, PropertyType Value)[] PropertyTypes =
    [
        ("text", PropertyType.Text), ("number", PropertyType.Number), ("boolean", PropertyType.Boolean),
        ("date", PropertyType.Date), ("list", PropertyType.List), ("json", PropertyType.Json),
    ];

    public static readonly (string Word, NullPolicy Value)[] NullPolicies = [("ignore", NullPolicy.Ignore), ("clear", NullPolicy.Clear)];

    public static readonly (string Word, WritePolicy Value)[] WritePolicies = [("always", WritePolicy.Always), ("if_empty", WritePolicy.IfEmpty)];

    public static readonly (string Word, WriteMode Value)[] WriteModes = [("replace", WriteMode.Replace), ("append", WriteMode.Append), ("remove", WriteMode.Remove)];

    public static readonly (string Word, InvalidValuePolicy Value)[] InvalidValues = [("fail_row", InvalidValuePolicy.FailRow), ("skip_field", InvalidValuePolicy.SkipField)];

    public static readonly (string Word, OrphanPolicy Value)[] Orphans = [("suggest", OrphanPolicy.Suggest), ("absorb", OrphanPolicy.Absorb)];

    public static readonly (string Word, ImportMode Value)[] Modes =
        [("upsert", ImportMode.Upsert), ("update_only", ImportMode.UpdateOnly), ("create_only", ImportMode.CreateOnly)];

    public static readonly (string Word, ColumnKind Value)[] ColumnKinds =
    [
        ("text", ColumnKind.Text), ("integer", ColumnKind.Integer), ("decimal", ColumnKind.Decimal), ("float", ColumnKind.Float), ("boolean", ColumnKind.Boolean),
        ("date", ColumnKind.Date), ("timestamp", ColumnKind.Timestamp), ("timestamp_with_zone", ColumnKind.TimestampWithZone), ("time", ColumnKind.Time),
        ("list", ColumnKind.List), ("json", ColumnKind.Json), ("unreadable", ColumnKind.Unreadable),
    ];

    public static string WordOf<T>((string Word, T Value)[] words, T value)
        where T : struct, Enum =>
        Array.Find(words, entry => EqualityComparer<T>.Default.Equals(entry.Value, value)).Word ?? throw new ArgumentOutOfRangeException(nameof(value), value, "The choice has no word.");
}
