using System.Globalization;

namespace WarehouseImport.Emulators.Engine.Sql;

/// <summary>Casts between declared types as DuckDB SQL. A cast the services do not have is a failure, never a guess.</summary>
internal static class Conversion
{
    private const string NanosPerDay = "86400000000000";

    public static Typed Cast(Typed value, SqlType to, bool isSafe, string zone, bool isBigQuery)
    {
        var from = value.Type;
        var dialect = isBigQuery ? "bigquery" : "snowflake";
        var safe = isSafe ? ";safe" : "";
        var sql = value.Sql;
        Typed Made(string made) => value with { Sql = made, Type = to, IsNullable = value.IsNullable || isSafe, IsCoercible = false };
        Typed Parsed(string spec) => Made($"CAST(wi('{spec}{safe}', {sql}) AS {to.Storage})");
        if (from.Kind == SqlTypeKind.Null) return Made($"CAST(NULL AS {to.Storage})");
        if (from.Kind == to.Kind)
        {
            return from.Kind switch
            {
                SqlTypeKind.Number when from != to => Made($"{(isSafe ? "TRY_CAST" : "CAST")}({sql} AS {to.Storage})"),
                SqlTypeKind.TimestampNtz or SqlTypeKind.TimestampLtz when from.Scale > to.Scale => Made(Cut(sql, to.Scale)),
                SqlTypeKind.TimestampTz when from.Scale > to.Scale => Made($"{{'i': {Cut($"struct_extract({sql}, 'i')", to.Scale)}, 'o': struct_extract({sql}, 'o')}}"),
                SqlTypeKind.Time when from.Scale > to.Scale => Made(Cut(sql, to.Scale)),
                _ => Made(sql),
            };
        }

        if (to.Kind == SqlTypeKind.Text) return Made(ToText(value, zone, dialect));
        // A variant that holds text or a number casts as that text does.
        var isText = from.Kind is SqlTypeKind.Text or SqlTypeKind.BigNumeric or SqlTypeKind.DecFloat;
        if (from.Kind == SqlTypeKind.Variant && !isBigQuery)
        {
            sql = $"wi('compactjson', {sql})";
            isText = true;
        }

        if (isText)
        {
            return to.Kind switch
            {
                SqlTypeKind.Number => Parsed(string.Create(CultureInfo.InvariantCulture, $"num;{to.Precision};{to.Scale}")),
                SqlTypeKind.Integer => Parsed("int64"),
                SqlTypeKind.Float => Parsed("float"),
                SqlTypeKind.Boolean => Parsed($"bool;{dialect}"),
                SqlTypeKind.Date => Parsed("date"),
                SqlTypeKind.Time => Parsed(string.Create(CultureInfo.InvariantCulture, $"time;{to.Scale}")),
                SqlTypeKind.TimestampNtz => Parsed(Timestamp("ntz", to, zone, dialect)),
                SqlTypeKind.TimestampLtz => Parsed(Timestamp("ltz", to, zone, dialect)),
                SqlTypeKind.TimestampTz => Made(Pair($"wi('{Timestamp("tz", to, zone, dialect)}{safe}', {sql})")),
                SqlTypeKind.Binary => Made(isBigQuery ? $"encode({sql})" : $"from_hex({sql})"),
                SqlTypeKind.BigNumeric or SqlTypeKind.DecFloat => Made(sql),
                SqlTypeKind.Variant or SqlTypeKind.Json => Made($"CAST(to_json({sql}) AS VARCHAR)"),
                _ => throw Refused(from, to),
            };
        }

        return (from.Kind, to.Kind) switch
        {
            (SqlTypeKind.Number or SqlTypeKind.Integer or SqlTypeKind.Float, SqlTypeKind.Number or SqlTypeKind.Integer or SqlTypeKind.Float) =>
                Made($"{(isSafe ? "TRY_CAST" : "CAST")}({sql} AS {to.Storage})"),
            (SqlTypeKind.Number or SqlTypeKind.Integer, SqlTypeKind.BigNumeric or SqlTypeKind.DecFloat) => Made($"CAST({sql} AS VARCHAR)"),
            (SqlTypeKind.Boolean, SqlTypeKind.Number or SqlTypeKind.Integer) => Made($"CAST({sql} AS {to.Storage})"),
            (SqlTypeKind.Number or SqlTypeKind.Integer, SqlTypeKind.Boolean) => Made($"({sql} <> 0)"),
            (SqlTypeKind.Number, SqlTypeKind.TimestampNtz or SqlTypeKind.TimestampLtz) when !isBigQuery => Made($"CAST(({sql}) * 1000000000 AS HUGEINT)"),
            (SqlTypeKind.Date, SqlTypeKind.TimestampNtz) => Made(FromDate(sql)),
            (SqlTypeKind.Date, SqlTypeKind.TimestampLtz) => Made(ToInstant(FromDate(sql), zone)),
            (SqlTypeKind.Date, SqlTypeKind.TimestampTz) => Made(WithOffset(ToInstant(FromDate(sql), zone), zone)),
            (SqlTypeKind.TimestampNtz, SqlTypeKind.Date) => Made(ToDate(sql)),
            (SqlTypeKind.TimestampLtz, SqlTypeKind.Date) => Made(ToDate(ToWall(sql, zone))),
            (SqlTypeKind.TimestampTz, SqlTypeKind.Date) => Made(ToDate(WallOf(sql))),
            (SqlTypeKind.TimestampNtz, SqlTypeKind.Time) => Made(ToTime(sql)),
            (SqlTypeKind.TimestampLtz, SqlTypeKind.Time) => Made(ToTime(ToWall(sql, zone))),
            (SqlTypeKind.TimestampNtz, SqlTypeKind.TimestampLtz) => Made(Cut(ToInstant(sql, zone), to.Scale)),
            (SqlTypeKind.TimestampNtz, SqlTypeKind.TimestampTz) => Made(WithOffset(Cut(ToInstant(sql, zone), to.Scale), zone)),
            (SqlTypeKind.TimestampLtz, SqlTypeKind.TimestampNtz) => Made(Cut(ToWall(sql, zone), to.Scale)),
            (SqlTypeKind.TimestampLtz, SqlTypeKind.TimestampTz) => Made(WithOffset(Cut(sql, to.Scale), zone)),
            (SqlTypeKind.TimestampTz, SqlTypeKind.TimestampLtz) => Made(Cut($"struct_extract({sql}, 'i')", to.Scale)),
            (SqlTypeKind.TimestampTz, SqlTypeKind.TimestampNtz) => Made(Cut(WallOf(sql), to.Scale)),
            (SqlTypeKind.Object or SqlTypeKind.Array, SqlTypeKind.Variant) => Made(sql),
            (_, SqlTypeKind.Variant) when !isBigQuery => Made($"CAST(to_json({ToText(value, zone, dialect)}) AS VARCHAR)"),
            _ => throw Refused(from, to),
        };
    }

    private static SqlFailure Refused(SqlType from, SqlType to) => new(SqlFailureKind.WrongArguments, "CAST", $"{from.Kind} AS {to.Kind}");

    private static string Timestamp(string kind, SqlType to, string zone, string dialect) =>
        string.Create(CultureInfo.InvariantCulture, $"ts;{kind};{to.Scale};{zone};{dialect}");

    private static string Pair(string text) =>
        $"CASE WHEN {text} IS NULL THEN NULL ELSE {{'i': CAST(split_part({text}, ' ', 1) AS HUGEINT), 'o': CAST(split_part({text}, ' ', 2) AS SMALLINT)}} END";

    private static string Cut(string sql, int scale) =>
        scale >= 9 ? sql : string.Create(CultureInfo.InvariantCulture, $"({sql} - ((({sql}) % {Unit(scale)}) + {Unit(scale)}) % {Unit(scale)})");

    private static string Unit(int scale) => "1" + new string('0', 9 - scale);

    private static string FromDate(string sql) => $"(CAST({sql} AS HUGEINT) * {NanosPerDay})";

    // DuckDB's // rounds towards zero for huge integers, so days before 1970 are floored by hand.
    private static string ToDate(string sql) => $"CAST((({sql}) - ({ToTime(sql)})) // {NanosPerDay} AS INTEGER)";

    private static string ToTime(string sql) => $"CAST(((({sql}) % {NanosPerDay}) + {NanosPerDay}) % {NanosPerDay} AS BIGINT)";

    private static string ToInstant(string sql, string zone) => zone == "UTC" ? sql : $"CAST(wi('toinstant;{zone}', CAST({sql} AS VARCHAR)) AS HUGEINT)";

    private static string ToWall(string sql, string zone) => zone == "UTC" ? sql : $"CAST(wi('towall;{zone}', CAST({sql} AS VARCHAR)) AS HUGEINT)";

    private static string WallOf(string sql) => $"(struct_extract({sql}, 'i') + struct_extract({sql}, 'o') * 60000000000::HUGEINT)";

    private static string WithOffset(string sql, string zone) =>
        $"CASE WHEN {sql} IS NULL THEN NULL ELSE {{'i': {sql}, 'o': {(zone == "UTC" ? "0::SMALLINT" : $"CAST(wi('offset;{zone}', CAST({sql} AS VARCHAR)) AS SMALLINT)")}}} END";

    private static string ToText(Typed value, string zone, string dialect) => value.Type.Kind switch
    {
        SqlTypeKind.Number when dialect == "bigquery" => $"wi('trimzeros', CAST({value.Sql} AS VARCHAR))",
        SqlTypeKind.Number or SqlTypeKind.Integer or SqlTypeKind.Boolean => $"CAST({value.Sql} AS VARCHAR)",
        SqlTypeKind.Float => $"wi('fmtfloat;{dialect}', CAST({value.Sql} AS VARCHAR))",
        SqlTypeKind.Date => $"wi('fmtdate', CAST({value.Sql} AS VARCHAR))",
        SqlTypeKind.Time => string.Create(CultureInfo.InvariantCulture, $"wi('fmttime;{(dialect == "bigquery" ? -1 : 0)}', CAST({value.Sql} AS VARCHAR))"),
        SqlTypeKind.TimestampNtz => FormatTimestamp(value, "ntz", zone, dialect == "bigquery" ? "bigquery" : ""),
        SqlTypeKind.TimestampLtz => FormatTimestamp(value, "ltz", zone, dialect == "bigquery" ? "bigquery" : ""),
        SqlTypeKind.TimestampTz => FormatTimestamp(value, "tz", zone, ""),
        SqlTypeKind.Binary => dialect == "bigquery" ? $"decode({value.Sql})" : $"hex({value.Sql})",
        SqlTypeKind.Variant or SqlTypeKind.Object or SqlTypeKind.Array => $"wi('compactjson', {value.Sql})",
        SqlTypeKind.Record or SqlTypeKind.Repeated when dialect == "bigquery" => throw new SqlFailure(SqlFailureKind.WrongArguments, "CAST", $"{value.Type.Kind} AS STRING"),
        _ => value.Sql,
    };

    /// <summary>Text of a timestamp by a Snowflake format, or by the default of the dialect.</summary>
    public static string FormatTimestamp(Typed value, string kind, string zone, string format)
    {
        var raw = value.Type.Kind == SqlTypeKind.TimestampTz
            ? $"(CAST(struct_extract({value.Sql}, 'i') AS VARCHAR) || ' ' || CAST(struct_extract({value.Sql}, 'o') AS VARCHAR))"
            : $"CAST({value.Sql} AS VARCHAR)";
        var spec = string.Create(CultureInfo.InvariantCulture, $"fmtts;{kind};{value.Type.Scale};{zone};{format}");
        return $"wi({SeedValue.Quote(spec)}, {raw})";
    }
}
