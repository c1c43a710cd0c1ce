using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using WarehouseImport.Profiles.Identity;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Server.Api;

namespace WarehouseImport.Server.Tests.Api;

public sealed class StorageAwayTests
{
    /// <summary>A merge or an undo that lost every race wrote nothing and can be sent again.</summary>
    [Fact]
    public async Task TryHandleAsync_EveryRaceLost_Answers409()
    {
        var http = new DefaultHttpContext { RequestServices = new ServiceCollection().AddLogging().AddProblemDetails().BuildServiceProvider() };
        http.Response.Body = new MemoryStream();

        await new ApiExceptionHandler(NullLogger<ApiExceptionHandler>.Instance).TryHandleAsync(
            http, new ProfileContentionException(new BatchKey(ManualSource.Id, Guid.Empty, null, 0, 0)), TestContext.Current.CancellationToken);

        http.Response.Body.Position = 0;
        Assert.Equal(409, http.Response.StatusCode);
        Assert.Contains("\"profile_busy\"", await new StreamReader(http.Response.Body).ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TryHandleAsync_DatabaseAway_Answers503WithRetryAfterAndNoDetailsOfIt()
    {
        var http = new DefaultHttpContext { RequestServices = new ServiceCollection().AddLogging().AddProblemDetails().BuildServiceProvider() };
        http.Response.Body = new MemoryStream();
        var handler = new ApiExceptionHandler(NullLogger<ApiExceptionHandler>.Instance);

        await handler.TryHandleAsync(http, new Npgsql.NpgsqlException("Failed to connect to db.internal:5432", new SocketException(111)), TestContext.Current.CancellationToken);

        http.Response.Body.Position = 0;
        var text = await new StreamReader(http.Response.Body).ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal((503, "5"), (http.Response.StatusCode, http.Response.Headers.RetryAfter.ToString()));
        Assert.Contains("storage_unavailable", text, StringComparison.Ordinal);
        Assert.DoesNotContain("db.internal", text, StringComparison.Ordinal);
    }
}
