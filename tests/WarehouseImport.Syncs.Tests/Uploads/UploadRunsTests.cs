using System.Text;
using System.Text.Json;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Mapping;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Tests.Runs.Fakes;
using WarehouseImport.Syncs.Uploads;

namespace WarehouseImport.Syncs.Tests.Uploads;

/// <summary>profile-import-rules 11.6, 13, 14: files as runs.</summary>
public sealed class UploadRunsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Import_WithoutModifiedAt_FirstRowOfAPersonWins()
    {
        var world = new RunWorld();

        var run = await RunAsync(world, "Email,First Name\nann@example.com,Ann\nbad@@x,Bad\nANN@example.com ,Anna\nbob@example.com,Bob\n");

        Assert.Equal(new OutcomeCounts(Created: 2, Duplicate: 1, Failed: 1), run.Counts);
        Assert.Contains(world.Database.Dump(), line => line.Contains("\"Ann\"", StringComparison.Ordinal));
        var errors = world.Database.Errors[run.Id];
        Assert.Equal([(3, Outcome.Failed, ProblemCodes.EmailInvalid), (4, Outcome.Duplicate, ProblemCodes.DuplicateIdentifier)], errors.Select(row => (row.Line!.Value, row.Outcome, row.Problems[0].Problem.Code)));
        Assert.Contains("line 2", errors[1].Problems[0].Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_FirstRowRefused_NextRowOfThePersonIsUsed()
    {
        var world = new RunWorld();

        var run = await RunAsync(world, "Email,First Name,Latitude\nann@example.com,Ann,north\nann@example.com,Anna,\n");

        Assert.Equal(new OutcomeCounts(Created: 1, Failed: 1), run.Counts);
    }

    [Fact]
    public async Task Import_WithModifiedAt_VersionsDecide()
    {
        var world = new RunWorld();
        const string File = """
            Email,First Name,updated_at
            ann@example.com,New,2026-02-01 10:00:00
            ann@example.com,Old,2026-01-01 10:00:00
            bob@example.com,Bob,
            cid@example.com,Cid,yesterday
            dee@@example,Dee,2999-01-01 00:00:00
            """;

        var run = await RunAsync(world, File, """{"modifiedAt":"updated_at"}""");

        Assert.Equal(new OutcomeCounts(Created: 1, Duplicate: 1, Failed: 3), run.Counts);
        Assert.Contains("\"New\"", Assert.Single(world.Database.Dump()), StringComparison.Ordinal);
        Assert.Equal(
            ["4: cursor_null", "5: cursor_unparsable", "6: email_invalid,cursor_future"],
            world.Database.Errors[run.Id].Select(row => $"{row.Line}: {string.Join(',', row.Problems.Select(entry => entry.Problem.Code))}"));
    }

    [Fact]
    public async Task Import_FileFaults_AreRefusedRowsWithTheirLines()
    {
        var world = new RunWorld();
        var huge = new string('x', CsvReader.MaxRecordCharacters + 100_000);
        var file = $"Email,First Name\na@example.com\nb@example.com,{huge}\nc@example.com,Cid\nd@example.com,{new string('y', 300_000)}\ne@example.com,\"E\"x\nf@example.com,F\n";

        var run = await RunAsync(world, file);

        Assert.Equal(new OutcomeCounts(Created: 1, Failed: 4), run.Counts);
        Assert.Equal(
            ["2: csv_wrong_columns", "3: row_too_large", "5: cell_too_large", "6: csv_bad_quote"],
            world.Database.Errors[run.Id].Select(row => $"{row.Line}: {row.Problems[0].Problem.Code}"));
        Assert.Contains("Line 2 has 1 cells; the header has 2.", world.Database.Errors[run.Id][0].Problems[0].Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_OtherSeparator_IsAnnounced()
    {
        var run = await RunAsync(new RunWorld(), "Email;First Name\nann@example.com;Ann\n");

        Assert.Equal([ProblemCodes.CsvDelimiterDetected], run.Notices.Select(notice => notice.Code));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task Import_StrictKlaviyo_NarrowsBooleans(bool isStrict, int failed)
    {
        var request = $$"""{"strictKlaviyo":{{(isStrict ? "true" : "false")}},"fields":[{"column":"Email","target":"email"},{"column":"VIP","target":"properties.vip","type":"boolean"}]}""";

        var run = await RunAsync(new RunWorld(), "Email,VIP\na@example.com,yes\nb@example.com,true\n", request);

        Assert.Equal(failed, run.Counts.Failed);
    }

    /// <summary>9.2: consent columns of a file, and the statement about all of its rows, which the run's notices keep.</summary>
    [Fact]
    public async Task Import_ConsentOfAFile_IsKeptAndStatedInTheNotices()
    {
        const string Request = """{"allRowsSubscribed":{"registers":["email.marketing"],"confirmation":"At the fair."}}""";

        var mapped = await RunAsync(new RunWorld(), "Email,Email Marketing Consent\na@example.com,Subscribed\nb@example.com,perhaps\n");
        var stated = await RunAsync(new RunWorld(), "Email,First Name\na@example.com,A\n", Request);

        Assert.Equal(new OutcomeCounts(Created: 1, Failed: 1), mapped.Counts);
        Assert.Equal("Every row subscribes to email.marketing; confirmed by “At the fair.”.", Assert.Single(stated.Notices).Detail);
    }

    /// <summary>The process ends after each point; the resumed run gives what an undisturbed one gives.</summary>
    [Theory]
    [InlineData(FaultPointId.PageRecorded, 1)]
    [InlineData(FaultPointId.PageRecorded, 3)]
    [InlineData(FaultPointId.BatchCommitted, 2)]
    [InlineData(FaultPointId.BatchCommitted, 5)]
    [InlineData(FaultPointId.AllPagesApplied, 1)]
    public async Task Import_ProcessEnds_ResumedRunGivesTheSame(FaultPointId point, int occurrence)
    {
        // Three pages; every person comes twice, mostly in different pages.
        var people = Enumerable.Range(0, 12_000).Select(row => $"p{row * 7 % 6_000}@example.com,Name{row}");
        var file = $"Email,First Name\n{string.Join('\n', people)}\n";
        var calm = new RunWorld();
        var expected = await RunAsync(calm, file);
        var world = new RunWorld();
        var input = await InputAsync(file, "{}");
        var uploads = Uploads(world);
        var run = await uploads.BeginAsync(Guid.NewGuid(), isCheck: false, null, Cancellation);
        var fault = FaultPlan.At(point, occurrence, world.Process.KillAsync);
        using (var monitor = new RunMonitor(run)) await uploads.ExecuteAsync(run, input, monitor, Cancellation);
        FaultPlan.Clear();
        Assert.True(fault.WasReached);

        world.NewProcess();
        var resumed = await world.Stores.TakeOverAsync(run.Id, run.Fence, Cancellation);
        using (var monitor = new RunMonitor(resumed!)) await Uploads(world).ExecuteAsync(resumed!, input, monitor, Cancellation);

        Assert.Equal(new OutcomeCounts(Created: 6_000, Duplicate: 6_000), world.Database.Runs[run.Id].Counts);
        Assert.Equal(expected.Counts, world.Database.Runs[run.Id].Counts);
        Assert.Equal(calm.Database.Dump(), world.Database.Dump());
        Assert.Equal(Lines(calm, expected.Id), Lines(world, run.Id));

        static IEnumerable<string> Lines(RunWorld world, Guid run) => world.Database.Errors[run].Select(row => $"{row.Line} {row.Problems[0].Problem.Detail}");
    }

    [Fact]
    public async Task Plan_ProblemsOfARequest_AreAllNamed()
    {
        var description = await UploadScan.ReadAsync(new MemoryStream("Email,First Name,Seen\na@example.com,A,1\n"u8.ToArray()), Cancellation);

        Assert.Equal(["/fields/1/column column_missing"], Problems("""{"fields":[{"column":"Email","target":"email"},{"column":"Nope","target":"first_name"}]}"""));
        Assert.Equal(["/identifier mapping_no_identifier"], Problems("""{"fields":[{"column":"First Name","target":"first_name"}]}"""));
        Assert.Equal(["/modifiedAt column_missing"], Problems("""{"modifiedAt":"Nope"}"""));
        Assert.Equal(["/schedule member_unknown"], Problems("""{"schedule":{"manual":true}}"""));
        Assert.Equal(["/strict member_unknown"], Problems("""{"strict":true}"""));

        IEnumerable<string> Problems(string request) =>
            UploadPlanReader.Read(JsonDocument.Parse(request).RootElement, description).Problems.Select(problem => $"{problem.Pointer} {problem.Code}").Distinct();
    }

    /// <summary>6.4: a property has one type in the workspace, which syncs established.</summary>
    [Fact]
    public async Task Plan_PropertyOfASync_HasItsType()
    {
        var description = await UploadScan.ReadAsync(new MemoryStream("Email,Score\na@example.com,1.50\n"u8.ToArray()), Cancellation);
        var types = new Dictionary<string, PropertyType> { ["properties.Score"] = PropertyType.Text };

        Assert.Equal(PropertyType.Number, Plan("""{"mapRemaining":true}""", null).Plan!.Definition.Fields[1].Type);
        Assert.Equal(PropertyType.Text, Plan("""{"mapRemaining":true}""", types).Plan!.Definition.Fields[1].Type);
        Assert.Equal(PropertyType.Text, Plan(Fields(""), types).Plan!.Definition.Fields[1].Type);
        Assert.Equal(["/fields/1/type property_type_conflict"], Plan(Fields(""","type":"number" """), types).Problems.Select(problem => $"{problem.Pointer} {problem.Code}"));

        UploadPlanResult Plan(string request, Dictionary<string, PropertyType>? known) => UploadPlanReader.Read(JsonDocument.Parse(request).RootElement, description, known);

        static string Fields(string type) => $$"""{"fields":[{"column":"Email","target":"email"},{"column":"Score","target":"properties.Score"{{type}}}]}""";
    }

    [Fact]
    public async Task Scan_Columns_AreSuggestedByNamesAndCells()
    {
        const string File = "E-mail Address,Phone,Score,Plan id,Joined,Topics,VIP,updated_at\n";
        var description = await UploadScan.ReadAsync(
            new MemoryStream(Encoding.UTF8.GetBytes(File + "a@example.com,+491,1.5,007,2020-01-01 10:00:00,\"[\"\"x\"\"]\",true,2020-01-01T10:00:00Z\n")), Cancellation);

        Assert.Equal("updated_at", description.ModifiedAt);
        Assert.Equal(
            ["email", "phone_number", "properties.Joined Date", "properties.Plan id Text", "properties.Score Number", "properties.Topics List", "properties.VIP Boolean"],
            description.Fields.Select(field => $"{field.Target} {field.Type}".TrimEnd()).Order(StringComparer.Ordinal));
    }

    private static UploadRuns Uploads(RunWorld world) => new(world.Stores, world.Engine, world.Time, Microsoft.Extensions.Options.Options.Create(world.Options), Microsoft.Extensions.Options.Options.Create(new ConsentSettings()));

    private static async Task<UploadInput> InputAsync(string file, string request)
    {
        var bytes = Encoding.UTF8.GetBytes(file);
        var description = await UploadScan.ReadAsync(new MemoryStream(bytes), Cancellation);
        var read = UploadPlanReader.Read(JsonDocument.Parse(request).RootElement, description);
        Assert.Empty(read.Problems);
        return UploadService.InputOf(read.Plan!, description, _ => Task.FromResult<Stream>(new MemoryStream(bytes)));
    }

    private static async Task<RunRecord> RunAsync(RunWorld world, string file, string request = "{}")
    {
        var uploads = Uploads(world);
        var run = await uploads.BeginAsync(Guid.NewGuid(), isCheck: false, null, Cancellation);
        using var monitor = new RunMonitor(run);
        await uploads.ExecuteAsync(run, await InputAsync(file, request), monitor, Cancellation);
        var ended = world.Database.Runs[run.Id];
        Assert.Null(ended.Failure);
        return ended;
    }
}
