using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Engine.Sql;
using WarehouseImport.Emulators.Hosting;
using WarehouseImport.Emulators.Journal;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>The three calls of the SQL API: submit, poll and fetch, cancel.</summary>
internal sealed class SnowflakeStatements(SnowflakeEmulatorOptions options, EmulatorCore core, EmulatedCatalogue catalogue, SnowflakeAuthenticator authenticator, SnowflakeAccount account)
{
    private const string Root = "/api/v2/statements";
    private static readonly TimeSpan SyncLimit = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Retention = TimeSpan.FromHours(24);
    private static readonly string[] BodyFields = ["statement", "timeout", "database", "schema", "warehouse", "role", "bindings", "parameters"];
    private static readonly string[] ParameterNames =
    [
        "binary_output_format", "client_result_chunk_size", "date_output_format", "multi_statement_count", "query_tag", "rows_per_resultset", "time_output_format",
        "timestamp_output_format", "timestamp_ltz_output_format", "timestamp_ntz_output_format", "timestamp_tz_output_format", "timezone", "use_cached_result",
    ];

    private readonly ConcurrentDictionary<string, SnowflakeStatement> _statements = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SnowflakeStatement> _byRequest = new(StringComparer.Ordinal);
    private readonly Random _random = new(options.Seed);
    private int _executions;

    public static void Describe(EmulatedRequest request, JournalEntry entry)
    {
        if (request.Method != "POST" || request.Path != Root) return;
        try
        {
            using var body = JsonDocument.Parse(request.Body);
            if (body.RootElement.ValueKind != JsonValueKind.Object) return;
            if (body.RootElement.TryGetProperty("statement", out var statement)) entry.Statement = statement.ToString();
            if (body.RootElement.TryGetProperty("bindings", out var bindings)) entry.Bindings = bindings.GetRawText();
        }
        catch (JsonException)
        {
            // A body that is no JSON has no statement to note; the handler refuses it.
            entry.Statement = null;
        }
    }

    public EmulatedResponse Handle(EmulatedRequest request, Exchange exchange)
    {
        var now = core.Clock.GetUtcNow();
        if (Precheck(request) is { } refused) return refused.Response(null, now);
        var (user, boundRole, error, reason) = authenticator.Check(request);
        exchange.Entry.AuthenticationFailure = reason;
        if (error is not null) return error.Response(null, now);
        if (account.Switches.NetworkPolicyRefuses)
        {
            return new SnowflakeError(403, "390422", "Incoming request with IP/Token 127.0.0.1 is not allowed to access Snowflake. Contact your account administrator.").Response(null, now);
        }

        var parts = request.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return (request.Method, parts.Length) switch
        {
            ("POST", 3) => Compressed(request, Submit(request, exchange, user!, boundRole)),
            ("GET", 4) => Get(request, exchange, parts[3]),
            ("POST", 5) when parts[4] == "cancel" => Compressed(request, Cancel(parts[3], exchange)),
            _ => new EmulatedResponse(405, []),
        };
    }

    private static EmulatedResponse Compressed(EmulatedRequest request, EmulatedResponse response) =>
        request.Header("Accept-Encoding")?.Contains("gzip", StringComparison.OrdinalIgnoreCase) == true ? response with { IsGzip = response.Body.Length > 0 } : response;

    private static SnowflakeError? Precheck(EmulatedRequest request)
    {
        // The retired API and anything else: a client that follows statementStatusUrl ends here.
        if (!request.Path.StartsWith(Root, StringComparison.Ordinal)) return new SnowflakeError(404, "390404", $"Path {request.Path} not found");
        var accept = request.Header("Accept");
        if (accept is null || !(accept.Contains("application/json", StringComparison.Ordinal) || accept.Contains("*/*", StringComparison.Ordinal)))
        {
            return new SnowflakeError(400, "391902", "Unsupported Accept header null is specified.");
        }

        if (string.IsNullOrWhiteSpace(request.Header("User-Agent"))) return new SnowflakeError(400, "391903", "User-Agent header is missing.");
        if (request.Method != "POST" || request.Path != Root) return null;
        var type = request.Header("Content-Type");
        return type?.Split(';')[0].Trim() == "application/json" ? null : new SnowflakeError(415, "391901", $"Unsupported content type {type}.");
    }

    private EmulatedResponse Submit(EmulatedRequest request, Exchange exchange, SnowflakeUser user, string? boundRole)
    {
        var now = core.Clock.GetUtcNow();
        SnowflakeError Payload(string message) => new(400, "390142", $"Incoming request does not contain a valid payload. {message}");
        if (request.Parameter("requestId") is { } given && !Guid.TryParse(given, out _)) return new SnowflakeError(400, "391906", $"Invalid requestId '{given}'.").Response(null, now);
        var requestId = request.Parameter("requestId") ?? Guid.NewGuid().ToString();
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(request.Body);
        }
        catch (JsonException exception)
        {
            return Payload(exception.Message).Response(null, now);
        }

        using (document)
        {
            var body = document.RootElement;
            if (body.ValueKind != JsonValueKind.Object) return Payload("").Response(null, now);
            foreach (var field in body.EnumerateObject())
            {
                if (!BodyFields.Contains(field.Name)) return Payload($"Unknown field '{field.Name}'.").Response(null, now);
            }

            if (!body.TryGetProperty("statement", out var statement) || statement.ValueKind != JsonValueKind.String || statement.GetString()!.Trim().Length == 0) return Payload("'statement' is missing.").Response(null, now);
            if (request.Parameter("retry") == "true" && _byRequest.TryGetValue(requestId, out var earlier) && earlier.Body == request.Body)
            {
                exchange.Entry.Handle = earlier.Handle;
                return Answer(earlier, 0, request, exchange, isPoll: false);
            }

            var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            if (body.TryGetProperty("parameters", out var given2) && given2.ValueKind == JsonValueKind.Object)
            {
                foreach (var parameter in given2.EnumerateObject())
                {
                    if (!ParameterNames.Contains(parameter.Name.ToLowerInvariant())) return new SnowflakeError(422, "391908", $"Unsupported session parameter '{parameter.Name}'.", "22023").Response(null, now);
                    parameters[parameter.Name] = parameter.Value.ToString();
                }
            }

            var accepted = Execute(request, exchange, user, boundRole, body, parameters, requestId);
            _statements[accepted.Handle] = accepted;
            _byRequest[requestId] = accepted;
            exchange.Entry.Handle = accepted.Handle;
            exchange.Entry.Executed = true;
            if (accepted.Timeout is { } timeout && timeout > TimeSpan.Zero && accepted.Duration > timeout)
            {
                accepted.IsCancelled = true;
                return new SnowflakeError(408, "000630", $"Statement reached its statement or warehouse timeout of {timeout.TotalSeconds:0} second(s) and was canceled.", "57014").Response(accepted.Handle, now);
            }

            var isAsync = request.Parameter("async") == "true" || account.Switches.AlwaysAsync || accepted.NeverFinishes || accepted.RunningPolls > 0 || accepted.Duration > SyncLimit;
            return isAsync ? Running(accepted) : Answer(accepted, 0, request, exchange, isPoll: false);
        }
    }

    private SnowflakeStatement Execute(
        EmulatedRequest request, Exchange exchange, SnowflakeUser user, string? boundRole, JsonElement body, Dictionary<string, string> parameters, string requestId)
    {
        string? Field(string name) => body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
        var sql = body.GetProperty("statement").GetString()!;
        var formats = new SnowflakeFormats
        {
            TimeZone = parameters.GetValueOrDefault("timezone") ?? "America/Los_Angeles",
            Date = parameters.GetValueOrDefault("date_output_format"),
            Time = parameters.GetValueOrDefault("time_output_format"),
            Timestamp = parameters.GetValueOrDefault("timestamp_output_format"),
            TimestampNtz = parameters.GetValueOrDefault("timestamp_ntz_output_format"),
            TimestampLtz = parameters.GetValueOrDefault("timestamp_ltz_output_format"),
            TimestampTz = parameters.GetValueOrDefault("timestamp_tz_output_format"),
            Binary = parameters.GetValueOrDefault("binary_output_format"),
            WritesNullAsText = request.Parameter("nullable") == "false",
        };
        FrozenResult? result = null;
        SnowflakeError? failure = null;
        try
        {
            if (exchange.FailStatement is { } armed) throw new SqlFailure(SqlFailureKind.Armed, armed.Code, armed.Message);
            result = Evaluate(sql, body, parameters, Context(user, boundRole, Field, formats.TimeZone));
        }
        catch (SqlFailure exception)
        {
            failure = SnowflakeError.Of(exception);
            if (exchange.FailStatement?.SqlState is { } state) failure = failure with { SqlState = state };
            if (exception.IsUnknownSql) exchange.Entry.UnknownSql = $"{exception.Kind} '{exception.Subject}' {exception.Detail}";
        }

        var switches = account.Switches;
        return new SnowflakeStatement($"01b{Guid.NewGuid().ToString()[3..]}", requestId, request.Body, user.LoginName, core.Clock.GetUtcNow())
        {
            Result = result,
            Failure = failure,
            Formats = formats,
            Partitions = result is null ? [] : Cut(result, switches),
            Duration = switches.StatementDuration,
            NeverFinishes = switches.NeverFinishes is { } text && sql.Contains(text, StringComparison.OrdinalIgnoreCase),
            Timeout = body.TryGetProperty("timeout", out var timeout) && timeout.TryGetInt64(out var seconds) ? TimeSpan.FromSeconds(seconds) : null,
            RunningPolls = switches.RunningPolls,
            ThrottlesOnce = switches.ThrottlesOnce,
        };
    }

    private StatementContext Context(SnowflakeUser user, string? boundRole, Func<string, string?> field, string timeZone)
    {
        var role = field("role") ?? boundRole ?? user.DefaultRole;
        var isGranted = role is null || role == "PUBLIC" || user.Roles.Contains(role) || !options.ChecksAuthentication;
        if (!isGranted || (boundRole is not null && role != boundRole))
        {
            throw new SqlFailure(SqlFailureKind.Armed, account.Roles.Contains(role!) ? "390186" : "390189", account.Roles.Contains(role!)
                ? $"Role '{role}' specified in the connect string is not granted to this user. Contact your local system administrator, or attempt to login with another role, e.g. PUBLIC."
                : $"Role '{role}' specified in the connect string does not exist or not authorized. Contact your local system administrator, or attempt to login with another role, e.g. PUBLIC.");
        }

        // Names here are the stored ones: compute_wh is not COMPUTE_WH, and one that is not found is simply not set.
        var warehouse = field("warehouse") ?? user.DefaultWarehouse;
        if (warehouse is not null && !(account.Warehouses.TryGetValue(warehouse, out var roles) && (roles is null || (role is not null && roles.Contains(role))))) warehouse = null;
        var defaults = user.DefaultNamespace?.Split('.');
        var context = new StatementContext(catalogue)
        {
            Role = role,
            Warehouse = warehouse,
            User = user.LoginName,
            Account = options.Account,
            TimeZone = timeZone,
            Now = catalogue.Now(),
        };
        var database = field("database") ?? defaults?[0];
        return context with
        {
            Database = database is not null && catalogue.TryFind(database, out var found) && context.Sees(found.VisibleTo) ? database : null,
            Schema = field("schema") ?? (defaults?.Length > 1 ? defaults[1] : "PUBLIC"),
        };
    }

    private FrozenResult Evaluate(string sql, JsonElement body, Dictionary<string, string> parameters, StatementContext context)
    {
        var tokens = new SqlLexer(sql, isBigQuery: false).Read();
        var statements = 1 + tokens.Where((t, i) => t.Is(";") && tokens[i + 1].Kind != TokenKind.End).Count();
        var wanted = parameters.TryGetValue("multi_statement_count", out var text) && int.TryParse(text, out var count) ? count : 1;
        if (statements != wanted && wanted != 0) throw new SqlFailure(SqlFailureKind.Armed, "000008", string.Create(CultureInfo.InvariantCulture, $"Actual statement count {statements} did not match the desired statement count {wanted}."));
        if (statements > 1) throw new SqlFailure(SqlFailureKind.Unsupported, "MULTI_STATEMENT");
        switch (tokens[0].Text.ToUpperInvariant())
        {
            case "SHOW":
                return new SnowflakeShow(new SnowflakeParser(sql).ParseShow(), context, account.Warehouses, account.Grants).Run();
            case "USE" or "ALTER" or "BEGIN" or "COMMIT" or "ROLLBACK" or "SET" or "UNSET" or "PUT" or "GET":
                throw new SqlFailure(SqlFailureKind.Armed, "391911", $"The statement type {tokens[0].Text.ToUpperInvariant()} is not supported by the SQL API.");
            case "INSERT" or "UPDATE" or "DELETE" or "MERGE" or "CREATE" or "DROP" or "TRUNCATE" or "GRANT" or "CALL" or "COPY":
                throw new SqlFailure(SqlFailureKind.Armed, "003001", $"SQL access control error:\nInsufficient privileges to operate on schema '{context.Schema}'");
        }

        var parser = new SnowflakeParser(sql);
        var query = parser.ParseStatement();
        var bindings = SnowflakeBindings.Read(body.TryGetProperty("bindings", out var given) ? given : default);
        // A count that does not fit is refused before anything is compiled.
        if (bindings.Count != parser.ParameterCount) throw new SqlFailure(SqlFailureKind.MissingParameter, "?");
        var (translated, columns) = new SnowflakeTranslator(context with { Parameters = bindings }).TranslateStatement(query);
        var rows = catalogue.Store.Query(translated, options.Seed + Interlocked.Increment(ref _executions));
        if (parameters.TryGetValue("rows_per_resultset", out var cap) && int.TryParse(cap, out var most) && most > 0 && rows.Count > most) rows.RemoveRange(most, rows.Count - most);
        return new FrozenResult(columns, rows);
    }

    private static List<(int, int)> Cut(FrozenResult result, SnowflakeSwitches switches)
    {
        var partitions = new List<(int, int)>();
        for (var start = 0; start < result.Rows.Count;)
        {
            var count = Math.Min(start == 0 ? switches.FirstPartitionRows : switches.PartitionRows, result.Rows.Count - start);
            partitions.Add((start, count));
            start += count;
        }

        if (partitions.Count == 0 && !switches.EmptyPartitionInfo) partitions.Add((0, 0));
        return partitions;
    }

    private EmulatedResponse Get(EmulatedRequest request, Exchange exchange, string handle)
    {
        exchange.Entry.Handle = handle;
        if (!_statements.TryGetValue(handle, out var statement) || core.Clock.GetUtcNow() > statement.CreatedOn + Retention) return Compressed(request, SnowflakeError.UnknownHandle.Response(null, core.Clock.GetUtcNow()));
        var partition = 0;
        if (request.Parameter("partition") is { } text && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out partition) || partition >= Math.Max(1, statement.Partitions.Count)))
        {
            return Compressed(request, new SnowflakeError(422, "391917", $"Partition {text} is out of range.", "22023").Response(handle, core.Clock.GetUtcNow()));
        }

        return Answer(statement, partition, request, exchange, isPoll: true);
    }

    private EmulatedResponse Answer(SnowflakeStatement statement, int partition, EmulatedRequest request, Exchange exchange, bool isPoll)
    {
        var now = core.Clock.GetUtcNow();
        lock (statement)
        {
            if (statement.IsCancelled) return Compressed(request, SnowflakeError.Cancelled.Response(statement.Handle, now));
            if (isPoll && statement.RunningPolls > 0)
            {
                if (--statement.RunningPolls == 0 && statement.ThrottlesOnce) return Compressed(request, Throttled(now));
                return Compressed(request, Running(statement));
            }

            if (isPoll && now < statement.CreatedOn + statement.Duration) return Compressed(request, Running(statement));
            if (statement.NeverFinishes || (!isPoll && statement.IsRunning(now) && statement.Duration > SyncLimit)) return Compressed(request, Running(statement));
        }

        if (statement.Failure is { } failure) return Compressed(request, failure.Response(statement.Handle, now));
        var headers = new Dictionary<string, string> { ["Link"] = Links(statement, partition) };
        if (partition > 0)
        {
            // Compressed whether the client asked for it or not.
            return new EmulatedResponse(200, SnowflakeEncoder.Partition(statement, partition)) { IsGzip = true, Headers = headers };
        }

        lock (_random)
        {
            var wrong = exchange.WrongCounts;
            var body = SnowflakeEncoder.Result(statement, 0, request.Parameter("requestId") ?? statement.RequestId, account.Switches, _random, wrong?.Rows ?? 0, wrong?.Total ?? 0);
            return Compressed(request, new EmulatedResponse(200, body) { Headers = headers });
        }
    }

    private static string Links(SnowflakeStatement statement, int partition)
    {
        string Link(string relation, int index) => string.Create(CultureInfo.InvariantCulture, $"<{Root}/{statement.Handle}?requestId={Guid.NewGuid()}&partition={index}>;rel=\"{relation}\"");
        var last = Math.Max(0, statement.Partitions.Count - 1);
        var links = new List<string> { Link("first", 0), Link("last", last) };
        if (partition < last) links.Add(Link("next", partition + 1));
        if (partition > 0) links.Add(Link("prev", partition - 1));
        return string.Join(',', links);
    }

    private EmulatedResponse Throttled(DateTimeOffset now)
    {
        var response = new SnowflakeError(429, "390505", "Too many requests.").Response(null, now);
        return account.Switches.RetryAfter is { } after ? response with { Headers = new Dictionary<string, string> { ["Retry-After"] = after } } : response;
    }

    private static EmulatedResponse Running(SnowflakeStatement statement) => EmulatedResponse.Json(202, JsonSerializer.Serialize(
        new Dictionary<string, string>
        {
            ["code"] = "333334",
            ["message"] = "Asynchronous execution in progress. Use provided query id to perform query monitoring and management.",
            ["statementHandle"] = statement.Handle,
            ["statementStatusUrl"] = $"{Root}/{statement.Handle}",
        },
        WireJson.Options));

    private EmulatedResponse Cancel(string handle, Exchange exchange)
    {
        exchange.Entry.Handle = handle;
        var now = core.Clock.GetUtcNow();
        if (!_statements.TryGetValue(handle, out var statement)) return SnowflakeError.UnknownHandle.Response(null, now);
        lock (statement)
        {
            var running = statement.IsRunning(now);
            if (running) statement.IsCancelled = true;
            // The service answers here with the retired path: a client that follows it gets 404.
            return EmulatedResponse.Json(200, JsonSerializer.Serialize(
                new Dictionary<string, string>
                {
                    ["code"] = running || statement.IsCancelled ? "000604" : "090001",
                    ["sqlState"] = running || statement.IsCancelled ? "57014" : "00000",
                    ["message"] = running || statement.IsCancelled ? "SQL execution canceled" : "Statement executed successfully.",
                    ["statementHandle"] = handle,
                    ["statementStatusUrl"] = $"/api/statements/{handle}",
                },
                WireJson.Options));
        }
    }
}
