using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Properties;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Setup;

/// <summary>A proposal for a sync over a dataset. Nothing of it is applied until a person saves it.</summary>
/// <param name="Identifier">Null if no column looks like an identifier.</param>
/// <param name="Cursor">Null if no column looks like <c>modified_at</c>.</param>
/// <param name="Fields">One mapping per column that can be imported, identifiers first.</param>
/// <param name="Skipped">Columns left out, with the reason.</param>
public sealed record SyncSuggestion(
    SuggestedIdentifier? Identifier,
    SuggestedCursor? Cursor,
    IReadOnlyList<SuggestedField> Fields,
    IReadOnlyList<SkippedColumn> Skipped);

public sealed record SuggestedIdentifier(string Column, IdentifierKind Kind, string Reason);

/// <param name="Unit">For an integer column, from the size of the sampled values; null without a sample.</param>
/// <param name="TextForm">For a text column, the one form of all sampled values.</param>
public sealed record SuggestedCursor(string Column, CursorUnit? Unit, string? TextForm, string Reason);

/// <param name="Type">Type of a custom property; null for a standard one.</param>
public sealed record SuggestedField(string Column, string Target, PropertyType? Type, string Reason);

public sealed record SkippedColumn(string Column, string Reason);

/// <summary>Suggests identifier, cursor and mapping from names, types and a sample (profile-import-rules 5, 7.1, 11).</summary>
public static class MappingSuggestion
{
    // Best first. A column of changes beats one of creation: rows updated in place would never be seen again by the latter.
    private static readonly string[] ChangeNames =
    [
        "modifiedat", "updatedat", "lastmodified", "lastmodifiedat", "lastupdated", "lastupdatedat", "modified", "updated", "modifiedon", "updatedon", "modifieddate", "updateddate",
        "dateupdated", "datemodified", "modificationdate", "updatetime", "modifiedtime", "lastmodifieddate", "changedat", "changed", "changedon", "changeddate", "lastchanged", "lastchangedat", "rowupdatedat", "systemmodstamp",
    ];

    private static readonly string[] CreationNames = ["loadedat", "ingestedat", "syncedat", "insertedat", "createdat", "created", "createdon", "createddate"];
    private static readonly string[] CursorNames = [.. ChangeNames, .. CreationNames];

    /// <param name="hasCursor">False for a file, whose <c>modified_at</c> is optional: no column is set apart for it.</param>
    public static SyncSuggestion Suggest(IReadOnlyList<DatasetColumn> columns, DatasetPreview? sample = null, bool hasCursor = true)
    {
        var cursor = hasCursor ? SuggestCursor(columns, sample) : null;
        var fields = new List<SuggestedField>();
        var skipped = new List<SkippedColumn>();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var column in columns)
        {
            if (column.Name == cursor?.Column) skipped.Add(new SkippedColumn(column.Name, "It is the suggested modified_at column."));
            else if (!InputKinds.TryGet(column.Kind, out var kind)) skipped.Add(new SkippedColumn(column.Name, $"The type {column.NativeType} cannot be imported."));
            else AddField(column, kind, Cells(sample, column.Name), fields, skipped, taken);
        }

        var identifiers = fields
            .Select(field => (Field: field, IsIdentifier: IdentifierKinds.TryParse(field.Target, out var kind), Kind: kind))
            .Where(entry => entry.IsIdentifier && entry.Kind != IdentifierKind.Id)
            .OrderBy(entry => entry.Kind)
            .ToList();
        var identifier = identifiers.Count == 0
            ? null
            : new SuggestedIdentifier(
                identifiers[0].Field.Column,
                identifiers[0].Kind,
                identifiers.Count == 1
                    ? $"It is the only column that looks like an identifier ({identifiers[0].Kind.FieldName()})."
                    : $"{identifiers[0].Kind.FieldName()} ranks highest among the identifiers found.");
        return new SyncSuggestion(identifier, cursor, [.. fields.OrderByDescending(field => IdentifierKinds.TryParse(field.Target, out _))], skipped);
    }

    /// <summary>Whether a name says when a row was last changed.</summary>
    internal static bool NamesChange(string column) => Array.IndexOf(ChangeNames, StandardProperties.NormaliseName(column)) >= 0;

    private static void AddField(
        DatasetColumn column,
        InputKind kind,
        IReadOnlyList<string> cells,
        List<SuggestedField> fields,
        List<SkippedColumn> skipped,
        HashSet<string> taken)
    {
        if (StandardProperties.TrySuggest(column.Name, out var property))
        {
            if (property.Role == PropertyRole.Consent)
            {
                AddConsent(column, kind, property, fields, skipped, taken);
                return;
            }

            if (property.IsMappable && FieldConverters.Check(property.Path, kind, null) is null && taken.Add(property.Path))
            {
                fields.Add(new SuggestedField(column.Name, property.Path, null, $"The name means {property.Label}."));
                return;
            }
        }

        var name = CustomPropertyNames.Canonicalise(column.Name);
        if (CustomPropertyNames.Validate(name) is { } objection)
        {
            skipped.Add(new SkippedColumn(column.Name, objection.Detail));
            return;
        }

        var target = FieldPaths.Custom(name);
        if (!taken.Add(target))
        {
            skipped.Add(new SkippedColumn(column.Name, $"Another column is suggested for {target}."));
            return;
        }

        var fromSample = kind == InputKind.Text && cells.Count > 0;
        var type = fromSample ? TypeSuggestion.ForSamples(cells, column.Name) : TypeSuggestion.For(kind, column.Name);

        // An integer date needs a unit and a person to state it, so a number stays a number here.
        fields.Add(new SuggestedField(
            column.Name,
            target,
            type,
            fromSample && type != PropertyType.Text ? $"All {cells.Count} sampled values read as {WordOf(type)}." : $"A column of type {column.NativeType} becomes {WordOf(type)}."));
    }

    private static void AddConsent(
        DatasetColumn column, InputKind kind, StandardProperty property, List<SuggestedField> fields, List<SkippedColumn> skipped, HashSet<string> taken)
    {
        if (!ConsentColumns.TrySuggest(column.Name, out var consent))
            skipped.Add(new SkippedColumn(column.Name, $"It looks like {property.Label}, which is not imported."));
        else if (ConsentColumns.Check(consent.Path, kind) is { } objection)
            skipped.Add(new SkippedColumn(column.Name, $"It looks like {property.Label}. {objection.Detail}"));
        else if (MappingRules.NeedsUnit(consent, kind))
            skipped.Add(new SkippedColumn(column.Name, $"It looks like {property.Label}; map it by hand to state the unit of its numbers."));
        else if (!taken.Add(consent.Path))
            skipped.Add(new SkippedColumn(column.Name, $"Another column is suggested for {consent.Path}."));
        else
            fields.Add(new SuggestedField(column.Name, consent.Path, null, $"The name means {property.Label}."));
    }

    private static SuggestedCursor? SuggestCursor(IReadOnlyList<DatasetColumn> columns, DatasetPreview? sample)
    {
        SuggestedCursor? best = null;
        var bestScore = int.MaxValue;
        foreach (var column in columns)
        {
            var rank = Array.IndexOf(CursorNames, StandardProperties.NormaliseName(column.Name));
            var isClock = column.Kind is ColumnKind.Timestamp or ColumnKind.TimestampWithZone;
            if (rank < 0 && !isClock) continue;

            CursorUnit? unit = null;
            string? form = null;
            var cells = Cells(sample, column.Name);
            switch (column.Kind)
            {
                case ColumnKind.Timestamp or ColumnKind.TimestampWithZone or ColumnKind.Date:
                    break;
                case ColumnKind.Integer:
                    unit = UnitOf(cells);
                    break;
                case ColumnKind.Text when FormOf(cells) is { } found:
                    form = found;
                    break;
                default:
                    continue;
            }

            // Name first; among equal names a clock type before a coarser or weaker one. A clock column with an unknown name is the last resort.
            var score = (rank < 0 ? CursorNames.Length : rank) * 8 + column.Kind switch
            {
                ColumnKind.TimestampWithZone => 0,
                ColumnKind.Timestamp => 1,
                ColumnKind.Integer => 2,
                ColumnKind.Text => 3,
                _ => 4,
            };
            if (score >= bestScore) continue;
            bestScore = score;
            best = new SuggestedCursor(column.Name, unit, form, Reason(column, rank));
        }

        return best;
    }

    private static string Reason(DatasetColumn column, int rank)
    {
        if (rank < 0) return $"It is the first column with a time ({column.NativeType}); check that it changes with every change of the row.";
        var meaning = rank >= ChangeNames.Length ? "when a row was loaded or created; changes of rows in place would not be seen" : "when a row was changed";
        var coarse = column.Kind == ColumnKind.Date ? " Days are coarse: every run reads the last day again." : "";
        return $"The name says {meaning}, and the type is {column.NativeType}.{coarse}";
    }

    private static IReadOnlyList<string> Cells(DatasetPreview? sample, string column)
    {
        if (sample is null) return [];
        for (var index = 0; index < sample.Columns.Count; index++)
            if (sample.Columns[index].Name == column) return [.. sample.Rows.Select(row => row[index]).OfType<string>().Where(cell => !string.IsNullOrWhiteSpace(cell))];
        return [];
    }

    // Counted in digits: seconds of this century have 9 or 10, and each finer unit three more.
    private static CursorUnit? UnitOf(IReadOnlyList<string> cells)
    {
        if (cells.Count == 0) return null;
        return cells.Max(cell => cell.Length) switch
        {
            9 or 10 => CursorUnit.Seconds,
            12 or 13 => CursorUnit.Milliseconds,
            15 or 16 => CursorUnit.Microseconds,
            18 or 19 => CursorUnit.Nanoseconds,
            _ => null,
        };
    }

    private static string? FormOf(IReadOnlyList<string> cells)
    {
        if (cells.Count == 0) return null;
        var form = string.Concat(cells[0].Select((c, index) => char.IsAsciiDigit(c) ? LetterAt(index) : c));
        return CursorCodec.TryCreate(new CursorDefinition("", TextForm: form), ColumnKind.Text, out var codec, out _) && cells.All(cell => codec.TryParse(cell, out _)) ? form : null;

        static char LetterAt(int index) => index < 19 ? "YYYY-MM-DD HH:MM:SS"[index] : 'f';
    }

    private static string WordOf(PropertyType type) => DefinitionWords.WordOf(DefinitionWords.PropertyTypes, type);
}
