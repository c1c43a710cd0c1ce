using System.Globalization;
using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Sql;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>Snowflake's names, types, functions and implicit casts.</summary>
internal sealed class SnowflakeTranslator(StatementContext context) : Translator(context)
{
    protected override bool IsBigQuery => false;

    protected override SqlType CountType => SnowflakeType.Number(18);

    /// <summary>Unquoted names fold to upper case.</summary>
    public static string Fold(Name name) => name.IsQuoted ? name.Text : name.Text.ToUpperInvariant();

    protected override SqlParser Parse(string sql) => new SnowflakeParser(sql);

    protected override string FoldAlias(Name name) => Fold(name);

    protected override bool MatchesColumn(Name written, string stored) => Fold(written).Equals(stored, StringComparison.Ordinal);

    protected override bool NullsFirst(bool isDescending) => isDescending;

    protected override SqlType Settle(SqlType type) => type.Kind switch
    {
        SqlTypeKind.Null => SnowflakeType.Varchar(),
        SqlTypeKind.Text when type.Length == 0 => SnowflakeType.Varchar(),
        _ => type,
    };

    protected override string NameOf(Expression expression, int index) => expression switch
    {
        ColumnExpression column => Fold(column.Parts[^1]),
        FunctionExpression { IsStar: true } call => $"{call.Name}(*)",
        FunctionExpression call => $"{call.Name}({string.Join(", ", call.Arguments.Select((a, i) => NameOf(a, i)))})",
        CastExpression cast => $"{NameOf(cast.Operand, index)}::{SnowflakeType.CatalogueName(cast.Type, false)}",
        LiteralExpression { Kind: TokenKind.Text } text => $"'{text.Text.ToUpperInvariant()}'",
        LiteralExpression number => number.Text,
        WordLiteralExpression word => word.Word,
        ParameterExpression => "?",
        _ => "EXPRESSION",
    };

    protected override TableSource FindTable(NamedTableSyntax syntax, string? asOf)
    {
        var parts = syntax.Parts.Select(Fold).ToList();
        var written = string.Join('.', parts);
        if (Context.Warehouse is null) throw new SqlFailure(SqlFailureKind.NoWarehouse, "warehouse");
        var databaseName = parts.Count == 3 ? parts[0] : Context.Database;
        var schemaName = parts.Count >= 2 ? parts[^2] : Context.Schema;
        if (databaseName is null || !Context.Catalogue.TryFind(databaseName, out var database) || !Context.Sees(database.VisibleTo))
        {
            throw new SqlFailure(SqlFailureKind.UnknownTable, parts.Count == 3 ? parts[0] : written, parts.Count == 3 ? "Database" : "Object", syntax.Line, syntax.Column);
        }

        if (schemaName == "INFORMATION_SCHEMA") return SnowflakeInformationSchema.Find(parts[^1], database, Context, Inline) ?? throw Missing(written, syntax);
        if (schemaName is null || !database.TryFind(schemaName, out var schema) || !Context.Sees(schema))
        {
            throw parts.Count == 3 ? new SqlFailure(SqlFailureKind.UnknownTable, $"{parts[0]}.{parts[1]}", "Schema", syntax.Line, syntax.Column) : Missing(written, syntax);
        }

        if (!schema.TryFind(parts[^1], out var table) || !Context.Sees(table)) throw Missing(written, syntax);
        if (asOf is not null && !asOf.StartsWith('(') && Int128.Parse(asOf, CultureInfo.InvariantCulture) < CivilTime.Nanos(table.CreatedOn)) throw new SqlFailure(SqlFailureKind.NoTimeTravel, table.Name);
        return StoredTable(table, asOf);
    }

    protected override Typed? NotAColumn(ColumnExpression column, Scope scope) =>
        column.Parts is [{ IsQuoted: false } word] && word.Text.ToUpperInvariant() is "CURRENT_TIMESTAMP" or "CURRENT_DATE" or "LOCALTIMESTAMP" or "CURRENT_USER"
            ? TranslateFunction(new FunctionExpression(word.Text.ToUpperInvariant(), [], false, false, null, column.Line, column.Column), scope)
            : null;

    protected override Typed TranslateLiteral(LiteralExpression literal)
    {
        if (literal.Kind == TokenKind.Text) return new Typed(SeedValue.Quote(literal.Text), SnowflakeType.Varchar(Math.Max(1, literal.Text.Length)), false, true, true);
        if (literal.Text.Contains('e', StringComparison.OrdinalIgnoreCase)) return new Typed($"CAST('{literal.Text}' AS DOUBLE)", SnowflakeType.Float, false, true);
        var point = literal.Text.IndexOf('.', StringComparison.Ordinal);
        var scale = point < 0 ? 0 : literal.Text.Length - point - 1;
        var precision = Math.Max(1, literal.Text.Length - (point < 0 ? 0 : 1));
        if (precision > 38) throw new SqlFailure(SqlFailureKind.Overflow, literal.Text, null, literal.Line, literal.Column);
        var type = SnowflakeType.Number(Math.Max(precision, scale + 1), scale);
        return new Typed($"CAST('{literal.Text}' AS {type.Storage})", type, false, true);
    }

    protected override Typed TranslateTypedLiteral(TypedLiteralExpression literal) => Cast(
        new Typed(SeedValue.Quote(literal.Text), SnowflakeType.Varchar(), false, true),
        literal.Type switch { "DATE" => SnowflakeType.Date, "TIME" => SnowflakeType.Time(), _ => SnowflakeType.TimestampNtz() });

    protected override (Typed Left, Typed Right) Align(Typed left, Typed right, string operation, Expression at)
    {
        if (left.Type.Kind == SqlTypeKind.Null || right.Type.Kind == SqlTypeKind.Null || left.Type.Kind == right.Type.Kind) return (left, right);
        var common = Common(left.Type, right.Type, at);
        return (left.Type.Kind == common.Kind ? left : Cast(left, common), right.Type.Kind == common.Kind ? right : Cast(right, common));
    }

    /// <summary>Text gives way to anything, a date to a timestamp, a wall-clock time to an instant.</summary>
    protected override SqlType Common(SqlType a, SqlType b, Expression at)
    {
        if (a.Kind == b.Kind || a.Kind == SqlTypeKind.Null || b.Kind == SqlTypeKind.Null) return base.Common(a, b, at);
        if (b.Kind == SqlTypeKind.Text || b.Kind == SqlTypeKind.Variant) (a, b) = (b, a);
        if (a.Kind is SqlTypeKind.Text or SqlTypeKind.Variant)
        {
            // Text beside a number is read as one with room for fractions.
            return b.Kind == SqlTypeKind.Number ? SnowflakeType.Number(38, Math.Max(b.Scale, 5)) : b;
        }

        if (a.IsTimestamp && b.IsTimestamp) return a.Kind == SqlTypeKind.TimestampTz || b.Kind == SqlTypeKind.TimestampTz ? SnowflakeType.TimestampTz() : SnowflakeType.TimestampLtz();
        if (a.Kind == SqlTypeKind.Date && b.IsTimestamp) return b;
        if (b.Kind == SqlTypeKind.Date && a.IsTimestamp) return a;
        return base.Common(a, b, at);
    }

    protected override Typed Arithmetic(BinaryExpression expression, Typed left, Typed right)
    {
        var constant = left.IsConstant && right.IsConstant;
        if (left.Type.Kind == SqlTypeKind.Date && right.Type.Kind == SqlTypeKind.Number && expression.Operator is "+" or "-")
        {
            return new Typed($"CAST({left.Sql} {expression.Operator} {right.Sql} AS INTEGER)", left.Type, true, constant);
        }

        if (left.Type.Kind == SqlTypeKind.Text) left = Cast(left, SnowflakeType.Number(38, 5));
        if (right.Type.Kind == SqlTypeKind.Text) right = Cast(right, SnowflakeType.Number(38, 5));
        if (!left.Type.IsNumeric || !right.Type.IsNumeric) throw Refuse(expression.Operator, expression, left, right);
        if (left.Type.Kind == SqlTypeKind.Float || right.Type.Kind == SqlTypeKind.Float)
        {
            return new Typed($"(CAST({left.Sql} AS DOUBLE) {expression.Operator} CAST({right.Sql} AS DOUBLE))", SnowflakeType.Float, true, constant);
        }

        var (l, r) = (left.Type, right.Type);
        var (whole, scale) = expression.Operator switch
        {
            "*" => (l.Precision - l.Scale + r.Precision - r.Scale, Math.Min(l.Scale + r.Scale, Math.Max(Math.Max(l.Scale, r.Scale), 12))),
            "/" => (l.Precision - l.Scale + r.Scale, Math.Max(l.Scale, Math.Min(l.Scale + 6, 12))),
            "%" => (l.Precision - l.Scale, Math.Max(l.Scale, r.Scale)),
            _ => (Math.Max(l.Precision - l.Scale, r.Precision - r.Scale) + 1, Math.Max(l.Scale, r.Scale)),
        };
        var type = SnowflakeType.Number(Math.Min(38, Math.Max(1, whole + scale)), scale);
        // DuckDB divides decimals as doubles, which is near enough for the few digits kept here.
        var sql = expression.Operator == "/" ? $"CASE WHEN {right.Sql} = 0 THEN error('division by zero') ELSE {left.Sql} / {right.Sql} END" : $"{left.Sql} {expression.Operator} {right.Sql}";
        return new Typed($"CAST({sql} AS {type.Storage})", type, true, constant);
    }

    protected override Typed TranslateFunction(FunctionExpression call, Scope scope)
    {
        Typed Argument(int index) => index < call.Arguments.Count
            ? Translate(call.Arguments[index], scope)
            : throw new SqlFailure(SqlFailureKind.WrongArguments, call.Name, "not enough arguments", call.Line, call.Column);
        Typed Name(string? value) => value is null ? new Typed("NULL", SnowflakeType.Varchar()) : new Typed(SeedValue.Quote(value), SnowflakeType.Varchar(), true, true);
        Typed Converted(SqlType type, bool safe) => Cast(Argument(0), type, safe);
        int Scale(int index) => call.Arguments.Count > index ? int.Parse(IntegerText(call.Arguments[index], call.Name), CultureInfo.InvariantCulture) : 9;
        if (call.Over is null)
        {
            switch (call.Name)
            {
                case "CURRENT_TIMESTAMP" or "LOCALTIMESTAMP" or "GETDATE" or "SYSTIMESTAMP":
                    var now = new Typed($"{Context.Now}::HUGEINT", SnowflakeType.TimestampLtz(), false, true);
                    return call.Name == "LOCALTIMESTAMP" ? Cast(now, SnowflakeType.TimestampNtz()) : Cast(now, SnowflakeType.TimestampLtz(Scale(0)));
                case "SYSDATE":
                    return new Typed($"{Context.Now}::HUGEINT", SnowflakeType.TimestampNtz(), false, true);
                case "CURRENT_DATE":
                    return Cast(new Typed($"{Context.Now}::HUGEINT", SnowflakeType.TimestampLtz(), false, true), SnowflakeType.Date);
                case "CURRENT_USER":
                    return Name(Context.User);
                case "CURRENT_ROLE":
                    return Name(Context.Role);
                case "CURRENT_WAREHOUSE":
                    return Name(Context.Warehouse);
                case "CURRENT_DATABASE":
                    return Name(Context.Database);
                case "CURRENT_SCHEMA":
                    return Name(Context.Schema);
                case "CURRENT_ACCOUNT" or "CURRENT_ACCOUNT_NAME":
                    return Name(Context.Account);
                case "CURRENT_VERSION":
                    return Name("9.30.0");
                case "CURRENT_REGION":
                    return Name("AWS_EU_CENTRAL_1");
                case "IFF":
                    var condition = Condition(call.Arguments[0], scope);
                    var branches = Unify([Argument(1), Argument(2)], call);
                    return new Typed($"CASE WHEN {condition.Sql} THEN {branches[0].Sql} ELSE {branches[1].Sql} END", branches[0].Type);
                case "NVL":
                    return TranslateFunction(call with { Name = "IFNULL" }, scope);
                case "GREATEST_IGNORE_NULLS" or "LEAST_IGNORE_NULLS":
                    var values = Unify(call.Arguments.Select(a => Translate(a, scope)), call);
                    return new Typed($"{call.Name.Split('_')[0].ToLowerInvariant()}({string.Join(", ", values.Select(v => v.Sql))})", values[0].Type, values.All(v => v.IsNullable));
                case "EQUAL_NULL":
                    return Comparison("IS NOT DISTINCT FROM", Argument(0), Argument(1), call);
                case "TO_VARCHAR" or "TO_CHAR":
                    return ToVarchar(Argument(0), call);
                case "TO_DATE" or "DATE" or "TRY_TO_DATE":
                    return Converted(SnowflakeType.Date, call.Name[0] == 'T' && call.Name[1] == 'R');
                case "TO_TIMESTAMP_NTZ" or "TO_TIMESTAMP" or "TRY_TO_TIMESTAMP_NTZ" or "TRY_TO_TIMESTAMP":
                    return Instant(SnowflakeType.TimestampNtz());
                case "TO_TIMESTAMP_LTZ" or "TRY_TO_TIMESTAMP_LTZ":
                    return Instant(SnowflakeType.TimestampLtz());
                case "TO_TIMESTAMP_TZ" or "TRY_TO_TIMESTAMP_TZ":
                    return Instant(SnowflakeType.TimestampTz());
                case "TO_NUMBER" or "TO_DECIMAL" or "TO_NUMERIC" or "TRY_TO_NUMBER" or "TRY_TO_DECIMAL" or "TRY_TO_NUMERIC":
                    var precision = call.Arguments.Count > 1 ? Scale(1) : 38;
                    return Converted(SnowflakeType.Number(precision, call.Arguments.Count > 2 ? Scale(2) : 0), call.Name.StartsWith("TRY_", StringComparison.Ordinal));
                case "TO_DOUBLE" or "TRY_TO_DOUBLE":
                    return Converted(SnowflakeType.Float, call.Name.StartsWith("TRY_", StringComparison.Ordinal));
                case "TO_BOOLEAN" or "TRY_TO_BOOLEAN":
                    return Converted(SnowflakeType.Boolean, call.Name.StartsWith("TRY_", StringComparison.Ordinal));
                case "TO_VARIANT":
                    return Converted(SnowflakeType.Variant, false);
                case "TO_JSON":
                    var json = Argument(0);
                    return json.Type.IsSemiStructured ? new Typed($"CAST(json({json.Sql}) AS VARCHAR)", SnowflakeType.Varchar()) : throw Refuse(call.Name, call, json);
                case "REGEXP_LIKE" or "RLIKE":
                    return RegexpLike(call, scope);
                case "STARTSWITH" or "ENDSWITH" or "CONTAINS":
                    var function = call.Name switch { "STARTSWITH" => "starts_with", "ENDSWITH" => "suffix", _ => "contains" };
                    return new Typed($"{function}({AsText(Argument(0), call).Sql}, {AsText(Argument(1), call).Sql})", SnowflakeType.Boolean);
                case "LEN":
                    return TranslateFunction(call with { Name = "LENGTH" }, scope);
                case "LEFT" or "RIGHT":
                    return Argument(0) with { Sql = $"{call.Name.ToLowerInvariant()}({AsText(Argument(0), call).Sql}, CAST({Argument(1).Sql} AS BIGINT))", IsCoercible = false };
                case "DATEADD" or "TIMESTAMPADD":
                    return DateAdd(call, Argument(1), Argument(2));
                case "DATE_TRUNC":
                    var truncated = Argument(1);
                    return Truncate(Unit(call.Arguments[0]), truncated, call);
                case "DATE_PART" or "EXTRACT":
                    return DatePart(Unit(call.Arguments[0]), Argument(1), call);
                case "CONVERT_TIMEZONE":
                    return ConvertTimeZone(call, scope);
                case "DATEDIFF":
                    return DateDiff(Unit(call.Arguments[0]), Argument(1), Argument(2), call);
                case "FLOOR" or "CEIL" or "ROUND":
                    var rounded = Argument(0);
                    var digits = call.Arguments.Count > 1 ? Scale(1) : 0;
                    if (digits != 0 && call.Name != "ROUND") throw Refuse(call.Name, call, rounded);
                    var type = rounded.Type.Kind == SqlTypeKind.Number ? rounded.Type with { Scale = Math.Min(rounded.Type.Scale, digits) } : rounded.Type;
                    return new Typed(string.Create(CultureInfo.InvariantCulture, $"CAST({call.Name.ToLowerInvariant()}({rounded.Sql}{(call.Name == "ROUND" ? $", {digits}" : "")}) AS {type.Storage})"), type);
            }
        }

        if (call.Name == "COUNT_IF")
        {
            var counted = Condition(call.Arguments[0], scope);
            return new Typed($"CAST(count_if({counted.Sql}){(call.Over is null ? "" : Over(call.Over, scope))} AS {CountType.Storage})", CountType, false);
        }

        return TranslateCommonFunction(call, scope) ?? throw new SqlFailure(SqlFailureKind.UnknownFunction, call.Name, null, call.Line, call.Column);

        Typed Instant(SqlType type)
        {
            var safe = call.Name.StartsWith("TRY_", StringComparison.Ordinal);
            var value = Argument(0);
            if (value.Type.Kind != SqlTypeKind.Number) return call.Arguments.Count == 1 ? Cast(value, type, safe) : throw Refuse(call.Name, call, value);
            var scale = call.Arguments.Count > 1 ? Scale(1) : 0;
            var nanos = value with { Sql = $"CAST({value.Sql} * 1{new string('0', 9 - scale)} AS HUGEINT)", Type = SnowflakeType.TimestampLtz() };
            return type.Kind == SqlTypeKind.TimestampNtz ? nanos with { Type = type } : Cast(nanos, type, safe);
        }
    }

    private static SqlFailure Missing(string name, NamedTableSyntax at) => new(SqlFailureKind.UnknownTable, name, "Object", at.Line, at.Column);

    private static string Unit(Expression expression)
    {
        var word = expression switch
        {
            ColumnExpression { Parts: [var name] } => name.Text,
            LiteralExpression { Kind: TokenKind.Text } text => text.Text,
            _ => throw new SqlFailure(SqlFailureKind.WrongArguments, "date part", null, expression.Line, expression.Column),
        };
        return word.ToUpperInvariant().TrimEnd('S') switch
        {
            "Y" or "YY" or "YYYY" => "YEAR",
            "MM" or "MON" => "MONTH",
            "D" or "DD" => "DAY",
            "H" or "HH" or "HR" => "HOUR",
            "MI" or "MIN" => "MINUTE",
            "SEC" or "" => "SECOND",
            "M" => "MILLISECOND",
            "NANOSEC" or "N" => "NANOSECOND",
            var other => other,
        };
    }

    private static string UnitNanos(string unit, FunctionExpression call) => unit switch
    {
        "WEEK" => "604800000000000",
        "DAY" => "86400000000000",
        "HOUR" => "3600000000000",
        "MINUTE" => "60000000000",
        "SECOND" => "1000000000",
        "MILLISECOND" => "1000000",
        "MICROSECOND" => "1000",
        "NANOSECOND" => "1",
        _ => throw new SqlFailure(SqlFailureKind.WrongArguments, call.Name, $"date part {unit}", call.Line, call.Column),
    };

    private Typed DateAdd(FunctionExpression call, Typed amount, Typed value)
    {
        var unit = Unit(call.Arguments[0]);
        if (value.Type.Kind == SqlTypeKind.Text) value = Cast(value, SnowflakeType.TimestampNtz());
        if (value.Type.Kind == SqlTypeKind.Date)
        {
            if (unit is "DAY" or "WEEK") return value with { Sql = $"CAST({value.Sql} + {amount.Sql} * {(unit == "DAY" ? 1 : 7)} AS INTEGER)" };
            value = Cast(value, SnowflakeType.TimestampNtz());
        }

        if (!value.Type.IsTimestamp) throw Refuse(call.Name, call, value);
        var months = unit switch { "YEAR" => 12, "QUARTER" => 3, "MONTH" => 1, _ => 0 };
        string Moved(string sql) => months == 0
            ? $"({sql} + CAST({amount.Sql} AS HUGEINT) * {UnitNanos(unit, call)})"
            : string.Create(CultureInfo.InvariantCulture, $"CAST(wi('addmonths', CAST({sql} AS VARCHAR) || ' ' || CAST(CAST({amount.Sql} AS BIGINT) * {months} AS VARCHAR)) AS HUGEINT)");
        return value with
        {
            Sql = value.Type.Kind == SqlTypeKind.TimestampTz ? $"{{'i': {Moved(value.Key)}, 'o': struct_extract({value.Sql}, 'o')}}" : Moved(value.Sql),
            IsConstant = value.IsConstant && amount.IsConstant,
        };
    }

    private Typed DateDiff(string unit, Typed from, Typed to, FunctionExpression call)
    {
        var (start, end) = (Cast(from, SnowflakeType.TimestampNtz()), Cast(to, SnowflakeType.TimestampNtz()));
        var nanos = UnitNanos(unit, call);
        return new Typed($"CAST((({end.Sql}) // {nanos}) - (({start.Sql}) // {nanos}) AS DECIMAL(9,0))", SnowflakeType.Number(9));
    }

    private Typed Truncate(string unit, Typed value, FunctionExpression call)
    {
        if (value.Type.Kind == SqlTypeKind.Date) return Cast(Truncate(unit, Cast(value, SnowflakeType.TimestampNtz()), call), SnowflakeType.Date);
        if (value.Type.Kind is not (SqlTypeKind.TimestampNtz or SqlTypeKind.TimestampLtz) || (value.Type.Kind == SqlTypeKind.TimestampLtz && Context.TimeZone != "UTC")) throw Refuse(call.Name, call, value);
        return value with { Sql = $"CAST(wi('trunc;{unit}', CAST({value.Sql} AS VARCHAR)) AS HUGEINT)" };
    }

    private static Typed DatePart(string part, Typed value, FunctionExpression call)
    {
        var divisor = part switch { "EPOCH_SECOND" or "EPOCH" => "1000000000", "EPOCH_MILLISECOND" => "1000000", "EPOCH_MICROSECOND" => "1000", "EPOCH_NANOSECOND" => "1", _ => null };
        if (divisor is null || !value.Type.IsTimestamp) throw Refuse(call.Name, call, value);
        return new Typed($"CAST({value.Key} // {divisor} AS DECIMAL(38,0))", SnowflakeType.Number());
    }

    private Typed ConvertTimeZone(FunctionExpression call, Scope scope)
    {
        string Zone(int index) => call.Arguments[index] is LiteralExpression { Kind: TokenKind.Text } text && CivilTime.FindZone(text.Text) is not null
            ? text.Text
            : throw new SqlFailure(SqlFailureKind.WrongArguments, call.Name, "a time zone name is asked for", call.Line, call.Column);
        var value = Translate(call.Arguments[^1], scope);
        if (call.Arguments.Count == 3)
        {
            var wall = Cast(value, SnowflakeType.TimestampNtz());
            var utc = Conversion.Cast(wall, SnowflakeType.TimestampLtz(), false, Zone(0), false);
            return Conversion.Cast(utc, SnowflakeType.TimestampNtz(), false, Zone(1), false);
        }

        return Conversion.Cast(Cast(value, SnowflakeType.TimestampLtz()), SnowflakeType.TimestampTz(), false, Zone(0), false);
    }

    private Typed ToVarchar(Typed value, FunctionExpression call)
    {
        if (call.Arguments.Count == 1) return Cast(value, SnowflakeType.Varchar());
        if (call.Arguments[1] is not LiteralExpression { Kind: TokenKind.Text } format || !(value.Type.IsTimestamp || value.Type.Kind == SqlTypeKind.Date)) throw Refuse(call.Name, call, value);
        if (value.Type.Kind == SqlTypeKind.Date) value = Cast(value, SnowflakeType.TimestampNtz());
        var kind = value.Type.Kind switch { SqlTypeKind.TimestampNtz => "ntz", SqlTypeKind.TimestampLtz => "ltz", _ => "tz" };
        return new Typed(Conversion.FormatTimestamp(value, kind, Context.TimeZone, format.Text), SnowflakeType.Varchar(), value.IsNullable);
    }

    /// <summary>Snowflake anchors the pattern at both ends.</summary>
    private Typed RegexpLike(FunctionExpression call, Scope scope)
    {
        if (call.Arguments.Count is < 2 or > 3) throw new SqlFailure(SqlFailureKind.WrongArguments, call.Name, null, call.Line, call.Column);
        var text = AsText(Translate(call.Arguments[0], scope), call);
        var pattern = AsText(Translate(call.Arguments[1], scope), call);
        var options = call.Arguments.Count == 3 ? $", {Translate(call.Arguments[2], scope).Sql}" : "";
        return new Typed($"regexp_full_match({text.Sql}, {pattern.Sql}{options})", SnowflakeType.Boolean, text.IsNullable);
    }
}
