using System.Globalization;
using WarehouseImport.Benchmarks.Mapping;
using WarehouseImport.Benchmarks.Snowflake;
using WarehouseImport.Benchmarks.Throughput;
using WarehouseImport.Benchmarks.Uploads;
using WarehouseImport.Benchmarks.Warehouses;

// upload-speed [bytes]: rows per second of 'check' against reading the same file with the CSV library alone, as a ratio, in one run.
// upload-memory [rows]: greatest working set of a check; by bytes (50 MB) if no number of rows is given.
// bigquery-decode [rows]: one answer of BigQuery decoded by us against JsonDocument over the same bytes, as ratios of time and memory, in one run.
// throughput [--rows 200000] [--store sqlite|postgres] [--source duckdb] [--json PATH]: an import of each kind beside its floor, in one run on one server.
// mapping: time and allocation of validating, normalising and parsing one row.
// snowflake-decode [rows]: decoding a partition against JsonDocument over the same bytes, as a ratio of time and of allocated bytes.
return args switch
{
    ["upload-speed", .. var rest] => await UploadSpeed.RunAsync(rest is [var bytes] ? long.Parse(bytes, CultureInfo.InvariantCulture) : PeopleFile.FiftyMegabytes),
    ["upload-memory", .. var rest] => await UploadMemory.RunAsync(rest is [var rows] ? long.Parse(rows, CultureInfo.InvariantCulture) : null),
    ["bigquery-decode", .. var rest] => await BigQueryDecode.RunAsync(rest is [var rows] ? int.Parse(rows, CultureInfo.InvariantCulture) : 100_000),
    ["mapping"] => MappingSpeed.Run(),
    ["throughput", .. var rest] when ThroughputOptions.TryParse(rest, out var options) => await ThroughputCommand.RunAsync(options),
    ["snowflake-decode", .. var rest] => await SnowflakeDecode.RunAsync(rest is [var rows] ? int.Parse(rows, CultureInfo.InvariantCulture) : 100_000),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine($"Commands: upload-speed [bytes], upload-memory [rows], bigquery-decode [rows], snowflake-decode [rows], mapping, throughput {ThroughputOptions.Usage}");
    return 2;
}
