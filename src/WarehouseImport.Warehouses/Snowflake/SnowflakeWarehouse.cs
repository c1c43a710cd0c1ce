using System.Globalization;
using WarehouseImport.Warehouses.Http;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>A Snowflake account. Every request is a session of its own, so nothing is held open.</summary>
internal sealed class SnowflakeWarehouse(SnowflakeClient client, SnowflakeTarget target, SnowflakeOptions options, AddressPolicy addresses, bool hasProxy, TimeProvider clock)
    : IWarehouse
{
    private const string LookTag = "warehouse-import:setup";

    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    public async Task<ConnectionCheck> CheckAsync(CancellationToken cancellationToken)
    {
        var items = new List<CheckItem>();
        if (!hasProxy)
        {
            if (!await AddAsync(items, "resolve", async () =>
            {
                await addresses.ResolveAsync(client.Host, cancellationToken);
                return new CheckItem("resolve", true, $"{client.Host} has an address.", null);
            }))
            {
                return new ConnectionCheck(items);
            }
        }

        // The first statement needs no warehouse, so what it fails at is the network, the sign-in or the role.
        try
        {
            await QueryAsync(SnowflakeSql.CurrentTime, Look("Signing in"), cancellationToken);
        }
        catch (WarehouseException failure)
        {
            var isReached = failure.Code is not (WarehouseErrors.Unreachable or WarehouseErrors.AddressRefused or WarehouseErrors.SettingInvalid);
            var isSignedIn = isReached && failure.Code is not WarehouseErrors.SignInRefused;
            items.Add(isReached ? Reached() : new CheckItem("reach", false, failure.Message, failure.Fix));
            if (isSignedIn) items.Add(SignedIn());
            if (isReached) items.Add(new CheckItem(isSignedIn ? "role" : "sign_in", false, failure.Message, failure.Fix));
            return new ConnectionCheck(items);
        }

        items.Add(Reached());
        items.Add(SignedIn());
        items.Add(new CheckItem("role", true, target.Role is null ? "The user's default role is used." : $"The role {SnowflakeSql.Identifier(target.Role)} can be used.", null));
        if (target.Role is { } role) await AddAsync(items, "read_only", () => CheckReadOnlyAsync(role, cancellationToken));

        IReadOnlyList<Dataset> datasets = [];
        await AddAsync(items, "list_datasets", async () =>
        {
            datasets = await ListDatasetsAsync(cancellationToken);
            return datasets.Count > 0
                ? new CheckItem("list_datasets", true, string.Create(CultureInfo.InvariantCulture, $"{datasets.Count} datasets found."), null)
                : new CheckItem("list_datasets", false, "The role can see no table or view.", "Run the grant script of this connection, or check 'databases' and 'schemas'.");
        });
        if (datasets.Count > 0) await AddReadAsync(items, datasets[0].Name, cancellationToken);

        await AddAsync(items, "clock", async () =>
        {
            var text = await GetCurrentTimeAsync(cancellationToken);
            // Whole seconds are enough for a difference of minutes.
            var difference = clock.GetUtcNow() - DateTimeOffset.ParseExact(text[..19], "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            var isClose = difference.Duration() <= ClockTolerance;
            return new CheckItem(
                "clock",
                isClose,
                string.Create(CultureInfo.InvariantCulture, $"The warehouse's time is {text}; this server's differs by {(long)difference.TotalSeconds} seconds."),
                isClose ? null : "Set this server's clock (NTP); tokens signed with a wrong clock are refused.");
        });
        return new ConnectionCheck(items);
    }

    public async Task<string> GetCurrentTimeAsync(CancellationToken cancellationToken)
    {
        var result = await QueryAsync(SnowflakeSql.CurrentTime, Look("Reading the clock"), cancellationToken);
        return result.Rows is [[{ } text, ..], ..] ? text : throw new WarehouseException(WarehouseErrors.QueryFailed, "Snowflake did not tell its time.");
    }

    public async Task<IReadOnlyList<Dataset>> ListDatasetsAsync(CancellationToken cancellationToken)
    {
        var datasets = new List<Dataset>();
        foreach (var database in await DatabasesAsync(cancellationToken))
        {
            foreach (var schema in await SchemasAsync(database, cancellationToken))
            {
                datasets.AddRange(await ShowAsync(after => SnowflakeSql.ShowTables(database, schema, after), (result, row) => Table(result, row, database, schema), cancellationToken));
                datasets.AddRange(await ShowAsync(after => SnowflakeSql.ShowViews(database, schema, after), (result, row) => View(result, row, database, schema), cancellationToken));
            }
        }

        // SHOW TABLES names dynamic tables and SHOW VIEWS materialised views; an account where both name one object shows it once.
        return [.. datasets.DistinctBy(dataset => dataset.Name).OrderBy(dataset => dataset.Name.ToString(), StringComparer.Ordinal)];
    }

    public async Task<IReadOnlyList<DatasetColumn>> GetColumnsAsync(DatasetName dataset, CancellationToken cancellationToken) =>
        [.. (await DescribeAsync(dataset, LookTag, cancellationToken)).Columns.Select(column => column.Declared)];

    public async Task<DatasetPreview> PreviewAsync(DatasetName dataset, int rows, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        var (name, described) = await DescribeAsync(dataset, LookTag, cancellationToken);
        var columns = described.Where(column => column.Kind != ColumnKind.Unreadable).ToList();
        if (columns.Count == 0) return new DatasetPreview([], []);
        var result = await QueryAsync(SnowflakeSql.Preview(name, columns, rows), Look($"Reading {name}", name), cancellationToken);
        return new DatasetPreview([.. columns.Select(column => column.Declared)], result.Rows);
    }

    public async Task<CursorStatistics> GetCursorStatisticsAsync(DatasetName dataset, CursorColumn cursor, string? ceiling, CancellationToken cancellationToken)
    {
        var (name, columns) = await DescribeAsync(dataset, LookTag, cancellationToken);
        var plan = CursorPlan.Resolve(name, [.. columns.Select(column => column.Declared)], cursor);
        var call = new SnowflakeCall($"Counting the rows of {name}", name, target.StatementTimeout, IsLook: true, LookTag, SilentObserver.Instance);
        var result = await QueryAsync(SnowflakeSql.Statistics(name, plan, columns, ceiling), call, cancellationToken);
        var row = result.Rows is [{ Length: 4 } only] ? only : throw new WarehouseException(WarehouseErrors.QueryFailed, $"{call.What} gave no counts.");
        return new CursorStatistics(Count(row[1]), Count(row[2]), Count(row[3]), row[0]);
    }

    public async Task<IWindowRead> OpenWindowAsync(WindowQuery query, CancellationToken cancellationToken)
    {
        var tag = query.Origin is { } origin ? $"warehouse-import:{origin.SyncId}:{origin.RunId}" : LookTag;
        var call = new SnowflakeCall($"Reading {query.Dataset}", query.Dataset, target.StatementTimeout, IsLook: false, tag, query.Observer);
        var answer = query.Statement is { } handle ? await ResumeAsync(handle, call, cancellationToken) : null;
        // Once a handle is unknown its request id leads to nothing that can be read to the end either.
        answer ??= await SubmitAsync(query.Statement is null ? query : query with { RequestId = Guid.NewGuid(), IsRepeated = false }, call, cancellationToken);
        return await SnowflakeWindowRead.OpenAsync(client, answer, query, call, options.ParallelPartitions, cancellationToken);
    }

    /// <returns>
    /// Null if the result is gone (H22), or the statement was cancelled or ran out of time, for example by the process that handed the run over; the window is then asked anew.
    /// </returns>
    private async Task<SnowflakeAnswer?> ResumeAsync(string handle, SnowflakeCall call, CancellationToken cancellationToken)
    {
        try
        {
            return await client.ResumeAsync(handle, call, cancellationToken);
        }
        catch (WarehouseException failure) when (failure is { Code: WarehouseErrors.ResultExpired } or { IsTransient: true, Code: WarehouseErrors.QueryFailed or WarehouseErrors.TimedOut })
        {
            call.Observer.Retrying(new WarehouseRetry(WarehouseRetryReasons.ResultExpired, 1, TimeSpan.Zero));
            return null;
        }
    }

    private async Task<SnowflakeAnswer> SubmitAsync(WindowQuery query, SnowflakeCall call, CancellationToken cancellationToken)
    {
        var (name, columns) = await DescribeAsync(query.Dataset, call.Tag, cancellationToken);
        var declared = columns.Select(column => column.Declared).ToList();
        var cursor = CursorPlan.Resolve(name, declared, query.Cursor);
        var selected = Schema.FindReadable(name, declared, query.Columns).Select(column => columns[declared.IndexOf(column)]).ToList();
        var statement = SnowflakeSql.Window(name, cursor, columns, selected, query.From, query.To);
        return await client.ExecuteAsync(
            statement,
            query.RequestId,
            query.IsRepeated,
            isAsync: true,
            call,
            handle => query.Observer.StatementAcceptedAsync(handle, cancellationToken),
            cancellationToken);
    }

    // Advice, not a failure: nothing here writes, so the rights are a risk elsewhere, not an obstacle.
    private async Task<CheckItem> CheckReadOnlyAsync(string role, CancellationToken cancellationToken)
    {
        var result = await QueryAsync(SnowflakeSql.ShowGrants(role), Look("Reading the role's rights"), cancellationToken);
        var rights = result.Rows.Select(row => result.Cell(row, "privilege")).OfType<string>()
            .Where(right => right is not ("USAGE" or "SELECT" or "MONITOR" or "REFERENCES" or "READ" or "IMPORTED PRIVILEGES"))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return rights.Count == 0
            ? new CheckItem("read_only", true, $"The role {SnowflakeSql.Identifier(role)} holds no right to change anything.", null)
            : new CheckItem(
                "read_only",
                true,
                $"The role {SnowflakeSql.Identifier(role)} holds more than it needs: {string.Join(", ", rights.Take(10))}. Reads never use that.",
                "Use a role that has only what the grant script of this connection gives.");
    }

    private async Task AddReadAsync(List<CheckItem> items, DatasetName dataset, CancellationToken cancellationToken)
    {
        var warehouse = SnowflakeSql.Identifier(target.Warehouse);
        try
        {
            var (_, columns) = await DescribeAsync(dataset, LookTag, cancellationToken);
            if (columns.Count > 0) await QueryAsync(SnowflakeSql.Probe(dataset, columns[0].Name), Look($"Reading {dataset}", dataset), cancellationToken);
            items.Add(new CheckItem("warehouse", true, $"The warehouse {warehouse} runs statements.", null));
            items.Add(new CheckItem("read_dataset", true, $"{dataset} can be read.", null));
        }
        catch (WarehouseException failure)
        {
            var isWarehouse = failure.Fix == SnowflakeGrants.Warehouse(target) || failure.Code is WarehouseErrors.Busy or WarehouseErrors.TimedOut;
            items.Add(isWarehouse
                ? new CheckItem("warehouse", false, failure.Message, failure.Fix)
                : new CheckItem("read_dataset", false, failure.Message, failure.Fix));
        }
    }

    private static async Task<bool> AddAsync(List<CheckItem> items, string name, Func<Task<CheckItem>> check)
    {
        try
        {
            items.Add(await check());
        }
        catch (WarehouseException failure)
        {
            items.Add(new CheckItem(name, false, failure.Message, failure.Fix));
        }

        return items[^1].IsOk;
    }

    private CheckItem Reached() => new("reach", true, $"{client.Host} answers over a trusted connection.", null);

    private CheckItem SignedIn() => new("sign_in", true, $"Signed in as {SnowflakeSql.Identifier(target.User)}.", null);

    /// <summary>The stored name of a dataset and its columns, as the role sees them now (S7, H19).</summary>
    private async Task<(DatasetName Name, IReadOnlyList<SnowflakeColumn> Columns)> DescribeAsync(DatasetName dataset, string tag, CancellationToken cancellationToken)
    {
        if (dataset.Parts.Count != 3 || !dataset.Parts.All(SnowflakeSql.IsName) || !IsChosen(target.Databases, dataset.Parts[0]) || !IsChosen(target.Schemas, dataset.Parts[1]))
        {
            throw Schema.Unknown(dataset);
        }

        try
        {
            return (dataset, await ColumnsAsync(dataset, tag, cancellationToken));
        }
        catch (WarehouseException failure) when (failure.Code == WarehouseErrors.DatasetUnknown)
        {
            // Typed by a person: Snowflake would have folded it to upper case.
            if (await FindAsync(dataset, cancellationToken) is not { } stored) throw;
            return (stored, await ColumnsAsync(stored, tag, cancellationToken));
        }
    }

    private async Task<IReadOnlyList<SnowflakeColumn>> ColumnsAsync(DatasetName dataset, string tag, CancellationToken cancellationToken) =>
        (await QueryAsync(SnowflakeSql.Describe(dataset), Look($"Describing {dataset}", dataset) with { Tag = tag }, cancellationToken)).Columns;

    /// <summary>The one dataset whose name differs in case alone.</summary>
    private async Task<DatasetName?> FindAsync(DatasetName dataset, CancellationToken cancellationToken)
    {
        if (SnowflakeTarget.Match(await DatabasesAsync(cancellationToken), dataset.Parts[0]) is not { } database) return null;
        if (SnowflakeTarget.Match(await SchemasAsync(database, cancellationToken), dataset.Parts[1]) is not { } schema) return null;
        var tables = await ShowAsync(after => SnowflakeSql.ShowTables(database, schema, after), (result, row) => Table(result, row, database, schema), cancellationToken);
        var views = await ShowAsync(after => SnowflakeSql.ShowViews(database, schema, after), (result, row) => View(result, row, database, schema), cancellationToken);
        var table = SnowflakeTarget.Match([.. tables.Concat(views).Select(found => found.Name.Parts[2]).Distinct(StringComparer.Ordinal)], dataset.Parts[2]);
        var stored = table is null ? null : new DatasetName(database, schema, table);
        return stored is null || stored.Equals(dataset) ? null : stored;
    }

    private async Task<IReadOnlyList<string>> DatabasesAsync(CancellationToken cancellationToken)
    {
        var result = await QueryAsync(SnowflakeSql.ShowDatabases, Look("Listing the databases"), cancellationToken);
        var found = result.Rows
            // SNOWFLAKE describes the account itself; applications and personal databases hold no customer data to import.
            .Where(row => result.Cell(row, "kind") is null or "" or "STANDARD" or "IMPORTED DATABASE")
            .Select(row => result.Cell(row, "name"))
            .OfType<string>()
            .Where(name => name != "SNOWFLAKE")
            .ToList();
        if (target.Databases is not { } chosen) return found;
        return [.. chosen.Select(name => SnowflakeTarget.Match(found, name) ?? throw new WarehouseException(
            WarehouseErrors.PermissionDenied,
            $"There is no database {SnowflakeSql.Identifier(SnowflakeTarget.Fold(name))} that the role may see.",
            $"GRANT USAGE ON DATABASE {SnowflakeSql.Identifier(SnowflakeTarget.Fold(name))} TO ROLE {SnowflakeSql.Identifier(target.Role ?? "<role>")};"))];
    }

    private async Task<IReadOnlyList<string>> SchemasAsync(string database, CancellationToken cancellationToken)
    {
        var found = await ShowAsync(after => SnowflakeSql.ShowSchemas(database, after), (result, row) => result.Cell(row, "name"), cancellationToken);
        var names = found.Where(name => name != "INFORMATION_SCHEMA").ToList();
        return target.Schemas is not { } chosen ? names : [.. chosen.Select(name => SnowflakeTarget.Match(names, name)).OfType<string>()];
    }

    /// <summary>Rows of a SHOW, page by page, because one without LIMIT is refused beyond 10 000.</summary>
    private async Task<List<T>> ShowAsync<T>(Func<string?, string> statement, Func<SnowflakeResult, string?[], T?> read, CancellationToken cancellationToken)
        where T : class
    {
        var found = new List<T>();
        string? after = null;
        while (true)
        {
            var result = await QueryAsync(statement(after), Look("Listing the datasets"), cancellationToken);
            found.AddRange(result.Rows.Select(row => read(result, row)).OfType<T>());
            var last = result.Rows.Count == 0 ? null : result.Cell(result.Rows[^1], "name");
            if (result.Rows.Count < SnowflakeSql.ShowLimit || last is null || last == after) return found;
            after = last;
        }
    }

    private static Dataset? Table(SnowflakeResult result, string?[] row, string database, string schema) =>
        result.Cell(row, "name") is not { } name ? null : new Dataset(
            new DatasetName(database, schema, name),
            result.Cell(row, "is_dynamic") is "Y" or "true" ? DatasetKind.MaterializedView : DatasetKind.Table);

    private static Dataset? View(SnowflakeResult result, string?[] row, string database, string schema) =>
        result.Cell(row, "name") is not { } name ? null : new Dataset(
            new DatasetName(database, schema, name),
            result.Cell(row, "is_materialized") is "Y" or "true" ? DatasetKind.MaterializedView : DatasetKind.View);

    private static bool IsChosen(IReadOnlyList<string>? chosen, string name) => chosen is null || chosen.Any(typed => SnowflakeTarget.Match([name], typed) is not null);

    private SnowflakeCall Look(string what, DatasetName? dataset = null) => new(what, dataset, options.PreviewTimeout, IsLook: true, LookTag, SilentObserver.Instance);

    private Task<SnowflakeResult> QueryAsync(SnowflakeStatement statement, SnowflakeCall call, CancellationToken cancellationToken) =>
        client.QueryAsync(statement, call, cancellationToken);

    private static long Count(string? text) => long.Parse(text ?? "0", NumberStyles.None, CultureInfo.InvariantCulture);
}
