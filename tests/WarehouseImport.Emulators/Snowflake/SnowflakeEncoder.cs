using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Sql;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>Cells and metadata of <c>jsonv2</c>, from declared types.</summary>
internal static class SnowflakeEncoder
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = WireJson.Options.Encoder, SkipValidation = true };

    /// <summary>One cell; null is SQL NULL.</summary>
    public static string? Cell(object? value, SqlType type, SnowflakeFormats formats)
    {
        if (value is null) return null;
        if (value is double number) return FloatText.Snowflake(number);
        var text = (string)value;
        switch (type.Kind)
        {
            case SqlTypeKind.Date:
                return formats.Date is null ? text : CivilTime.FormatDate(int.Parse(text, CultureInfo.InvariantCulture));
            case SqlTypeKind.Time:
                return formats.Time is null ? CivilTime.FormatSeconds(Int128.Parse(text, CultureInfo.InvariantCulture), type.Scale) : CivilTime.FormatTimeOfDay(long.Parse(text, CultureInfo.InvariantCulture), 0);
            case SqlTypeKind.TimestampNtz:
                return Timestamp(text, "ntz", type, formats.TimestampNtz ?? formats.Timestamp, formats);
            case SqlTypeKind.TimestampLtz:
                return Timestamp(text, "ltz", type, formats.TimestampLtz ?? formats.Timestamp, formats);
            case SqlTypeKind.TimestampTz:
                return Timestamp(text, "tz", type, formats.TimestampTz ?? formats.Timestamp, formats);
            case SqlTypeKind.Binary when formats.Binary?.Equals("BASE64", StringComparison.OrdinalIgnoreCase) == true:
                return Convert.ToBase64String(Convert.FromHexString(text));
            default:
                return text;
        }
    }

    /// <summary>The full answer of a finished statement with one partition of rows; the order of fields is shuffled.</summary>
    public static byte[] Result(SnowflakeStatement statement, int partition, string requestId, SnowflakeSwitches switches, Random random, int extraRows, int extraTotal)
    {
        var result = statement.Result!;
        return Object(random, writer =>
        [
            () => writer.WriteString("code", "090001"),
            () => writer.WriteString("sqlState", "00000"),
            () => writer.WriteString("message", "Statement executed successfully."),
            () => writer.WriteString("statementHandle", statement.Handle),
            () => writer.WriteString("statementStatusUrl", $"/api/v2/statements/{statement.Handle}?requestId={requestId}"),
            () => writer.WriteString("requestId", requestId),
            () => writer.WriteNumber("createdOn", statement.CreatedOn.ToUnixTimeMilliseconds()),
            () =>
            {
                if (switches.AddsUnknownFields) writer.WriteString("serviceNote", "clients must tolerate this field");
            },
            () =>
            {
                writer.WritePropertyName("resultSetMetaData");
                Metadata(writer, statement, switches, random, extraRows, extraTotal);
            },
            () =>
            {
                writer.WritePropertyName("data");
                Rows(writer, result, statement.Partitions.Count == 0 ? (0, 0) : statement.Partitions[partition], statement.Formats);
            },
        ]);
    }

    /// <summary>The answer for a later partition: rows alone.</summary>
    public static byte[] Partition(SnowflakeStatement statement, int partition)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("data");
            Rows(writer, statement.Result!, statement.Partitions[partition], statement.Formats);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Object(Random random, Func<Utf8JsonWriter, Action[]> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Writing)) Shuffled(writer, random, fields(writer));
        return buffer.WrittenSpan.ToArray();
    }

    private static void Shuffled(Utf8JsonWriter writer, Random random, Action[] fields)
    {
        random.Shuffle(fields);
        writer.WriteStartObject();
        foreach (var field in fields) field();
        writer.WriteEndObject();
    }

    private static void Metadata(Utf8JsonWriter writer, SnowflakeStatement statement, SnowflakeSwitches switches, Random random, int extraRows, int extraTotal)
    {
        var result = statement.Result!;
        Shuffled(writer, random,
        [
            () => writer.WriteNumber("numRows", result.Rows.Count + extraTotal),
            () => writer.WriteString("format", "jsonv2"),
            () =>
            {
                writer.WriteStartArray("partitionInfo");
                for (var i = 0; i < statement.Partitions.Count; i++)
                {
                    var (start, count) = statement.Partitions[i];
                    var size = Size(result, start, count);
                    writer.WriteStartObject();
                    writer.WriteNumber("rowCount", count + (i == statement.Partitions.Count - 1 ? extraRows : 0));
                    writer.WriteNumber("uncompressedSize", size);
                    if (i > 0) writer.WriteNumber("compressedSize", (size / 3) + 20);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            },
            () =>
            {
                writer.WriteStartArray("rowType");
                foreach (var column in result.Columns) RowType(writer, column, switches, random);
                writer.WriteEndArray();
            },
        ]);
    }

    private static long Size(FrozenResult result, int start, int count)
    {
        long size = 2;
        for (var i = start; i < start + count; i++)
        {
            foreach (var cell in result.Rows[i]) size += cell is string text ? text.Length + 3 : 5;
        }

        return size;
    }

    private static void RowType(Utf8JsonWriter writer, OutputColumn column, SnowflakeSwitches switches, Random random)
    {
        var type = column.Type;
        var wire = SnowflakeType.WireName(type);
        var scale = type.Kind is SqlTypeKind.Number or SqlTypeKind.Time || type.IsTimestamp ? type.Scale : (int?)null;
        var precision = type.Kind switch { SqlTypeKind.Number => type.Precision, SqlTypeKind.Time => 0, _ when type.IsTimestamp => 0, _ => (int?)null };
        var length = type.Kind is SqlTypeKind.Text or SqlTypeKind.Binary ? type.Length : (int?)null;
        Action[] fields =
        [
            () => writer.WriteString("name", column.Name),
            () => writer.WriteString("database", column.Source?.Schema.Database.Name ?? ""),
            () => writer.WriteString("schema", column.Source?.Schema.Name ?? ""),
            () => writer.WriteString("table", column.Source?.Name ?? ""),
            () => writer.WriteString("type", switches.UpperCaseTypes ? wire.ToUpperInvariant() : wire),
            () => Number("length", length),
            () => Number("byteLength", type.Kind == SqlTypeKind.Text ? Math.Min(16_777_216, type.Length * 4L) : length),
            () => Number("precision", precision),
            () => Number("scale", scale),
            () => writer.WriteBoolean("nullable", column.IsNullable),
            () => writer.WriteNull("collation"),
        ];
        if (type.Kind == SqlTypeKind.Geography) fields = [.. fields, () => writer.WriteString("extTypeName", "GEOGRAPHY")];
        if (switches.AddsUnknownFields) fields = [.. fields, () => writer.WriteNull("futureField")];
        Shuffled(writer, random, fields);

        void Number(string name, long? value)
        {
            if (value is { } number) writer.WriteNumber(name, number);
            else writer.WriteNull(name);
        }
    }

    private static void Rows(Utf8JsonWriter writer, FrozenResult result, (int Start, int Count) partition, SnowflakeFormats formats)
    {
        writer.WriteStartArray();
        for (var i = partition.Start; i < partition.Start + partition.Count; i++)
        {
            writer.WriteStartArray();
            for (var c = 0; c < result.Columns.Count; c++)
            {
                var cell = Cell(result.Rows[i][c], result.Columns[c].Type, formats);
                if (cell is null && !formats.WritesNullAsText) writer.WriteNullValue();
                else writer.WriteStringValue(cell ?? "null");
            }

            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    private static string Timestamp(string text, string kind, SqlType type, string? format, SnowflakeFormats formats)
    {
        if (format is not null) return TextFunctions.Invoke(string.Create(CultureInfo.InvariantCulture, $"fmtts;{kind};{type.Scale};{formats.TimeZone};{format}"), text)!;
        var parts = text.Split(' ');
        var encoded = new StringBuilder(CivilTime.FormatSeconds(Int128.Parse(parts[0], CultureInfo.InvariantCulture), type.Scale));
        if (kind == "tz") encoded.Append(CultureInfo.InvariantCulture, $" {int.Parse(parts[1], CultureInfo.InvariantCulture) + 1440}");
        return encoded.ToString();
    }
}
