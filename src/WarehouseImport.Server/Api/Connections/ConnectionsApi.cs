using Microsoft.AspNetCore.Http.HttpResults;
using WarehouseImport.Warehouses;
using WarehouseImport.Warehouses.Connections;

namespace WarehouseImport.Server.Api.Connections;

internal static class ConnectionsApi
{
    private const string ConnectionUnknown = "connection_unknown";
    private const int DefaultPreviewRows = 20;
    private const int MaximumPreviewRows = 50;
    private const int MaximumNameLength = 255;

    private static readonly TimeSpan LookTimeout = TimeSpan.FromSeconds(30);

    public static void MapConnections(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("/connections").WithTags("Connections");
        group.MapPost("/", CreateAsync).WithName("CreateConnection").WithSummary("Store a warehouse and its credentials");
        group.MapGet("/", ListAsync).WithName("ListConnections").WithSummary("List connections");
        group.MapGet("/{id:guid}", GetAsync).WithName("GetConnection").WithSummary("Show a connection, without its secrets");
        group.MapPut("/{id:guid}", UpdateAsync).WithName("UpdateConnection").WithSummary("Replace a connection (If-Match)");
        group.MapDelete("/{id:guid}", DeleteAsync).WithName("DeleteConnection").WithSummary("Delete a connection no sync uses (If-Match)");
        group.MapPost("/{id:guid}/check", CheckAsync).WithName("CheckConnection").WithSummary("Check reach, sign-in and grants, item by item");
        group.MapGet("/{id:guid}/grant-script", GetGrantScriptAsync).WithName("GetGrantScript").WithSummary("Write the statements an administrator runs so that the connection may read");
        group.MapPost("/{id:guid}/key-pair", CreateKeyPairAsync).WithName("CreateKeyPair").WithSummary("Make a key pair and store its private half as the connection's secret (If-Match)");
        group.MapGet("/{id:guid}/datasets", ListDatasetsAsync).WithName("ListDatasets").WithSummary("List the tables and views the credentials can see");
        group.MapGet("/{id:guid}/datasets/{dataset}/columns", GetColumnsAsync).WithName("ListColumns").WithSummary("List a dataset's columns");
        group.MapGet("/{id:guid}/datasets/{dataset}/preview", PreviewAsync).WithName("PreviewDataset").WithSummary("Look at some rows");
    }

    private static async Task<Results<Created<ConnectionResponse>, ProblemHttpResult>> CreateAsync(
        ConnectionRequest request, [AsParameters] ConnectionServices services, HttpResponse response, CancellationToken cancellationToken)
    {
        if (Check(request, services.Catalogue, []) is { Count: > 0 } problems) return ApiProblem.Invalid(problems);

        var id = Guid.CreateVersion7(services.Clock.GetUtcNow());
        var now = services.Clock.GetUtcNow();
        var connection = new ConnectionRecord(id, request.Name.Trim(), request.Type, request.Settings, Protect(id, request.Secret, services), 1, now, now);
        if (await services.Store.CreateAsync(connection, cancellationToken) == ConnectionWriteStatus.NameTaken) return NameTaken(request.Name);

        response.SetETag(connection.Version);
        return TypedResults.Created($"{ApiRoutes.Root}/connections/{id}", ConnectionResponse.From(connection, services.Secrets));
    }

    private static async Task<Results<Ok<Page<ConnectionResponse>>, ProblemHttpResult>> ListAsync(
        [AsParameters] PageQuery page, IConnectionStore store, ISecretProtector secrets, CancellationToken cancellationToken)
    {
        if (page.Check<Guid>(Guid.TryParse, out var after) is { } problem) return problem;
        var connections = await store.ListAsync(after, page.Size + 1, cancellationToken);
        return TypedResults.Ok(Pages.Of(connections, page.Size, connection => ConnectionResponse.From(connection, secrets), connection => connection.Id.ToString()));
    }

    private static async Task<Results<Ok<ConnectionResponse>, ProblemHttpResult>> GetAsync(
        Guid id, [AsParameters] ConnectionServices services, HttpResponse response, CancellationToken cancellationToken)
    {
        if (await services.Store.GetAsync(id, cancellationToken) is not { } connection) return Unknown(id);
        response.SetETag(connection.Version);
        return TypedResults.Ok(ConnectionResponse.From(connection, services.Secrets));
    }

    private static async Task<Results<Ok<ConnectionResponse>, ProblemHttpResult>> UpdateAsync(
        Guid id, ConnectionRequest request, [AsParameters] ConnectionServices services, HttpContext http, CancellationToken cancellationToken)
    {
        if (await services.Store.GetAsync(id, cancellationToken) is not { } stored) return Unknown(id);
        if (http.Request.CheckIfMatch(stored.Version) is { } mismatch) return mismatch;

        var kept = request.Type == stored.Type ? stored.ProtectedSecrets : new Dictionary<string, string>();
        if (Check(request, services.Catalogue, kept.Keys) is { Count: > 0 } problems) return ApiProblem.Invalid(problems);

        // S2: a stored secret must not be sent to a place its owner did not choose when entering it.
        var unentered = kept.Keys.Where(name => request.Secret?.ContainsKey(name) != true).ToArray();
        if (unentered.Length > 0 && Changed(stored.Settings, request.Settings) is { } setting)
        {
            return ApiProblem.Invalid([.. unentered.Select(name => new ApiFieldProblem(
                $"/secret/{name}", "secret_required", $"'{setting}' changes, so '{name}' has to be entered again."))]);
        }

        var secrets = new Dictionary<string, string>(kept, StringComparer.Ordinal);
        foreach (var name in request.Secret?.Keys ?? []) secrets.Remove(name);
        foreach (var (name, value) in Protect(id, request.Secret, services)) secrets[name] = value;
        var connection = stored with
        {
            Name = request.Name.Trim(),
            Type = request.Type,
            Settings = request.Settings,
            ProtectedSecrets = secrets,
            Version = stored.Version + 1,
            UpdatedAt = services.Clock.GetUtcNow(),
        };
        switch (await services.Store.UpdateAsync(connection, stored.Version, cancellationToken))
        {
            case ConnectionWriteStatus.NotFound: return Unknown(id);
            case ConnectionWriteStatus.VersionMismatch: return ETags.Changed();
            case ConnectionWriteStatus.NameTaken: return NameTaken(request.Name);
        }

        http.Response.SetETag(connection.Version);
        return TypedResults.Ok(ConnectionResponse.From(connection, services.Secrets));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        Guid id, IConnectionStore store, HttpRequest request, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(id, cancellationToken) is not { } stored) return Unknown(id);
        if (request.CheckIfMatch(stored.Version) is { } mismatch) return mismatch;
        return await store.DeleteAsync(id, stored.Version, cancellationToken) switch
        {
            ConnectionWriteStatus.Written => TypedResults.NoContent(),
            ConnectionWriteStatus.InUse => ApiProblem.Of(
                StatusCodes.Status409Conflict, "connection_in_use", "A sync uses this connection.", "Delete its syncs first, or point them to another connection."),
            ConnectionWriteStatus.VersionMismatch => ETags.Changed(),
            _ => Unknown(id),
        };
    }

    private static async Task<Results<Ok<ConnectionCheckResponse>, ProblemHttpResult>> CheckAsync(
        Guid id, [AsParameters] ConnectionServices services, CancellationToken cancellationToken)
    {
        if (await services.Store.GetAsync(id, cancellationToken) is not { } connection) return Unknown(id);
        if (ConnectionResponse.From(connection, services.Secrets).SecretState == SecretState.KeyMissing) return TypedResults.Ok(ConnectionCheckResponse.KeyMissing);
        return TypedResults.Ok(await LookAsync(
            services, connection, static async (warehouse, cancellation) => ConnectionCheckResponse.From(await warehouse.CheckAsync(cancellation)), cancellationToken));
    }

    private static async Task<Results<Ok<GrantScriptResponse>, ProblemHttpResult>> GetGrantScriptAsync(
        Guid id, [AsParameters] ConnectionServices services, CancellationToken cancellationToken)
    {
        if (await services.Store.GetAsync(id, cancellationToken) is not { } connection) return Unknown(id);
        var type = services.Catalogue.Get(connection.Type);

        // A secret whose key is missing counts as absent: the script then has a place for the public key instead.
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, ciphertext) in connection.ProtectedSecrets)
        {
            if (services.Secrets.Unprotect(id, name, ciphertext) is { } secret) secrets[name] = secret;
        }

        return Script(type, connection, type.FindKeyPair(secrets)) is { } script
            ? TypedResults.Ok(script)
            : ApiProblem.Of(
                StatusCodes.Status409Conflict, "grant_script_unavailable", $"A connection of type '{connection.Type}' needs no grants that could be written for it.");
    }

    private static async Task<Results<Ok<KeyPairResponse>, ProblemHttpResult>> CreateKeyPairAsync(
        Guid id, [AsParameters] ConnectionServices services, HttpContext http, CancellationToken cancellationToken)
    {
        if (await services.Store.GetAsync(id, cancellationToken) is not { } stored) return Unknown(id);
        // A pair that replaces another locks the connection out until the warehouse knows the new one, so it must be meant for what is stored now.
        if (http.Request.CheckIfMatch(stored.Version) is { } mismatch) return mismatch;
        var type = services.Catalogue.Get(stored.Type);
        if (type.GenerateKeyPair() is not { } pair)
        {
            return ApiProblem.Of(StatusCodes.Status409Conflict, "key_pair_unsupported", $"A connection of type '{stored.Type}' does not sign in by key pair.");
        }

        var problems = type.Validate(new WarehouseSettings(stored.Settings, new Dictionary<string, string> { [pair.SecretName] = pair.PrivateKey }));
        if (problems.Count > 0)
        {
            return ApiProblem.Of(StatusCodes.Status409Conflict, "key_pair_unsupported", string.Join(' ', problems.Select(problem => problem.Message)));
        }

        var connection = stored with
        {
            // Whatever it signed in with before belongs to another key.
            ProtectedSecrets = new Dictionary<string, string>(StringComparer.Ordinal) { [pair.SecretName] = services.Secrets.Protect(id, pair.SecretName, pair.PrivateKey) },
            Version = stored.Version + 1,
            UpdatedAt = services.Clock.GetUtcNow(),
        };
        switch (await services.Store.UpdateAsync(connection, stored.Version, cancellationToken))
        {
            case ConnectionWriteStatus.NotFound: return Unknown(id);
            case ConnectionWriteStatus.VersionMismatch: return ETags.Changed();
        }

        http.Response.SetETag(connection.Version);
        return TypedResults.Ok(new KeyPairResponse(pair.SecretName, pair.PublicKey, Script(type, connection, pair)));
    }

    private static GrantScriptResponse? Script(IWarehouseType type, ConnectionRecord connection, KeyPair? pair) =>
        type.WriteGrantScript(connection.Settings, pair) is { } script ? new GrantScriptResponse(script.Language, script.Text) : null;

    private static async Task<Results<Ok<Page<DatasetResponse>>, ProblemHttpResult>> ListDatasetsAsync(
        Guid id, [AsParameters] PageQuery page, [AsParameters] ConnectionServices services, CancellationToken cancellationToken)
    {
        if (page.Check<int>(static (string _, out int key) => (key = 0) == 0, out _) is { } problem) return problem;
        if (await services.Store.GetAsync(id, cancellationToken) is not { } connection) return Unknown(id);

        var datasets = await LookAsync(services, connection, static (warehouse, cancellation) => warehouse.ListDatasetsAsync(cancellation), cancellationToken);
        var following = datasets
            .Select(dataset => new DatasetResponse(dataset.Name.ToString(), dataset.Kind))
            .OrderBy(dataset => dataset.Name, StringComparer.Ordinal)
            .Where(dataset => page.After is null || string.CompareOrdinal(dataset.Name, page.After) > 0)
            .Take(page.Size + 1)
            .ToArray();
        return TypedResults.Ok(Pages.Of(following, page.Size, dataset => dataset, dataset => dataset.Name));
    }

    private static async Task<Results<Ok<Page<ColumnResponse>>, ProblemHttpResult>> GetColumnsAsync(
        Guid id, string dataset, [AsParameters] ConnectionServices services, CancellationToken cancellationToken)
    {
        if (!DatasetName.TryParse(dataset, out var name)) return DatasetInvalid(dataset);
        if (await services.Store.GetAsync(id, cancellationToken) is not { } connection) return Unknown(id);
        var columns = await LookAsync(services, connection, (warehouse, cancellation) => warehouse.GetColumnsAsync(name, cancellation), cancellationToken);
        return TypedResults.Ok(new Page<ColumnResponse>([.. columns.Select(ColumnResponse.From)], null));
    }

    private static async Task<Results<Ok<PreviewResponse>, ProblemHttpResult>> PreviewAsync(
        Guid id, string dataset, [AsParameters] ConnectionServices services, CancellationToken cancellationToken, int rows = DefaultPreviewRows)
    {
        if (!DatasetName.TryParse(dataset, out var name)) return DatasetInvalid(dataset);
        if (rows is < 1 or > MaximumPreviewRows)
            return ApiProblem.Of(StatusCodes.Status400BadRequest, "rows_out_of_range", $"'rows' is {rows}; allowed is 1 to {MaximumPreviewRows}.");
        if (await services.Store.GetAsync(id, cancellationToken) is not { } connection) return Unknown(id);
        var preview = await LookAsync(services, connection, (warehouse, cancellation) => warehouse.PreviewAsync(name, rows, cancellation), cancellationToken);
        return TypedResults.Ok(new PreviewResponse([.. preview.Columns.Select(ColumnResponse.From)], preview.Rows));
    }

    /// <summary>Asks the warehouse something a person waits for; a warehouse that does not answer in 30 s is reported as timed out.</summary>
    private static async Task<T> LookAsync<T>(
        ConnectionServices services, ConnectionRecord connection, Func<IWarehouse, CancellationToken, Task<T>> look, CancellationToken cancellationToken)
    {
        await using var warehouse = await services.Warehouses.OpenAsync(connection.Id, cancellationToken)
            ?? throw new WarehouseException(ConnectionUnknown, $"Connection '{connection.Name}' was deleted.");
        using var timeout = new CancellationTokenSource(LookTimeout, services.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await look(warehouse, either.Token);
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested)
        {
            throw new WarehouseException(
                WarehouseErrors.TimedOut, $"The warehouse of connection '{connection.Name}' did not answer within {LookTimeout.TotalSeconds:0} s.", null, true, exception);
        }
    }

    private static List<ApiFieldProblem> Check(ConnectionRequest request, WarehouseCatalogue catalogue, IEnumerable<string> keptSecrets)
    {
        var problems = new List<ApiFieldProblem>();
        if (request.Name.Trim().Length is 0 or > MaximumNameLength)
            problems.Add(new ApiFieldProblem("/name", "name_invalid", $"'name' has {request.Name.Trim().Length} characters; allowed are 1 to {MaximumNameLength}."));
        if (!catalogue.TryGet(request.Type, out var type))
        {
            problems.Add(new ApiFieldProblem(
                "/type", "connection_type_unknown", $"'type' is '{request.Type}'; allowed are {string.Join(", ", catalogue.Types.Select(known => known.Name))}."));
            return problems;
        }

        // A kept secret counts as given; its value is not needed to check the rest.
        var secrets = keptSecrets.ToDictionary(name => name, _ => WarehouseSettings.KeptSecret, StringComparer.Ordinal);
        foreach (var (name, value) in request.Secret ?? new Dictionary<string, string>()) secrets[name] = value;
        foreach (var problem in type.Validate(new WarehouseSettings(request.Settings, secrets)))
        {
            var isSecret = secrets.ContainsKey(problem.Setting) || type.Settings.Any(setting => setting.IsSecret && setting.Name == problem.Setting);
            problems.Add(new ApiFieldProblem($"/{(isSecret ? "secret" : "settings")}/{problem.Setting}", WarehouseErrors.SettingInvalid, problem.Message));
        }

        return problems;
    }

    // An empty text removes a secret, for example a key pair that this server made and nobody can enter again.
    private static Dictionary<string, string> Protect(Guid id, IReadOnlyDictionary<string, string>? secrets, ConnectionServices services) =>
        (secrets ?? new Dictionary<string, string>()).Where(secret => secret.Value.Length > 0).ToDictionary(secret => secret.Key, secret => services.Secrets.Protect(id, secret.Key, secret.Value), StringComparer.Ordinal);

    private static string? Changed(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after) =>
        before.Keys.Union(after.Keys).Order(StringComparer.Ordinal).FirstOrDefault(name => before.GetValueOrDefault(name) != after.GetValueOrDefault(name));

    private static ProblemHttpResult Unknown(Guid id) => ApiProblem.NotFound("connection", id.ToString());

    private static ProblemHttpResult NameTaken(string name) =>
        ApiProblem.Of(StatusCodes.Status409Conflict, "name_taken", $"Another connection is called '{name.Trim()}'.");

    private static ProblemHttpResult DatasetInvalid(string dataset) => ApiProblem.Of(
        StatusCodes.Status422UnprocessableEntity,
        "dataset_name_invalid",
        $"'{dataset}' is not a dataset name; write schema.table, with double quotes around parts that are not plain lower-case words.");
}
