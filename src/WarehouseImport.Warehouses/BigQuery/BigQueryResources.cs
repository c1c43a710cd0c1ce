using System.Text.Json;
using System.Text.Json.Serialization;

namespace WarehouseImport.Warehouses.BigQuery;

// The resources of REST v2, only the members we read. int64 values arrive as JSON strings (section 3).

internal sealed record JobReference(string ProjectId, string JobId, string? Location = null)
{
    /// <summary><c>project:location.jobid</c>, the form BigQuery's own tools print; a project may hold a colon, a job id no dot.</summary>
    public override string ToString() => $"{ProjectId}:{Location}.{JobId}";

    public static bool TryParse(string? text, out JobReference reference)
    {
        reference = null!;
        if (text is null) return false;
        var dot = text.LastIndexOf('.');
        if (dot <= 0 || dot == text.Length - 1) return false;
        var colon = text.LastIndexOf(':', dot);
        if (colon <= 0) return false;
        reference = new JobReference(text[..colon], text[(dot + 1)..], colon + 1 == dot ? null : text[(colon + 1)..dot]);
        return true;
    }
}

internal sealed record TableReference(string ProjectId, string DatasetId, string TableId);

internal sealed record ErrorProto(string? Reason = null, string? Location = null, string? Message = null);

internal sealed record ErrorBody(long? Code = null, string? Message = null, IReadOnlyList<ErrorProto>? Errors = null, string? Status = null);

internal sealed record ErrorAnswer(ErrorBody? Error = null);

internal sealed record JobStatus(string? State = null, ErrorProto? ErrorResult = null);

internal sealed record JobQueryStatistics(long? TotalBytesProcessed = null, TableSchema? Schema = null);

internal sealed record JobStatistics(long? TotalBytesProcessed = null, JobQueryStatistics? Query = null);

internal sealed record JobQueryPart(TableReference? DestinationTable = null);

internal sealed record JobConfigurationPart(JobQueryPart? Query = null);

internal sealed record JobResource(
    JobReference? JobReference = null, JobStatus? Status = null, JobStatistics? Statistics = null, JobConfigurationPart? Configuration = null);

internal sealed record TableSchema(IReadOnlyList<BigQueryField>? Fields = null);

internal sealed record TimePartitioning(string? Type = null, string? Field = null, bool? RequirePartitionFilter = null);

internal sealed record RangePartitioning(string? Field = null);

internal sealed record TableResource(
    TableReference TableReference,
    string? Type = null,
    TableSchema? Schema = null,
    string? Location = null,
    long? NumRows = null,
    TimePartitioning? TimePartitioning = null,
    RangePartitioning? RangePartitioning = null,
    bool? RequirePartitionFilter = null);

internal sealed record ListedTable(TableReference TableReference, string? Type = null);

internal sealed record TableList(IReadOnlyList<ListedTable>? Tables = null, string? NextPageToken = null);

internal sealed record DatasetReference(string DatasetId);

internal sealed record ListedDataset(DatasetReference DatasetReference, string? Location = null);

internal sealed record DatasetList(IReadOnlyList<ListedDataset>? Datasets = null, string? NextPageToken = null);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.AllowReadingFromString, MaxDepth = BigQueryAnswerReader.MaxDepth)]
[JsonSerializable(typeof(JobReference))]
[JsonSerializable(typeof(TableSchema))]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(JobResource))]
[JsonSerializable(typeof(TableResource))]
[JsonSerializable(typeof(TableList))]
[JsonSerializable(typeof(DatasetList))]
internal sealed partial class BigQueryJson : JsonSerializerContext;
