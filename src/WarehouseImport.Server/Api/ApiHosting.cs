using Microsoft.AspNetCore.Http.Json;
using WarehouseImport.Server.Api.Connections;
using WarehouseImport.Server.Api.Documentation;
using WarehouseImport.Server.Api.Profiles;
using WarehouseImport.Server.Api.Properties;
using WarehouseImport.Server.Api.Runs;
using WarehouseImport.Server.Api.Syncs;
using WarehouseImport.Server.Api.Uploads;

namespace WarehouseImport.Server.Api;

internal static class ApiHosting
{
    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.Configure<JsonOptions>(static json => ApiJson.Configure(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(static handlers => handlers.ThrowOnBadRequest = true);
        services.AddExceptionHandler<ApiExceptionHandler>();
        services.AddProblemDetails();
        services.AddDocumentation();
        return services;
    }

    public static void UseApi(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages(static async pages =>
        {
            var status = pages.HttpContext.Response.StatusCode;
            var problem = status switch
            {
                StatusCodes.Status404NotFound => ApiProblem.Of(status, "route_unknown", $"There is nothing at '{pages.HttpContext.Request.Path}'."),
                StatusCodes.Status405MethodNotAllowed => ApiProblem.Of(status, "method_not_allowed", $"'{pages.HttpContext.Request.Method}' is not possible here."),
                StatusCodes.Status413PayloadTooLarge => ApiProblem.TooLarge(),
                StatusCodes.Status415UnsupportedMediaType => ApiProblem.Of(status, "request_not_json", "Send the body as 'Content-Type: application/json'."),
                _ => ApiProblem.Of(status, "refused", "The request was refused."),
            };
            await problem.ExecuteAsync(pages.HttpContext);
        });
        app.Use(static (context, next) =>
        {
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers.CacheControl = "no-store";
            return next(context);
        });
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
    }

    public static void MapApi(this WebApplication app)
    {
        var api = app.MapGroup(ApiRoutes.Root);
        api.MapConnections();
        api.MapSyncs();
        api.MapRuns();
        api.MapUploads();
        api.MapProfiles();
        api.MapProperties();
        app.MapDocumentation();
    }
}
