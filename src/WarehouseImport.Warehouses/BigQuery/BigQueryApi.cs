using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using WarehouseImport.Warehouses.Http;

namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>The calls of REST v2 we make, one method each (bigquery-api sections 2, 3 and 5).</summary>
internal sealed class BigQueryApi(BigQueryTarget target, BigQueryOptions options, WarehouseHttpFactory http)
{
    private readonly WarehouseHttpClient _client = http.Create(target.Endpoint);
    private BigQueryTokens? _tokens;

    /// <summary>Hears of repetitions; that of the open window while there is one.</summary>
    public IWindowObserver Observer { get; set; } = SilentObserver.Instance;

    public BigQueryErrors Errors { get; } = new(target);

    public BigQueryTokens Tokens => _tokens ??= new BigQueryTokens(target, options, http, () => Observer);

    public TimeProvider Clock => http.Clock;

    public WarehouseNetworkOptions Network => http.Options;

    /// <summary>Whether anybody answers at all: any answer of HTTP will do, so no token is sent.</summary>
    public Task ProbeAsync(CancellationToken cancellationToken)
    {
        var isAnswered = new WarehouseException(WarehouseErrors.QueryFailed, "Answered.");
        return AnswerAsync();

        async Task AnswerAsync()
        {
            try
            {
                await _client.SendAsync(
                    new HttpExchange<bool>
                    {
                        What = "Reaching BigQuery",
                        CreateAsync = (_, _) => ValueTask.FromResult(new HttpRequestMessage(HttpMethod.Get, "/bigquery/v2/")),
                        Classify = _ => HttpVerdict.GiveUp(isAnswered),
                        ReadAsync = (_, _, _) => Task.FromResult(true),
                        MaxRetryTime = TimeSpan.FromSeconds(5),
                        AnswerTimeout = options.LookTimeout,
                    },
                    Observer,
                    cancellationToken);
            }
            catch (WarehouseException answer) when (ReferenceEquals(answer, isAnswered))
            {
                return;
            }
        }
    }

    public Task<DatasetList> ListDatasetsAsync(string? pageToken, CancellationToken cancellationToken) =>
        GetAsync($"projects/{Escape(target.DataProject)}/datasets?maxResults=1000{Page(pageToken)}", BigQueryJson.Default.DatasetList, "Listing the datasets", null, cancellationToken);

    public Task<TableList> ListTablesAsync(string dataset, string? pageToken, CancellationToken cancellationToken) =>
        GetAsync(
            $"projects/{Escape(target.DataProject)}/datasets/{Escape(dataset)}/tables?maxResults=1000{Page(pageToken)}",
            BigQueryJson.Default.TableList,
            $"Listing the tables of {dataset}",
            new DatasetName(dataset),
            cancellationToken);

    public Task<TableResource> GetTableAsync(string project, string dataset, string table, DatasetName name, CancellationToken cancellationToken) =>
        GetAsync(
            $"projects/{Escape(project)}/datasets/{Escape(dataset)}/tables/{Escape(table)}", BigQueryJson.Default.TableResource, $"Describing {name}", name, cancellationToken);

    public Task<JobResource> GetJobAsync(JobReference job, string what, DatasetName? dataset, CancellationToken cancellationToken) =>
        GetAsync($"projects/{Escape(job.ProjectId)}/jobs/{Escape(job.JobId)}{Location(job, '?')}", BigQueryJson.Default.JobResource, what, dataset, cancellationToken);

    /// <summary>Rows of a stored table as they come; free of charge.</summary>
    public Task<BigQueryAnswer> ListRowsAsync(BigQueryTable table, int maxResults, string? pageToken, BigQueryRows rows, CancellationToken cancellationToken) =>
        ReadRowsAsync(
            HttpMethod.Get,
            $"projects/{Escape(table.Project)}/datasets/{Escape(table.Name.Parts[0])}/tables/{Escape(table.Name.Parts[1])}/data?maxResults={Number(maxResults)}{Page(pageToken)}&formatOptions.useInt64Timestamp=true",
            null,
            [.. table.Columns.Select(column => column.Field)],
            rows,
            $"Reading {table.Name}",
            table.Name,
            null,
            cancellationToken);

    /// <summary>jobs.query, for small answers: waits up to <paramref name="timeout"/> and brings the first rows if the query ends in time.</summary>
    /// <param name="limit">After so long BigQuery stops the query, also if nobody is left to cancel it.</param>
    public Task<BigQueryAnswer> QueryAsync(
        BigQueryStatement statement, string? location, IReadOnlyList<BigQueryField> fields, BigQueryRows rows, TimeSpan timeout, TimeSpan limit, int maxResults, string what, DatasetName? dataset, CancellationToken cancellationToken)
    {
        var body = BigQueryRequests.Query(statement, target, location, timeout, limit, maxResults);
        return ReadRowsAsync(HttpMethod.Post, $"projects/{Escape(target.BillingProject)}/queries", body, fields, rows, what, dataset, timeout, cancellationToken);
    }

    /// <summary>jobs.getQueryResults from a row or a page token on.</summary>
    /// <param name="wait">How long the service may hold the request while the job runs.</param>
    public Task<BigQueryAnswer> GetResultsAsync(
        JobReference job,
        long startIndex,
        string? pageToken,
        int maxResults,
        TimeSpan wait,
        IReadOnlyList<BigQueryField> fields,
        BigQueryRows rows,
        string what,
        DatasetName? dataset,
        CancellationToken cancellationToken)
    {
        var place = pageToken is null ? $"&startIndex={Number(startIndex)}" : Page(pageToken);
        return ReadRowsAsync(
            HttpMethod.Get,
            $"projects/{Escape(job.ProjectId)}/queries/{Escape(job.JobId)}?maxResults={Number(maxResults)}{place}&timeoutMs={Number((long)wait.TotalMilliseconds)}{Location(job, '&')}&formatOptions.useInt64Timestamp=true",
            null,
            fields,
            rows,
            what,
            dataset,
            wait,
            cancellationToken);
    }

    /// <summary>Starts a job under our own id. A repetition of a request that did arrive is answered "duplicate", which is as good (H23).</summary>
    /// <returns>The job, whether it existed already, and if so, whether an earlier request of this very call may have made it.</returns>
    public async Task<(JobReference Job, bool IsDuplicate, bool MayBeOurs)> InsertAsync(JobReference job, byte[] body, string what, DatasetName dataset, CancellationToken cancellationToken)
    {
        var isDuplicate = false;
        var mayBeOurs = false;
        var exchange = new HttpExchange<JobResource>
        {
            What = what,
            CreateAsync = (attempt, token) =>
            {
                mayBeOurs = attempt.MayHaveArrived;
                return CreateAsync(HttpMethod.Post, $"projects/{Escape(job.ProjectId)}/jobs", body, token);
            },
            Classify = refusal =>
            {
                isDuplicate = refusal.Status == HttpStatusCode.Conflict;
                return Errors.Classify(refusal, what, dataset);
            },
            ReadAsync = (_, stream, token) => DeserializeAsync(stream, BigQueryJson.Default.JobResource, token),
            RefreshTokenAsync = Tokens.RefreshAsync,
            MaxBytes = 64L * 1024 * 1024,
        };
        try
        {
            var created = await _client.SendAsync(exchange, Observer, cancellationToken);
            return (created.JobReference is { } reference ? reference with { Location = reference.Location ?? job.Location } : job, false, false);
        }
        catch (WarehouseException) when (isDuplicate)
        {
            return (job, true, mayBeOurs);
        }
    }

    /// <summary>A job that reads nothing and tells what it would read.</summary>
    public Task<JobResource> DryRunAsync(BigQueryStatement statement, string? location, QueryOrigin? origin, string what, DatasetName dataset, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post,
            $"projects/{Escape(target.BillingProject)}/jobs",
            BigQueryRequests.DryRun(statement, target, location, origin),
            BigQueryJson.Default.JobResource,
            what,
            dataset,
            cancellationToken);

    /// <summary>Asks the service to stop a job; best effort on its side too.</summary>
    public Task CancelAsync(JobReference job, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post,
            $"projects/{Escape(job.ProjectId)}/jobs/{Escape(job.JobId)}/cancel{Location(job, '?')}",
            [],
            BigQueryJson.Default.JobResource,
            "Cancelling the query",
            null,
            cancellationToken);

    private static string Escape(string text) => Uri.EscapeDataString(text);

    private static string Page(string? pageToken) => pageToken is null ? "" : $"&pageToken={Escape(pageToken)}";

    private static string Location(JobReference job, char before) => job.Location is null ? "" : $"{before}location={Escape(job.Location)}";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static async Task<T> DeserializeAsync<T>(Stream stream, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        await JsonSerializer.DeserializeAsync(stream, type, cancellationToken) ?? throw new JsonException("The answer is empty.");

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, string what, DatasetName? dataset, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, path, null, type, what, dataset, cancellationToken);

    private Task<T> SendAsync<T>(HttpMethod method, string path, byte[]? body, JsonTypeInfo<T> type, string what, DatasetName? dataset, CancellationToken cancellationToken) =>
        _client.SendAsync(
            new HttpExchange<T>
            {
                What = what,
                CreateAsync = (_, token) => CreateAsync(method, path, body, token),
                Classify = refusal => Errors.Classify(refusal, what, dataset),
                ReadAsync = (_, stream, token) => DeserializeAsync(stream, type, token),
                RefreshTokenAsync = Tokens.RefreshAsync,
                MaxBytes = 64L * 1024 * 1024,
                MaxRetryTime = ReferenceEquals(Observer, SilentObserver.Instance) ? options.LookTimeout : null,
            },
            Observer,
            cancellationToken);

    private Task<BigQueryAnswer> ReadRowsAsync(
        HttpMethod method,
        string path,
        byte[]? body,
        IReadOnlyList<BigQueryField> fields,
        BigQueryRows rows,
        string what,
        DatasetName? dataset,
        TimeSpan? wait,
        CancellationToken cancellationToken)
    {
        var before = rows.Count;
        return _client.SendAsync(
            new HttpExchange<BigQueryAnswer>
            {
                What = what,
                CreateAsync = (_, token) => CreateAsync(method, path, body, token),
                Classify = refusal => Errors.Classify(refusal, what, dataset),
                ReadAsync = async (_, stream, token) =>
                {
                    rows.Truncate(before);
                    try
                    {
                        return await new BigQueryAnswerReader(fields, rows).ReadAsync(stream, token);
                    }
                    catch (Exception failure) when (failure is FormatException or OverflowException or InvalidOperationException)
                    {
                        throw new AnswerDamagedException("a value has another form than its type", failure);
                    }
                },
                RefreshTokenAsync = Tokens.RefreshAsync,
                AnswerTimeout = (wait ?? TimeSpan.Zero) + TimeSpan.FromSeconds(60),
            },
            Observer,
            cancellationToken);
    }

    private async ValueTask<HttpRequestMessage> CreateAsync(HttpMethod method, string path, byte[]? body, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(method, $"/bigquery/v2/{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await Tokens.GetAsync(cancellationToken));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        // The service compresses only for clients whose User-Agent says gzip too (section 1).
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("(gzip)"));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return request;
    }
}
