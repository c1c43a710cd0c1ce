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

    [Fact]
    public async Task InvokeAsync_BadSetting_EndsWithAnError() =>
        Assert.Equal(1, await CommandLine.InvokeAsync(["serve", "--Storage:Path", _folder.Path, "--Cluster:ShutdownTimeout", "00:00:00", "--urls", "http://127.0.0.1:0"]));
}
