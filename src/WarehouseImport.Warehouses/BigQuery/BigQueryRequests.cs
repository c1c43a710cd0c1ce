using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>Bodies of requests.</summary>
internal static class BigQueryRequests
{
    public static byte[] Query(BigQueryStatement statement, BigQueryTarget target, string? location, TimeSpan timeout, TimeSpan limit, int maxResults) => Write(json =>
    {
        Statement(json, statement);
        if (location is not null) json.WriteString("location", location);
        json.WriteNumber("maxResults", maxResults);
        json.WriteNumber("timeoutMs", (long)timeout.TotalMilliseconds);
        json.WriteString("jobTimeoutMs", Milliseconds(limit));
        Limit(json, target);
        json.WriteStartObject("formatOptions");
        json.WriteBoolean("useInt64Timestamp", true);
        json.WriteEndObject();
        Labels(json, null);
    });

    public static byte[] Job(JobReference job, BigQueryStatement statement, BigQueryTarget target, TimeSpan timeout, QueryOrigin? origin) => Write(json =>
    {
        Reference(json, job.ProjectId, job.JobId, job.Location);
        json.WriteStartObject("configuration");
        Configuration(json, statement, target);
        Labels(json, origin);
        json.WriteString("jobTimeoutMs", Milliseconds(timeout));
        json.WriteEndObject();
    });

    public static byte[] DryRun(BigQueryStatement statement, BigQueryTarget target, string? location, QueryOrigin? origin) => Write(json =>
    {
        Reference(json, target.BillingProject, null, location);
        json.WriteStartObject("configuration");
        Configuration(json, statement, target with { MaximumBytesBilled = null });
        Labels(json, origin);
        json.WriteBoolean("dryRun", true);
        json.WriteEndObject();
    });

    private static void Reference(Utf8JsonWriter json, string project, string? jobId, string? location)
    {
        json.WriteStartObject("jobReference");
        json.WriteString("projectId", project);
        if (jobId is not null) json.WriteString("jobId", jobId);
        if (location is not null) json.WriteString("location", location);
        json.WriteEndObject();
    }

    private static void Configuration(Utf8JsonWriter json, BigQueryStatement statement, BigQueryTarget target)
    {
        json.WriteStartObject("query");
        Statement(json, statement);
        json.WriteString("priority", "INTERACTIVE");
        // A cached result would share its life with somebody else's query; ours has to last for the run.
        json.WriteBoolean("useQueryCache", false);
        Limit(json, target);
        json.WriteEndObject();
    }

    private static void Statement(Utf8JsonWriter json, BigQueryStatement statement)
    {
        json.WriteString("query", statement.Text);
        json.WriteBoolean("useLegacySql", false);
        if (statement.Parameters.Count == 0) return;
        json.WriteString("parameterMode", "NAMED");
        json.WriteStartArray("queryParameters");
        foreach (var parameter in statement.Parameters)
        {
            json.WriteStartObject();
            json.WriteString("name", parameter.Name);
            json.WriteStartObject("parameterType");
            json.WriteString("type", parameter.Type);
            json.WriteEndObject();
            json.WriteStartObject("parameterValue");
            json.WriteString("value", parameter.Value);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Limit(Utf8JsonWriter json, BigQueryTarget target)
    {
        if (target.MaximumBytesBilled is { } bytes) json.WriteString("maximumBytesBilled", bytes.ToString(CultureInfo.InvariantCulture));
    }

    // Keys and values: lower case, digits, _ and -, at most 63 characters; a GUID has 36.
    private static void Labels(Utf8JsonWriter json, QueryOrigin? origin)
    {
        json.WriteStartObject("labels");
        json.WriteString("application", "warehouse-import");
        if (origin is not null)
        {
            json.WriteString("sync", origin.SyncId.ToString("D", CultureInfo.InvariantCulture));
            json.WriteString("run", origin.RunId.ToString("D", CultureInfo.InvariantCulture));
        }

        json.WriteEndObject();
    }

    private static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
