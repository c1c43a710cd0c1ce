using System.Globalization;
using System.Numerics;

namespace WarehouseImport.Cluster.Tests.Support;

/// <summary>A dataset of a test: text columns and a cursor in microseconds. The same statements work in DuckDB and in PostgreSQL.</summary>
internal sealed class SourceTable(string name, params string[] columns)
{
    public const string Cursor = "updated_at";

    public string Name => name;

    public IReadOnlyList<string> Columns => columns;

    public List<TableRow> Rows { get; } = [];

    /// <summary>Statements that make the table what <see cref="Rows"/> says, whatever it was.</summary>
    public string[] Statements()
    {
        List<string> statements = [$"DROP TABLE IF EXISTS {name}", $"CREATE TABLE {name} ({string.Join(" VARCHAR, ", columns)} VARCHAR, {Cursor} TIMESTAMPTZ)"];
        foreach (var rows in Rows.Chunk(500)) statements.Add($"INSERT INTO {name} VALUES {string.Join(", ", rows.Select(Values))}");
        return [.. statements];
    }

    private static string Values(TableRow row) =>
        $"({string.Join(", ", row.Cells.Select(Literal))}, {(row.InstantText is { } instant ? $"CAST('{instant}+00' AS TIMESTAMPTZ)" : "NULL")})";

    private static string Literal(string? cell) => cell is null ? "NULL" : $"'{cell.Replace("'", "''", StringComparison.Ordinal)}'";
}

/// <param name="Instant">Microseconds since the epoch, or null.</param>
/// <param name="Cells">One cell for each column before the cursor.</param>
internal sealed record TableRow(long? Instant, params string?[] Cells)
{
    public BigInteger Picoseconds => new BigInteger(Instant!.Value) * 1_000_000;

    /// <summary>The instant in UTC as SQL writes it, without a zone; or null.</summary>
    public string? InstantText =>
        Instant is { } instant ? DateTimeOffset.UnixEpoch.AddMicroseconds(instant).ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture) : null;

    /// <summary>The same cells at the same instant.</summary>
    public string Content => $"{Instant}|{string.Join('|', Cells.Select(cell => cell ?? "\0"))}";
}

internal static class Json
{
    /// <summary>Plain ASCII only, which needs no escapes.</summary>
    public static string Text(string value) => $"\"{value}\"";
}
