using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Warehouses;
using static WarehouseImport.Syncs.Tests.Setup.SetupWorld;

namespace WarehouseImport.Syncs.Tests.Setup;

public sealed class MappingValidatorTests
{
    private readonly SetupWorld _world = new();

    [Fact]
    public async Task ValidateAsync_GoodDefinition_MakesTypesExplicitAndRemembersColumns()
    {
        var validation = await ValidateAsync(Sync(new("first", "first_name"), new("points", "properties. points "), new("email", "email", Required: true)));

        Assert.Empty(validation.Problems);
        Assert.Empty(validation.Warnings);
        Assert.Equal(("properties.points", PropertyType.Number), (validation.Definition.Fields[1].Target, validation.Definition.Fields[1].Type));
        Assert.Equal(["email", "first", "points", "updated_at"], validation.Definition.SavedColumns.Select(column => column.Name));
    }

    public static TheoryData<string, string, SyncDefinition> BrokenDefinitions => new()
    {
        { "mapping_no_identifier", "/identifier/column", Sync() with { Identifier = new IdentifierDefinition("", IdentifierKind.Email) } },
        { "mapping_no_cursor", "/cursor/column", Sync() with { Cursor = new CursorDefinition("") } },
        { "mapping_duplicate_target", "/fields/1/target", Sync(new("first", "first_name"), new("phone", "first_name")) },
        { "mapping_duplicate_target", "/fields/0/target", Sync(new FieldMapping("phone", "email")) },
        { "mapping_duplicate_target", "/fields/1/target", Sync(new("first", "properties.a"), new("first", "properties. a")) },
        { "mapping_cursor_as_identifier", "/identifier/column", Sync() with { Identifier = new IdentifierDefinition("updated_at", IdentifierKind.ExternalId) } },
        { "mapping_cursor_as_identifier", "/fields/0/column", Sync(new FieldMapping("updated_at", "external_id")) },
        { "property_name_reserved", "/fields/0/target", Sync(new FieldMapping("first", "properties.$x")) },
        { "property_name_reserved", "/fields/0/target", Sync(new FieldMapping("first", "properties.First Name")) },
        { "property_name_invalid", "/fields/0/target", Sync(new FieldMapping("first", "firstname")) },
        { "property_read_only", "/fields/0/target", Sync(new FieldMapping("first", "locale_country")) },
        { "property_type_conflict", "/fields/0/type", Sync(new FieldMapping("first", "first_name", PropertyType.Number)) },
        { "column_type_unsupported", "/fields/0/column", Sync(new FieldMapping("photo", "properties.photo")) },
        { "column_type_unsupported", "/fields/0/column", Sync(new FieldMapping("tags", "first_name")) },
        { "column_missing", "/fields/0/column", Sync(new FieldMapping("First", "first_name")) },
        { "column_missing", "/cursor/column", Sync() with { Cursor = new CursorDefinition("changed_at") } },
        { "cursor_type_unsupported", "/cursor/column", Sync() with { Cursor = new CursorDefinition("tags") } },
        { "value_invalid", "/cursor/unit", Sync() with { Cursor = new CursorDefinition("points") } },
        { "zone_unknown", "/schedule/zone", Sync() with { Schedule = new ScheduleDefinition(Daily: new TimeOnly(6, 0), Zone: "Europe/Atlantis") } },
        { "schedule_invalid", "/schedule/every", Sync() with { Schedule = new ScheduleDefinition(Every: TimeSpan.FromSeconds(1)) } },
        { "limit_exceeded", "/lookback", Sync() with { Lookback = TimeSpan.FromDays(31) } },
        { "limit_exceeded", "/settle", Sync() with { Settle = TimeSpan.FromSeconds(-1) } },
        { "limit_exceeded", "/precedence", Sync() with { Precedence = 1001 } },
        { "limit_exceeded", "/name", Sync() with { Name = new string('x', 256) } },
        { "value_invalid", "/phone/defaultCountry", Sync() with { Phone = new PhoneDefinition("Atlantis") } },
        { "transform_invalid", "/fields/0/transform", Sync(new FieldMapping("first", "first_name", Transform: ["reverse"])) },
        { "value_invalid", "/fields/0/onNull", Sync(new FieldMapping("phone", "phone_number", OnNull: NullPolicy.Clear)) },
        { "value_invalid", "/fields/0/list", Sync(new FieldMapping("points", "properties.points", List: WriteMode.Append)) },
        { "member_missing", "/fields/0/unit", Sync(new FieldMapping("born", "properties.born", PropertyType.Date)) },
        { "target_unknown", "/allowSharedProperties/0", Sync() with { AllowSharedProperties = ["first_name"] } },
        { "connection_unknown", "/connectionId", Sync() with { ConnectionId = Guid.Empty } },
        { "dataset_unknown", "/dataset", Sync() with { Dataset = new DatasetName("crm", "nobody") } },
    };

    [Theory]
    [MemberData(nameof(BrokenDefinitions))]
    public async Task ValidateAsync_BrokenDefinition_NamesCodeAndPlace(string code, string pointer, SyncDefinition definition)
    {
        var validation = await ValidateAsync(definition);

        Assert.Contains(validation.Problems, problem => problem.Code == code && problem.Pointer == pointer);
    }

    [Fact]
    public async Task ValidateAsync_TooManyMappings_IsRefused()
    {
        var fields = Enumerable.Range(0, 513).Select(index => new FieldMapping("first", $"properties.p{index}")).ToArray();

        var validation = await ValidateAsync(Sync(fields));

        Assert.Equal((SetupCodes.LimitExceeded, "/fields"), (validation.Problems[0].Code, validation.Problems[0].Pointer));
    }

    [Fact]
    public async Task ValidateAsync_PropertyOfAnotherSync_NeedsPermissionEveryTime()
    {
        await CreateAsync(Sync(new FieldMapping("first", "first_name")) with { Name = "one" });
        var two = Sync(new FieldMapping("first", "first_name")) with { Name = "two" };

        var refused = await ValidateAsync(two);
        var allowed = await CreateAsync(two with { AllowSharedProperties = ["first_name"] });
        var third = await ValidateAsync(two with { Name = "three" });
        var first = await _world.Validator.ValidateAsync(Sync(new FieldMapping("first", "first_name")), _world.Syncs.All.Values.First(sync => sync.Definition.Name == "one").Id, Token);

        Assert.Equal("property_owned_by_other_sync", Assert.Single(refused.Problems).Code);
        Assert.Contains("one", refused.Problems[0].Message, StringComparison.Ordinal);
        Assert.Equal(2, _world.Syncs.All.Count);
        Assert.NotNull(allowed);
        Assert.Equal("property_owned_by_other_sync", Assert.Single(third.Problems).Code);
        Assert.Empty(first.Problems);
    }

    /// <summary>4.4: consent belongs to a sync by channel and purpose, whichever columns state it.</summary>
    [Theory]
    [InlineData("consent.email.marketing", "consent.email.marketing.timestamp", "consent.email.marketing")]
    [InlineData("consent.email.marketing.timestamp", "consent.email.marketing", "consent.email.marketing")]
    [InlineData("consent", "consent.sms.marketing", "consent.sms.marketing")]
    [InlineData("consent.sms.marketing.timestamp", "consent", "consent.sms.marketing")]
    [InlineData("suppression", "suppression.reason", "suppression")]
    [InlineData("consent.sms.marketing", "consent.sms.transactional", null)]
    [InlineData("consent", "consent.sms.transactional", null)]
    [InlineData("consent.custom_source", "consent.custom_source", null)]
    public async Task ValidateAsync_ConsentOfAnotherSync_NeedsPermissionByChannelAndPurpose(string theirs, string mine, string? owned)
    {
        await CreateAsync(Sync(Field(theirs)) with { Name = "one" });

        var refused = await ValidateAsync(Sync(Field(mine)));
        var allowed = await ValidateAsync(Sync(Field(mine)) with { AllowSharedProperties = owned is null ? [] : [owned] });

        Assert.Equal(owned is null ? [] : ["property_owned_by_other_sync"], refused.Problems.Select(problem => problem.Code));
        Assert.All(refused.Problems, problem => Assert.Contains(owned!, problem.Message, StringComparison.Ordinal));
        Assert.Empty(allowed.Problems);

        static FieldMapping Field(string target) => new(target.EndsWith("timestamp", StringComparison.Ordinal) ? "updated_at" : "first", target);
    }

    [Fact]
    public async Task ListAsync_ConsentOfTwoColumns_IsOneProperty()
    {
        var sync = await CreateAsync(Sync(new("first", "consent.email.marketing"), new("updated_at", "consent.email.marketing.timestamp"), new("points", "properties.points")));

        var owners = new PropertyOwners(_world.Syncs);

        Assert.Equal([("consent.email.marketing", sync.Id), ("properties.points", sync.Id)], (await owners.ListAsync(Token)).Select(property => (property.Property, property.Owner.SyncId)));
        Assert.Equal([new("properties.points", PropertyType.Number)], await owners.GetTypesAsync(Token));
    }

    [Fact]
    public async Task ValidateAsync_IdentifiersOfAnotherSync_NeedNoPermission()
    {
        await CreateAsync(Sync(new FieldMapping("phone", "phone_number")) with { Name = "one" });

        Assert.Empty((await ValidateAsync(Sync(new FieldMapping("phone", "phone_number")))).Problems);
    }

    [Fact]
    public async Task ValidateAsync_OtherTypeThanAnotherSync_IsAConflict()
    {
        await CreateAsync(Sync(new FieldMapping("points", "properties.points")) with { Name = "one" });

        var validation = await ValidateAsync(Sync(new FieldMapping("points", "properties.points", PropertyType.Text)) with { AllowSharedProperties = ["properties.points"] });

        Assert.Equal("property_type_conflict", Assert.Single(validation.Problems).Code);
    }

    [Fact]
    public async Task ValidateAsync_LookAlikeName_IsAWarning()
    {
        await CreateAsync(Sync(new FieldMapping("points", "properties.points")) with { Name = "one" });

        var validation = await ValidateAsync(Sync(new FieldMapping("points", "properties.Points")));

        Assert.Empty(validation.Problems);
        Assert.Equal(SetupCodes.PropertyNameSimilar, Assert.Single(validation.Warnings).Code);
    }

    [Fact]
    public async Task ValidateAsync_EmptyDatasetAndNullCursors_AreWarnings()
    {
        _world.Statistics = (_, _) => new CursorStatistics(0, 0, 0, null);
        var empty = await ValidateAsync(Sync());
        _world.Statistics = (_, _) => new CursorStatistics(5, 5, 0, null);
        var nulls = await ValidateAsync(Sync());

        Assert.Equal("dataset_empty_warning", Assert.Single(empty.Warnings).Code);
        Assert.Equal("cursor_null", Assert.Single(nulls.Warnings).Code);
    }

    [Fact]
    public async Task ValidateAsync_RefusedRead_IsDatasetUnreadable()
    {
        _world.ReadFailure = new WarehouseException(WarehouseErrors.PermissionDenied, "No SELECT on crm.customers.", "GRANT SELECT ON crm.customers TO reader;");

        var problem = Assert.Single((await ValidateAsync(Sync())).Problems);

        Assert.Equal(("dataset_unreadable", "GRANT SELECT ON crm.customers TO reader;"), (problem.Code, problem.Fix));
    }

    [Fact]
    public async Task ValidateAsync_TextCursorWithOtherForms_IsRefused()
    {
        _world.Columns.Add(new DatasetColumn("changed", "text", ColumnKind.Text, true));
        _world.Statistics = (_, _) => new CursorStatistics(2, 0, 0, "2024-01-02");
        _world.CursorsRead = ["01.02.2024", "2024-01-02"];

        var validation = await ValidateAsync(Sync() with { Cursor = new CursorDefinition("changed", TextForm: "YYYY-MM-DD") });

        Assert.Equal("cursor_unparsable", Assert.Single(validation.Problems).Code);
    }

    [Theory]
    [InlineData(100, false, "problem")]
    [InlineData(100, true, "warning")]
    [InlineData(3, false, "warning")]
    [InlineData(0, false, "nothing")]
    public async Task ValidateAsync_CursorMovingWithTheClock_H12(long moved, bool isAllowed, string expected)
    {
        _world.Statistics = (look, now) => new CursorStatistics(100, 0, look == 0 ? 0 : moved, Text(moved > 0 ? now : new DateTimeOffset(2024, 6, 1, 12, 0, 0, TimeSpan.Zero)));

        var validation = await ValidateAsync(Sync() with { Cursor = new CursorDefinition("updated_at", AllowVolatile: isAllowed) });

        Assert.Equal(2, _world.Looks);
        Assert.Equal(expected == "problem", validation.Problems.Any(problem => problem.Code == ProblemCodes.CursorVolatile));
        Assert.Equal(expected == "warning", validation.Warnings.Any(warning => warning.Code == ProblemCodes.CursorVolatile));
    }

    [Fact]
    public async Task ValidateAsync_OldMaximum_LooksOnce()
    {
        await ValidateAsync(Sync());

        Assert.Equal(1, _world.Looks);
    }

    [Fact]
    public async Task Compare_ChangedColumns_NamesThem()
    {
        var saved = (await ValidateAsync(Sync(new("first", "first_name"), new("points", "properties.points")))).Definition;
        IReadOnlyList<DatasetColumn> Now(string name, DatasetColumn? column) => [.. _world.Columns.Where(old => old.Name != name), .. column is null ? Array.Empty<DatasetColumn>() : [column]];

        Assert.Empty(SchemaCheck.Compare(saved, _world.Columns));
        Assert.Empty(SchemaCheck.Compare(saved, Now("phone", null)));
        Assert.Empty(SchemaCheck.Compare(saved, Now("first", new DatasetColumn("first", "varchar(20)", ColumnKind.Text, true))));
        Assert.Equal("column_missing", Assert.Single(SchemaCheck.Compare(saved, Now("first", null))).Code);
        Assert.Equal("column_missing", Assert.Single(SchemaCheck.Compare(saved, Now("updated_at", null))).Code);
        var changed = Assert.Single(SchemaCheck.Compare(saved, Now("points", new DatasetColumn("points", "text", ColumnKind.Text, true))));
        Assert.Equal("column_type_changed", changed.Code);
        Assert.Contains("bigint", changed.Message, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Text(DateTimeOffset time) => SourceInstant.FromDateTimeOffset(time).ToString();

    private Task<MappingValidation> ValidateAsync(SyncDefinition definition) => _world.Validator.ValidateAsync(definition, null, Token);

    private async Task<SyncRecord> CreateAsync(SyncDefinition definition) => Assert.IsType<SyncSetupResult.Saved>(await _world.Setup.CreateAsync(definition, Token)).Sync;
}
