using WarehouseImport.Server.Cli;

namespace WarehouseImport.Server.Tests.Cli;

public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("demmo")]
    [InlineData("serve", "now")]
    [InlineData("migrate", "--Storage:Path=x", "again")]
    public async Task InvokeAsync_StrayWord_EndsWithAnError(params string[] arguments) => Assert.Equal(1, await CommandLine.InvokeAsync(arguments));

    [Fact]
    public async Task InvokeAsync_Migrate_MakesTheSchemaAndCanBeRepeated()
    {
        Assert.Equal(0, await CommandLine.InvokeAsync(["migrate", "--Storage:Path", _folder.Path]));
        Assert.Equal(0, await CommandLine.InvokeAsync(["migrate", "--Storage:Path", _folder.Path]));

        Assert.True(File.Exists(_folder.File("warehouse-import.db")));
    }

    [Theory]
    [InlineData("migrate")]
    [InlineData("serve")]
    public async Task InvokeAsync_DatabaseAway_SaysSoInOneLine(string command)
    {
        var (code, error) = await RunAsync([command, "--Storage:Provider", "postgres", "--ConnectionStrings:WarehouseImport", "Host=127.0.0.1;Port=1;Username=u;Password=canary-pw;Timeout=2", "--urls", "http://127.0.0.1:0"]);

        Assert.Equal(1, code);
        Assert.StartsWith("The database cannot be used:", Assert.Single(error), StringComparison.Ordinal);
        Assert.DoesNotContain("canary-pw", error[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Storage:Provider", "oracle", "Storage:Provider is 'oracle'; allowed are sqlite and postgres.")]
    [InlineData("WAREHOUSEIMPORT_API_KEY", "short", "WAREHOUSEIMPORT_API_KEY has 5 characters; allowed are 32 to 512, all of them random (for example of 'openssl rand -hex 32').")]
    public async Task InvokeAsync_ServeWithABadSetting_SaysSoInOneLine(string setting, string value, string expected)
    {
        var (code, error) = await RunAsync(["serve", "--Storage:Path", _folder.File("data"), "--urls", "http://127.0.0.1:0", $"--{setting}", value]);

        Assert.Equal((1, expected), (code, Assert.Single(error)));
    }

    [Fact]
    public async Task InvokeAsync_BadSetting_EndsWithAnError() =>
        Assert.Equal(1, await CommandLine.InvokeAsync(["serve", "--Storage:Path", _folder.Path, "--Cluster:ShutdownTimeout", "00:00:00", "--urls", "http://127.0.0.1:0"]));

    // The console belongs to the process; the tests of this class run one after the other, and no other class writes to it.
    private static async Task<(int Code, string[] ErrorLines)> RunAsync(string[] arguments)
    {
        var before = Console.Error;
        using var error = new StringWriter();
        Console.SetError(error);
        try
        {
            var code = await CommandLine.InvokeAsync(arguments);
            return (code, error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            Console.SetError(before);
        }
    }
}
