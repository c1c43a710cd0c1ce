using System.Text;
using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using WarehouseImport.Server.Cli;
using WarehouseImport.Server.Tests.Databases;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Uploads;

namespace WarehouseImport.Server.Tests.Uploads;

/// <summary>profile-import-rules 14.2: a check says what the import will do, and leaves nothing behind.</summary>
public abstract class CheckEqualsImport(TestDatabase database) : IAsyncLifetime
{
    // Few people, instants and values, so that rows meet stored profiles, repeat and contradict each other.
    private static readonly Gen<string> Row = Gen.Select(
        From("ann@example.com", "bob@example.com", "ANN@example.com", "bad@@x", "", "cid@example.com"),
        From("1", "2", "3", ""),
        From("+4930123456", "030 123456", "12", ""),
        From("Ann", "Bob", "=Sum", "", "Line\nbreak"),
        From("52.5", "north", ""),
        From("2026-01-01", "2026-01-02 10:00:00", "never", "2999-01-01", ""),
        From("Subscribed", "Unsubscribed", "no", "Never Subscribed", "maybe", ""),
        (email, id, phone, name, latitude, changed, consent) => $"{email},{id},{phone},\"{name}\",{latitude},{changed},{consent}");

    private static readonly Gen<(string[] Before, string[] File, bool IsDated)> Case = Gen.Select(Row.Array[0, 5], Row.Array[1, 9], Gen.Bool);

    private ServiceProvider? _services;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ServiceProvider Services => _services ?? throw new InvalidOperationException("The test has not been initialised.");

    public async ValueTask InitializeAsync() => _services = await FileServices.CreateAsync(await database.CreateAsync(), new UploadOptions().MaxBytes, Cancellation);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_services is not null) await _services.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Check_AnyFile_GivesCountsAndErrorsOfTheImportThatFollowsAndWritesNothing()
    {
        // Every case starts from what the cases before it left: a database that fills up.
        await Case.SampleAsync(
            async test =>
            {
                if (test.Before.Length > 0) await RunAsync(test.Before, isCheck: false, test.IsDated);
                var before = await database.DumpAsync(Cancellation);

                var check = await RunAsync(test.File, isCheck: true, test.IsDated);

                Assert.Equal(before, await database.DumpAsync(Cancellation));
                var import = await RunAsync(test.File, isCheck: false, test.IsDated);
                Assert.Equal(import.Counts, check.Counts);
                Assert.Equal(await ErrorsAsync(import), await ErrorsAsync(check));
                Assert.Equal(test.File.Length, check.Read);
            },
            iter: 40,
            threads: 1);
    }

    private static Gen<string> From(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private async Task<RunRecord> RunAsync(string[] rows, bool isCheck, bool isDated)
    {
        var file = Encoding.UTF8.GetBytes("Email,External ID,Phone,First Name,Latitude,updated_at,Email Marketing Consent\n" + string.Join('\n', rows) + "\n");
        var description = await UploadScan.ReadAsync(new MemoryStream(file), Cancellation);
        var request = JsonSerializer.SerializeToElement(isDated ? (object)new { modifiedAt = "updated_at" } : new { });
        var plan = UploadPlanReader.Read(request, description).Plan!;
        var uploads = Services.GetRequiredService<UploadRuns>();
        var run = await uploads.BeginAsync(Guid.NewGuid(), isCheck, null, Cancellation);
        using var monitor = new RunMonitor(run);
        await uploads.ExecuteAsync(run, UploadService.InputOf(plan, description, _ => Task.FromResult<Stream>(new MemoryStream(file))), monitor, Cancellation);
        var ended = (await Services.GetRequiredService<IRunStore>().GetAsync(run.Id, Cancellation))!;
        Assert.Null(ended.Failure);
        return ended;
    }

    private Task<IReadOnlyList<string>> ErrorsAsync(RunRecord run) => ErrorRows.DescribeAsync(Services.GetRequiredService<IRunStore>(), run.Id, Cancellation);
}

public sealed class SqliteCheckEqualsImportTests() : CheckEqualsImport(new SqliteTestDatabase());

public sealed class PostgresCheckEqualsImportTests() : CheckEqualsImport(new PostgresTestDatabase());
