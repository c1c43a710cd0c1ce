using System.Globalization;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Catalogue;
using WarehouseImport.Emulators.Engine.Sql;

namespace WarehouseImport.Emulators.BigQuery;

/// <summary>BigQuery's names, types, functions and coercions: a column never changes its type, a literal or parameter may.</summary>
internal sealed class BigQueryTranslator(StatementContext context) : Translator(context)
{
    protected override bool IsBigQuery => true;

    protected override SqlType CountType => BigQueryType.Int64;

    /// <summary>The type's name as queries write it.</summary>
    public static string TypeName(SqlType type) => type.Kind switch
    {
        SqlTypeKind.Integer => "INT64",
        SqlTypeKind.Float => "FLOAT64",
        SqlTypeKind.Text => "STRING",
        SqlTypeKind.Boolean => "BOOL",
        SqlTypeKind.Binary => "BYTES",
        SqlTypeKind.TimestampNtz => "DATETIME",
        SqlTypeKind.TimestampLtz => "TIMESTAMP",
        SqlTypeKind.Number => "NUMERIC",
        SqlTypeKind.Record => "STRUCT",
        SqlTypeKind.Repeated => $"ARRAY<{TypeName(type.Element!)}>",
        SqlTypeKind.Range => $"RANGE<{TypeName(type.Element!)}>",
        SqlTypeKind.Unknown => type.Name ?? "UNKNOWN",
        SqlTypeKind.Null => "INT64",
        _ => type.Kind.ToString().ToUpperInvariant(),
    };

    protected override SqlParser Parse(string sql) => new BigQueryParser(sql);

    protected override string FoldAlias(Name name) => name.Text;

    protected override bool MatchesColumn(Name written, string stored) => written.Text.Equals(stored, StringComparison.OrdinalIgnoreCase);

    protected override bool NullsFirst(bool isDescending) => !isDescending;

    protected override SqlType Settle(SqlType type) => type.Kind == SqlTypeKind.Null ? BigQueryType.Int64 : type;

    protected override string NameOf(Expression expression, int index) =>
        expression is ColumnExpression column ? column.Parts[^1].Text : string.Create(CultureInfo.InvariantCulture, $"f{index}_");

    protected override TableSource FindTable(NamedTableSyntax syntax, string? asOf)
    {
        var parts = syntax.Parts.Select(p => p.Text).ToList();
        var view = parts.FindIndex(p => p.Equals("INFORMATION_SCHEMA", StringComparison.OrdinalIgnoreCase));
        if (view >= 0) return InformationSchema(parts, view, syntax);
        if (parts.Count > 3) throw new SqlFailure(SqlFailureKind.Syntax, string.Join('.', parts), "Invalid table name", syntax.Line, syntax.Column);
        var project = parts.Count == 3 ? parts[0] : Context.Database!;
        var dataset = parts.Count >= 2 ? parts[^2] : Context.Schema;
        if (dataset is null) throw new SqlFailure(SqlFailureKind.WrongArguments, parts[^1], "Table must be qualified with a dataset (e.g. dataset.table).", syntax.Line, syntax.Column);
        if (!Context.Catalogue.TryFind(project, out var database) || !database.TryFind(dataset, out var schema) || !Context.Sees(schema))
        {
            throw new SqlFailure(SqlFailureKind.UnknownTable, $"{project}:{dataset}", "Dataset", syntax.Line, syntax.Column);
        }

        if (!schema.TryFind(parts[^1], out var table) || !Context.Sees(table)) throw new SqlFailure(SqlFailureKind.UnknownTable, $"{project}:{dataset}.{parts[^1]}", "Table", syntax.Line, syntax.Column);
        if (syntax.AsOf is not null && table.Kind != RelationKind.Table) throw new SqlFailure(SqlFailureKind.NoTimeTravel, $"{project}:{dataset}.{parts[^1]}", "is not a table");
        if (syntax.AsOf is not null && Int128.Parse(asOf!, CultureInfo.InvariantCulture) < CivilTime.Nanos(table.CreatedOn)) throw new SqlFailure(SqlFailureKind.NoTimeTravel, $"{project}:{dataset}.{parts[^1]}", "did not exist");
        if (syntax.AsOf is not null && Int128.Parse(asOf!, CultureInfo.InvariantCulture) > Context.Now) throw new SqlFailure(SqlFailureKind.NoTimeTravel, $"{project}:{dataset}.{parts[^1]}", "is in the future");
        return StoredTable(table, asOf);
    }

    private TableSource InformationSchema(List<string> parts, int at, NamedTableSyntax syntax)
    {
        var project = at == 2 ? parts[0] : Context.Database!;
        if (at == 0 || at + 2 != parts.Count || !Context.Catalogue.TryFind(project, out var database) || !database.TryFind(parts[at - 1], out var schema))
        {
            throw new SqlFailure(SqlFailureKind.UnknownTable, string.Join('.', parts), "Dataset", syntax.Line, syntax.Column);
        }

        ColumnDefinition Text(string name) => new(name, BigQueryType.String);
        var tables = schema.Tables.Where(Context.Sees);
        return parts[^1].ToUpperInvariant() switch
        {
            "TABLES" => Inline(
                [Text("table_catalog"), Text("table_schema"), Text("table_name"), Text("table_type"), new("creation_time", BigQueryType.Timestamp)],
                tables.Select(t => (object?[])[project, schema.Name, t.Name, t.Kind switch { RelationKind.View => "VIEW", RelationKind.MaterializedView => "MATERIALIZED VIEW", RelationKind.ExternalTable => "EXTERNAL", RelationKind.Snapshot => "SNAPSHOT", _ => "BASE TABLE" }, t.CreatedOn])),
            "COLUMNS" => Inline(
                [Text("table_catalog"), Text("table_schema"), Text("table_name"), Text("column_name"), new("ordinal_position", BigQueryType.Int64), Text("is_nullable"), Text("data_type"), Text("is_partitioning_column")],
                tables.SelectMany(t => t.Columns.Select((c, i) => (object?[])[project, schema.Name, t.Name, c.Name, i + 1, c.IsNullable ? "YES" : "NO", TypeName(c.Type), c.Name == t.PartitionColumn ? "YES" : "NO"]))),
            _ => throw new SqlFailure(SqlFailureKind.UnknownTable, string.Join('.', parts), "Table", syntax.Line, syntax.Column),
        };
    }

    protected override Typed? NotAColumn(ColumnExpression column, Scope scope)
    {
        if (column.Parts is [{ IsQuoted: false } word] && word.Text.ToUpperInvariant() is "CURRENT_TIMESTAMP" or "CURRENT_DATE" or "CURRENT_DATETIME")
        {
            return TranslateFunction(new FunctionExpression(word.Text.ToUpperInvariant(), [], false, false, null, column.Line, column.Column), scope);
        }

        if (column.Parts.Count < 2) return null;
        // A field of a struct column: its stored JSON is taken apart.
        var owner = Translate(column with { Parts = [.. column.Parts.SkipLast(1)] }, scope);
        var field = owner.Type.Fields.FirstOrDefault(f => f.Name.Equals(column.Parts[^1].Text, StringComparison.OrdinalIgnoreCase));
        if (field is null) throw new SqlFailure(SqlFailureKind.UnknownColumn, column.Parts[^1].Text, null, column.Line, column.Column);
        var path = SeedValue.Quote($"$.\"{field.Name}\"");
        if (field.Type.Kind is SqlTypeKind.Record or SqlTypeKind.Repeated or SqlTypeKind.Json) return new Typed($"CAST(json_extract({owner.Sql}, {path}) AS VARCHAR)", field.Type);
        return Cast(new Typed($"json_extract_string({owner.Sql}, {path})", BigQueryType.String), field.Type);
    }

    protected override Typed TranslateLiteral(LiteralExpression literal)
    {
        switch (literal.Kind)
        {
            case TokenKind.Text:
                return new Typed(SeedValue.Quote(literal.Text), BigQueryType.String, false, true, true);
            case TokenKind.Bytes:
                return new Typed($"encode({SeedValue.Quote(literal.Text)})", BigQueryType.Bytes, false, true);
            default:
                return literal.Text.All(char.IsAsciiDigit)
                    ? new Typed($"{literal.Text}::BIGINT", BigQueryType.Int64, false, true, true)
                    : new Typed($"CAST('{literal.Text}' AS DOUBLE)", BigQueryType.Float64, false, true, true);
        }
    }

    protected override Typed TranslateTypedLiteral(TypedLiteralExpression literal) => Cast(
        new Typed(SeedValue.Quote(literal.Text), BigQueryType.String, false, true),
        literal.Type switch
        {
            "DATE" => BigQueryType.Date,
            "TIME" => BigQueryType.Time,
            "DATETIME" => BigQueryType.DateTime,
            "TIMESTAMP" => BigQueryType.Timestamp,
            "JSON" => BigQueryType.Json,
            "BIGNUMERIC" => BigQueryType.BigNumeric,
            _ => BigQueryType.Numeric,
        });

    protected override (Typed Left, Typed Right) Align(Typed left, Typed right, string operation, Expression at)
    {
        if (left.Type.Kind == SqlTypeKind.Null || right.Type.Kind == SqlTypeKind.Null) return (left, right);
        if (left.Type.Kind is SqlTypeKind.Json or SqlTypeKind.Geography or SqlTypeKind.Record or SqlTypeKind.Repeated) throw Mismatch(operation, left, right, at);
        if (left.Type.Kind == right.Type.Kind) return (left, right);
        if (Coerce(right, left.Type) is { } r) return (left, r);
        if (Coerce(left, right.Type) is { } l) return (l, right);
        throw Mismatch(operation, left, right, at);
    }

    protected override SqlType Common(SqlType a, SqlType b, Expression at)
    {
        if (a.Kind == SqlTypeKind.Date && b.Kind == SqlTypeKind.TimestampNtz) return b;
        if (b.Kind == SqlTypeKind.Date && a.Kind == SqlTypeKind.TimestampNtz) return a;
        return base.Common(a, b, at);
    }

    private static SqlFailure Mismatch(string operation, Typed left, Typed right, Expression at) =>
        new(SqlFailureKind.WrongArguments, $"operator {operation}", $"{TypeName(left.Type)}, {TypeName(right.Type)}", at.Line, at.Column);

    private Typed? Coerce(Typed value, SqlType to)
    {
        if (value.IsCoercible && value.Type.Kind == SqlTypeKind.Text && to.Kind is SqlTypeKind.Date or SqlTypeKind.Time or SqlTypeKind.TimestampNtz or SqlTypeKind.TimestampLtz) return Cast(value, to);
        return (value.Type.Kind, to.Kind) switch
        {
            (SqlTypeKind.Integer, SqlTypeKind.Float or SqlTypeKind.Number or SqlTypeKind.BigNumeric) => Cast(value, to),
            (SqlTypeKind.Number, SqlTypeKind.Float) => Cast(value, to),
            (SqlTypeKind.Float, SqlTypeKind.Number) when value.IsCoercible => Cast(value, to),
            (SqlTypeKind.Date, SqlTypeKind.TimestampNtz) => Cast(value, to),
            _ => null,
        };
    }

    protected override Typed Arithmetic(BinaryExpression expression, Typed left, Typed right)
    {
        if (!left.Type.IsNumeric || !right.Type.IsNumeric) throw Mismatch(expression.Operator, left, right, expression);
        var constant = left.IsConstant && right.IsConstant;
        if (expression.Operator == "/" || left.Type.Kind == SqlTypeKind.Float || right.Type.Kind == SqlTypeKind.Float)
        {
            var divisor = $"CAST({right.Sql} AS DOUBLE)";
            if (expression.Operator == "/") divisor = $"CASE WHEN {right.Sql} = 0 THEN error('division by zero') ELSE {divisor} END";
            return new Typed($"(CAST({left.Sql} AS DOUBLE) {expression.Operator} {divisor})", BigQueryType.Float64, true, constant);
        }

        var type = left.Type.Kind == SqlTypeKind.Integer && right.Type.Kind == SqlTypeKind.Integer ? BigQueryType.Int64 : BigQueryType.Numeric;
        return new Typed($"CAST({left.Sql} {expression.Operator} {right.Sql} AS {type.Storage})", type, true, constant);
    }

    protected override Typed TranslateFunction(FunctionExpression call, Scope scope)
    {
        Typed Argument(int index) => index < call.Arguments.Count
            ? Translate(call.Arguments[index], scope)
            : throw new SqlFailure(SqlFailureKind.WrongArguments, $"function {call.Name}", "too few arguments", call.Line, call.Column);
        string Zone(int index) => call.Arguments.Count <= index
            ? "UTC"
            : call.Arguments[index] is LiteralExpression { Kind: TokenKind.Text } text && CivilTime.FindZone(text.Text) is not null
                ? text.Text
                : throw new SqlFailure(SqlFailureKind.WrongArguments, $"function {call.Name}", "a time zone name is asked for", call.Line, call.Column);
        var now = new Typed($"{Context.Now / 1000 * 1000}::HUGEINT", BigQueryType.Timestamp, false, true);
        if (call.Over is null)
        {
            switch (call.Name)
            {
                case "CURRENT_TIMESTAMP":
                    return now;
                case "CURRENT_DATETIME":
                    return Conversion.Cast(now, BigQueryType.DateTime, false, Zone(0), true);
                case "CURRENT_DATE":
                    return Conversion.Cast(now, BigQueryType.Date, false, Zone(0), true);
                case "TIMESTAMP" or "DATETIME" or "DATE" when call.Arguments.Count is 1 or 2:
                    var target = call.Name switch { "TIMESTAMP" => BigQueryType.Timestamp, "DATETIME" => BigQueryType.DateTime, _ => BigQueryType.Date };
                    return Conversion.Cast(Argument(0), target, false, Zone(1), true);
                case "STRING":
                    return Conversion.Cast(Argument(0), BigQueryType.String, false, Zone(1), true);
                case "IF":
                    var condition = Condition(call.Arguments[0], scope);
                    var branches = Unify([Argument(1), Argument(2)], call);
                    return new Typed($"CASE WHEN {condition.Sql} THEN {branches[0].Sql} ELSE {branches[1].Sql} END", branches[0].Type);
                case "TIMESTAMP_ADD" or "TIMESTAMP_SUB" or "DATETIME_ADD" or "DATETIME_SUB" or "DATE_ADD" or "DATE_SUB":
                    return Shift(call, Argument(0), scope);
                case "TIMESTAMP_DIFF" or "DATETIME_DIFF" or "DATE_DIFF":
                    return Difference(call, Argument(0), Argument(1));
                case "TIMESTAMP_TRUNC" or "DATETIME_TRUNC" or "DATE_TRUNC":
                    var truncated = Argument(0);
                    var wide = truncated.Type.Kind == SqlTypeKind.Date ? Cast(truncated, BigQueryType.DateTime) : truncated;
                    var cut = wide with { Sql = $"CAST(wi('trunc;{Unit(call.Arguments[1])}', CAST({wide.Sql} AS VARCHAR)) AS HUGEINT)" };
                    return truncated.Type.Kind == SqlTypeKind.Date ? Cast(cut, BigQueryType.Date) : cut;
                case "TIMESTAMP_SECONDS" or "TIMESTAMP_MILLIS" or "TIMESTAMP_MICROS":
                    var number = Argument(0);
                    if (number.Type.Kind != SqlTypeKind.Integer) throw Refused(number);
                    return number with { Sql = $"CAST({number.Sql} AS HUGEINT) * {(call.Name[10] == 'S' ? "1000000000" : call.Name[11..].StartsWith("IL", StringComparison.Ordinal) ? "1000000" : "1000")}", Type = BigQueryType.Timestamp, IsCoercible = false };
                case "UNIX_SECONDS" or "UNIX_MILLIS" or "UNIX_MICROS":
                    var instant = Argument(0);
                    if (instant.Type.Kind != SqlTypeKind.TimestampLtz) throw Refused(instant);
                    var unit = call.Name switch { "UNIX_SECONDS" => "1000000000", "UNIX_MILLIS" => "1000000", _ => "1000" };
                    return instant with { Sql = $"CAST(({instant.Sql} - ((({instant.Sql}) % {unit}) + {unit}) % {unit}) // {unit} AS BIGINT)", Type = BigQueryType.Int64 };
                case "REGEXP_CONTAINS":
                    return new Typed($"regexp_matches({AsText(Argument(0), call).Sql}, {AsText(Argument(1), call).Sql})", BigQueryType.Bool);
                case "STARTS_WITH" or "ENDS_WITH":
                    return new Typed($"{(call.Name == "STARTS_WITH" ? "starts_with" : "suffix")}({AsText(Argument(0), call).Sql}, {AsText(Argument(1), call).Sql})", BigQueryType.Bool);
                case "TO_JSON_STRING":
                    var json = Argument(0);
                    return new Typed(json.Type.Kind is SqlTypeKind.Json or SqlTypeKind.Record or SqlTypeKind.Repeated ? json.Sql : $"CAST(to_json({json.Sql}) AS VARCHAR)", BigQueryType.String);
                case "TO_BASE64":
                    return new Typed($"to_base64({Argument(0).Sql})", BigQueryType.String);
                case "FORMAT_TIMESTAMP" or "FORMAT_DATETIME":
                    return Format(call, Argument(1));
                case "SESSION_USER":
                    return new Typed(SeedValue.Quote(Context.User), BigQueryType.String, false, true);
                case "FLOOR" or "CEIL" or "ROUND":
                    var rounded = Argument(0);
                    return new Typed($"CAST({call.Name.ToLowerInvariant()}({rounded.Sql}{(call.Arguments.Count > 1 ? $", {IntegerText(call.Arguments[1], call.Name)}" : "")}) AS {(rounded.Type.Kind == SqlTypeKind.Number ? rounded.Type : BigQueryType.Float64).Storage})", rounded.Type.Kind == SqlTypeKind.Number ? rounded.Type : BigQueryType.Float64);
                case "ARRAY_LENGTH":
                    return new Typed($"CAST(json_array_length({Argument(0).Sql}) AS BIGINT)", BigQueryType.Int64);
            }
        }

        if (call.Name == "COUNTIF")
        {
            var counted = Condition(call.Arguments[0], scope);
            return new Typed($"CAST(count_if({counted.Sql}){(call.Over is null ? "" : Over(call.Over, scope))} AS BIGINT)", CountType, false);
        }

        return TranslateCommonFunction(call, scope) ?? throw new SqlFailure(SqlFailureKind.UnknownFunction, call.Name, null, call.Line, call.Column);

        SqlFailure Refused(Typed value) => new(SqlFailureKind.WrongArguments, $"function {call.Name}", TypeName(value.Type), call.Line, call.Column);
    }

    private static string Unit(Expression expression) =>
        expression is ColumnExpression { Parts: [var name] } ? name.Text.ToUpperInvariant() : throw new SqlFailure(SqlFailureKind.WrongArguments, "date part", null, expression.Line, expression.Column);

    private static string? Nanos(string unit) => unit switch
    {
        "WEEK" => "604800000000000",
        "DAY" => "86400000000000",
        "HOUR" => "3600000000000",
        "MINUTE" => "60000000000",
        "SECOND" => "1000000000",
        "MILLISECOND" => "1000000",
        "MICROSECOND" => "1000",
        _ => null,
    };

    private Typed Shift(FunctionExpression call, Typed value, Scope scope)
    {
        var kind = call.Name.Split('_')[0];
        if (kind != TypeName(value.Type) && !value.IsCoercible) throw new SqlFailure(SqlFailureKind.WrongArguments, $"function {call.Name}", TypeName(value.Type), call.Line, call.Column);
        if (value.Type.Kind == SqlTypeKind.Text) value = Cast(value, kind switch { "TIMESTAMP" => BigQueryType.Timestamp, "DATETIME" => BigQueryType.DateTime, _ => BigQueryType.Date });
        if (call.Arguments.Count != 2 || call.Arguments[1] is not IntervalExpression interval) throw new SqlFailure(SqlFailureKind.WrongArguments, $"function {call.Name}", "an INTERVAL is asked for", call.Line, call.Column);
        var amount = Translate(interval.Amount, scope);
        var sign = call.Name.EndsWith("SUB", StringComparison.Ordinal) ? "-" : "+";
        var months = interval.Unit switch { "MONTH" => 1, "QUARTER" => 3, "YEAR" => 12, _ => 0 };
        // A TIMESTAMP has no months: their length depends on a zone.
        if ((months > 0 && kind == "TIMESTAMP") || (months == 0 && Nanos(interval.Unit) is null) || (kind == "DATE" && months == 0 && interval.Unit is not ("DAY" or "WEEK")))
        {
            throw new SqlFailure(SqlFailureKind.WrongArguments, $"function {call.Name}", $"the {interval.Unit} date part", call.Line, call.Column);
        }

        var constant = value.IsConstant && amount.IsConstant;
        if (kind == "DATE" && months == 0) return value with { Sql = $"CAST({value.Sql} {sign} {amount.Sql} * {(interval.Unit == "DAY" ? 1 : 7)} AS INTEGER)", IsConstant = constant };
        var wide = kind == "DATE" ? Cast(value, BigQueryType.DateTime) : value;
        var moved = wide with
        {
            Sql = months == 0
                ? $"({wide.Sql} {sign} CAST({amount.Sql} AS HUGEINT) * {Nanos(interval.Unit)})"
                : string.Create(CultureInfo.InvariantCulture, $"CAST(wi('addmonths', CAST({wide.Sql} AS VARCHAR) || ' ' || CAST({sign}{amount.Sql} * {months} AS VARCHAR)) AS HUGEINT)"),
            IsConstant = constant,
        };
        return kind == "DATE" ? Cast(moved, BigQueryType.Date) : moved;
    }

    private Typed Difference(FunctionExpression call, Typed to, Typed from)
    {
        var unit = Unit(call.Arguments[2]);
        var nanos = Nanos(unit) ?? throw new SqlFailure(SqlFailureKind.WrongArguments, $"function {call.Name}", $"the {unit} date part", call.Line, call.Column);
        if (to.Type.Kind == SqlTypeKind.Date) return unit == "DAY" ? new Typed($"CAST({to.Sql} - {from.Sql} AS BIGINT)", BigQueryType.Int64) : throw new SqlFailure(SqlFailureKind.WrongArguments, call.Name, unit, call.Line, call.Column);
        var (left, right) = Align(to, from, call.Name, call);
        return new Typed($"CAST(({left.Sql} - {right.Sql}) // {nanos} AS BIGINT)", BigQueryType.Int64);
    }

    /// <summary>The elements a client needs for exact text; others are refused.</summary>
    private Typed Format(FunctionExpression call, Typed value)
    {
        if (call.Arguments[0] is not LiteralExpression { Kind: TokenKind.Text } format) throw new SqlFailure(SqlFailureKind.WrongArguments, $"function {call.Name}", "a literal format is asked for", call.Line, call.Column);
        var elements = format.Text
            .Replace("%F", "%Y-%m-%d", StringComparison.Ordinal).Replace("%T", "%H:%M:%S", StringComparison.Ordinal)
            .Replace("%E4Y", "YYYY", StringComparison.Ordinal).Replace("%Y", "YYYY", StringComparison.Ordinal).Replace("%m", "MM", StringComparison.Ordinal).Replace("%d", "DD", StringComparison.Ordinal)
            .Replace("%H", "HH24", StringComparison.Ordinal).Replace("%M", "MI", StringComparison.Ordinal).Replace("%E6S", "SS.FF6", StringComparison.Ordinal).Replace("%S", "SS", StringComparison.Ordinal)
            .Replace("%Ez", "TZH:TZM", StringComparison.Ordinal).Replace("%z", "TZHTZM", StringComparison.Ordinal).Replace("T", "\"T\"", StringComparison.Ordinal).Replace("\"T\"Z", "TZ", StringComparison.Ordinal);
        if (elements.Contains('%', StringComparison.Ordinal)) throw new SqlFailure(SqlFailureKind.UnknownFunction, $"{call.Name}('{format.Text}')", null, call.Line, call.Column);
        return new Typed(Conversion.FormatTimestamp(value, value.Type.Kind == SqlTypeKind.TimestampNtz ? "ntz" : "ltz", "UTC", elements), BigQueryType.String, value.IsNullable);
    }
}
