using System.Text.Json;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Syncs.Uploads;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Tests.Setup;

public sealed class ConsentMappingTests
{
    private static readonly DatasetColumn[] Columns =
    [
        Column("id", ColumnKind.Text), Column("email", ColumnKind.Text), Column("status", ColumnKind.Text), Column("at", ColumnKind.TimestampWithZone),
        Column("epoch", ColumnKind.Integer), Column("modified_at", ColumnKind.TimestampWithZone),
    ];

    /// <summary>12: consent_timestamp_without_address, and what consent cannot be.</summary>
    [Theory]
    [InlineData("status", "consent.email.marketing", true, "")]
    [InlineData("at", "consent.email.marketing.timestamp", true, "")]
    [InlineData("at", "consent.email.marketing.timestamp", false, "/fields/0/target consent_timestamp_without_address")]
    [InlineData("status", "consent.push.marketing", true, "/fields/0/target consent_channel_unsupported")]
    [InlineData("at", "consent.email.marketing", true, "/fields/0/column column_type_unsupported")]
    [InlineData("epoch", "consent.email.marketing.timestamp", true, "/fields/0/unit member_missing")]
    public void Check_ConsentTarget_NamesTheObstacle(string column, string target, bool hasEmail, string expected)
    {
        var definition = Sync(hasEmail, new FieldMapping(column, target));

        Assert.Equal(expected, Check(definition));
    }

    [Fact]
    public void Check_ConsentThatIsCleared_IsRefused()
    {
        var definition = Sync(true, new FieldMapping("status", "consent.email.marketing", OnNull: NullPolicy.Clear, Type: PropertyType.Text));

        Assert.Equal("/fields/0/onNull value_invalid, /fields/0/type value_invalid", Check(definition));
    }

    [Fact]
    public void Suggest_ConsentNames_AreMappedAndTheListFormatIsNot()
    {
        DatasetColumn[] columns = [Column("Email", ColumnKind.Text), Column("Email Marketing Consent", ColumnKind.Text), Column("SMS Consent Timestamp", ColumnKind.Timestamp), Column("Consent", ColumnKind.Text)];

        var suggestion = MappingSuggestion.Suggest(columns, hasCursor: false);

        Assert.Equal(
            ["email", "consent.email.marketing", "consent.sms.marketing.timestamp", "properties.Consent"],
            suggestion.Fields.Select(field => field.Target));
    }

    /// <summary>9.2: an upload may state the consent of all rows with a confirmation that is kept; a sync may not.</summary>
    [Fact]
    public void Read_AllRowsSubscribed_NeedsAConfirmationAndNoColumn()
    {
        Assert.Equal("/allRowsSubscribed/confirmation", Assert.Single(Plan("""{"allRowsSubscribed":{"registers":["email.marketing"]}}""").Problems).Pointer);
        Assert.Equal("/allRowsSubscribed/registers", Assert.Single(Plan("""{"allRowsSubscribed":{"registers":[],"confirmation":"At the fair."}}""").Problems).Pointer);
        Assert.Equal(
            "/allRowsSubscribed/registers",
            Assert.Single(Plan("""{"fields":[{"column":"Email","target":"email"},{"column":"Ok","target":"consent.email.marketing"}],"allRowsSubscribed":{"registers":["email.marketing"],"confirmation":"At the fair."}}""").Problems).Pointer);

        var plan = Plan("""{"fields":[{"column":"Email","target":"email"}],"allRowsSubscribed":{"registers":["email.marketing"],"confirmation":"At the fair."}}""").Plan!;

        var stored = UploadPlanJson.Read(UploadPlanJson.Write(plan)).AllRowsSubscribed!;
        Assert.Equal([ConsentRegisterKind.EmailMarketing], stored.Registers);
        Assert.Equal("At the fair.", stored.Confirmation);
    }

    [Fact]
    public void Read_SyncThatStatesConsentOfAllRows_IsRefused()
    {
        var read = SyncJson.Read(JsonDocument.Parse("""{"allRowsSubscribed":{"registers":["email.marketing"],"confirmation":"At the fair."}}""").RootElement);

        Assert.Contains(read.Problems, problem => problem.Code == SetupCodes.MemberUnknown && problem.Pointer == "/allRowsSubscribed");
    }

    private static DatasetColumn Column(string name, ColumnKind kind) => new(name, kind.ToString(), kind, true);

    private static string Check(SyncDefinition definition)
    {
        var problems = new List<SetupProblem>();
        MappingRules.CheckDefinition(definition, problems);
        MappingRules.CheckColumns(definition, Columns, problems);
        return string.Join(", ", problems.Select(problem => $"{problem.Pointer} {problem.Code}"));
    }

    private static SyncDefinition Sync(bool hasEmail, FieldMapping field) => new()
    {
        Name = "customers",
        ConnectionId = Guid.Empty,
        Dataset = new DatasetName("crm", "customers"),
        Identifier = hasEmail ? new IdentifierDefinition("email", IdentifierKind.Email) : new IdentifierDefinition("id", IdentifierKind.ExternalId),
        Cursor = new CursorDefinition("modified_at"),
        Fields = [field],
        Schedule = new ScheduleDefinition(Manual: true),
    };

    private static UploadPlanResult Plan(string request) => UploadPlanReader.Read(
        JsonDocument.Parse(request).RootElement,
        new UploadDescription(["Email", "Ok"], 2, ',', 1, [], null, [new SuggestedField("Email", "email", null, "")], [], []));
}
