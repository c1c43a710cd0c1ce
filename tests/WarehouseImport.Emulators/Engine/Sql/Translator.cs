using System.Globalization;
using System.Text;
using WarehouseImport.Emulators.Engine.Catalogue;

namespace WarehouseImport.Emulators.Engine.Sql;

/// <summary>
/// Translates a parsed query into DuckDB SQL over generated names, with the declared type of every expression. What neither dialect has is refused.
/// </summary>
internal abstract class Translator(StatementContext context)
{
    private int _names;

    protected StatementContext Context => context;

    /// <value>The stored tables a query reads, in order of appearance.</value>
    public List<TableUse> Uses { get; } = [];

    protected abstract bool IsBigQuery { get; }

    protected abstract SqlParser Parse(string sql);

    /// <summary>Finds what stands after FROM.</summary>
    protected abstract TableSource FindTable(NamedTableSyntax syntax, string? asOf);

    protected abstract bool MatchesColumn(Name written, string stored);

    protected abstract string FoldAlias(Name name);

    /// <summary>The service's name for an item without an alias.</summary>
    protected abstract string NameOf(Expression expression, int index);

    protected abstract Typed TranslateFunction(FunctionExpression call, Scope scope);

    protected abstract Typed TranslateLiteral(LiteralExpression literal);

    protected abstract Typed TranslateTypedLiteral(TypedLiteralExpression literal);

    protected abstract Typed Arithmetic(BinaryExpression expression, Typed left, Typed right);

    /// <summary>Gives both sides one type to compare in.</summary>
    protected abstract (Typed Left, Typed Right) Align(Typed left, Typed right, string operation, Expression at);

    protected abstract bool NullsFirst(bool isDescending);

    protected abstract SqlType CountType { get; }

    /// <summary>A whole statement, with cells ready to be read: text, or a double.</summary>
    public (string Sql, IReadOnlyList<OutputColumn> Columns) TranslateStatement(QuerySyntax query)
    {
        var translated = TranslateQuery(query, new Dictionary<string, CommonTable>(), isTop: true);
        return (translated.Sql, translated.Columns);
    }

    public IReadOnlyList<OutputColumn> Describe(string sql) => TranslateStatement(Parse(sql).ParseStatement()).Columns;

    public Typed Cast(Typed value, SqlType to, bool isSafe = false) => Conversion.Cast(value, to, isSafe, context.TimeZone, IsBigQuery);

    protected Typed Translate(Expression expression, Scope scope)
    {
        switch (expression)
        {
            case LiteralExpression literal:
                return TranslateLiteral(literal);
            case WordLiteralExpression word:
                return word.Word == "NULL"
                    ? new Typed("NULL", Typed.Null, true, true, true)
                    : new Typed(word.Word.ToLowerInvariant(), Typed.Boolean, false, true);
            case TypedLiteralExpression literal:
                return TranslateTypedLiteral(literal);
            case ParameterExpression parameter:
                var name = parameter.Name ?? parameter.Index.ToString(CultureInfo.InvariantCulture);
                return FindParameter(name) ?? throw new SqlFailure(SqlFailureKind.MissingParameter, name, null, parameter.Line, parameter.Column);
            case ColumnExpression column:
                return FindColumn(column, scope);
            case UnaryExpression { Operator: "NOT" } not:
                return new Typed($"(NOT {Condition(not.Operand, scope).Sql})", Typed.Boolean);
            case UnaryExpression unary:
                var operand = Translate(unary.Operand, scope);
                if (!operand.Type.IsNumeric) throw Refuse(unary.Operator, unary, operand);
                return operand with { Sql = $"({unary.Operator}({operand.Sql}))", IsCoercible = false };
            case BinaryExpression { Operator: "AND" or "OR" } logic:
                return new Typed($"({Condition(logic.Left, scope).Sql} {logic.Operator} {Condition(logic.Right, scope).Sql})", Typed.Boolean);
            case BinaryExpression binary:
                return TranslateBinary(binary, scope);
            case IsExpression test:
                var tested = test.Test == "NULL" ? Translate(test.Operand, scope) : Condition(test.Operand, scope);
                return new Typed($"({tested.Sql} IS {(test.IsNot ? "NOT " : "")}{test.Test})", Typed.Boolean, false, tested.IsConstant);
            case BetweenExpression between:
                var low = Compare(">=", between.Operand, between.Low, scope, between);
                var high = Compare("<=", between.Operand, between.High, scope, between);
                return new Typed($"({(between.IsNot ? "NOT " : "")}({low.Sql} AND {high.Sql}))", Typed.Boolean);
            case InExpression list:
                var items = string.Join(" OR ", list.Items.Select(i => Compare("=", list.Operand, i, scope, list).Sql));
                return new Typed($"({(list.IsNot ? "NOT " : "")}({items}))", Typed.Boolean);
            case LikeExpression like:
                return TranslateLike(like, scope);
            case CaseExpression choice:
                return TranslateCase(choice, scope);
            case CastExpression cast:
                var source = Translate(cast.Operand, scope);
                // Snowflake's TRY_CAST reads text alone.
                if (cast.IsSafe && !IsBigQuery && source.Type.Kind is not (SqlTypeKind.Text or SqlTypeKind.Null or SqlTypeKind.Variant)) throw Refuse("TRY_CAST", cast, source);
                return Cast(source, cast.Type, cast.IsSafe);
            case SubqueryExpression subquery:
                var inner = TranslateQuery(subquery.Query, scope.CommonTables, isTop: false);
                return inner.Columns.Count == 1
                    ? new Typed($"({inner.Sql})", inner.Columns[0].Type)
                    : throw new SqlFailure(SqlFailureKind.WrongArguments, "subquery", "one column is allowed", subquery.Line, subquery.Column);
            case FunctionExpression call:
                return TranslateFunction(call, scope);
            case ExtractExpression extract:
                return TranslateFunction(new FunctionExpression("EXTRACT", [new LiteralExpression(TokenKind.Text, extract.Part, extract.Line, extract.Column), extract.Operand], false, false, null, extract.Line, extract.Column), scope);
            default:
                throw new SqlFailure(SqlFailureKind.Syntax, expression.GetType().Name, null, expression.Line, expression.Column);
        }
    }

    protected Typed Condition(Expression expression, Scope scope)
    {
        var value = Translate(expression, scope);
        return value.Type.Kind is SqlTypeKind.Boolean or SqlTypeKind.Null ? value : Cast(value, Typed.Boolean);
    }

    protected static SqlFailure Refuse(string operation, Expression at, params Typed[] values) =>
        new(SqlFailureKind.WrongArguments, operation, string.Join(", ", values.Select(v => v.Type.Kind.ToString())), at.Line, at.Column);

    protected static string IntegerText(Expression expression, string what) =>
        expression is LiteralExpression { Kind: TokenKind.Number } number && long.TryParse(number.Text, out _)
            ? number.Text
            : throw new SqlFailure(SqlFailureKind.BadLimit, expression is ParameterExpression ? "?" : what, null, expression.Line, expression.Column);

    /// <summary>The one type several values are given, as COALESCE, CASE and GREATEST need it.</summary>
    protected Typed[] Unify(IEnumerable<Typed> values, Expression at)
    {
        var list = values.ToArray();
        var common = list.Select(v => v.Type).Aggregate(Typed.Null, (a, b) => Common(a, b, at));
        return [.. list.Select(v => v.Type == common ? v : Cast(v, common))];
    }

    protected virtual SqlType Common(SqlType a, SqlType b, Expression at)
    {
        if (a.Kind == SqlTypeKind.Null || a == b) return b;
        if (b.Kind == SqlTypeKind.Null) return a;
        if (a.Kind == b.Kind)
        {
            var scale = Math.Max(a.Scale, b.Scale);
            return a.Kind == SqlTypeKind.Number
                ? a with { Precision = Math.Min(38, Math.Max(a.Precision - a.Scale, b.Precision - b.Scale) + scale), Scale = scale }
                : a with { Scale = scale, Length = Math.Max(a.Length, b.Length) };
        }

        if (a.Kind == SqlTypeKind.Float && b.IsNumeric) return a;
        if (b.Kind == SqlTypeKind.Float && a.IsNumeric) return b;
        if (a.Kind == SqlTypeKind.Number && b.Kind == SqlTypeKind.Integer) return a;
        if (b.Kind == SqlTypeKind.Number && a.Kind == SqlTypeKind.Integer) return b;
        throw new SqlFailure(SqlFailureKind.WrongArguments, at is FunctionExpression f ? f.Name : "CASE", $"{a.Kind}, {b.Kind}", at.Line, at.Column);
    }

    /// <summary>Functions both dialects have, with one meaning.</summary>
    protected Typed? TranslateCommonFunction(FunctionExpression call, Scope scope)
    {
        var over = call.Over is null ? "" : Over(call.Over, scope);
        Typed[] Arguments(int least, int most)
        {
            if (call.Arguments.Count < least || call.Arguments.Count > most || call.IsStar) throw new SqlFailure(SqlFailureKind.WrongArguments, call.Name, $"{call.Arguments.Count} arguments", call.Line, call.Column);
            return [.. call.Arguments.Select(a => Translate(a, scope))];
        }

        Typed Counted(string inner) => new($"CAST({inner}{over} AS {CountType.Storage})", CountType, false);
        Typed Text(string format)
        {
            var values = Arguments(1, 9);
            return new Typed(string.Format(CultureInfo.InvariantCulture, format, [.. values.Select(v => AsText(v, call).Sql)]), AsText(values[0], call).Type, values[0].IsNullable, values.All(v => v.IsConstant));
        }

        switch (call.Name)
        {
            case "COUNT":
                if (call.IsStar) return Counted("count(*)");
                return Counted($"count({(call.IsDistinct ? "DISTINCT " : "")}{Arguments(1, 1)[0].Key})");
            case "MIN" or "MAX":
                var measured = Arguments(1, 1)[0];
                if (measured.Type.IsSemiStructured || measured.Type.Kind is SqlTypeKind.Record or SqlTypeKind.Repeated or SqlTypeKind.Geography) throw Refuse(call.Name, call, measured);
                return measured with { Sql = $"{call.Name.ToLowerInvariant()}({measured.Sql}){over}", IsNullable = true, IsConstant = false, IsCoercible = false };
            case "SUM":
                var summed = Arguments(1, 1)[0];
                if (!summed.Type.IsNumeric) throw Refuse(call.Name, call, summed);
                var total = summed.Type.Kind == SqlTypeKind.Number ? summed.Type with { Precision = 38 } : summed.Type;
                return new Typed($"CAST(sum({(call.IsDistinct ? "DISTINCT " : "")}{summed.Sql}){over} AS {total.Storage})", total);
            case "AVG":
                var averaged = Arguments(1, 1)[0];
                if (!averaged.Type.IsNumeric) throw Refuse(call.Name, call, averaged);
                var mean = averaged.Type.Kind == SqlTypeKind.Number ? averaged.Type with { Precision = 38, Scale = Math.Min(averaged.Type.Scale + 6, 37) } : new SqlType(SqlTypeKind.Float);
                return new Typed($"CAST(avg({averaged.Sql}){over} AS {mean.Storage})", mean);
            case "ROW_NUMBER" or "RANK" or "DENSE_RANK" when call.Over is not null:
                return new Typed($"CAST({call.Name.ToLowerInvariant()}(){over} AS {CountType.Storage})", CountType, false);
            case "FIRST_VALUE" or "LAST_VALUE" or "LAG" or "LEAD" when call.Over is not null:
                var first = Arguments(1, 1)[0];
                return first with { Sql = $"{call.Name.ToLowerInvariant()}({first.Sql}){over}", IsNullable = true };
        }

        if (call.Over is not null || call.IsDistinct) return null;
        switch (call.Name)
        {
            case "COALESCE" or "IFNULL":
                var choices = Unify(Arguments(call.Name == "IFNULL" ? 2 : 1, call.Name == "IFNULL" ? 2 : 99), call);
                return new Typed($"coalesce({string.Join(", ", choices.Select(c => c.Sql))})", choices[0].Type, choices.All(c => c.IsNullable), choices.All(c => c.IsConstant));
            case "NULLIF":
                var nulled = Arguments(2, 2);
                return nulled[0] with { Sql = $"CASE WHEN {Comparison("=", nulled[0], nulled[1], call).Sql} THEN NULL ELSE {nulled[0].Sql} END", IsNullable = true };
            case "GREATEST" or "LEAST":
                var compared = Unify(Arguments(1, 99), call);
                var any = string.Join(" OR ", compared.Select(c => $"{c.Sql} IS NULL"));
                // DuckDB's own skips NULLs; both warehouses answer NULL as soon as one is.
                return new Typed(
                    $"CASE WHEN {any} THEN NULL ELSE {call.Name.ToLowerInvariant()}({string.Join(", ", compared.Select(c => c.Sql))}) END",
                    compared[0].Type,
                    compared.Any(c => c.IsNullable),
                    compared.All(c => c.IsConstant));
            case "LOWER" or "UPPER":
                return Text($"{call.Name.ToLowerInvariant()}({{0}})");
            case "TRIM" or "LTRIM" or "RTRIM":
                return Text(call.Arguments.Count == 1 ? $"{call.Name.ToLowerInvariant()}({{0}}, ' ')" : $"{call.Name.ToLowerInvariant()}({{0}}, {{1}})");
            case "REPLACE":
                return Text("replace({0}, {1}, {2})");
            case "CONCAT":
                return Text(string.Join(" || ", Enumerable.Range(0, call.Arguments.Count).Select(i => $"{{{i}}}")));
            case "LENGTH":
                var measuredText = Arguments(1, 1)[0];
                return new Typed($"CAST(length({measuredText.Sql}) AS {CountType.Storage})", CountType, measuredText.IsNullable);
            case "SUBSTR" or "SUBSTRING":
                var parts = Arguments(2, 3);
                return parts[0] with { Sql = $"substr({AsText(parts[0], call).Sql}, {string.Join(", ", parts[1..].Select(p => $"CAST({p.Sql} AS BIGINT)"))})", IsCoercible = false };
            case "ABS":
                var absolute = Arguments(1, 1)[0];
                return absolute with { Sql = $"abs({absolute.Sql})", IsCoercible = false };
            case "MOD":
                var division = Arguments(2, 2);
                return division[0] with { Sql = $"({division[0].Sql} % {division[1].Sql})", IsNullable = true, IsCoercible = false };
            default:
                return null;
        }
    }

    protected Typed AsText(Typed value, Expression at) =>
        value.Type.Kind == SqlTypeKind.Text ? value : IsBigQuery && value.Type.Kind != SqlTypeKind.Null ? throw Refuse(at is FunctionExpression f ? f.Name : "||", at, value) : Cast(value, new SqlType(SqlTypeKind.Text));

    protected Typed Comparison(string operation, Typed left, Typed right, Expression at)
    {
        var (l, r) = Align(left, right, operation, at);
        if (l.Type.IsSemiStructured && l.Type.Kind != SqlTypeKind.Variant) throw Refuse(operation, at, l, r);
        return new Typed($"({l.Key} {operation} {r.Key})", Typed.Boolean, l.IsNullable || r.IsNullable, l.IsConstant && r.IsConstant);
    }

    protected string Over(WindowSpecification window, Scope scope)
    {
        var text = new StringBuilder(" OVER (");
        if (window.PartitionBy.Count > 0) text.Append("PARTITION BY ").AppendJoin(", ", window.PartitionBy.Select(p => Translate(p, scope).Key)).Append(' ');
        if (window.OrderBy.Count > 0)
        {
            text.Append("ORDER BY ").AppendJoin(", ", window.OrderBy.Select(o => $"{Translate(o.Value, scope).Key}{Direction(o)}")).Append(' ');
        }

        return text.Append(window.Frame).Append(')').ToString();
    }

    protected TableSource StoredTable(EmulatedTable table, string? asOf)
    {
        if (table.ViewSql is not null)
        {
            var view = TranslateView(table, asOf);
            return new TableSource($"({view.Sql})", [.. view.Columns.Select((c, i) => new SourceColumn(c.Name, c.Type, $"r{i}", c.IsNullable, null))], null, table);
        }

        var use = new TableUse(table);
        Uses.Add(use);
        return new TableSource(table.VisibleRows(asOf), [.. table.Columns.Select(c => new SourceColumn(c.Name, c.Type, c.StorageName, c.IsNullable, c))], use, table);
    }

    /// <summary>Rows made on the spot: a catalogue view.</summary>
    protected static TableSource Inline(IReadOnlyList<ColumnDefinition> columns, IEnumerable<object?[]> rows)
    {
        var values = rows.Select(r => $"({string.Join(", ", columns.Select((c, i) => SeedValue.Literal(r[i], c.Type)))})").ToList();
        var nothing = string.Join(", ", columns.Select((c, i) => $"CAST(NULL AS {c.Type.Storage}) AS c{i}"));
        var sql = values.Count == 0
            ? $"(SELECT {nothing} WHERE false)"
            : $"(SELECT * FROM (VALUES {string.Join(", ", values)}) AS v({string.Join(", ", columns.Select((_, i) => $"c{i}"))}))";
        return new TableSource(sql, [.. columns.Select((c, i) => new SourceColumn(c.Name, c.Type, $"c{i}", c.IsNullable, null))], null, null);
    }

    private Typed? FindParameter(string name)
    {
        foreach (var (key, value) in context.Parameters)
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase)) return value;
        }

        return null;
    }

    private Translated TranslateView(EmulatedTable view, string? asOf)
    {
        var syntax = Parse(view.ViewSql!).ParseStatement();
        var previous = _asOf;
        _asOf = asOf ?? previous;
        try
        {
            return TranslateQuery(syntax, new Dictionary<string, CommonTable>(), isTop: false);
        }
        finally
        {
            _asOf = previous;
        }
    }

    private string? _asOf;

    private Translated TranslateQuery(QuerySyntax query, IReadOnlyDictionary<string, CommonTable> outer, bool isTop)
    {
        var tables = new Dictionary<string, CommonTable>(outer, StringComparer.Ordinal);
        var with = new List<string>();
        foreach (var (name, syntax) in query.With)
        {
            var table = TranslateQuery(syntax, tables, isTop: false);
            var alias = NewName('q');
            with.Add($"{alias} AS MATERIALIZED ({table.Sql})");
            tables[FoldAlias(name)] = new CommonTable(alias, table.Columns);
        }

        var single = query.Branches.Count == 1;
        var branches = query.Branches.Select(b => TranslateBranch(b, tables, single ? query.OrderBy : [])).ToList();
        var columns = branches[0].Columns;
        if (branches.Any(b => b.Columns.Count != columns.Count)) throw new SqlFailure(SqlFailureKind.WrongArguments, "UNION ALL", "the branches have different numbers of columns");
        var order = single ? branches[0].Order : [.. query.OrderBy.Select(o => $"x.{OutputOf(o.Value, columns) ?? throw new SqlFailure(SqlFailureKind.UnknownColumn, "ORDER BY", null, o.Value.Line, o.Value.Column)}{Direction(o)}")];
        var text = new StringBuilder();
        if (with.Count > 0) text.Append("WITH ").AppendJoin(", ", with).Append(' ');
        var body = string.Join(" UNION ALL ", branches.Select(b => b.Sql));
        if (!isTop && query.Limit is null)
        {
            // Order without a limit means nothing in a subquery.
            text.Append("SELECT ").AppendJoin(", ", columns.Select((_, i) => $"r{i}")).Append(" FROM (").Append(body).Append(") AS x");
            return new Translated(text.ToString(), columns);
        }

        text.Append("SELECT ").AppendJoin(", ", columns.Select((c, i) => isTop ? $"{Cell($"x.r{i}", c.Type)} AS o{i}" : $"x.r{i} AS r{i}"));
        text.Append(" FROM (").Append(body).Append(") AS x ORDER BY ").AppendJoin(", ", order.Append("random()"));
        if (query.Limit is not null) text.Append(" LIMIT ").Append(IntegerText(query.Limit, "LIMIT"));
        if (query.Offset is not null) text.Append(" OFFSET ").Append(IntegerText(query.Offset, "OFFSET"));
        return new Translated(text.ToString(), columns);
    }

    /// <summary>How a cell leaves DuckDB: text, because its decimals and large integers do not fit the CLR's; doubles as themselves.</summary>
    private static string Cell(string sql, SqlType type) => type.Kind switch
    {
        SqlTypeKind.Float => sql,
        SqlTypeKind.Binary => $"hex({sql})",
        SqlTypeKind.TimestampTz => $"CAST(struct_extract({sql}, 'i') AS VARCHAR) || ' ' || CAST(struct_extract({sql}, 'o') AS VARCHAR)",
        _ => $"CAST({sql} AS VARCHAR)",
    };

    private Branch TranslateBranch(SelectSyntax select, IReadOnlyDictionary<string, CommonTable> tables, IReadOnlyList<OrderItem> order)
    {
        var scope = new Scope(tables);
        var from = select.From is null ? "" : $" FROM {TranslateTable(select.From, scope)}";
        var columns = new List<OutputColumn>();
        var cells = new List<Typed>();
        foreach (var item in select.Items) AddItem(item, scope, columns, cells);
        var text = new StringBuilder("SELECT ").Append(select.IsDistinct ? "DISTINCT " : "");
        var projected = cells.Select((c, i) => $"{c.Sql} AS r{i}").ToList();
        var keys = new List<string>();
        foreach (var item in order)
        {
            var output = OutputOf(item.Value, columns);
            if (output is not null)
            {
                var type = columns[int.Parse(output.AsSpan(1), CultureInfo.InvariantCulture)].Type;
                keys.Add($"{new Typed($"x.{output}", type).Key}{Direction(item)}");
                continue;
            }

            if (select.IsDistinct) throw new SqlFailure(SqlFailureKind.UnknownColumn, "ORDER BY", "with DISTINCT only selected columns", item.Value.Line, item.Value.Column);
            var key = Translate(item.Value, scope);
            if (key.Type.Kind is SqlTypeKind.Record or SqlTypeKind.Repeated) throw Refuse("ORDER BY", item.Value, key);
            keys.Add($"x.s{keys.Count}{Direction(item)}");
            projected.Add($"{key.Key} AS s{keys.Count - 1}");
        }

        text.AppendJoin(", ", projected).Append(from);
        if (select.Where is not null)
        {
            text.Append(" WHERE ").Append(Condition(select.Where, scope).Sql);
            FindPartitionConditions(select.Where, scope);
        }

        if (select.GroupBy.Count > 0) text.Append(" GROUP BY ").AppendJoin(", ", select.GroupBy.Select(g => GroupKey(g, scope, columns, cells)));
        if (select.Having is not null) text.Append(" HAVING ").Append(Condition(select.Having, scope).Sql);
        if (select.Qualify is not null) text.Append(" QUALIFY ").Append(Condition(select.Qualify, scope).Sql);
        if (context.ChecksPartitionFilters) scope.Sources.Select(s => s.Table.Use).OfType<TableUse>().ToList().ForEach(CheckPartitionFilter);
        return new Branch(text.ToString(), columns, keys);
    }

    private static void CheckPartitionFilter(TableUse use)
    {
        if (!use.Table.IsPartitionFilterRequired || use.PartitionConditions.Count > 0) return;
        var table = use.Table;
        throw new SqlFailure(SqlFailureKind.PartitionFilterMissing, $"{table.Schema.Database.Name}.{table.Schema.Name}.{table.Name}", table.PartitionColumn);
    }

    private string GroupKey(Expression expression, Scope scope, List<OutputColumn> columns, List<Typed> cells)
    {
        if (expression is LiteralExpression { Kind: TokenKind.Number } ordinal && int.TryParse(ordinal.Text, out var number) && number >= 1 && number <= cells.Count) return cells[number - 1].Sql;
        if (expression is ColumnExpression { Parts.Count: 1 } column && columns.FindIndex(c => MatchesColumn(column.Parts[0], c.Name)) is >= 0 and var index) return cells[index].Sql;
        return Translate(expression, scope).Sql;
    }

    private string? OutputOf(Expression expression, IReadOnlyList<OutputColumn> columns)
    {
        if (expression is LiteralExpression { Kind: TokenKind.Number } ordinal && int.TryParse(ordinal.Text, out var number))
        {
            return number >= 1 && number <= columns.Count ? $"r{number - 1}" : throw new SqlFailure(SqlFailureKind.UnknownColumn, ordinal.Text, "ORDER BY position", expression.Line, expression.Column);
        }

        if (expression is not ColumnExpression { Parts.Count: 1 } column) return null;
        for (var i = 0; i < columns.Count; i++)
        {
            if (MatchesColumn(column.Parts[0], columns[i].Name)) return $"r{i}";
        }

        return null;
    }

    private string Direction(OrderItem item) =>
        $" {(item.IsDescending ? "DESC" : "ASC")} NULLS {(item.NullsFirst ?? NullsFirst(item.IsDescending) ? "FIRST" : "LAST")}";

    private void AddItem(SelectItem item, Scope scope, List<OutputColumn> columns, List<Typed> cells)
    {
        if (item.Value is not null)
        {
            var value = Translate(item.Value, scope);
            var name = item.Alias is { } alias ? FoldAlias(alias) : NameOf(item.Value, columns.Count);
            columns.Add(new OutputColumn(name, Settle(value.Type), value.IsNullable, value.Type.Kind == SqlTypeKind.Null ? null : SourceOf(item.Value, scope)));
            cells.Add(value);
            return;
        }

        var starred = scope.Sources.Where(s => item.StarOf.Count == 0 || FoldAlias(item.StarOf[^1]).Equals(s.Alias, IsBigQuery ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal)).ToList();
        if (starred.Count == 0) throw new SqlFailure(SqlFailureKind.UnknownColumn, "*");
        foreach (var source in starred)
        {
            foreach (var column in source.Table.Columns)
            {
                columns.Add(new OutputColumn(column.Name, column.Type, column.IsNullable, source.Table.Stored));
                cells.Add(Use(source, column));
            }
        }
    }

    /// <summary>The type a bare NULL has in a result.</summary>
    protected virtual SqlType Settle(SqlType type) => type.Kind == SqlTypeKind.Null ? new SqlType(SqlTypeKind.Text) : type;

    private EmulatedTable? SourceOf(Expression expression, Scope scope) =>
        expression is ColumnExpression column && Locate(column, scope) is { } found ? found.Source.Table.Stored : null;

    private string TranslateTable(TableSyntax table, Scope scope)
    {
        switch (table)
        {
            case JoinSyntax join:
                var left = TranslateTable(join.Left, scope);
                var right = TranslateTable(join.Right, scope);
                return join.On is null ? $"{left} CROSS JOIN {right}" : $"{left} {join.Kind} {right} ON {Condition(join.On, scope).Sql}";
            case DerivedTableSyntax derived:
                var inner = TranslateQuery(derived.Query, scope.CommonTables, isTop: false);
                var source = new TableSource($"({inner.Sql})", [.. inner.Columns.Select((c, i) => new SourceColumn(c.Name, c.Type, $"r{i}", c.IsNullable, null))], null, null);
                return Add(source, derived.Alias is { } given ? FoldAlias(given) : null, scope);
            default:
                var named = (NamedTableSyntax)table;
                if (named.Parts.Count == 1 && scope.CommonTables.TryGetValue(FoldAlias(named.Parts[0]), out var common))
                {
                    if (named.AsOf is not null) throw new SqlFailure(SqlFailureKind.Unsupported, "time travel on a common table expression", null, named.Line, named.Column);
                    var columns = common.Columns.Select((c, i) => new SourceColumn(c.Name, c.Type, $"r{i}", c.IsNullable, null)).ToList();
                    return Add(new TableSource(common.Alias, columns, null, null), FoldAlias(named.Alias ?? named.Parts[0]), scope);
                }

                var asOf = named.AsOf is null ? _asOf : TimeTravel(named, scope);
                return Add(FindTable(named, asOf), FoldAlias(named.Alias ?? named.Parts[^1]), scope);
        }
    }

    private string TimeTravel(NamedTableSyntax table, Scope scope)
    {
        var instant = Translate(table.AsOf!, scope);
        // Snowflake reads a wall-clock time here in the session's zone.
        if (instant.Type.Kind != SqlTypeKind.TimestampLtz) instant = Cast(instant, new SqlType(SqlTypeKind.TimestampLtz, Scale: IsBigQuery ? 6 : 9));
        var text = context.Catalogue.Store.Query($"SELECT CAST({instant.Sql} AS VARCHAR)", 0)[0][0] as string;
        if (text is null) throw new SqlFailure(SqlFailureKind.NoTimeTravel, table.Parts[^1].Text, "NULL", table.Line, table.Column);
        return table.IsBefore ? $"({text} - 1)" : text;
    }

    private string Add(TableSource table, string? alias, Scope scope)
    {
        var name = NewName('a');
        scope.Sources.Add(new ScopeSource(name, alias, table));
        return $"{table.Sql} AS {name}";
    }

    private Typed FindColumn(ColumnExpression column, Scope scope) =>
        Locate(column, scope) is { } found
            ? Use(found.Source, found.Column)
            : NotAColumn(column, scope) ?? throw new SqlFailure(SqlFailureKind.UnknownColumn, string.Join('.', column.Parts.Select(p => p.IsQuoted && !IsBigQuery ? $"\"{p.Text}\"" : FoldAlias(p))), column.Parts[^1].Text, column.Line, column.Column);

    /// <summary>A word that looks like a column and is not, such as <c>CURRENT_TIMESTAMP</c> without parentheses.</summary>
    protected virtual Typed? NotAColumn(ColumnExpression column, Scope scope) => null;

    private (ScopeSource Source, SourceColumn Column)? Locate(ColumnExpression column, Scope scope)
    {
        var matches = new List<(ScopeSource, SourceColumn)>();
        foreach (var source in scope.Sources)
        {
            if (column.Parts.Count > 1 && (source.Alias is null || !MatchesColumn(column.Parts[^2], source.Alias))) continue;
            matches.AddRange(source.Table.Columns.Where(c => MatchesColumn(column.Parts[^1], c.Name)).Select(c => (source, c)));
        }

        return matches.Count switch
        {
            0 => null,
            1 => matches[0],
            _ => throw new SqlFailure(SqlFailureKind.AmbiguousColumn, column.Parts[^1].Text, null, column.Line, column.Column),
        };
    }

    private static Typed Use(ScopeSource source, SourceColumn column)
    {
        if (column.Definition is not null) source.Table.Use?.Columns.Add(column.Definition);
        return new Typed($"{source.Name}.{column.StorageName}", column.Type, column.IsNullable);
    }

    private Typed Compare(string operation, Expression left, Expression right, Scope scope, Expression at) =>
        Comparison(operation, Translate(left, scope), Translate(right, scope), at);

    private Typed TranslateBinary(BinaryExpression binary, Scope scope)
    {
        var left = Translate(binary.Left, scope);
        var right = Translate(binary.Right, scope);
        if (binary.Operator == "||") return new Typed($"({AsText(left, binary).Sql} || {AsText(right, binary).Sql})", new SqlType(SqlTypeKind.Text), left.IsNullable || right.IsNullable, left.IsConstant && right.IsConstant);
        return binary.Operator is "+" or "-" or "*" or "/" or "%" ? Arithmetic(binary, left, right) : Comparison(binary.Operator, left, right, binary);
    }

    private Typed TranslateLike(LikeExpression like, Scope scope)
    {
        var text = AsText(Translate(like.Operand, scope), like);
        var pattern = AsText(Translate(like.Pattern, scope), like);
        var not = like.IsNot ? "NOT " : "";
        if (like.Kind == "RLIKE") return new Typed($"({not}regexp_full_match({text.Sql}, {pattern.Sql}))", Typed.Boolean);
        var escape = like.Escape is null ? (IsBigQuery ? " ESCAPE '\\'" : "") : $" ESCAPE {Translate(like.Escape, scope).Sql}";
        return new Typed($"({not}({text.Sql} {like.Kind} {pattern.Sql}{escape}))", Typed.Boolean);
    }

    private Typed TranslateCase(CaseExpression choice, Scope scope)
    {
        var whens = choice.Branches.Select(b => choice.Operand is null ? Condition(b.When, scope) : Compare("=", choice.Operand, b.When, scope, choice)).ToList();
        var results = Unify([.. choice.Branches.Select(b => Translate(b.Then, scope)), choice.Else is null ? new Typed("NULL", Typed.Null) : Translate(choice.Else, scope)], choice);
        var text = new StringBuilder("CASE");
        for (var i = 0; i < whens.Count; i++) text.Append(CultureInfo.InvariantCulture, $" WHEN {whens[i].Sql} THEN {results[i].Sql}");
        return new Typed(text.Append(CultureInfo.InvariantCulture, $" ELSE {results[^1].Sql} END").ToString(), results[0].Type);
    }

    /// <summary>Conjuncts that hold a constant against the partition column alone leave out whole days.</summary>
    private void FindPartitionConditions(Expression where, Scope scope)
    {
        switch (where)
        {
            case BinaryExpression { Operator: "AND" } and:
                FindPartitionConditions(and.Left, scope);
                FindPartitionConditions(and.Right, scope);
                break;
            case BetweenExpression { IsNot: false } between:
                AddPartitionCondition(between.Operand, ">=", between.Low, scope);
                AddPartitionCondition(between.Operand, "<=", between.High, scope);
                break;
            case BinaryExpression { Operator: "=" or "<" or "<=" or ">" or ">=" } comparison:
                AddPartitionCondition(comparison.Left, comparison.Operator, comparison.Right, scope);
                AddPartitionCondition(comparison.Right, comparison.Operator.Replace('<', '~').Replace('>', '<').Replace('~', '>'), comparison.Left, scope);
                break;
        }
    }

    private void AddPartitionCondition(Expression column, string operation, Expression bound, Scope scope)
    {
        if (column is not ColumnExpression name || Locate(name, scope) is not { } found) return;
        if (found.Source.Table.Use is not { } use || found.Column.Definition?.Name != use.Table.PartitionColumn || use.Table.PartitionColumn is null) return;
        var constant = Translate(bound, scope);
        if (!constant.IsConstant) return;
        var (left, right) = Align(Use(found.Source, found.Column), constant, operation, bound);
        var day = left.Type.Kind == SqlTypeKind.Date ? "1" : "86400000000000";
        var closed = operation switch { ">" => ">=", "<" => "<=", _ => operation };
        use.PartitionConditions.Add($"({found.Column.StorageName} // {day}) {closed} ({right.Sql} // {day})");
    }

    private string NewName(char prefix) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{++_names}");

    private sealed record Translated(string Sql, IReadOnlyList<OutputColumn> Columns);

    private sealed record Branch(string Sql, List<OutputColumn> Columns, List<string> Order);
}

/// <summary>A common table expression that has been translated.</summary>
internal sealed record CommonTable(string Alias, IReadOnlyList<OutputColumn> Columns);

/// <summary>What names mean inside one SELECT.</summary>
internal sealed class Scope(IReadOnlyDictionary<string, CommonTable> commonTables)
{
    public IReadOnlyDictionary<string, CommonTable> CommonTables => commonTables;

    public List<ScopeSource> Sources { get; } = [];
}

/// <summary>A table in a scope: its generated alias, and the one that was written.</summary>
internal sealed record ScopeSource(string Name, string? Alias, TableSource Table);

/// <param name="Use">Set for a stored table.</param>
internal sealed record TableSource(string Sql, IReadOnlyList<SourceColumn> Columns, TableUse? Use, EmulatedTable? Stored);

internal sealed record SourceColumn(string Name, SqlType Type, string StorageName, bool IsNullable, ColumnDefinition? Definition);
