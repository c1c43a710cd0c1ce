using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace WarehouseImport.Server.Api.Documentation;

/// <summary>The OpenAPI 3.1 document and a page that shows it. Everything comes from this server: the page works with the network closed.</summary>
internal static class DocumentationHosting
{
    private const string DocumentName = "v1";
    private const string BearerScheme = "apiKey";

    public static IServiceCollection AddDocumentation(this IServiceCollection services)
    {
        services.AddOpenApi(DocumentName, static options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.AddDocumentTransformer(static (document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "WarehouseImport",
                    Version = DocumentName,
                    Description = "Imports customer profiles from data warehouses. Every error is a problem document (RFC 9457) with a stable `code`; several problems of one request are listed in `errors` with JSON pointers.",
                };
                // The server is whatever address the document was fetched from.
                document.Servers = [];
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
                document.Components.SecuritySchemes[BearerScheme] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    Description = "The API key, shown once at the first start or given by WAREHOUSEIMPORT_API_KEY.",
                };
                document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(BearerScheme, document)] = [] }];
                return Task.CompletedTask;
            });
        });
        return services;
    }

    public static void MapDocumentation(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapOpenApi(ApiRoutes.OpenApi + "/{documentName}.json");

        // The page's package opens its scripts to everybody; nothing but the health endpoints is open here.
        IEndpointConventionBuilder page = endpoints.MapGroup("");
        page.Finally(static endpoint =>
        {
            foreach (var open in endpoint.Metadata.OfType<IAllowAnonymous>().ToArray()) endpoint.Metadata.Remove(open);
        });
        ((RouteGroupBuilder)page).MapScalarApiReference(ApiRoutes.Docs, static (options, http) =>
        {
            var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
            options
                .WithTitle("WarehouseImport API")
                .WithOpenApiRoutePattern(ApiRoutes.OpenApi + "/{documentName}.json")
                .WithNonce(nonce)
                .DisableDefaultFonts()
                .DisableTelemetry()
                .DisableAgent();
            options.HideClientButton = true;
            options.ProxyUrl = null;

            // Whatever the page's script would like to fetch elsewhere, the browser refuses (S16).
            http.Response.Headers.ContentSecurityPolicy = string.Create(
                CultureInfo.InvariantCulture,
                $"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'");
        });
    }
}
