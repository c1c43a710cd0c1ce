using Microsoft.AspNetCore.Http.HttpResults;
using WarehouseImport.Syncs.Setup;

namespace WarehouseImport.Server.Api.Properties;

internal static class PropertiesApi
{
    public static void MapProperties(this RouteGroupBuilder api) => api.MapGroup("/properties").WithTags("Properties").MapGet("/", ListAsync)
        .WithName("ListProperties")
        .WithSummary("List the properties that syncs fill, each with the sync that owns it and those it is shared with");

    private static async Task<Ok<Page<PropertyOwnership>>> ListAsync(PropertyOwners owners, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<PropertyOwnership>(await owners.ListAsync(cancellationToken), null));
}
