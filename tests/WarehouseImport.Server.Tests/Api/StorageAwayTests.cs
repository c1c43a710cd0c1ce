using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using WarehouseImport.Server.Api;

namespace WarehouseImport.Server.Tests.Api;

public sealed class StorageAwayTests
{
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
