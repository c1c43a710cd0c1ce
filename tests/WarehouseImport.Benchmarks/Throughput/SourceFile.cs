using System.Text.Json.Nodes;
using DuckDB.NET.Data;

namespace WarehouseImport.Benchmarks.Throughput;

/// <summary>The people as a DuckDB database, and the syncs that read it.</summary>
sealed class SourceFile(string path)
{
    private const string Columns = """
        email VARCHAR, phone VARCHAR, first_name VARCHAR, last_name VARCHAR, country VARCHAR, city VARCHAR, zip VARCHAR, birthday DATE, signed_up TIMESTAMP,
        score DECIMAL(12, 1), tier VARCHAR, is_vip BOOLEAN, updated_at TIMESTAMPTZ
        """;

    public string Path => path;

    /// <summary>Replaces the rows of people who are in the table already.</summary>
    public void Write(string table, IEnumerable<Person> people, bool replaces = false)
    {
        using var connection = new DuckDBConnection(new DuckDBConnectionStringBuilder { DataSource = path }.ConnectionString);
        connection.Open();
        Execute(connection, "SET TimeZone = 'UTC'");
        Execute(connection, $"CREATE TABLE IF NOT EXISTS {table} ({Columns})");
        var target = replaces ? "changed" : table;
        if (replaces) Execute(connection, $"CREATE TEMP TABLE changed ({Columns})");
        using (var appender = replaces ? connection.CreateAppender("temp", "main", target) : connection.CreateAppender(target))
        {
            foreach (var person in people)
            {
                appender.CreateRow()
                    .AppendValue(person.Email).AppendValue(person.Phone).AppendValue(person.FirstName).AppendValue(person.LastName).AppendValue(person.Country)
                    .AppendValue(person.City).AppendValue(person.Zip).AppendValue(person.Birthday).AppendValue(person.SignedUp).AppendValue(person.ScoreTenths / 10m)
                    .AppendValue(person.Tier).AppendValue(person.IsVip).AppendValue(DateTimeOffset.FromUnixTimeSeconds(person.ModifiedAt))
                    .EndRow();
            }
        }

        if (!replaces) return;
        Execute(connection, $"DELETE FROM {table} WHERE email IN (SELECT email FROM changed)");
        Execute(connection, $"INSERT INTO {table} SELECT * FROM changed");
    }

    public static JsonObject Sync(Guid connectionId, string table) => new()
    {
        ["name"] = table,
        ["connectionId"] = connectionId,
        ["dataset"] = $"main.{table}",
        ["identifier"] = new JsonObject { ["column"] = "email", ["kind"] = "email" },
        ["cursor"] = new JsonObject { ["column"] = "updated_at" },
        ["lookback"] = "0s",
        ["fields"] = new JsonArray(
            Field("phone", "phone_number"),
            Field("first_name", "first_name"),
            Field("last_name", "last_name"),
            Field("country", "location.country"),
            Field("city", "location.city"),
            Field("zip", "location.zip"),
            Field("birthday", "properties.birthday", "date"),
            Field("signed_up", "properties.signed_up", "date"),
            Field("score", "properties.score", "number"),
            Field("tier", "properties.tier", "text"),
            Field("is_vip", "properties.is_vip", "boolean")),
        ["allowSharedProperties"] = new JsonArray(
            "first_name", "last_name", "location.country", "location.city", "location.zip", "properties.birthday", "properties.signed_up", "properties.score", "properties.tier", "properties.is_vip"),
        ["schedule"] = new JsonObject { ["manual"] = true },
    };

    private static JsonObject Field(string column, string target, string? type = null)
    {
        var field = new JsonObject { ["column"] = column, ["target"] = target };
        if (type is not null) field["type"] = type;
        return field;
    }

    private static void Execute(DuckDBConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
