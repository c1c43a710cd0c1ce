using CsCheck;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Tests.Mapping;

public sealed class RowMapperTests
{
    private const string T = "2024-05-06T07:08:09.123456789Z";

    [Fact]
    public void Map_ValidRow_GivesCanonicalIdentifiersPrimaryFirstAndValues()
    {
        var test = new Dataset(("email", ColumnKind.Text), ("first", ColumnKind.Text), ("customer", ColumnKind.Integer), ("points", ColumnKind.Decimal));
        var mapper = test.Mapper(test.Sync() with
        {
            Identifier = new IdentifierDefinition("email", IdentifierKind.Email),
            Fields = [new("first", "first_name"), new("customer", "external_id"), new("points", "properties.points")],
        });

        var page = mapper.Map(test.Page(T, " Jane@Example.COM ", "Jane", "42", "10.50"));

        var update = Assert.Single(page.Updates);
        Assert.Equal(
            [
                new IdentifierClaim(new Identifier(IdentifierKind.ExternalId, "42")),
                new IdentifierClaim(new Identifier(IdentifierKind.Email, "jane@example.com"), " Jane@Example.COM "),
            ],
            update.Identifiers);
        Assert.Equal(SourceInstant.Parse(T), update.ModifiedAt);
        Assert.Equal(["first_name", "properties.points"], page.Targets.Select(target => target.Field));
        Assert.Equal([new FieldWrite(0, "\"Jane\""), new FieldWrite(1, "10.5")], update.Writes);
        Assert.Empty(page.Refused);
        Assert.Empty(page.Warnings);
        Assert.Equal(SourceInstant.Parse(T), page.LargestInstant);
    }

    [Fact]
    public void Map_FixedIdentifier_IsPrimaryAndMustHaveAValue()
    {
        var test = new Dataset(("email", ColumnKind.Text), ("customer", ColumnKind.Text));
        var mapper = test.Mapper(test.Sync() with { Identifier = new IdentifierDefinition("email", IdentifierKind.Email, Fixed: true), Fields = [new("customer", "external_id")] });

        var page = mapper.Map(test.Page([[T, "a@example.com", "7"], [T, null, "7"]]));

        Assert.Equal(IdentifierKind.Email, page.Updates[0].Identifiers[0].Identifier.Kind);
        Assert.Equal(["identifier_missing"], Codes(page, 0));
    }

    [Fact]
    public void Map_RowWithSeveralErrors_ReportsAllInColumnOrderWithTheCellsAsRead()
    {
        var test = new Dataset(("n", ColumnKind.Text), ("email", ColumnKind.Text), ("flag", ColumnKind.Text), ("phone", ColumnKind.Text));
        var mapper = test.Mapper(test.Sync() with { Fields = [new("phone", "phone_number"), new("flag", "properties.flag", PropertyType.Boolean), new("n", "properties.n", PropertyType.Number)] });

        var page = mapper.Map(test.Page("not a time", "1,000", "jane@@example.com", "oui", "+12"));

        Assert.Equal(["number_invalid", "email_invalid", "boolean_invalid", "phone_invalid", "cursor_unparsable"], Codes(page, 0));
        var row = page.Refused[0];
        Assert.Equal(["n", "email", "flag", "phone", "modified_at"], row.Problems.Select(problem => problem.Column));
        Assert.Equal(["properties.n", "email", "properties.flag", "phone_number", null], row.Problems.Select(problem => problem.Target));
        Assert.Equal(["1,000", "jane@@example.com", "oui", "+12", "not a time"], row.Cells);
        Assert.Equal("not a time", row.ModifiedAt);
        Assert.Null(row.Identifier);
        Assert.Null(page.LargestInstant);
    }

    [Fact]
    public void Map_RefusedRow_StillCountsForTheLargestInstant()
    {
        var test = new Dataset(("email", ColumnKind.Text));

        var page = test.Mapper(test.Sync()).Map(test.Page([["2024-01-01T00:00:00Z", "a@example.com"], ["2024-01-02T00:00:00Z", "broken"]]));

        Assert.Equal("2024-01-02T00:00:00Z", page.LargestInstant.ToString());
    }

    [Fact]
    public void Map_NoIdentifierValue_IsIdentifierMissing()
    {
        var test = new Dataset(("email", ColumnKind.Text), ("phone", ColumnKind.Text));

        var page = test.Mapper(test.Sync() with { Fields = [new("phone", "phone_number")] }).Map(test.Page([[T, null, "  "], [T, "", null]]));

        Assert.Equal(["identifier_missing"], Codes(page, 0));
        Assert.Equal(["identifier_missing"], Codes(page, 1));
    }

    [Fact]
    public void Map_InvalidSecondaryIdentifier_FailsUnlessDropped()
    {
        var test = new Dataset(("email", ColumnKind.Text), ("phone", ColumnKind.Text));
        var sync = test.Sync() with { Fields = [new("phone", "phone_number")] };
        var row = test.Page(T, "a@example.com", "+12");

        var strict = test.Mapper(sync).Map(row);
        var lenient = test.Mapper(sync with { DropInvalidSecondaryIdentifier = true }).Map(row);
        var primary = test.Mapper(sync with { DropInvalidSecondaryIdentifier = true }).Map(test.Page(T, "broken", "+12345678900"));

        Assert.Equal(["phone_invalid"], Codes(strict, 0));
        Assert.Equal(IdentifierKind.Email, Assert.Single(Assert.Single(lenient.Updates).Identifiers).Identifier.Kind);
        var warning = Assert.Single(lenient.Warnings[0]);
        Assert.Equal(("phone_invalid", ProblemSeverity.Warning), (warning.Problem.Code, warning.Problem.Severity));
        Assert.Equal(["email_invalid"], Codes(primary, 0));
    }

    [Fact]
    public void Map_SkipField_LeavesOutInvalidFieldsButNeverIdentifiers()
    {
        var test = new Dataset(("email", ColumnKind.Text), ("n", ColumnKind.Text), ("first", ColumnKind.Text));
        var mapper = test.Mapper(test.Sync() with { InvalidValues = InvalidValuePolicy.SkipField, Fields = [new("n", "properties.n", PropertyType.Number), new("first", "first_name")] });

        var page = mapper.Map(test.Page([[T, "a@example.com", "x", "Jane"], [T, "broken", "x", "Jane"]]));

        Assert.Equal([new FieldWrite(1, "\"Jane\"")], page.Updates[0].Writes);
        Assert.Equal("number_invalid", Assert.Single(page.Warnings[0]).Problem.Code);
        Assert.Equal(["email_invalid", "number_invalid"], Codes(page, 0));
    }

    [Theory]
    [InlineData(NullPolicy.Ignore, false, null, "")]
    [InlineData(NullPolicy.Ignore, false, "  ", "")]
    [InlineData(NullPolicy.Clear, false, null, "<clear>")]
    [InlineData(NullPolicy.Clear, false, "", "<clear>")]
    [InlineData(NullPolicy.Clear, false, "x", "\"x\"")]
    [InlineData(NullPolicy.Ignore, true, "", "\"\"")]
    [InlineData(NullPolicy.Ignore, true, null, "")]
    public void Map_NullAndEmpty_Follow_4_2(NullPolicy onNull, bool keepEmpty, string? cell, string expected)
    {
        var test = new Dataset(("email", ColumnKind.Text), ("note", ColumnKind.Text));
        var mapper = test.Mapper(test.Sync() with { Fields = [new("note", "properties.note", PropertyType.Text, OnNull: onNull, KeepEmpty: keepEmpty)] });

        var update = Assert.Single(mapper.Map(test.Page(T, "a@example.com", cell)).Updates);

        Assert.Equal(expected, string.Concat(update.Writes.Select(write => write.Json ?? "<clear>")));
    }

    [Theory]
    [InlineData(WriteMode.Replace, NullPolicy.Ignore, "[]", "[]")]
    [InlineData(WriteMode.Replace, NullPolicy.Clear, "[]", "<clear>")]
    [InlineData(WriteMode.Append, NullPolicy.Ignore, "[]", "")]
    [InlineData(WriteMode.Append, NullPolicy.Ignore, "[\"a\"]", "[\"a\"]")]
    [InlineData(WriteMode.Remove, NullPolicy.Ignore, null, "")]
    public void Map_Lists_Follow_4_2(WriteMode mode, NullPolicy onNull, string? cell, string expected)
    {
        var test = new Dataset(("email", ColumnKind.Text), ("tags", ColumnKind.List));
        var mapper = test.Mapper(test.Sync() with { Fields = [new("tags", "properties.tags", PropertyType.List, OnNull: onNull, List: mode)] });

        var page = mapper.Map(test.Page(T, "a@example.com", cell));

        Assert.Equal(mode, Assert.Single(page.Targets).Mode);
        Assert.Equal(expected, string.Concat(Assert.Single(page.Updates).Writes.Select(write => write.Json ?? "<clear>")));
    }

    [Fact]
    public void Map_TransformRequiredAndIfEmpty_Apply()
    {
        var test = new Dataset(("email", ColumnKind.Text), ("city", ColumnKind.Text), ("plan", ColumnKind.Text));
        var mapper = test.Mapper(test.Sync() with
        {
            Fields = [new("city", "location.city", Write: WritePolicy.IfEmpty, Transform: ["trim", "upper"], Required: true), new("plan", "properties.plan", PropertyType.Text, Transform: ["default:free"])],
        });

        var page = mapper.Map(test.Page([[T, "a@example.com", " Bonn ", null], [T, "b@example.com", " ", "pro"]]));

        Assert.Equal(FieldStrength.IfEmpty, page.Targets[0].Strength);
        Assert.Equal(["\"BONN\"", "\"free\""], page.Updates[0].Writes.Select(write => write.Json));
        Assert.Equal(["required_missing"], Codes(page, 0));
        Assert.Equal("b@example.com", page.Refused[0].Identifier);
    }

    [Fact]
    public void Map_Phone_TakesTheRowsCountry()
    {
        var test = new Dataset(("email", ColumnKind.Text), ("phone", ColumnKind.Text), ("country", ColumnKind.Text), ("phone_country", ColumnKind.Text));
        var sync = test.Sync() with { Fields = [new("phone", "phone_number"), new("country", "location.country")] };
        var page = test.Page([[T, "a@example.com", "020 7946 0018", "GBR", "US"], [T, "b@example.com", "2345678901", null, "US"]]);

        var byLocation = test.Mapper(sync).Map(page);
        var byColumn = test.Mapper(sync with { Phone = new PhoneDefinition(CountryColumn: "phone_country") }).Map(page);

        Assert.Equal("+442079460018", byLocation.Updates[0].Identifiers[1].Identifier.Value);
        Assert.Equal(["phone_country_missing"], Codes(byLocation, 0));
        Assert.Equal("+12345678901", byColumn.Updates.Single(update => update.Row == 1).Identifiers[1].Identifier.Value);
    }

    [Fact]
    public void Map_HalfAPosition_IsAWarning()
    {
        var test = new Dataset(("email", ColumnKind.Text), ("lat", ColumnKind.Float), ("lon", ColumnKind.Float));
        var sync = test.Sync() with { Fields = [new("lat", "location.latitude"), new("lon", "location.longitude")] };

        var page = test.Mapper(sync).Map(test.Page([[T, "a@example.com", "50.7", null], [T, "b@example.com", "50.7", "7.1"], [T, "c@example.com", null, null]]));

        Assert.Equal(3, page.Updates.Count);
        var warning = Assert.Single(Assert.Single(page.Warnings).Value);
        Assert.Equal(("coordinates_incomplete", "lat"), (warning.Problem.Code, warning.Column));
    }

    [Fact]
    public void Create_NumericZip_IsSaidOncePerRun()
    {
        var test = new Dataset(("email", ColumnKind.Text), ("zip", ColumnKind.Integer));
        var mapper = test.Mapper(test.Sync() with { Fields = [new("zip", "location.zip")] });

        var page = mapper.Map(test.Page(T, "a@example.com", "1234"));

        Assert.Equal("zip_numeric", Assert.Single(mapper.Notices).Code);
        Assert.Empty(page.Warnings);
    }

    [Fact]
    public void Map_OversizedCellsAndRows_AreRefusedAndCut()
    {
        var test = new Dataset(("email", ColumnKind.Text), ("a", ColumnKind.Text), ("b", ColumnKind.Json));
        var mapper = test.Mapper(test.Sync() with { Fields = [new("a", "properties.a"), new("b", "properties.b")] }, new MapperLimits { CellBytes = 6_000, RowBytes = 9_000 });

        var page = mapper.Map(test.Page([
            [T, "a@example.com", new string('x', 6_001), null],
            [T, "b@example.com", new string('x', 5_000), $"[\"{new string('y', 4_996)}\"]"],
            [T, "c@example.com", new string('ü', 3_001), null],
            [T, "d@example.com", new string('ü', 3_000), null],
        ]));

        Assert.Equal(["cell_too_large"], Codes(page, 0));
        Assert.Equal(MapperLimits.KeptCharacters + 1, page.Refused[0].Cells[1]!.Length);
        Assert.Equal(["row_too_large"], Codes(page, 1));
        Assert.Equal(["cell_too_large"], Codes(page, 2));
        Assert.Equal(3, Assert.Single(page.Updates).Row);
    }

    [Fact]
    public void ColumnsToRead_OnlyNeededOnesInDatasetOrder()
    {
        var test = new Dataset(("z", ColumnKind.Text), ("email", ColumnKind.Text), ("a", ColumnKind.Text), ("country", ColumnKind.Text));
        var sync = test.Sync() with { Fields = [new("a", "first_name"), new("z", "last_name"), new("gone", "title")], Phone = new PhoneDefinition(CountryColumn: "country") };

        Assert.Equal(["z", "email", "a", "country", "modified_at", "gone"], RowMapper.ColumnsToRead(sync, test.Columns));
    }

    [Fact]
    public void Map_SameRowAnywhere_GivesTheSameResult()
    {
        var test = new Dataset(("email", ColumnKind.Text), ("n", ColumnKind.Text), ("phone", ColumnKind.Text), ("country", ColumnKind.Text));
        var mapper = test.Mapper(test.Sync() with
        {
            DropInvalidSecondaryIdentifier = true,
            Fields = [new("n", "properties.n", PropertyType.Number), new("phone", "phone_number"), new("country", "location.country")],
        });
        var cell = Gen.OneOf("", " ", "x", "1", "a@example.com", "B@EXAMPLE.com", "+12345678900", "020 7946 0018", "GBR", "1e400", null!);
        var row = Gen.Select(cell, cell, cell, cell, Gen.OneOf(T, "x"), (a, b, c, d, t) => new[] { t, a, b, c, d });

        Gen.Select(row.Array[1, 8], Gen.Int[0, 7]).Sample((rows, picked) =>
        {
            var index = picked % rows.Length;
            var all = mapper.Map(test.Page(rows));
            var alone = mapper.Map(test.Page([rows[index]]));
            Assert.Equal(rows.Length, all.Updates.Count + all.Refused.Count);
            Assert.Equal(Describe(alone, 0), Describe(all, index));
        }, iter: 10_000);
    }

    /// <summary>9.2–9.4: status, instant and custom source of a row become one statement; never subscribed is passed on.</summary>
    [Fact]
    public void Map_ConsentColumns_GivesStatementsWithTheirInstants()
    {
        var test = new Dataset(("email", ColumnKind.Text), ("status", ColumnKind.Text), ("at", ColumnKind.Text), ("muted", ColumnKind.Boolean));
        var mapper = test.Mapper(ConsentSync(test));

        var page = mapper.Map(
            test.Page([[T, "a@example.com", "Subscribed", "2024-01-02", "false"], [T, "b@example.com", "never_subscribed", null, "true"], [T, "c@example.com", null, null, null]]),
            SourceInstant.Parse(T));

        Assert.Equal([new ConsentWrite(ConsentRegisterKind.EmailMarketing, ConsentStatement.Subscribed, SourceInstant.Parse("2024-01-02T00:00:00Z"))], page.Updates[0].Consent);
        Assert.Equal([new ConsentWrite(ConsentRegisterKind.EmailMarketing, ConsentStatement.NeverSubscribed, SourceInstant.Parse(T))], page.Updates[1].Consent);
        Assert.Equal([new SuppressionWrite(SuppressionReason.UserSuppressed, SourceInstant.Parse(T))], page.Updates[1].Suppressions);
        Assert.Empty(page.Updates[2].Consent);
        Assert.Empty(page.Targets);
    }

    /// <summary>9.3 and C2: invalid consent fails its row under every policy.</summary>
    [Theory]
    [InlineData("maybe", null, "consent_value_invalid")]
    [InlineData("Subscribed", "2024-05-07", "consent_timestamp_in_future")]
    [InlineData("Subscribed", "soon", "consent_timestamp_invalid")]
    public void Map_InvalidConsent_FailsTheRowEvenWhereFieldsAreSkipped(string status, string? at, string code)
    {
        var test = new Dataset(("email", ColumnKind.Text), ("status", ColumnKind.Text), ("at", ColumnKind.Text), ("muted", ColumnKind.Boolean));
        var mapper = test.Mapper(ConsentSync(test) with { InvalidValues = InvalidValuePolicy.SkipField });

        var page = mapper.Map(test.Page(T, "a@example.com", status, at, null), SourceInstant.Parse(T));

        Assert.Empty(page.Updates);
        Assert.Equal([code], Codes(page, 0));
    }

    [Fact]
    public void Map_ConsentWithoutCeiling_IsRefused()
    {
        var test = new Dataset(("email", ColumnKind.Text), ("status", ColumnKind.Text), ("at", ColumnKind.Text), ("muted", ColumnKind.Boolean));
        var mapper = test.Mapper(ConsentSync(test));

        Assert.Throws<ArgumentException>("ceiling", () => mapper.Map(test.Page(T, "a@example.com", null, null, null)));
    }

    private static SyncDefinition ConsentSync(Dataset test) => test.Sync() with
    {
        Fields = [new("status", "consent.email.marketing"), new("at", "consent.email.marketing.timestamp"), new("muted", "suppression")],
    };

    private static string Describe(MappedPage page, int row)
    {
        if (page.Updates.FirstOrDefault(update => update.Row == row) is { } update)
        {
            var warnings = page.Warnings.TryGetValue(row, out var found) ? string.Join(',', found.Select(problem => problem.Problem.Detail)) : "";
            return $"{string.Join(',', update.Identifiers)} {string.Join(',', update.Writes)} {update.ModifiedAt} {warnings}";
        }

        var refused = page.Refused.Single(error => error.Row == row);
        return string.Join(',', refused.Problems.Select(problem => problem.ToString())) + refused.Identifier;
    }

    private static IEnumerable<string> Codes(MappedPage page, int refused) => page.Refused[refused].Problems.Select(problem => problem.Problem.Code);

    /// <summary>A dataset whose last column is the cursor <c>modified_at</c>.</summary>
    private sealed class Dataset(params (string Name, ColumnKind Kind)[] columns)
    {
        public IReadOnlyList<DatasetColumn> Columns { get; } =
            [.. columns.Append((Name: "modified_at", Kind: ColumnKind.TimestampWithZone)).Select(column => new DatasetColumn(column.Name, column.Kind.ToString(), column.Kind, true))];

        public SyncDefinition Sync() => new()
        {
            Name = "customers",
            ConnectionId = Guid.Empty,
            Dataset = new DatasetName("crm", "customers"),
            Identifier = new IdentifierDefinition("email", IdentifierKind.Email),
            Cursor = new CursorDefinition("modified_at"),
            Fields = [],
            Schedule = new ScheduleDefinition(Manual: true),
        };

        public RowMapper Mapper(SyncDefinition sync, MapperLimits? limits = null) => RowMapper.Create(sync, Columns, limits: limits);

        public RowPage Page(string cursor, params string?[] cells) => Page([[cursor, .. cells]]);

        public RowPage Page(string?[][] rows) => new(
            3,
            [.. rows.Select(row => row[0]!)],
            [.. Enumerable.Range(1, Columns.Count - 1).Select(column => rows.Select(row => row[column]).ToArray()), rows.Select(row => row[0]).ToArray()]);
    }
}
