using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Tests.Setup;

public sealed class MappingSuggestionTests
{
    [Fact]
    public void Suggest_TypicalTable_FindsIdentifierCursorAndMapping()
    {
        var columns = Columns(
            ("customer_id", ColumnKind.Integer), ("Email Address", ColumnKind.Text), ("first_name", ColumnKind.Text), ("city", ColumnKind.Text), ("created_at", ColumnKind.TimestampWithZone),
            ("updated_at", ColumnKind.TimestampWithZone), ("points", ColumnKind.Integer), ("sms_consent", ColumnKind.Text), ("photo", ColumnKind.Unreadable), ("last_open", ColumnKind.Timestamp));

        var suggestion = MappingSuggestion.Suggest(columns);

        Assert.Equal(("customer_id", IdentifierKind.ExternalId), (suggestion.Identifier!.Column, suggestion.Identifier.Kind));
        Assert.Equal("updated_at", suggestion.Cursor!.Column);
        Assert.Equal(
            [
                ("customer_id", "external_id", null), ("Email Address", "email", null), ("first_name", "first_name", null), ("city", "location.city", null),
                ("created_at", "properties.created_at", PropertyType.Date), ("points", "properties.points", PropertyType.Number),
                ("sms_consent", "consent.sms.marketing", null),
            ],
            suggestion.Fields.Select(field => (field.Column, field.Target, field.Type)));
        Assert.Equal(["updated_at", "photo", "last_open"], suggestion.Skipped.Select(column => column.Column));
        Assert.All(suggestion.Fields, field => Assert.NotEmpty(field.Reason));
    }

    [Theory]
    [InlineData(ColumnKind.Integer, "1700000000", CursorUnit.Seconds, null)]
    [InlineData(ColumnKind.Integer, "1700000000123456", CursorUnit.Microseconds, null)]
    [InlineData(ColumnKind.Text, "2024-05-06 07:08:09.123Z", null, "YYYY-MM-DD HH:MM:SS.fffZ")]
    [InlineData(ColumnKind.Text, "2024-05-06", null, "YYYY-MM-DD")]
    public void Suggest_CursorWithoutClockType_ReadsTheSample(ColumnKind kind, string cell, CursorUnit? unit, string? form)
    {
        var columns = Columns(("email", ColumnKind.Text), ("last_modified", kind));

        var cursor = MappingSuggestion.Suggest(columns, new DatasetPreview(columns, [["a@example.com", cell], [null, null]])).Cursor!;

        Assert.Equal(("last_modified", unit, form), (cursor.Column, cursor.Unit, cursor.TextForm));
    }

    [Theory]
    [InlineData("changed")]
    [InlineData("modified")]
    [InlineData("updated")]
    public void Suggest_ColumnOfChangesBesideOneOfCreation_IsTheCursor(string name) =>
        Assert.Equal(name, MappingSuggestion.Suggest(Columns(("email", ColumnKind.Text), ("created_at", ColumnKind.Timestamp), (name, ColumnKind.Timestamp))).Cursor!.Column);

    [Fact]
    public void Suggest_NothingFits_SuggestsNothing()
    {
        var columns = Columns(("updated_at", ColumnKind.Float), ("changed", ColumnKind.Text));

        var suggestion = MappingSuggestion.Suggest(columns);

        Assert.Null(suggestion.Identifier);
        Assert.Null(suggestion.Cursor);
    }

    private static IReadOnlyList<DatasetColumn> Columns(params (string Name, ColumnKind Kind)[] columns) =>
        [.. columns.Select(column => new DatasetColumn(column.Name, column.Kind.ToString(), column.Kind, true))];
}
