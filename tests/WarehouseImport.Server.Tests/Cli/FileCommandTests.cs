using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Profiles.Views;
using WarehouseImport.Server.Cli;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Uploads;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Server.Tests.Cli;

public sealed class FileCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Email,First Name\nann@example.com,Ann\n", 0)]
    [InlineData("Email,First Name\nann@example.com,Ann\nann@example.com,Anna\n", 0)]
    [InlineData("Email,First Name\nann@@example.com,Ann\n", FileCommand.Refused)]
    [InlineData("Email,First Name\n", FileCommand.Unreadable)]
    [InlineData("Email,Email\nann@example.com,x\n", FileCommand.Unreadable)]
    [InlineData("Name,First Name\nann,Ann\n", FileCommand.Usage)]
    public async Task RunAsync_File_AnswersWithItsExitCode(string file, int expected)
    {
        var path = await WriteAsync("people.csv", file);

        Assert.Equal(expected, await FileCommand.RunAsync(Options(path, isCheck: true), Cancellation));
        Assert.Equal(expected, await FileCommand.RunAsync(Options(path, isCheck: false), Cancellation));
    }

    [Fact]
    public async Task RunAsync_MapAndCountry_DecideWhatColumnsMean()
    {
        var path = await WriteAsync("people.csv", "Kunde,Handy\nann@example.com,030 1234567\n");

        Assert.Equal(FileCommand.Usage, await FileCommand.RunAsync(Options(path, isCheck: true), Cancellation));
        Assert.Equal(FileCommand.Usage, await FileCommand.RunAsync(Options(path, isCheck: true) with { Maps = ["Kunde"] }, Cancellation));
        var mapped = Options(path, isCheck: true) with { Maps = ["Kunde=email", "Handy=phone_number"] };
        Assert.Equal(FileCommand.Refused, await FileCommand.RunAsync(mapped, Cancellation));
        Assert.Equal(0, await FileCommand.RunAsync(mapped with { DefaultCountry = "Germany" }, Cancellation));
    }

    [Fact]
    public async Task RunAsync_CheckWithoutStore_MakesNone()
    {
        await FileCommand.RunAsync(Options(await WriteAsync("people.csv", "Email\nann@example.com\n"), isCheck: true), Cancellation);

        Assert.False(Directory.Exists(_folder.File("data")));
    }

    [Fact]
    public async Task RunAsync_TooLarge_IsRefused()
    {
        var path = await WriteAsync("people.csv", $"Email,Note\nann@example.com,{new string('x', 5000)}\n");

        Assert.Equal(FileCommand.Unreadable, await FileCommand.RunAsync(Options(path, isCheck: true) with { MaxBytes = 4000 }, Cancellation));
        Assert.Equal(FileCommand.Unreadable, await FileCommand.RunAsync(Options(path, isCheck: false) with { MaxBytes = 4000 }, Cancellation));
    }

    /// <summary>9.2: stated once for the file, with a confirmation that stays.</summary>
    [Fact]
    public async Task RunAsync_AllSubscribed_NeedsAConfirmationAndSubscribesEveryRow()
    {
        var options = Options(await WriteAsync("people.csv", "Email\nann@example.com\nbob@example.com\n"), isCheck: false) with { Subscribed = ["email.marketing"] };

        Assert.Equal(FileCommand.Usage, await FileCommand.RunAsync(options, Cancellation));
        Assert.Equal(FileCommand.Usage, await FileCommand.RunAsync(options with { Subscribed = ["push.marketing"], Confirmation = "At the fair." }, Cancellation));
        Assert.Equal(FileCommand.Usage, await FileCommand.RunAsync(options with { Subscribed = [], Confirmation = "At the fair." }, Cancellation));
        Assert.Equal(0, await FileCommand.RunAsync(options with { Confirmation = "At the fair." }, Cancellation));

        var profiles = await ProfilesAsync();
        Assert.Equal(2, profiles.Count);
        Assert.All(profiles, profile => Assert.Equal(ConsentStatus.Subscribed, ProfileView.From(profile).StatusOf(ConsentRegisterKind.EmailMarketing)));
    }

    /// <summary>6.4: a property has the type the syncs of the store gave it.</summary>
    [Fact]
    public async Task RunAsync_PropertyOfASync_TakesItsType()
    {
        await using (var services = await FileServices.CreateAsync(_folder.File("data"), new UploadOptions().MaxBytes, Cancellation))
        {
            var connection = new ConnectionRecord(Guid.NewGuid(), "crm", "duckdb", new Dictionary<string, string>(), new Dictionary<string, string>(), 1, default, default);
            await services.GetRequiredService<IConnectionStore>().CreateAsync(connection, Cancellation);
            var definition = new SyncDefinition
            {
                Name = "crm",
                ConnectionId = connection.Id,
                Dataset = new DatasetName("crm"),
                Identifier = new IdentifierDefinition("id", IdentifierKind.ExternalId),
                Cursor = new CursorDefinition("changed"),
                Fields = [new FieldMapping("code", "properties.Code", PropertyType.Text)],
                Schedule = new ScheduleDefinition(Manual: true),
            };
            var sync = new SyncRecord(Guid.NewGuid(), definition, 1, SyncStatus.Active, 1, 0, null, 0, null, null, 0, default, default);
            Assert.Equal(SyncWriteStatus.Written, await services.GetRequiredService<ISyncStore>().CreateAsync(sync, Cancellation));
        }

        var exit = await FileCommand.RunAsync(Options(await WriteAsync("people.csv", "Email,Code\nann@example.com,12.50\n"), isCheck: false) with { MapRemaining = true }, Cancellation);

        Assert.Equal(0, exit);
        Assert.Contains("\"Code\":\"12.50\"", Assert.Single(await ProfilesAsync()).Document, StringComparison.Ordinal);
    }

    /// <summary>C14, by the setting of the workspace.</summary>
    [Theory]
    [InlineData("2001-02-03", 0)]
    [InlineData("", 1)]
    public async Task Import_AgeGatedSms_NeedsADateOfBirth(string born, int failed)
    {
        var settings = new Dictionary<string, string?> { ["Storage:Provider"] = "Sqlite", ["Storage:Path"] = _folder.File("data"), ["Consent:AgeGatedSms"] = "true" };
        await using var services = await FileServices.CreateAsync(settings, new UploadOptions().MaxBytes, Cancellation);
        var file = Encoding.UTF8.GetBytes($"Phone,SMS Consent,Born\n+12345678900,Subscribe,{born}\n+12345678901,Unsubscribed,\n");
        var description = await UploadScan.ReadAsync(new MemoryStream(file), Cancellation);
        var request = JsonDocument.Parse(
            """{"fields":[{"column":"Phone","target":"phone_number"},{"column":"SMS Consent","target":"consent.sms.marketing"},{"column":"Born","target":"consent.date_of_birth"}]}""");
        var uploads = services.GetRequiredService<UploadRuns>();
        var run = await uploads.BeginAsync(Guid.NewGuid(), isCheck: false, null, Cancellation);
        using var monitor = new RunMonitor(run);

        var input = UploadService.InputOf(UploadPlanReader.Read(request.RootElement, description).Plan!, description, _ => Task.FromResult<Stream>(new MemoryStream(file)));
        await uploads.ExecuteAsync(run, input, monitor, Cancellation);

        Assert.Equal(failed, (await services.GetRequiredService<IRunStore>().GetAsync(run.Id, Cancellation))!.Counts.Failed);
    }

    /// <summary>14.3: corrected and uploaded again as it is, the error file imports.</summary>
    [Fact]
    public async Task RunAsync_ErrorFileMended_Imports()
    {
        var path = await WriteAsync("people.csv", "Email,First Name,Phone,Note\r\nann@@example.com,\"=1+1, \"\"x\"\"\",+4930123456,'quoted\r\nbob@example.com,Bob,12,\"two\r\nlines\"\r\ncid@example.com,Cid,,\r\n");
        var errors = _folder.File("errors.csv");
        var options = Options(path, isCheck: false) with { MapRemaining = true };
        Assert.Equal(FileCommand.Refused, await FileCommand.RunAsync(options with { Errors = errors }, Cancellation));
        var text = await File.ReadAllTextAsync(errors, Cancellation);
        Assert.Contains("'+4930123456", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(errors, text.Replace("ann@@", "ann@", StringComparison.Ordinal).Replace(",12,", ",'+4930123457,", StringComparison.Ordinal), new UTF8Encoding(true), Cancellation);

        Assert.Equal(0, await FileCommand.RunAsync(options with { File = errors }, Cancellation));

        var documents = (await ProfilesAsync()).Select(profile => profile.Document).ToList();
        Assert.Equal(3, documents.Count);
        Assert.Contains(documents, document => document.Contains("=1+1, \\\"x\\\"", StringComparison.Ordinal) && document.Contains("'quoted", StringComparison.Ordinal));
        Assert.Contains(documents, document => document.Contains("two\\r\\nlines", StringComparison.Ordinal) && document.Contains("+4930123457", StringComparison.Ordinal));
        Assert.DoesNotContain(documents, document => document.Contains("_outcome", StringComparison.Ordinal));
    }

    private async Task<IReadOnlyList<StoredProfile>> ProfilesAsync()
    {
        await using var services = await FileServices.CreateAsync(_folder.File("data"), new UploadOptions().MaxBytes, Cancellation);
        return await services.GetRequiredService<IProfileReader>().SearchAsync(null, null, 10, Cancellation);
    }

    private async Task<string> WriteAsync(string name, string content)
    {
        var path = _folder.File(name);
        await File.WriteAllTextAsync(path, content, Cancellation);
        return path;
    }

    private FileCommandOptions Options(string path, bool isCheck) => new(path, isCheck, null, [], false, null, null, false, [], null, _folder.File("data"), new UploadOptions().MaxBytes);
}
