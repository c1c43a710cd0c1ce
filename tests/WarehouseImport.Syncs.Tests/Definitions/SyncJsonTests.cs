using System.Text;
using CsCheck;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Tests.Definitions;

public sealed class SyncJsonTests
{
    private const string Minimal = """
        {"name":"customers","connectionId":"3f2504e0-4f89-41d3-9a0c-0305e82c3301","dataset":"crm.customers","identifier":{"column":"email","kind":"email"},
         "cursor":{"column":"updated_at"},"fields":[{"column":"first","target":"first_name"}],"schedule":{"every":"1h"}}
        """;

    [Fact]
    public void Read_MinimalRequest_FillsTheDefaults()
    {
        var definition = Read(Minimal).Definition!;

        Assert.Equal(TimeSpan.FromMinutes(15), definition.Lookback);
        Assert.Equal(TimeSpan.FromSeconds(5), definition.Settle);
        Assert.Equal(TimeSpan.FromHours(1), definition.Schedule.Every);
        Assert.Equal(["crm", "customers"], definition.Dataset.Parts);
        Assert.Equal(new FieldMapping("first", "first_name"), Assert.Single(definition.Fields));
    }

    [Theory]
    [InlineData("\"schedule\":{\"every\":\"1h\"}", "\"schedule\":{\"daily\":\"06:00\",\"zone\":\"Europe/Berlin\"}")]
    [InlineData("\"schedule\":{\"every\":\"1h\"}", "\"schedule\":{\"cron\":\"0 6 * * 1-5\",\"zone\":\"UTC\"}")]
    [InlineData("\"schedule\":{\"every\":\"1h\"}", "\"schedule\":{\"manual\":true}")]
    public void Read_ScheduleForms_AreAccepted(string old, string replacement)
    {
        var result = Read(Minimal.Replace(old, replacement, StringComparison.Ordinal));

        Assert.Empty(result.Problems);
        Assert.Contains(replacement, SyncJson.Write(result.Definition!), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"schedule\"", "\"shedule\"", SetupCodes.MemberMissing, "/schedule")]
    [InlineData("\"schedule\"", "\"shedule\"", SetupCodes.MemberUnknown, "/shedule")]
    [InlineData("\"target\":\"first_name\"", "\"target\":\"first_name\",\"onnull\":\"clear\"", SetupCodes.MemberUnknown, "/fields/0/onnull")]
    [InlineData("\"target\":\"first_name\"", "\"target\":\"first_name\",\"onNull\":\"Clear\"", SetupCodes.ValueInvalid, "/fields/0/onNull")]
    [InlineData("\"1h\"", "\"1 hour\"", SetupCodes.ValueInvalid, "/schedule/every")]
    [InlineData("\"kind\":\"email\"", "\"kind\":\"e-mail\"", SetupCodes.ValueInvalid, "/identifier/kind")]
    [InlineData("\"identifier\":{\"column\":\"email\",\"kind\":\"email\"},", "", "mapping_no_identifier", "/identifier")]
    [InlineData("\"cursor\":{\"column\":\"updated_at\"},", "", "mapping_no_cursor", "/cursor")]
    [InlineData("\"crm.customers\"", "\"crm..customers\"", SetupCodes.ValueInvalid, "/dataset")]
    [InlineData("\"name\":\"customers\"", "\"name\":7", SetupCodes.ValueInvalid, "/name")]
    [InlineData("\"name\":\"customers\"", "\"name\":\"a\",\"name\":\"b\"", SetupCodes.ValueInvalid, "/name")]
    [InlineData("\"every\":\"1h\"}}", "\"every\":\"1h\"}", SetupCodes.BodyInvalid, "")]
    public void Read_BrokenRequest_NamesTheMember(string old, string replacement, string code, string pointer)
    {
        var result = Read(Minimal.Replace(old, replacement, StringComparison.Ordinal));

        Assert.Null(result.Definition);
        Assert.Contains(result.Problems, problem => problem.Code == code && problem.Pointer == pointer);
    }

    [Fact]
    public void Read_SavedColumnsFromARequest_AreRefused()
    {
        var result = Read(Minimal.Replace("\"fields\"", "\"savedColumns\":[],\"fields\"", StringComparison.Ordinal));

        Assert.Equal(SetupCodes.MemberUnknown, Assert.Single(result.Problems).Code);
    }

    [Fact]
    public void FromStorage_NewerForm_IsRefused()
    {
        var text = SyncJson.ToStorage(Read(Minimal).Definition!).Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal);

        Assert.Throws<FormatException>(() => SyncJson.FromStorage(text));
    }

    [Fact]
    public void RoundTrip_AnyDefinition_KeepsEverything()
    {
        var text = Gen.OneOf(Gen.OneOf("a", "é\"\\", "x.y", "/~", " ", "名"), Gen.String);
        var name = Gen.Select(text, value => string.Concat(value.EnumerateRunes()));
        var duration = Gen.Select(Gen.Long[0, 40L * 86_400_000], ms => TimeSpan.FromMilliseconds(ms));
        var optional = Gen.OneOf(Gen.Const((string?)null), Gen.Select(name, value => (string?)value));
        var field = Gen.Select(
            Gen.Select(name, name, (column, target) => (column, target)),
            Gen.OneOf(Gen.Const((PropertyType?)null), Gen.Select(Gen.Enum<PropertyType>(), value => (PropertyType?)value)),
            Gen.Select(Gen.Enum<NullPolicy>(), Gen.Enum<WritePolicy>(), Gen.Enum<WriteMode>(), (onNull, write, list) => (onNull, write, list)),
            Gen.OneOf(Gen.Const((CursorUnit?)null), Gen.Select(Gen.Enum<CursorUnit>(), value => (CursorUnit?)value)),
            Gen.Bool,
            Gen.Bool,
            (names, type, options, unit, keepEmpty, required) =>
                new FieldMapping(names.column, names.target, type, options.onNull, options.write, options.list, keepEmpty ? ["trim", names.column] : null, unit, keepEmpty, required));
        var schedule = Gen.OneOf(
            Gen.Select(duration, every => new ScheduleDefinition(Every: every)),
            Gen.Select(Gen.Int[0, 86_399], name, (second, zone) => new ScheduleDefinition(Daily: TimeOnly.MinValue.Add(TimeSpan.FromSeconds(second)), Zone: zone)),
            Gen.Const(new ScheduleDefinition(Cron: "* * * * *", Zone: "UTC")),
            Gen.Const(new ScheduleDefinition(Manual: true)));
        var parts = Gen.Select(name, name, Gen.Enum<IdentifierKind>(), Gen.Bool, optional, (dataset, column, kind, flag, zone) => (dataset, column, kind, flag, zone));
        var numbers = Gen.Select(duration, duration, Gen.Int, Gen.Enum<ImportMode>(), Gen.Enum<InvalidValuePolicy>(), (lookback, settle, precedence, mode, invalid) => (lookback, settle, precedence, mode, invalid));

        Gen.Select(parts, numbers, field.Array[0, 4], schedule).Sample((names, options, fields, when) =>
        {
            var definition = new SyncDefinition
            {
                Name = names.column,
                ConnectionId = Guid.CreateVersion7(),
                Dataset = new DatasetName(names.dataset.Length == 0 ? "x" : names.dataset, "t"),
                Identifier = new IdentifierDefinition(names.column, names.kind, names.flag),
                Cursor = new CursorDefinition(names.column, names.zone, null, names.zone, names.zone, names.flag ? CursorCombination.Greatest : CursorCombination.Coalesce, names.flag),
                Fields = fields,
                Schedule = when,
                Lookback = options.lookback,
                Settle = options.settle,
                Precedence = options.precedence,
                Mode = options.mode,
                InvalidValues = options.invalid,
                RecordStale = names.flag,
                DropInvalidSecondaryIdentifier = !names.flag,
                Orphans = names.flag ? OrphanPolicy.Absorb : OrphanPolicy.Suggest,
                AllowSharedProperties = [names.column],
                Phone = new PhoneDefinition(names.zone, names.zone, names.flag, !names.flag),
                SavedColumns = [new SavedColumn(names.column, names.dataset, ColumnKind.Timestamp)],
            };
            var stored = SyncJson.ToStorage(definition);
            var back = SyncJson.FromStorage(stored);
            AssertSame(definition, back);
            Assert.Equal(stored, SyncJson.ToStorage(back));
            AssertSame(definition with { SavedColumns = [] }, Read(SyncJson.Write(definition)).Definition!);
        }, iter: 5_000);
    }

    private static void AssertSame(SyncDefinition expected, SyncDefinition actual)
    {
        Assert.Equal(expected.Fields.Select(Plain), actual.Fields.Select(Plain));
        Assert.Equal(expected.Fields.Select(field => field.Transform), actual.Fields.Select(field => field.Transform));
        Assert.Equal(expected.AllowSharedProperties, actual.AllowSharedProperties);
        Assert.Equal(expected.SavedColumns, actual.SavedColumns);
        Assert.Equal(expected with { Fields = [], AllowSharedProperties = [], SavedColumns = [] }, actual with { Fields = [], AllowSharedProperties = [], SavedColumns = [] });

        static FieldMapping Plain(FieldMapping field) => field with { Transform = null };
    }

    private static SyncJsonResult Read(string json) => SyncJson.Read(Encoding.UTF8.GetBytes(json));
}
