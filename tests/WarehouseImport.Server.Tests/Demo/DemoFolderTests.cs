using WarehouseImport.Server.Demo;

namespace WarehouseImport.Server.Tests.Demo;

public sealed class DemoFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Prepare_EarlierDemo_StartsClean()
    {
        var path = _folder.File("demo");
        var first = DemoFolder.Prepare(path);
        Directory.CreateDirectory(first.Storage);
        File.WriteAllText(Path.Combine(first.Storage, "old.db"), "old");

        DemoFolder.Prepare(path);

        Assert.False(Directory.Exists(first.Storage));
    }

    [Fact]
    public void Prepare_FolderOfSomebodyElse_IsLeftAlone()
    {
        var mine = _folder.File("mine.txt");
        File.WriteAllText(mine, "mine");

        var refusal = Assert.Throws<IOException>(() => DemoFolder.Prepare(_folder.Path));

        Assert.Contains("--data", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(mine));
    }
}
