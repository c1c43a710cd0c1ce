using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace WarehouseImport.Server.Tests.Api;

public sealed class AuthenticationTests(ServerFixture server)
{
    [Fact]
    public async Task EveryEndpointButHealth_WithoutKey_Answers401()
    {
        var endpoints = server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToArray();
        var open = new List<string>();
        var asked = 0;
        foreach (var endpoint in endpoints)
        {
            var path = Path(endpoint);
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                asked++;
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                using var response = await server.Anonymous.SendAsync(request, TestContext.Current.CancellationToken);
                if ((int)response.StatusCode != 401) open.Add($"{method} {path} {(int)response.StatusCode}");
            }
        }

        Assert.True(asked > 30, $"Only {asked} endpoints were found.");
        Assert.All(open, entry => Assert.Contains("/health/", entry, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Health_WithoutKey_SaysOnlyItsStatus(string path)
    {
        var answer = await server.Anonymous.GetStringAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal("Healthy", answer);
    }

    [Fact]
    public async Task UnknownAddress_WithoutKey_Answers401()
    {
        using var response = await server.Anonymous.GetAsync("/api/v1/nothing-here", TestContext.Current.CancellationToken);

        Assert.Equal(401, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("Bearer", "whi_wrong")]
    [InlineData("Basic", "OndoaV93cm9uZw==")]
    public async Task Api_WithWrongKey_Answers401WithCode(string scheme, string parameter)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/syncs");
        request.Headers.Authorization = new AuthenticationHeaderValue(scheme, parameter);

        using var response = await server.Anonymous.SendAsync(request, TestContext.Current.CancellationToken);
        var answer = await Answer.FromAsync(response);

        Assert.Equal(401, answer.Status);
        Assert.Equal("api_key_invalid", answer.Code);
        Assert.StartsWith("Bearer", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Basic_WithRightKey_OpensTheDocumentationOnly()
    {
        var basic = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"anyone:{server.ApiKey}")));

        Assert.Equal(200, await StatusAsync("/openapi/v1.json"));
        Assert.Equal(401, await StatusAsync("/api/v1/syncs"));

        async Task<int> StatusAsync(string path)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Authorization = basic;
            using var response = await server.Anonymous.SendAsync(request, TestContext.Current.CancellationToken);
            return (int)response.StatusCode;
        }
    }

    [Fact]
    public async Task KeyInQueryString_IsNotLookedAt()
    {
        using var response = await server.Anonymous.GetAsync($"/api/v1/syncs?api_key={server.ApiKey}&access_token={server.ApiKey}", TestContext.Current.CancellationToken);

        Assert.Equal(401, (int)response.StatusCode);
    }

    private static string Path(RouteEndpoint endpoint) =>
        "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
        {
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternSeparatorPart separator => separator.Content,
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "id" } => Guid.Empty.ToString(),
            _ => "v1",
        }))));
}
