namespace WarehouseImport.Server.Api;

internal static class ApiRoutes
{
    public const string Root = "/api/v1";
    public const string Docs = "/docs";
    public const string OpenApi = "/openapi";
    public const string Live = "/health/live";
    public const string Ready = "/health/ready";
}
