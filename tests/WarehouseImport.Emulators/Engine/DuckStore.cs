using System.Globalization;
using DuckDB.NET.Data;

namespace WarehouseImport.Emulators.Engine;

/// <summary>One DuckDB database in memory behind one emulated account or project; statements run one at a time.</summary>
internal sealed class DuckStore : IDisposable
{
    private readonly DuckDBConnection _connection = new("DataSource=:memory:");
    private readonly Lock _gate = new();

    public DuckStore()
    {
        _connection.Open();
        _connection.RegisterScalarFunction<string, string, string>(
            "wi",
            static (readers, writer, count) =>
            {
                for (ulong row = 0; row < count; row++)
                {
                    var converted = TextFunctions.Invoke(readers[0].GetValue<string>(row), readers[1].GetValue<string>(row));
                    if (converted is null) writer.WriteNull(row);
                    else writer.WriteValue(converted, row);
                }
            },
            new ScalarFunctionOptions { IsPureFunction = true });
        // One thread: the seeded shuffle of ties is only repeatable if rows are numbered in one order.
        Run("SET threads = 1; SET TimeZone = 'UTC'; SET default_null_order = 'nulls_last'");
    }

    public void Run(string sql)
    {
        lock (_gate)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }

    public long Count(string sql) => Convert.ToInt64(Query(sql, 0)[0][0], CultureInfo.InvariantCulture);

    /// <summary>Runs a query to its end.</summary>
    /// <param name="seed">Decides how rows with equal sort keys are shuffled.</param>
    /// <exception cref="SqlFailure">A value could not be converted, or DuckDB refused the generated statement.</exception>
    public List<object?[]> Query(string sql, int seed)
    {
        lock (_gate)
        {
            try
            {
                using (var prepare = _connection.CreateCommand())
                {
                    prepare.CommandText = string.Create(CultureInfo.InvariantCulture, $"SELECT setseed({(seed % 1000) / 1000.0})");
                    prepare.ExecuteScalar();
                }

                using var command = _connection.CreateCommand();
                command.CommandText = sql;
                using var reader = command.ExecuteReader();
                var rows = new List<object?[]>();
                while (reader.Read())
                {
                    var row = new object?[reader.FieldCount];
                    for (var i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
                    rows.Add(row);
                }

                return rows;
            }
            catch (DuckDBException exception)
            {
                throw Translate(exception, sql);
            }
        }
    }

    public void Dispose() => _connection.Dispose();

    private static SqlFailure Translate(DuckDBException exception, string sql)
    {
        if (TextFunctions.FindFailure(exception.Message) is { } failure) return failure;
        if (exception.Message.Contains("must appear in the GROUP BY", StringComparison.Ordinal)) return new SqlFailure(SqlFailureKind.NotGrouped, exception.Message);
        if (exception.Message.Contains("division by zero", StringComparison.OrdinalIgnoreCase)) return new SqlFailure(SqlFailureKind.DivisionByZero, "Division by zero");
        if (exception.Message.Contains("out of range", StringComparison.OrdinalIgnoreCase) || exception.Message.Contains("Overflow", StringComparison.OrdinalIgnoreCase))
        {
            return new SqlFailure(SqlFailureKind.Overflow, exception.Message);
        }

        return new SqlFailure(SqlFailureKind.Syntax, exception.Message, sql);
    }
}
