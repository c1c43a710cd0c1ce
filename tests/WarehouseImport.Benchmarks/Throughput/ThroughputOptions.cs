using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using WarehouseImport.Storage;

namespace WarehouseImport.Benchmarks.Throughput;

/// <param name="Json">Where the table is written as JSON as well, or null.</param>
sealed record ThroughputOptions(int Rows, StorageProvider Store, string? Json)
{
    public const string Usage = "[--rows 1000..10000000] [--store sqlite|postgres] [--source duckdb] [--json PATH]";

    private const int LeastRows = 1_000;
    private const int MostRows = 10_000_000;

    public static bool TryParse(string[] arguments, [NotNullWhen(true)] out ThroughputOptions? options)
    {
        options = new ThroughputOptions(200_000, StorageProvider.Sqlite, null);
        for (var index = 0; index + 1 < arguments.Length; index += 2)
        {
            var value = arguments[index + 1];
            options = arguments[index] switch
            {
                "--rows" when int.TryParse(value, CultureInfo.InvariantCulture, out var rows) && rows is >= LeastRows and <= MostRows => options with { Rows = rows },
                "--store" when Enum.TryParse<StorageProvider>(value, ignoreCase: true, out var store) => options with { Store = store },
                "--source" when value == "duckdb" => options,
                "--json" => options with { Json = value },
                _ => null,
            };
            if (options is null) return false;
        }

        return arguments.Length % 2 == 0;
    }
}
