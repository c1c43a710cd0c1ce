using System.Diagnostics;
using System.Text.Json;

namespace WarehouseImport.Emulators.Tests.BigQuery;

/// <summary>Google's own client, which knows the service and not the emulator, finds what it expects.</summary>
public sealed class GoogleClientTests
{
    private const string Package = "@google-cloud/bigquery@8.3.1";

    [Fact]
    public async Task GoogleClient_QueriesPagesJobsErrorsLists_Succeed()
    {
        Assert.SkipUnless(await CanRunAsync("node") && await CanRunAsync("npm"), "Node.js and npm are not on this machine; install Node 20 or later to run Google's client against the emulator.");
        var folder = Directory.CreateTempSubdirectory("bigquery-client-").FullName;
        try
        {
            var (installed, log) = await RunAsync(folder, "npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", Package);
            Assert.SkipUnless(installed == 0, $"npm could not install {Package}: {log}");
            await using var session = await BigQuerySession.StartAsync();

            var (exit, output) = await RunAsync(folder, "node", Path.Combine(AppContext.BaseDirectory, "BigQuery", "google-client.mjs"), session.Server.BaseAddress.ToString(), session.Server.Options.ProjectId, session.Token);

            Assert.True(exit == 0, output);
            var checks = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)
                .GroupBy(c => c.GetProperty("check").GetString()!, c => c.GetProperty("value").GetRawText()).ToDictionary(g => g.Key, g => string.Join(' ', g));
            Assert.Equal("""["crm"]""", checks["datasets"]);
            Assert.Equal("""["customers"]""", checks["tables"]);
            Assert.Equal("""["id INTEGER","email STRING","updated_at TIMESTAMP","score FLOAT"]""", checks["schema"]);
            Assert.Equal(
                """[[1,"a@example.com","2024-01-02T03:04:05.123456000Z",4],[2,"b@example.com","2024-01-03T00:00:00.000Z",0.5],[3,"c@example.com","2024-01-04T00:00:00.000Z",null]]""", checks["query"]);
            Assert.Equal("""[2,1,"string"]""", checks["pages"]);
            Assert.Equal("\"DONE\"", checks["job"]);
            Assert.Equal("true", checks["dryRun"]);
            Assert.Equal("1", checks["tabledata"]);
            Assert.Equal("true", checks["jobs"]);
            Assert.Equal("""[400,"invalidQuery"] [400,"invalidQuery"] [404,"notFound"]""", checks["error"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<bool> CanRunAsync(string program)
    {
        try
        {
            return (await RunAsync(Path.GetTempPath(), program, "--version")).Exit == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static async Task<(int Exit, string Output)> RunAsync(string folder, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, process.ExitCode == 0 ? output : output + await errors);
    }
}
