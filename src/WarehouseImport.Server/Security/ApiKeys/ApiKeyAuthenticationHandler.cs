using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using WarehouseImport.Server.Api;

namespace WarehouseImport.Server.Security.ApiKeys;

/// <summary>
/// Reads the key from <c>Authorization: Bearer</c>. Pages a browser opens by itself (the documentation and the OpenAPI document) also take it as the password of
/// HTTP Basic. Nothing else does, because a browser repeats Basic credentials on requests another site makes it send (S15).
/// Keys in query strings and cookies are never looked at.
/// </summary>
internal sealed class ApiKeyAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    ApiKeyRegistry keys)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "ApiKey";

    private bool AllowsBasic =>
        HttpMethods.IsGet(Request.Method) && (Request.Path.StartsWithSegments(ApiRoutes.Docs) || Request.Path.StartsWithSegments(ApiRoutes.OpenApi));

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!AuthenticationHeaderValue.TryParse(Request.Headers.Authorization, out var header) || header.Parameter is not { Length: > 0 } parameter)
            return Task.FromResult(AuthenticateResult.NoResult());

        var key = header.Scheme switch
        {
            _ when header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) => parameter,
            _ when header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && AllowsBasic => Password(parameter),
            _ => null,
        };
        if (key is null) return Task.FromResult(AuthenticateResult.NoResult());
        if (!keys.IsValid(key)) return Task.FromResult(AuthenticateResult.Fail("The API key is not valid."));

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "api-key")], SchemeName);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName)));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var presented = Request.Headers.Authorization.Count > 0;
        Response.Headers.WWWAuthenticate = AllowsBasic
            ? """Basic realm="WarehouseImport: any name, the API key as password", charset="UTF-8" """.TrimEnd()
            : """Bearer realm="WarehouseImport" """.TrimEnd();
        var problem = presented
            ? ApiProblem.Of(StatusCodes.Status401Unauthorized, "api_key_invalid", "The API key in the Authorization header is not valid.")
            : ApiProblem.Of(StatusCodes.Status401Unauthorized, "api_key_missing", "This address needs an API key: send 'Authorization: Bearer <key>'.");
        await problem.ExecuteAsync(Context);
    }

    private static string? Password(string base64)
    {
        var buffer = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, buffer, out var length)) return null;
        var pair = Encoding.UTF8.GetString(buffer, 0, length);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : pair[(colon + 1)..];
    }
}
