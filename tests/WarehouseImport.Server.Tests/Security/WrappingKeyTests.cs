using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WarehouseImport.Server.Hosting;
using WarehouseImport.Server.Security.Secrets;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Server.Tests.Security;

/// <summary>S1: secrets are bound to connection and name, and a lost wrapping key locks them without overwriting anything.</summary>
public sealed class WrappingKeyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Unprotect_OtherConnectionOrName_OpensNothing()
    {
        await using var app = await StartAsync();
        var protector = app.Services.GetRequiredService<ISecretProtector>();
        var (mine, other) = (Guid.NewGuid(), Guid.NewGuid());

        var ciphertext = protector.Protect(mine, "password", "open sesame");

        Assert.Equal("open sesame", protector.Unprotect(mine, "password", ciphertext));
        Assert.Null(protector.Unprotect(other, "password", ciphertext));
        Assert.Null(protector.Unprotect(mine, "token", ciphertext));
        Assert.Null(protector.Unprotect(mine, "password", "not a ciphertext"));
    }

    [Fact]
    public async Task Start_KeyFileLost_LocksSecretsAndOpensThemWhenItIsBack()
    {
        var connection = Guid.NewGuid();
        string ciphertext;
        await using (var app = await StartAsync())
        {
            ciphertext = app.Services.GetRequiredService<ISecretProtector>().Protect(connection, "password", "open sesame");
            await app.StopAsync(TestContext.Current.CancellationToken);
        }

        var keyFile = Path.Combine(_folder.Path, "key-ring.key");
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(keyFile));
        var key = await File.ReadAllTextAsync(keyFile, TestContext.Current.CancellationToken);
        File.Delete(keyFile);
        await using (var app = await StartAsync())
        {
            var protector = app.Services.GetRequiredService<ISecretProtector>();
            Assert.Null(protector.Unprotect(connection, "password", ciphertext));
            Assert.Throws<SecretKeyMissingException>(() => protector.Protect(connection, "password", "another"));
            await app.StopAsync(TestContext.Current.CancellationToken);
        }

        Assert.False(File.Exists(keyFile));
        await File.WriteAllTextAsync(keyFile, key, TestContext.Current.CancellationToken);
        await using (var app = await StartAsync())
        {
            Assert.Equal("open sesame", app.Services.GetRequiredService<ISecretProtector>().Unprotect(connection, "password", ciphertext));
            await app.StopAsync(TestContext.Current.CancellationToken);
        }
    }

    private async Task<WebApplication> StartAsync()
    {
        var app = ServerHost.Build(
            [],
            new Dictionary<string, string?>
            {
                ["Storage:Path"] = _folder.Path,
                ["urls"] = "http://127.0.0.1:0",
                ["WAREHOUSEIMPORT_API_KEY"] = WarehouseImport.Server.Security.ApiKeys.ApiKey.Generate(),
            },
            builder => builder.Logging.SetMinimumLevel(LogLevel.Critical));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
