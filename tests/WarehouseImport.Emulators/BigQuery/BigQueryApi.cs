using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Engine.Sql;
using WarehouseImport.Emulators.Hosting;
using WarehouseImport.Emulators.Journal;

namespace WarehouseImport.Emulators.BigQuery;

/// <summary>The REST calls: queries, jobs, lists, table data.</summary>
internal sealed partial class BigQueryApi(BigQueryEmulatorOptions options, EmulatorCore core, EmulatedCatalogue catalogue, BigQueryAuthenticator authenticator, BigQuerySwitches switches)
{
    private const string Root = "/bigquery/v2/";
    private const string AnonymousDataset = "_anonymous";
    private static readonly TimeSpan Retention = TimeSpan.FromHours(24);
    private static readonly string[] QueryFields =
    [
        "kind", "query", "maxResults", "defaultDataset", "timeoutMs", "jobTimeoutMs", "destinationEncryptionConfiguration", "dryRun", "preserveNulls", "useQueryCache", "useLegacySql", "parameterMode",
        "queryParameters", "location", "formatOptions", "connectionProperties", "labels", "maximumBytesBilled", "requestId", "createSession", "jobCreationMode", "reservation", "maxSlots",
    ];

    private static readonly string[] ConfigurationFields =
    [
        "query", "useLegacySql", "parameterMode", "queryParameters", "maximumBytesBilled", "priority", "useQueryCache", "defaultDataset", "destinationTable", "createDisposition", "writeDisposition",
        "allowLargeResults", "flattenResults", "userDefinedFunctionResources", "schemaUpdateOptions", "timePartitioning", "rangePartitioning", "clustering", "destinationEncryptionConfiguration",
        "scriptOptions", "connectionProperties", "createSession", "continuous", "preserveNulls", "maximumBillingTier", "tableDefinitions",
    ];

    private readonly ConcurrentDictionary<string, BigQueryJob> _jobs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (string Owner, int Start, DateTimeOffset Made)> _tokens = new(StringComparer.Ordinal);
    private int _executions;

    public static void Describe(EmulatedRequest request, JournalEntry entry)
    {
        if (request.Method != "POST" || request.Body.Length == 0 || request.Body[0] != '{') return;
        try
        {
            using var document = JsonDocument.Parse(request.Body);
            var query = document.RootElement;
            if (query.TryGetProperty("configuration", out var configuration)) query = configuration.TryGetProperty("query", out var inner) ? inner : configuration;
            if (query.TryGetProperty("query", out var sql) && sql.ValueKind == JsonValueKind.String) entry.Statement = sql.GetString();
            if (query.TryGetProperty("queryParameters", out var parameters)) entry.Bindings = parameters.GetRawText();
            if (document.RootElement.TryGetProperty("jobReference", out var reference) && reference.TryGetProperty("jobId", out var id)) entry.Handle = id.GetString();
        }
        catch (JsonException)
        {
            // A body that is no JSON has no statement to note; the handler refuses it.
            entry.Statement = null;
        }
    }

    public EmulatedResponse Handle(EmulatedRequest request, Exchange exchange)
    {
        if (request.Path == "/token")
        {
            var response = authenticator.Token(request, out var refused);
            exchange.Entry.AuthenticationFailure = refused;
            return response;
        }

        var (account, error, reason) = authenticator.Check(request);
        exchange.Entry.AuthenticationFailure = reason;
        if (error is not null) return error.Response();
        var answer = Answered(request, exchange, account!);
        // Both are asked for before the service compresses.
        var compressed = request.Header("Accept-Encoding")?.Contains("gzip", StringComparison.OrdinalIgnoreCase) == true && request.Header("User-Agent")?.Contains("gzip", StringComparison.OrdinalIgnoreCase) == true;
        return answer with { IsGzip = compressed && answer.Body.Length > 0 };
    }

    private EmulatedResponse Answered(EmulatedRequest request, Exchange exchange, string account)
    {
        try
        {
            return Route(request, exchange, account);
        }
        catch (BigQueryRefusal refusal)
        {
            return refusal.Error.Response();
        }
        catch (JsonException exception)
        {
            return new BigQueryError(400, "parseError", $"Invalid JSON payload received. {exception.Message}").Response();
        }
    }

    private EmulatedResponse Route(EmulatedRequest request, Exchange exchange, string account)
    {
        if (!request.Path.StartsWith(Root, StringComparison.Ordinal)) return new EmulatedResponse(404, Encoding.UTF8.GetBytes("<html>Not found</html>")) { ContentType = "text/html" };
        var p = request.Path[Root.Length..].Split('/').Select(Uri.UnescapeDataString).ToArray();
        if (p is ["projects"] && request.Method == "GET") return Projects();
        if (p.Length < 3 || p[0] != "projects") return BigQueryError.NotFound("Not found").Response();
        if (!catalogue.TryFind(p[1], out var project)) return BigQueryError.NotFound($"Not found: Project {p[1]}").Response();
        return (request.Method, p[2], p.Length) switch
        {
            ("POST", "queries", 3) => Query(request, exchange, project, account),
            ("GET", "queries", 4) => Results(request, exchange, project, p[3]),
            ("POST", "jobs", 3) => Insert(request, exchange, project, account),
            ("GET", "jobs", 3) => List(request, "jobs", "nextPageToken", [.. _jobs.Values.Where(j => j.Project == project.Name).OrderByDescending(j => j.CreatedOn).Select(j => JobResource(j, isListed: true))], "bigquery#jobList"),
            ("GET", "jobs", 4) => Get(request, exchange, project, p[3]),
            ("POST", "jobs", 5) when p[4] == "cancel" => Cancel(request, exchange, project, p[3]),
            ("GET", "datasets", 3) => List(request, "datasets", "nextPageToken", [.. project.Schemas.Where(s => !s.Name.StartsWith('_') || request.Parameter("all") == "true").Select(DatasetItem)], "bigquery#datasetList"),
            ("GET", "datasets", 4) => Json(DatasetItem(Dataset(project, p[3]))),
            ("GET", "datasets", 5) when p[4] == "tables" => List(request, "tables", "nextPageToken", [.. Dataset(project, p[3]).Tables.Select(t => TableResource(t, isListed: true))], "bigquery#tableList"),
            ("GET", "datasets", 6) when p[4] == "tables" => Table(project, p[3], p[5]),
            ("GET", "datasets", 7) when p[4] == "tables" && p[6] == "data" => TableData(request, project, p[3], p[5]),
            _ => BigQueryError.NotFound("Not found").Response(),
        };
    }

    private EmulatedResponse Query(EmulatedRequest request, Exchange exchange, EmulatedDatabase project, string account)
    {
        using var document = JsonDocument.Parse(request.Body);
        var body = document.RootElement;
        CheckFields(body, QueryFields);
        if (Text(body, "requestId") is { Length: > 36 }) throw new BigQueryRefusal(BigQueryError.Invalid("Request ID must be at most 36 characters"));
        var isDry = Flag(body, "dryRun");
        var isOptional = Text(body, "jobCreationMode") == "JOB_CREATION_OPTIONAL";
        var (job, failure) = Run(body, null, project, account, Text(body, "location"), isDry, exchange, Labels(body), null);
        if (failure is not null) return failure.Response();
        if (isDry) return DryRun(job, isQuery: true);
        return Page(job, request, body, exchange, isOptional);
    }

    private EmulatedResponse Insert(EmulatedRequest request, Exchange exchange, EmulatedDatabase project, string account)
    {
        using var document = JsonDocument.Parse(request.Body);
        var body = document.RootElement;
        CheckFields(body, ["kind", "jobReference", "configuration", "id", "etag", "selfLink", "user_email", "status", "statistics"]);
        if (!body.TryGetProperty("configuration", out var configuration)) throw new BigQueryRefusal(new BigQueryError(400, "required", "Required parameter is missing"));
        CheckFields(configuration, ["query", "labels", "dryRun", "jobTimeoutMs", "jobType", "reservation", "maxSlots"]);
        if (!configuration.TryGetProperty("query", out var query)) throw new BigQueryRefusal(new BigQueryError(400, "required", "Required parameter is missing: query"));
        CheckFields(query, ConfigurationFields);
        string? id = null;
        string? location = null;
        if (body.TryGetProperty("jobReference", out var reference))
        {
            CheckFields(reference, ["projectId", "jobId", "location"]);
            id = Text(reference, "jobId");
            location = Text(reference, "location");
            if (Text(reference, "projectId") is { } named && named != project.Name) throw new BigQueryRefusal(BigQueryError.Invalid("Value in the URL does not match the project of the job reference"));
        }

        if (id is not null && !JobId().IsMatch(id)) throw new BigQueryRefusal(BigQueryError.Invalid($"Invalid job ID \"{id}\". Job IDs must be alphanumeric (plus underscores and dashes) and must be at most 1024 characters long."));
        var isDry = Flag(configuration, "dryRun");
        var (job, failure) = Run(query, id, project, account, location, isDry, exchange, Labels(configuration), Text(configuration, "jobTimeoutMs"));
        if (failure is not null && (isDry || failure.Status is 409 or 401 || failure.Reason is "invalid")) return failure.Response();
        return isDry ? DryRun(job, isQuery: false) : Json(JobResource(job, isListed: false));
    }

    /// <summary>Runs a query once and keeps its rows. A failure after the request was found sound is kept with the job.</summary>
    private (BigQueryJob Job, BigQueryError? Failure) Run(
        JsonElement query, string? id, EmulatedDatabase project, string account, string? location, bool isDry, Exchange exchange, JsonObject? labels, string? timeout)
    {
        var sql = Text(query, "query");
        if (string.IsNullOrWhiteSpace(sql)) throw new BigQueryRefusal(new BigQueryError(400, "required", "Required parameter is missing: query"));
        var key = $"{project.Name}:{id}";
        if (id is not null && _jobs.TryGetValue(key, out var earlier)) return (earlier, new BigQueryError(409, "duplicate", $"Already Exists: Job {project.Name}:{earlier.Location}.{id}"));
        FrozenResult? result = null;
        BigQueryError? failure = null;
        long bytes = 0;
        var where = location ?? options.Location;
        try
        {
            if (!query.TryGetProperty("useLegacySql", out var legacy) || legacy.ValueKind != JsonValueKind.False) throw new BigQueryRefusal(new BigQueryError(400, "invalidQuery", "Invalid table name: legacy SQL was asked for. [Try using standard SQL (https://cloud.google.com/bigquery/docs/reference/standard-sql/enabling-standard-sql)].", "query"));
            if (exchange.FailStatement is { } armed) throw new SqlFailure(SqlFailureKind.Armed, armed.Code, armed.Message);
            var parser = new BigQueryParser(sql);
            var syntax = parser.ParseStatement();
            var dataset = query.TryGetProperty("defaultDataset", out var given) && given.ValueKind == JsonValueKind.Object ? Text(given, "datasetId") : null;
            var defaultProject = dataset is null ? null : Text(given, "projectId");
            var context = new StatementContext(catalogue)
            {
                Database = defaultProject ?? project.Name,
                Schema = dataset,
                Role = account,
                User = account,
                Now = catalogue.Now(),
                Parameters = BigQueryParameters.Read(query),
            };
            var translator = new BigQueryTranslator(context);
            var (translated, columns) = translator.TranslateStatement(syntax);
            if (translator.Uses.Select(u => u.Table.Schema.Location).FirstOrDefault() is { } home)
            {
                if (location is not null && !location.Equals(home, StringComparison.OrdinalIgnoreCase))
                {
                    var table = translator.Uses[0].Table;
                    throw new SqlFailure(SqlFailureKind.UnknownTable, $"{table.Schema.Database.Name}:{table.Schema.Name}", "Dataset");
                }

                where = home;
            }

            bytes = BigQueryEstimate.Bytes(translator.Uses, catalogue);
            if (Text(query, "maximumBytesBilled") is { } most && long.TryParse(most, CultureInfo.InvariantCulture, out var limit) && bytes > limit)
            {
                failure = new BigQueryError(400, "bytesBilledLimitExceeded", string.Create(CultureInfo.InvariantCulture, $"Query exceeded limit for bytes billed: {limit}. {bytes} or higher required."));
            }
            else
            {
                result = new FrozenResult(columns, isDry ? [] : catalogue.Store.Query(translated, options.Seed + Interlocked.Increment(ref _executions)));
                exchange.Entry.Executed = !isDry;
            }
        }
        catch (SqlFailure exception)
        {
            failure = BigQueryError.Of(exception, where);
            if (exception.IsUnknownSql) exchange.Entry.UnknownSql = $"{exception.Kind} '{exception.Subject}' {exception.Detail}";
        }
        catch (BigQueryRefusal refusal)
        {
            failure = refusal.Error;
        }

        var configuration = JsonNode.Parse(query.GetRawText())!.AsObject();
        var destination = (AnonymousDataset, $"anon{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}");
        if (!isDry) configuration["destinationTable"] = new JsonObject { ["projectId"] = project.Name, ["datasetId"] = destination.Item1, ["tableId"] = destination.Item2 };
        var wrapper = new JsonObject { ["jobType"] = "QUERY", ["query"] = configuration };
        if (labels is not null) wrapper["labels"] = labels;
        if (isDry) wrapper["dryRun"] = true;
        if (timeout is not null) wrapper["jobTimeoutMs"] = timeout;
        var job = new BigQueryJob(project.Name, id ?? $"job_{Guid.NewGuid():N}", where, core.Clock.GetUtcNow())
        {
            Owner = account,
            Configuration = wrapper,
            Result = result,
            Failure = failure,
            Bytes = bytes,
            Duration = switches.JobDuration,
            NeverFinishes = switches.NeverFinishes is { } text && sql.Contains(text, StringComparison.OrdinalIgnoreCase),
            RunningPolls = switches.RunningPolls,
            Destination = destination,
        };
        exchange.Entry.Handle = job.Id;
        if (!isDry && failure?.Reason != "invalid") _jobs[$"{project.Name}:{job.Id}"] = job;
        return (job, failure);
    }

    private EmulatedResponse DryRun(BigQueryJob job, bool isQuery)
    {
        var bytes = job.Bytes.ToString(CultureInfo.InvariantCulture);
        if (isQuery)
        {
            return Json(new JsonObject
            {
                ["kind"] = "bigquery#queryResponse",
                ["schema"] = Schema(job.Result!.Columns),
                ["jobReference"] = new JsonObject { ["projectId"] = job.Project, ["location"] = job.Location },
                ["totalBytesProcessed"] = bytes,
                ["jobComplete"] = true,
                ["cacheHit"] = false,
            });
        }

        var resource = JobResource(job, isListed: false);
        resource["jobReference"]!.AsObject().Remove("jobId");
        resource["statistics"]!["query"]!["schema"] = Schema(job.Result!.Columns);
        resource["status"] = new JsonObject { ["state"] = "DONE" };
        return Json(resource);
    }

    private EmulatedResponse Results(EmulatedRequest request, Exchange exchange, EmulatedDatabase project, string id)
    {
        var job = Find(project, id, request.Parameter("location"));
        exchange.Entry.Handle = id;
        return Page(job, request, default, exchange, isOptional: false);
    }

    private EmulatedResponse Page(BigQueryJob job, EmulatedRequest request, JsonElement body, Exchange exchange, bool isOptional)
    {
        var isQuery = body.ValueKind == JsonValueKind.Object;
        var answer = new JsonObject { ["kind"] = isQuery ? "bigquery#queryResponse" : "bigquery#getQueryResultsResponse" };
        if (!isQuery) answer["etag"] = "etag";
        if (!isOptional) answer["jobReference"] = Reference(job);
        else answer["queryId"] = job.Id;
        lock (job)
        {
            var done = job.IsDone(core.Clock.GetUtcNow());
            if (!done)
            {
                if (!isQuery && job.RunningPolls > 0) job.RunningPolls--;
                answer["jobComplete"] = false;
                // Whatever the mode, a job that goes on has a name to poll.
                answer["jobReference"] = Reference(job);
                return Json(answer);
            }
        }

        if (job.IsCancelled) return new BigQueryError(400, "stopped", "Job execution was cancelled: User requested cancellation").Response();
        if (job.Failure is { } failure) return failure.Response();
        var result = job.Result!;
        string? Option(string name) => isQuery ? Text(body, name) : request.Parameter(name);
        var format = isQuery ? body.TryGetProperty("formatOptions", out var given) && Flag(given, "useInt64Timestamp") : request.Parameter("formatOptions.useInt64Timestamp") == "true";
        var start = Start(request, job.Id, result.Rows.Count);
        var most = Option("maxResults") is { } text && int.TryParse(text, CultureInfo.InvariantCulture, out var asked) ? asked : int.MaxValue;
        var (rows, next) = Rows(result.Columns.Select(c => c.Type).ToList(), result.Rows, start, most, format);
        answer["schema"] = Schema(result.Columns);
        answer["totalRows"] = (result.Rows.Count + (exchange.WrongCounts?.Rows ?? 0)).ToString(CultureInfo.InvariantCulture);
        if (rows.Count > 0) answer["rows"] = rows;
        if (next < result.Rows.Count) answer["pageToken"] = Token(job.Id, next);
        answer["totalBytesProcessed"] = job.Bytes.ToString(CultureInfo.InvariantCulture);
        answer["jobComplete"] = true;
        answer["cacheHit"] = false;
        if (switches.AddsUnknownFields) answer["serviceNote"] = "clients must tolerate this field";
        return Json(answer);
    }

    private int Start(EmulatedRequest request, string owner, int rows)
    {
        if (request.Parameter("pageToken") is { } token)
        {
            return _tokens.TryGetValue(token, out var known) && known.Owner == owner && core.Clock.GetUtcNow() - known.Made < Retention
                ? known.Start
                : throw new BigQueryRefusal(BigQueryError.Invalid($"Invalid value for pageToken: {token}"));
        }

        return request.Parameter("startIndex") is { } text && int.TryParse(text, CultureInfo.InvariantCulture, out var index) ? Math.Clamp(index, 0, rows) : 0;
    }

    private string Token(string owner, int start)
    {
        var token = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18)).Replace('+', '-').Replace('/', '_');
        _tokens[token] = (owner, start, core.Clock.GetUtcNow());
        return token;
    }

    private (JsonArray Rows, int Next) Rows(IReadOnlyList<SqlType> types, IReadOnlyList<object?[]> rows, int start, int most, bool useInt64)
    {
        var page = new JsonArray();
        long size = 0;
        var at = start;
        while (at < rows.Count && page.Count < most && page.Count < switches.PageRows)
        {
            var row = rows[at];
            var cells = new JsonArray();
            long rowSize = 8;
            for (var c = 0; c < types.Count; c++)
            {
                cells.Add(new JsonObject { ["v"] = BigQueryEncoder.Value(row[c], types[c], useInt64) });
                rowSize += 10 + (row[c] is string text ? text.Length : 4);
            }

            if (page.Count > 0 && size + rowSize > switches.PageBytes) break;
            size += rowSize;
            page.Add(new JsonObject { ["f"] = cells });
            at++;
        }

        return (page, at);
    }

    private EmulatedResponse Get(EmulatedRequest request, Exchange exchange, EmulatedDatabase project, string id)
    {
        exchange.Entry.Handle = id;
        var job = Find(project, id, request.Parameter("location"));
        var resource = JobResource(job, isListed: false);
        lock (job)
        {
            if (job.RunningPolls > 0) job.RunningPolls--;
        }

        return Json(resource);
    }

    private EmulatedResponse Cancel(EmulatedRequest request, Exchange exchange, EmulatedDatabase project, string id)
    {
        exchange.Entry.Handle = id;
        var job = Find(project, id, request.Parameter("location"));
        lock (job)
        {
            if (!job.IsDone(core.Clock.GetUtcNow()))
            {
                job.IsCancelled = true;
                job.Failure = new BigQueryError(400, "stopped", "Job execution was cancelled: User requested cancellation");
            }
        }

        return Json(new JsonObject { ["kind"] = "bigquery#jobCancelResponse", ["job"] = JobResource(job, isListed: false) });
    }

    private BigQueryJob Find(EmulatedDatabase project, string id, string? location)
    {
        var isFound = _jobs.TryGetValue($"{project.Name}:{id}", out var job) && core.Clock.GetUtcNow() - job.CreatedOn < Retention;
        // Without a location only the US and EU multi-regions are looked through.
        var isHere = isFound && (location is null ? job!.Location.ToUpperInvariant() is "US" or "EU" : location.Equals(job!.Location, StringComparison.OrdinalIgnoreCase));
        return isHere ? job! : throw new BigQueryRefusal(BigQueryError.NotFound($"Not found: Job {project.Name}:{id}"));
    }

    private JsonObject JobResource(BigQueryJob job, bool isListed)
    {
        var now = core.Clock.GetUtcNow();
        var done = job.IsDone(now);
        var created = job.CreatedOn.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var bytes = job.Bytes.ToString(CultureInfo.InvariantCulture);
        var status = new JsonObject { ["state"] = done ? "DONE" : job.RunningPolls > 1 ? "PENDING" : "RUNNING" };
        if (done && job.Failure is { } failure)
        {
            status["errorResult"] = failure.Entry();
            status["errors"] = new JsonArray(failure.Entry());
        }

        var statistics = new JsonObject
        {
            ["creationTime"] = created,
            ["startTime"] = created,
            ["totalBytesProcessed"] = bytes,
            ["query"] = new JsonObject { ["totalBytesProcessed"] = bytes, ["totalBytesBilled"] = done && job.Failure is null ? bytes : "0", ["cacheHit"] = false, ["statementType"] = "SELECT" },
        };
        if (done) statistics["endTime"] = now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var resource = new JsonObject
        {
            ["kind"] = "bigquery#job",
            ["id"] = $"{job.Project}:{job.Location}.{job.Id}",
            ["selfLink"] = $"https://bigquery.googleapis.com/bigquery/v2/projects/{job.Project}/jobs/{job.Id}?location={job.Location}",
            ["user_email"] = job.Owner,
            ["configuration"] = job.Configuration.DeepClone(),
            ["jobReference"] = Reference(job),
            ["statistics"] = statistics,
            ["status"] = status,
        };
        if (isListed) resource["state"] = status["state"]!.DeepClone();
        else resource["etag"] = "etag";
        return resource;
    }

    private EmulatedResponse Projects() => Json(new JsonObject
    {
        ["kind"] = "bigquery#projectList",
        ["projects"] = new JsonArray([.. catalogue.Databases.Select(d => new JsonObject { ["id"] = d.Name, ["projectReference"] = new JsonObject { ["projectId"] = d.Name }, ["friendlyName"] = d.Name })]),
        ["totalItems"] = catalogue.Databases.Count,
    });

    private static EmulatedSchema Dataset(EmulatedDatabase project, string name) =>
        project.TryFind(name, out var dataset) ? dataset : throw new BigQueryRefusal(BigQueryError.NotFound($"Not found: Dataset {project.Name}:{name}"));

    private static JsonObject DatasetItem(EmulatedSchema dataset) => new()
    {
        ["kind"] = "bigquery#dataset",
        ["id"] = $"{dataset.Database.Name}:{dataset.Name}",
        ["datasetReference"] = new JsonObject { ["datasetId"] = dataset.Name, ["projectId"] = dataset.Database.Name },
        ["location"] = dataset.Location,
        ["type"] = "DEFAULT",
    };

    private EmulatedResponse Table(EmulatedDatabase project, string datasetName, string tableName)
    {
        if (AnonymousResult(project, datasetName, tableName) is { } job)
        {
            return Json(new JsonObject
            {
                ["kind"] = "bigquery#table",
                ["tableReference"] = new JsonObject { ["projectId"] = project.Name, ["datasetId"] = datasetName, ["tableId"] = tableName },
                ["schema"] = Schema(job.Result!.Columns),
                ["numRows"] = job.Result.Rows.Count.ToString(CultureInfo.InvariantCulture),
                ["type"] = "TABLE",
                ["location"] = job.Location,
            });
        }

        return Dataset(project, datasetName).TryFind(tableName, out var table)
            ? Json(TableResource(table, isListed: false))
            : BigQueryError.NotFound($"Not found: Table {project.Name}:{datasetName}.{tableName}").Response();
    }

    private JsonObject TableResource(EmulatedTable table, bool isListed)
    {
        var resource = new JsonObject
        {
            ["kind"] = "bigquery#table",
            ["id"] = $"{table.Schema.Database.Name}:{table.Schema.Name}.{table.Name}",
            ["tableReference"] = new JsonObject { ["projectId"] = table.Schema.Database.Name, ["datasetId"] = table.Schema.Name, ["tableId"] = table.Name },
            ["type"] = table.Kind switch { RelationKind.View => "VIEW", RelationKind.MaterializedView => "MATERIALIZED_VIEW", RelationKind.ExternalTable => "EXTERNAL", RelationKind.Snapshot => "SNAPSHOT", _ => "TABLE" },
            ["creationTime"] = table.CreatedOn.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
        };
        if (table.PartitionColumn is not null)
        {
            resource["timePartitioning"] = new JsonObject { ["type"] = "DAY", ["field"] = table.PartitionColumn };
            if (table.IsPartitionFilterRequired) resource["requirePartitionFilter"] = true;
        }

        if (table.Clustering.Count > 0) resource["clustering"] = new JsonObject { ["fields"] = new JsonArray([.. table.Clustering.Select(c => JsonValue.Create(c))]) };
        if (table.Kind is RelationKind.View) resource["view"] = isListed ? new JsonObject { ["useLegacySql"] = false } : new JsonObject { ["query"] = table.ViewSql ?? "", ["useLegacySql"] = false };
        if (isListed) return resource;
        resource["schema"] = new JsonObject { ["fields"] = new JsonArray([.. table.Columns.Select(c => Described(c))]) };
        resource["numRows"] = table.RowCount.ToString(CultureInfo.InvariantCulture);
        resource["numBytes"] = BigQueryEstimate.Bytes(table).ToString(CultureInfo.InvariantCulture);
        resource["lastModifiedTime"] = table.ModifiedOn.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        resource["location"] = table.Schema.Location;
        if (table.Comment is not null) resource["description"] = table.Comment;
        if (table.StreamingRows > 0) resource["streamingBuffer"] = new JsonObject { ["estimatedRows"] = table.StreamingRows.ToString(CultureInfo.InvariantCulture), ["estimatedBytes"] = "0" };
        return resource;
    }

    private JsonObject Described(ColumnDefinition column)
    {
        var field = BigQueryEncoder.Field(column.Name, column.Type, column.IsNullable, switches.OmitsMode);
        if (column.Comment is not null) field["description"] = column.Comment;
        return field;
    }

    private EmulatedResponse TableData(EmulatedRequest request, EmulatedDatabase project, string datasetName, string tableName)
    {
        FrozenResult result;
        if (AnonymousResult(project, datasetName, tableName) is { } job) result = job.Result!;
        else
        {
            if (!Dataset(project, datasetName).TryFind(tableName, out var table)) throw new BigQueryRefusal(BigQueryError.NotFound($"Not found: Table {project.Name}:{datasetName}.{tableName}"));
            if (table.Kind != RelationKind.Table) throw new BigQueryRefusal(BigQueryError.Invalid($"Cannot list a table of type {table.Kind.ToString().ToUpperInvariant()}."));
            var context = new StatementContext(catalogue) { Database = project.Name, Role = "", Now = catalogue.Now(), ChecksPartitionFilters = false };
            var wanted = request.Parameter("selectedFields")?.Split(',');
            var list = wanted is null ? "*" : string.Join(", ", table.Columns.Where(c => wanted.Contains(c.Name, StringComparer.OrdinalIgnoreCase)).Select(c => $"`{c.Name}`"));
            var (sql, columns) = new BigQueryTranslator(context).TranslateStatement(new BigQueryParser($"SELECT {list} FROM `{project.Name}.{datasetName}.{tableName}`").ParseStatement());
            result = new FrozenResult(columns, catalogue.Store.Query(sql, options.Seed));
        }

        var owner = $"{datasetName}.{tableName}";
        var start = Start(request, owner, result.Rows.Count);
        var most = int.TryParse(request.Parameter("maxResults"), CultureInfo.InvariantCulture, out var asked) ? asked : int.MaxValue;
        var (rows, next) = Rows(result.Columns.Select(c => c.Type).ToList(), result.Rows, start, most, request.Parameter("formatOptions.useInt64Timestamp") == "true");
        var answer = new JsonObject { ["kind"] = "bigquery#tableDataList", ["etag"] = "etag", ["totalRows"] = result.Rows.Count.ToString(CultureInfo.InvariantCulture) };
        if (rows.Count > 0) answer["rows"] = rows;
        if (next < result.Rows.Count) answer["pageToken"] = Token(owner, next);
        return Json(answer);
    }

    private BigQueryJob? AnonymousResult(EmulatedDatabase project, string dataset, string table) =>
        dataset == AnonymousDataset ? _jobs.Values.FirstOrDefault(j => j.Project == project.Name && j.Destination.Table == table && j.Result is not null) : null;

    private EmulatedResponse List(EmulatedRequest request, string field, string tokenName, IReadOnlyList<JsonObject> items, string kind)
    {
        var start = Start(request, request.Path, items.Count);
        var most = int.TryParse(request.Parameter("maxResults"), CultureInfo.InvariantCulture, out var asked) ? asked : 50;
        var page = items.Skip(start).Take(most).ToList();
        var answer = new JsonObject { ["kind"] = kind, ["etag"] = "etag" };
        if (page.Count > 0) answer[field] = new JsonArray([.. page]);
        if (start + page.Count < items.Count) answer[tokenName] = Token(request.Path, start + page.Count);
        if (field == "tables") answer["totalItems"] = items.Count;
        return Json(answer);
    }

    private JsonObject Schema(IReadOnlyList<OutputColumn> columns) =>
        new() { ["fields"] = new JsonArray([.. columns.Select(c => BigQueryEncoder.Field(c.Name, c.Type, true, switches.OmitsMode))]) };

    private static JsonObject Reference(BigQueryJob job) => new() { ["projectId"] = job.Project, ["jobId"] = job.Id, ["location"] = job.Location };

    private static EmulatedResponse Json(JsonObject body) => EmulatedResponse.Json(200, body.ToJsonString(WireJson.Options)) with { ContentType = "application/json; charset=UTF-8" };

    private static void CheckFields(JsonElement body, string[] known)
    {
        if (body.ValueKind != JsonValueKind.Object) throw new BigQueryRefusal(new BigQueryError(400, "parseError", "Invalid JSON payload received."));
        foreach (var field in body.EnumerateObject())
        {
            if (!known.Contains(field.Name)) throw new BigQueryRefusal(new BigQueryError(400, "invalid", $"Invalid JSON payload received. Unknown name \"{field.Name}\": Cannot find field."));
        }
    }

    private static string? Text(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? value.ToString() : null;

    private static bool Flag(JsonElement body, string name) => body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static JsonObject? Labels(JsonElement body)
    {
        if (!body.TryGetProperty("labels", out var labels) || labels.ValueKind != JsonValueKind.Object) return null;
        foreach (var label in labels.EnumerateObject())
        {
            var value = label.Value.GetString() ?? "";
            if (!LabelKey().IsMatch(label.Name) || !LabelValue().IsMatch(value)) throw new BigQueryRefusal(BigQueryError.Invalid($"Invalid value for label: \"{label.Name}\": \"{value}\" must be at most 63 lower-case letters, digits, _ or -"));
        }

        return JsonNode.Parse(labels.GetRawText())!.AsObject();
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,1024}$")]
    private static partial Regex JobId();

    [GeneratedRegex(@"^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$")]
    private static partial Regex LabelKey();

    [GeneratedRegex(@"^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$")]
    private static partial Regex LabelValue();
}
