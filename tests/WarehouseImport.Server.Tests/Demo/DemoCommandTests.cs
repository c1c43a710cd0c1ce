using WarehouseImport.Server.Demo;

namespace WarehouseImport.Server.Tests.Demo;

public sealed class DemoCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task RunAsync_Exit_EveryCountIsRight()
    {
        var exitCode = await DemoCommand.RunAsync(new DemoOptions(_folder.File("demo"), Exit: true, Urls: null), TestContext.Current.CancellationToken);

        Assert.Equal(0, exitCode);
    }
}
