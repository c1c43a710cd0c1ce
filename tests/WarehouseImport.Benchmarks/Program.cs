using System.Globalization;
using WarehouseImport.Benchmarks.Snowflake;
using WarehouseImport.Benchmarks.Uploads;

// upload-speed [bytes]: rows per second of 'check' against reading the same file with the CSV library alone, as a ratio, in one run.
// upload-memory [rows]: greatest working set of a check; by bytes (50 MB) if no number of rows is given.
// snowflake-decode [rows]: decoding a partition against JsonDocument over the same bytes, as a ratio of time and of allocated bytes.
return args switch
{
    ["upload-speed", .. var rest] => await UploadSpeed.RunAsync(rest is [var bytes] ? long.Parse(bytes, CultureInfo.InvariantCulture) : PeopleFile.FiftyMegabytes),
    ["upload-memory", .. var rest] => await UploadMemory.RunAsync(rest is [var rows] ? long.Parse(rows, CultureInfo.InvariantCulture) : null),
    ["snowflake-decode", .. var rest] => await SnowflakeDecode.RunAsync(rest is [var rows] ? int.Parse(rows, CultureInfo.InvariantCulture) : 100_000),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Commands: upload-speed [bytes], upload-memory [rows], snowflake-decode [rows]");
    return 2;
}
