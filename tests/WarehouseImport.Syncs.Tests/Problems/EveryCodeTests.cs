using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Syncs.Tests.Runs.Fakes;
using WarehouseImport.Syncs.Tests.Setup;
using WarehouseImport.Syncs.Tests.Uploads;
using WarehouseImport.Syncs.Uploads;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Tests.Problems;

/// <summary>
/// profile-import-rules 13 and 12: every code of the catalogue from real input. A row goes its whole way, from cells through mapper, consent reader and applier
/// into the run's error rows; a code about a definition comes from saving one.
/// </summary>
public sealed class EveryCodeTests
{
    private const string Cursor = """{"modifiedAt":"updated_at"}""";
    private const string MapRemaining = """{"mapRemaining":true}""";
    private const string EmailConsent = "Email,Email Marketing Consent,Email Marketing Consent Timestamp\n";

    /// <summary>What is found, as <c>code outcome</c> for a row and <c>code</c> for everything else.</summary>
    private static readonly Dictionary<string, Func<Task<IReadOnlyList<string>>>> Cases = new(StringComparer.Ordinal)
    {
        [ProblemCodes.IdentifierMissing] = File("Email,First Name\n,Ann\n"),
        [ProblemCodes.DuplicateIdentifier] = File("Email\na@x.example\nA@X.example\n"),
        [ProblemCodes.ConflictingDuplicate] = File("Email,First Name,updated_at\na@x.example,A,2026-01-01 10:00\na@x.example,B,2026-01-01 10:00\n", Cursor),
        [ProblemCodes.IdentifierConflict] = File(
            "Email,External ID\nb@x.example,1\n", """{"identifier":{"column":"Email","kind":"email","fixed":true}}""", "Email,External ID\na@x.example,1\nb@x.example,\n"),
        [ProblemCodes.IdentifierReassigned] = File("External ID,Email\n2,e@x.example\n", "{}", "External ID,Email\n1,e@x.example\n2,\n"),
        [ProblemCodes.ProfileIdUnknown] = File("Profile ID,First Name\n01ARZ3NDEKTSV4RRFFQ69G5FAV,Ann\n"),
        [ProblemCodes.EmailInvalid] = File("Email\na@@x.example\n"),
        [ProblemCodes.EmailTooLong] = File($"Email\n{new string('a', 60)}@{new string('b', 32)}.example\n"),
        [ProblemCodes.ExternalIdTooLong] = File($"External ID\n{new string('1', 65)}\n"),
        [ProblemCodes.ExternalIdInvalid] = File("External ID\na\u0007b\n"),
        [ProblemCodes.PhoneInvalid] = File("Phone\n+12\n"),
        [ProblemCodes.PhoneCountryMissing] = File("Phone\n030 1234567\n"),
        [ProblemCodes.PhoneCountryMismatch] = File("Phone,Country\n+442079460018,FR\n"),
        [ProblemCodes.NumberInvalid] = Property("number", "1 000"),
        [ProblemCodes.NumberOutOfRange] = Property("number", new string('7', 39)),
        [ProblemCodes.BooleanInvalid] = Property("boolean", "oui"),
        [ProblemCodes.DateInvalid] = Property("date", "30/09/2014"),
        [ProblemCodes.ListInvalid] = Property("list", "apples"),
        [ProblemCodes.ListItemInvalid] = Property("list", "[{}]"),
        [ProblemCodes.ListTooLong] = Property("list", $"[{string.Join(',', Enumerable.Repeat(1, 1_001))}]"),
        [ProblemCodes.JsonInvalid] = Property("json", "{"),
        [ProblemCodes.JsonTooDeep] = Property("json", new string('[', 33) + new string(']', 33)),
        [ProblemCodes.TextInvalid] = Property("text", "a\0b"),
        [ProblemCodes.TextTooLong] = File($"Email,First Name\na@x.example,{new string('x', 256)}\n"),
        [ProblemCodes.RequiredMissing] = File(
            "Email,First Name\na@x.example,\n", """{"fields":[{"column":"Email","target":"email"},{"column":"First Name","target":"first_name","required":true}]}"""),
        [ProblemCodes.LocaleInvalid] = File("Email,Locale\na@x.example,Klingon please\n"),
        [ProblemCodes.ImageInvalid] = File("Email,Image URL\na@x.example,ftp://x.example/a.png\n"),
        [ProblemCodes.IpInvalid] = File("Email,IP Address\na@x.example,300.1.1.1\n"),
        [ProblemCodes.LatitudeInvalid] = File("Email,Latitude,Longitude\na@x.example,91,0\n"),
        [ProblemCodes.LongitudeInvalid] = File("Email,Latitude,Longitude\na@x.example,0,181\n"),
        [ProblemCodes.CoordinatesIncomplete] = File("Email,Latitude,Longitude\na@x.example,52.5,\n"),
        [ProblemCodes.TimezoneUnknown] = File("Email,Timezone\na@x.example,Mars/Olympus\n"),
        [ProblemCodes.ZipNumeric] = Warehouse(world =>
        {
            world.Warehouse.Columns[1] = world.Warehouse.Columns[1] with { NativeType = "bigint", Kind = ColumnKind.Integer };
            world.Change(sync => sync with { Fields = [new FieldMapping("name", "location.zip")] });
            world.Warehouse.Rows.Add(new SourceRow(RunWorld.Ago(60), "1", "1234"));
        }),
        [ProblemCodes.ConsentValueInvalid] = File("Email,Email Marketing Consent\na@x.example,maybe\n"),
        [ProblemCodes.ConsentTimestampInvalid] = File(EmailConsent + "a@x.example,Subscribe,last year\n"),
        [ProblemCodes.ConsentTimestampInFuture] = File(EmailConsent + "a@x.example,Subscribe,2999-01-01\n"),
        [ProblemCodes.ConsentTimestampClamped] = File(EmailConsent + "a@x.example,Subscribe,1975-01-01\n"),
        [ProblemCodes.ConsentOlderThanOptOut] = File(EmailConsent + "a@x.example,Subscribe,2021-05-01\n", "{}", EmailConsent + "a@x.example,Unsubscribe,2021-06-01\n"),
        [ProblemCodes.ConsentOlderThanOptIn] = File(EmailConsent + "a@x.example,Unsubscribe,2021-05-01\n", "{}", EmailConsent + "a@x.example,Subscribe,2021-06-01\n"),
        [ProblemCodes.ConsentResetIgnored] = File(EmailConsent + "a@x.example,Never Subscribed,\n", "{}", EmailConsent + "a@x.example,Subscribe,2021-06-01\n"),
        [ProblemCodes.ConsentWithoutAddress] = File("External ID,Email Marketing Consent\n1,Subscribe\n"),
        [ProblemCodes.ConsentFixedLine] = File("Phone,SMS Marketing Consent\n+442079460018,Subscribe\n"),
        [ProblemCodes.ConsentChannelIgnored] = File(
            "Email,Consent\na@x.example,pigeon\n", """{"fields":[{"column":"Email","target":"email"},{"column":"Consent","target":"consent"}]}"""),
        [ProblemCodes.ConsentChannelUnsupported] = Request("""{"email":"a@x.example","consent.push.marketing":"Subscribe"}"""),
        [ProblemCodes.ConsentAgeMissing] = File("Phone,SMS Marketing Consent\n+12345678900,Subscribe\n", new ConsentSettings { AgeGatedSms = true }),
        [ProblemCodes.ConsentAllRowsSubscribed] = File("Email\na@x.example\n", """{"allRowsSubscribed":{"registers":["email.marketing"],"confirmation":"At the fair."}}"""),
        [ProblemCodes.SuppressionReasonInvalid] = File("Email,Suppression Reason\na@x.example,because\n"),
        [ProblemCodes.PropertyTooLarge] = Property("text", new string('x', 110_000)),
        [ProblemCodes.ProfileTooLarge] = File(Wide("B", 6, 90_000), MapRemaining, Wide("A", 6, 90_000)),
        [ProblemCodes.TooManyProperties] = File(Wide("B", 505, 1), MapRemaining, Wide("A", 505, 1)),
        [ProblemCodes.RowTooLarge] = File(Wide("A", 6, 200_000), MapRemaining),
        [ProblemCodes.CellTooLarge] = File($"Email,First Name\na@x.example,{new string('x', 300_000)}\n"),
        [ProblemCodes.CursorNull] = Warehouse(world => world.Warehouse.Rows.Add(new SourceRow(null, "1", "Ann"))),
        [ProblemCodes.CursorFuture] = Warehouse(world => world.Warehouse.Rows.Add(new SourceRow("2999-01-01T00:00:00Z", "1", "Ann"))),
        [ProblemCodes.CursorUnparsable] = File("Email,updated_at\na@x.example,yesterday\n", Cursor),
        [ProblemCodes.CsvWrongColumns] = File("Email,First Name\na@x.example\n"),
        [ProblemCodes.CsvBadQuote] = File("Email,First Name\na@x.example,\"A\"nn\n"),
        [ProblemCodes.CsvBadEncoding] = Unreadable([.. "Email\n"u8, 0xFF, .. "@x.example\n"u8]),
        [ProblemCodes.CsvEmpty] = Unreadable("Email\n"u8.ToArray()),
        [ProblemCodes.CsvNoHeader] = Unreadable("a@x.example,1\nb@x.example,2\n"u8.ToArray()),
        [ProblemCodes.CsvTooLarge] = Unreadable([.. "Email\n"u8, .. Enumerable.Repeat((byte)'\n', 2_000)]),
        [ProblemCodes.CsvDuplicateHeader] = Unreadable("Email,Email\na@x.example,\n"u8.ToArray()),
        [ProblemCodes.CsvDelimiterDetected] = File("Email;First Name\na@x.example;Ann\n"),
        [ProblemCodes.InternalError] = Warehouse(world =>
        {
            world.Warehouse.Rows.Add(new SourceRow(RunWorld.Ago(60), "1", "Ann"));
            world.Warehouse.BeforePage = _ => throw new InvalidOperationException("Nobody expects this.");
        }),

        [ProblemCodes.MappingNoIdentifier] = Definition(SetupWorld.Sync() with { Identifier = new IdentifierDefinition("", IdentifierKind.Email) }),
        [ProblemCodes.MappingNoCursor] = Definition(SetupWorld.Sync() with { Cursor = new CursorDefinition("") }),
        [ProblemCodes.MappingDuplicateTarget] = Definition(SetupWorld.Sync(new("first", "first_name"), new("phone", "first_name"))),
        [ProblemCodes.MappingCursorAsIdentifier] = Definition(SetupWorld.Sync() with { Identifier = new IdentifierDefinition("updated_at", IdentifierKind.ExternalId) }),
        [ProblemCodes.PropertyOwnedByOtherSync] = Definition(SetupWorld.Sync(new FieldMapping("first", "first_name")), earlier: SetupWorld.Sync(new FieldMapping("first", "first_name"))),
        [ProblemCodes.PropertyNameReserved] = Definition(SetupWorld.Sync(new FieldMapping("first", "properties.$x"))),
        [ProblemCodes.PropertyNameInvalid] = Definition(SetupWorld.Sync(new FieldMapping("first", "properties.a\u0007"))),
        [ProblemCodes.PropertyReadOnly] = Definition(SetupWorld.Sync(new FieldMapping("first", "locale_country"))),
        [ProblemCodes.PropertyTypeConflict] = Definition(
            SetupWorld.Sync(new FieldMapping("points", "properties.points", PropertyType.Text)), earlier: SetupWorld.Sync(new FieldMapping("points", "properties.points"))),
        [ProblemCodes.ColumnTypeUnsupported] = Definition(SetupWorld.Sync(new FieldMapping("photo", "properties.photo"))),
        [ProblemCodes.ConsentTimestampWithoutAddress] = Definition(
            SetupWorld.Sync(new FieldMapping("updated_at", "consent.email.marketing.timestamp")) with { Identifier = new IdentifierDefinition("points", IdentifierKind.ExternalId) }),
        [ProblemCodes.ColumnMissing] = Definition(SetupWorld.Sync(new FieldMapping("First", "first_name"))),
        [ProblemCodes.ColumnTypeChanged] = Warehouse(world =>
        {
            world.Change(sync => sync with { SavedColumns = [new SavedColumn("name", "text", ColumnKind.Text)] });
            world.Warehouse.Columns[1] = world.Warehouse.Columns[1] with { NativeType = "bigint", Kind = ColumnKind.Integer };
        }),
        [ProblemCodes.DatasetUnreadable] = Definition(SetupWorld.Sync(), world => world.ReadFailure = new WarehouseException(WarehouseErrors.PermissionDenied, "No SELECT.")),
        [ProblemCodes.DatasetEmptyWarning] = Definition(SetupWorld.Sync(), world => world.Statistics = (_, _) => new CursorStatistics(0, 0, 0, null)),
        [ProblemCodes.CursorVolatile] = Definition(
            SetupWorld.Sync(), world => world.Statistics = (look, now) => new CursorStatistics(9, 0, look == 0 ? 0 : 9, SourceInstant.FromDateTimeOffset(now).ToString())),
    };

    public static TheoryData<string> Codes => [.. Cases.Keys];

    [Fact]
    public void Cases_CoverEveryCodeOfTheCatalogue() =>
        Assert.Equal(ProblemCatalogue.All.Select(definition => definition.Code).Order(StringComparer.Ordinal), Cases.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task RealInput_GivesItsCode(string code)
    {
        var found = await Cases[code]();

        var entry = Assert.Single(found.Distinct(), entry => entry.Split(' ')[0] == code);
        if (entry.Split(' ') is [_, var outcome]) Assert.Equal(ProblemCatalogue.Get(code).Severity == ProblemSeverity.Error, outcome == nameof(Outcome.Failed));
    }

    /// <summary>All codes of a run: of its rows with their outcome, of its notices, of its failure.</summary>
    private static IReadOnlyList<string> CodesOf(RunWorld world, Guid runId)
    {
        var run = world.Database.Runs[runId];
        return
        [
            .. world.Database.Errors[runId].SelectMany(row => row.Problems.Select(problem => $"{problem.Problem.Code} {row.Outcome}")),
            .. run.Notices.Select(notice => notice.Code),
            .. run.Failure is { } failure ? [failure.Code] : Array.Empty<string>(),
        ];
    }

    private static Func<Task<IReadOnlyList<string>>> Property(string type, string cell) => File(
        $"Email,V\na@x.example,\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"\n",
        $$"""{"fields":[{"column":"Email","target":"email"},{"column":"V","target":"properties.v","type":"{{type}}"}]}""");

    private static string Wide(string prefix, int columns, int characters)
    {
        var names = Enumerable.Range(0, columns).Select(column => $"{prefix}{column}");
        return $"Email,{string.Join(',', names)}\na@x.example,{string.Join(',', Enumerable.Repeat(new string('x', characters), columns))}\n";
    }

    private static Func<Task<IReadOnlyList<string>>> File(string file, string request = "{}", params string[] earlier) => () => ImportAsync(file, request, new ConsentSettings(), earlier);

    private static Func<Task<IReadOnlyList<string>>> File(string file, ConsentSettings settings) => () => ImportAsync(file, "{}", settings, []);

    private static async Task<IReadOnlyList<string>> ImportAsync(string file, string request, ConsentSettings settings, string[] earlier)
    {
        var world = new RunWorld();
        var uploads = new UploadRuns(world.Stores, world.Engine, world.Time, Options.Create(world.Options), Options.Create(settings));
        var last = Guid.Empty;
        foreach (var content in earlier.Append(file))
        {
            if (last != Guid.Empty) Assert.Empty(CodesOf(world, last));
            last = await RunAsync(world, uploads, Encoding.UTF8.GetBytes(content), request);
            world.Time.Advance(TimeSpan.FromMinutes(1));
        }

        return CodesOf(world, last);
    }

    private static async Task<Guid> RunAsync(RunWorld world, UploadRuns uploads, byte[] file, string request)
    {
        var description = await UploadScan.ReadAsync(new MemoryStream(file), TestContext.Current.CancellationToken);
        var read = UploadPlanReader.Read(JsonDocument.Parse(request).RootElement, description);
        Assert.Empty(read.Problems);
        var run = await uploads.BeginAsync(Guid.NewGuid(), isCheck: false, null, TestContext.Current.CancellationToken);
        using var monitor = new RunMonitor(run);
        var input = UploadService.InputOf(read.Plan!, description, _ => Task.FromResult<Stream>(new MemoryStream(file)));
        await uploads.ExecuteAsync(run, input, monitor, TestContext.Current.CancellationToken);
        Assert.Null(world.Database.Runs[run.Id].Failure);
        return run.Id;
    }

    private static Func<Task<IReadOnlyList<string>>> Unreadable(byte[] file) => async () =>
    {
        var world = new RunWorld();
        var runs = new UploadRuns(world.Stores, world.Engine, world.Time, Options.Create(world.Options), Options.Create(new ConsentSettings()));
        var uploads = new UploadService(new MemoryUploads(), runs, world.Time, Options.Create(new UploadOptions { MaxBytes = 1_000 }));
        var refused = await Assert.ThrowsAsync<CsvFileException>(() => uploads.ReceiveAsync("people.csv", new MemoryStream(file), TestContext.Current.CancellationToken));
        return [refused.Problem.Code];
    };

    private static Func<Task<IReadOnlyList<string>>> Warehouse(Action<RunWorld> arrange) => async () =>
    {
        var world = new RunWorld(new RunMappings(Options.Create(new ConsentSettings())));
        arrange(world);
        return CodesOf(world, (await world.RunAsync()).Id);
    };

    private static Func<Task<IReadOnlyList<string>>> Request(string row) => async () =>
    {
        var world = new RunWorld();
        var rows = new[] { JsonDocument.Parse(row).RootElement };
        var result = await world.ApiImport.ImportAsync(at => new ApiRowReader().Read(rows, at), 1, Encoding.UTF8.GetBytes(row), null, TestContext.Current.CancellationToken);
        return CodesOf(world, result.RunId);
    };

    private static Func<Task<IReadOnlyList<string>>> Definition(SyncDefinition definition, Action<SetupWorld>? arrange = null, SyncDefinition? earlier = null) => async () =>
    {
        var world = new SetupWorld();
        arrange?.Invoke(world);
        if (earlier is not null) Assert.IsType<SyncSetupResult.Saved>(await world.Setup.CreateAsync(earlier with { Name = "earlier" }, TestContext.Current.CancellationToken));
        if (definition.Fields is [{ Type: PropertyType.Text }] fields) definition = definition with { AllowSharedProperties = [fields[0].Target] };
        var validation = await world.Validator.ValidateAsync(definition, null, TestContext.Current.CancellationToken);
        return [.. validation.Problems.Concat(validation.Warnings).Select(problem => problem.Code).Distinct()];
    };
}
