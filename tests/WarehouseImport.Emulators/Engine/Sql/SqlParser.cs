namespace WarehouseImport.Emulators.Engine.Sql;

/// <summary>Recursive descent over the closed grammar both dialects share; what differs is asked of the derived class.</summary>
internal abstract class SqlParser(string sql, bool isBigQuery)
{
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "SELECT", "FROM", "WHERE", "GROUP", "HAVING", "QUALIFY", "ORDER", "LIMIT", "OFFSET", "FETCH", "UNION", "JOIN", "CROSS", "INNER", "LEFT", "RIGHT", "FULL",
        "ON", "USING", "AND", "OR", "NOT", "IS", "IN", "BETWEEN", "LIKE", "ILIKE", "RLIKE", "AS", "ASC", "DESC", "NULLS", "CASE", "WHEN", "THEN", "ELSE", "END",
        "WITH", "DISTINCT", "ALL", "BY", "EXCEPT", "INTERSECT", "WINDOW",
    };

    private readonly List<Token> _tokens = new SqlLexer(sql, isBigQuery).Read();
    private int _at;
    private int _parameters;

    /// <value>How many <c>?</c> the statement holds.</value>
    public int ParameterCount => _parameters;

    protected string Sql => sql;

    protected Token Current => _tokens[_at];

    protected Token Ahead(int count = 1) => _tokens[Math.Min(_at + count, _tokens.Count - 1)];

    /// <summary>A whole statement that is one query; a semicolon may end it.</summary>
    public QuerySyntax ParseStatement()
    {
        var query = ParseQuery();
        Accept(";");
        if (Current.Kind != TokenKind.End) throw Current.Unexpected();
        return query;
    }

    /// <summary>A predicate alone, as the storage interface's row restriction is.</summary>
    public Expression ParsePredicate()
    {
        var predicate = ParseExpression();
        return Current.Kind == TokenKind.End ? predicate : throw Current.Unexpected();
    }

    protected Token Take() => _tokens[_at++];

    protected bool Accept(string word)
    {
        if (!Current.Is(word)) return false;
        _at++;
        return true;
    }

    protected bool Accept(string first, string second)
    {
        if (!Current.Is(first) || !Ahead().Is(second)) return false;
        _at += 2;
        return true;
    }

    protected void Expect(string word)
    {
        if (!Accept(word)) throw Current.Unexpected();
    }

    protected Name ParseName()
    {
        if (Current.Kind == TokenKind.QuotedName) return new Name(Take().Text, true);
        if (Current.Kind == TokenKind.Word && !Reserved.Contains(Current.Text)) return new Name(Take().Text, false);
        throw Current.Unexpected();
    }

    protected string ParseText() => Current.Kind == TokenKind.Text ? Take().Text : throw Current.Unexpected();

    protected int ParseInteger() =>
        Current.Kind == TokenKind.Number && int.TryParse(Current.Text, out var value) ? Advance(value) : throw Current.Unexpected();

    /// <summary>A type name with its arguments.</summary>
    protected abstract SqlType ParseType();

    /// <summary>The path of a table after FROM.</summary>
    protected abstract IReadOnlyList<Name> ParseTablePath();

    /// <summary>The time-travel clause, if the dialect has one here.</summary>
    protected abstract (Expression? AsOf, bool IsBefore) ParseTimeTravel();

    /// <summary>Type names that may stand before a text literal.</summary>
    protected abstract bool IsLiteralType(string word);

    protected abstract bool AllowsTrailingComma { get; }

    protected abstract bool IsSafeCast(string word);

    protected QuerySyntax ParseQuery()
    {
        var with = new List<(Name, QuerySyntax)>();
        if (Accept("WITH"))
        {
            do
            {
                var name = ParseName();
                Expect("AS");
                Expect("(");
                with.Add((name, ParseQuery()));
                Expect(")");
            }
            while (Accept(","));
        }

        var branches = new List<SelectSyntax> { ParseBranch() };
        while (Accept("UNION", "ALL")) branches.Add(ParseBranch());
        var order = new List<OrderItem>();
        if (Accept("ORDER", "BY")) order = ParseOrder();
        Expression? limit = null;
        Expression? offset = null;
        if (Accept("LIMIT"))
        {
            limit = ParsePrimary();
            if (Accept("OFFSET")) offset = ParsePrimary();
        }

        return new QuerySyntax(with, branches, order, limit, offset);
    }

    protected Expression ParseExpression() => ParseOr();

    private T Advance<T>(T value)
    {
        _at++;
        return value;
    }

    private SelectSyntax ParseBranch()
    {
        Expect("SELECT");
        var distinct = Accept("DISTINCT");
        if (!distinct) Accept("ALL");
        var items = new List<SelectItem>();
        do
        {
            if (AllowsTrailingComma && items.Count > 0 && (Current.Is("FROM") || Current.Kind == TokenKind.End)) break;
            items.Add(ParseItem());
        }
        while (Accept(","));
        var from = Accept("FROM") ? ParseFrom() : null;
        var where = Accept("WHERE") ? ParseExpression() : null;
        var group = new List<Expression>();
        if (Accept("GROUP", "BY"))
        {
            do group.Add(ParseExpression());
            while (Accept(","));
        }

        var having = Accept("HAVING") ? ParseExpression() : null;
        var qualify = Accept("QUALIFY") ? ParseExpression() : null;
        return new SelectSyntax(distinct, items, from, where, group, having, qualify);
    }

    private SelectItem ParseItem()
    {
        if (Accept("*")) return new SelectItem(null, null, []);
        for (var ahead = 0; Ahead(ahead).Kind is TokenKind.Word or TokenKind.QuotedName && Ahead(ahead + 1).Is("."); ahead += 2)
        {
            if (!Ahead(ahead + 2).Is("*")) continue;
            var parts = new List<Name> { ParseName() };
            while (Accept(".") && !Accept("*")) parts.Add(ParseName());
            return new SelectItem(null, null, parts);
        }

        var value = ParseExpression();
        return new SelectItem(value, ParseAlias(), []);
    }

    private Name? ParseAlias()
    {
        if (Accept("AS")) return ParseName();
        return Current.Kind == TokenKind.QuotedName || (Current.Kind == TokenKind.Word && !Reserved.Contains(Current.Text) && !IsClause(Current)) ? ParseName() : null;
    }

    // FOR starts BigQuery's time travel and AT/BEFORE Snowflake's, so they are no aliases there.
    private bool IsClause(Token token) =>
        token.Is("FOR") || ((token.Is("AT") || token.Is("BEFORE")) && Ahead().Is("("));

    private TableSyntax ParseFrom()
    {
        var table = ParseTable();
        while (true)
        {
            var at = Current;
            if (Accept(",") || Accept("CROSS", "JOIN")) table = new JoinSyntax("CROSS JOIN", table, ParseTable(), null, at.Line, at.Column);
            else if (Accept("JOIN") || Accept("INNER", "JOIN")) table = Joined("JOIN", table, at);
            else if (Current.Is("LEFT"))
            {
                Take();
                Accept("OUTER");
                Expect("JOIN");
                table = Joined("LEFT JOIN", table, at);
            }
            else return table;
        }
    }

    private JoinSyntax Joined(string kind, TableSyntax left, Token at)
    {
        var right = ParseTable();
        Expect("ON");
        return new JoinSyntax(kind, left, right, ParseExpression(), at.Line, at.Column);
    }

    private TableSyntax ParseTable()
    {
        var at = Current;
        if (Accept("("))
        {
            var query = ParseQuery();
            Expect(")");
            return new DerivedTableSyntax(query, ParseAlias(), at.Line, at.Column);
        }

        var parts = ParseTablePath();
        var alias = isBigQuery ? ParseAlias() : null;
        var (asOf, isBefore) = ParseTimeTravel();
        if (!isBigQuery) alias = ParseAlias();
        return new NamedTableSyntax(parts, asOf, isBefore, alias, at.Line, at.Column);
    }

    private List<OrderItem> ParseOrder()
    {
        var items = new List<OrderItem>();
        do
        {
            var value = ParseExpression();
            var descending = Accept("DESC");
            if (!descending) Accept("ASC");
            bool? nullsFirst = Accept("NULLS") ? ParseNulls() : null;
            items.Add(new OrderItem(value, descending, nullsFirst));
        }
        while (Accept(","));
        return items;
    }

    private bool ParseNulls()
    {
        if (Accept("FIRST")) return true;
        Expect("LAST");
        return false;
    }

    private Expression ParseOr()
    {
        var left = ParseAnd();
        while (Current.Is("OR"))
        {
            var at = Take();
            left = new BinaryExpression("OR", left, ParseAnd(), at.Line, at.Column);
        }

        return left;
    }

    private Expression ParseAnd()
    {
        var left = ParseNot();
        while (Current.Is("AND"))
        {
            var at = Take();
            left = new BinaryExpression("AND", left, ParseNot(), at.Line, at.Column);
        }

        return left;
    }

    private Expression ParseNot()
    {
        if (!Current.Is("NOT")) return ParseComparison();
        var at = Take();
        return new UnaryExpression("NOT", ParseNot(), at.Line, at.Column);
    }

    private Expression ParseComparison()
    {
        var left = ParseConcatenation();
        while (true)
        {
            var at = Current;
            if (at.Kind == TokenKind.Symbol && at.Text is "=" or "<" or ">" or "<=" or ">=" or "<>" or "!=")
            {
                Take();
                left = new BinaryExpression(at.Text == "!=" ? "<>" : at.Text, left, ParseConcatenation(), at.Line, at.Column);
            }
            else if (Accept("IS")) left = ParseIs(left, at);
            else if (Current.Is("NOT") && (Ahead().Is("BETWEEN") || Ahead().Is("IN") || Ahead().Is("LIKE") || Ahead().Is("ILIKE") || Ahead().Is("RLIKE")))
            {
                Take();
                left = ParsePostfix(left, true)!;
            }
            else if (ParsePostfix(left, false) is { } postfix) left = postfix;
            else return left;
        }
    }

    private Expression ParseIs(Expression left, Token at)
    {
        var not = Accept("NOT");
        if (Accept("DISTINCT"))
        {
            Expect("FROM");
            return new BinaryExpression(not ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM", left, ParseConcatenation(), at.Line, at.Column);
        }

        foreach (var test in (string[])["NULL", "TRUE", "FALSE"])
        {
            if (Accept(test)) return new IsExpression(left, test, not, at.Line, at.Column);
        }

        throw Current.Unexpected();
    }

    private Expression? ParsePostfix(Expression left, bool not)
    {
        var at = Current;
        if (Accept("BETWEEN"))
        {
            var low = ParseConcatenation();
            Expect("AND");
            return new BetweenExpression(left, low, ParseConcatenation(), not, at.Line, at.Column);
        }

        if (Accept("IN"))
        {
            Expect("(");
            var items = new List<Expression>();
            do items.Add(ParseExpression());
            while (Accept(","));
            Expect(")");
            return new InExpression(left, items, not, at.Line, at.Column);
        }

        if (at.Is("LIKE") || (!isBigQuery && (at.Is("ILIKE") || at.Is("RLIKE"))))
        {
            Take();
            var pattern = ParseConcatenation();
            var escape = Accept("ESCAPE") ? ParsePrimary() : null;
            return new LikeExpression(left, pattern, at.Text.ToUpperInvariant(), escape, not, at.Line, at.Column);
        }

        return null;
    }

    private Expression ParseConcatenation() => ParseLeft(["||"], ParseAdditive);

    private Expression ParseAdditive() => ParseLeft(["+", "-"], ParseMultiplicative);

    private Expression ParseMultiplicative() => ParseLeft(isBigQuery ? ["*", "/"] : ["*", "/", "%"], ParseUnary);

    private Expression ParseLeft(string[] operators, Func<Expression> operand)
    {
        var left = operand();
        while (Current.Kind == TokenKind.Symbol && operators.Contains(Current.Text))
        {
            var at = Take();
            left = new BinaryExpression(at.Text, left, operand(), at.Line, at.Column);
        }

        return left;
    }

    private Expression ParseUnary()
    {
        if (Current.Kind != TokenKind.Symbol || Current.Text is not ("-" or "+")) return ParseCasts();
        var at = Take();
        return new UnaryExpression(at.Text, ParseUnary(), at.Line, at.Column);
    }

    private Expression ParseCasts()
    {
        var value = ParsePrimary();
        while (Current.Is("::"))
        {
            var at = Take();
            value = new CastExpression(value, ParseType(), false, at.Line, at.Column);
        }

        return value;
    }

    private Expression ParsePrimary()
    {
        var at = Current;
        switch (at.Kind)
        {
            case TokenKind.Number or TokenKind.Text or TokenKind.Bytes:
                Take();
                return new LiteralExpression(at.Kind, at.Text, at.Line, at.Column);
            case TokenKind.Parameter:
                Take();
                return new ParameterExpression(at.Text == "?" ? null : at.Text, at.Text == "?" ? ++_parameters : 0, at.Line, at.Column);
            case TokenKind.QuotedName:
                return ParseColumn();
            case TokenKind.Symbol when at.Text == "(":
                Take();
                if (Current.Is("SELECT") || Current.Is("WITH"))
                {
                    var query = ParseQuery();
                    Expect(")");
                    return new SubqueryExpression(query, at.Line, at.Column);
                }

                var inner = ParseExpression();
                Expect(")");
                return inner;
            case TokenKind.Word:
                return ParseWord();
            default:
                throw at.Unexpected();
        }
    }

    private Expression ParseWord()
    {
        var at = Current;
        if (at.Is("NULL") || at.Is("TRUE") || at.Is("FALSE"))
        {
            Take();
            return new WordLiteralExpression(at.Text.ToUpperInvariant(), at.Line, at.Column);
        }

        if (at.Is("CASE")) return ParseCase();
        if (at.Is("INTERVAL") && !Ahead().Is("."))
        {
            Take();
            var amount = ParsePrimary();
            return new IntervalExpression(amount, isBigQuery ? Take().Text.ToUpperInvariant() : "", at.Line, at.Column);
        }

        if (Ahead().Kind == TokenKind.Text && IsLiteralType(at.Text))
        {
            Take();
            return new TypedLiteralExpression(at.Text.ToUpperInvariant(), Take().Text, at.Line, at.Column);
        }

        if (Ahead().Is("(")) return ParseFunction();
        if (isBigQuery && at.Is("SAFE") && Ahead().Is(".") && Ahead(3).Is("("))
        {
            throw new SqlFailure(SqlFailureKind.UnknownFunction, $"SAFE.{Ahead(2).Text}", null, at.Line, at.Column);
        }

        return Reserved.Contains(at.Text) ? throw at.Unexpected() : ParseColumn();
    }

    private ColumnExpression ParseColumn()
    {
        var at = Current;
        var parts = new List<Name> { ParseName() };
        while (Current.Is(".") && Ahead().Kind is TokenKind.Word or TokenKind.QuotedName)
        {
            Take();
            // After a dot a reserved word is a name.
            var token = Take();
            parts.Add(new Name(token.Text, token.Kind == TokenKind.QuotedName));
        }

        return new ColumnExpression(parts, at.Line, at.Column);
    }

    private CaseExpression ParseCase()
    {
        var at = Take();
        var operand = Current.Is("WHEN") ? null : ParseExpression();
        var branches = new List<(Expression, Expression)>();
        while (Accept("WHEN"))
        {
            var when = ParseExpression();
            Expect("THEN");
            branches.Add((when, ParseExpression()));
        }

        var otherwise = Accept("ELSE") ? ParseExpression() : null;
        Expect("END");
        return branches.Count == 0 ? throw Current.Unexpected() : new CaseExpression(operand, branches, otherwise, at.Line, at.Column);
    }

    private Expression ParseFunction()
    {
        var at = Take();
        var name = at.Text.ToUpperInvariant();
        Expect("(");
        if (name == "CAST" || IsSafeCast(name))
        {
            var operand = ParseExpression();
            Expect("AS");
            var type = ParseType();
            Expect(")");
            return new CastExpression(operand, type, name != "CAST", at.Line, at.Column);
        }

        if (name == "EXTRACT")
        {
            var part = Take().Text.ToUpperInvariant();
            Expect("FROM");
            var operand = ParseExpression();
            Expect(")");
            return new ExtractExpression(part, operand, at.Line, at.Column);
        }

        var distinct = Accept("DISTINCT");
        var star = Accept("*");
        var arguments = new List<Expression>();
        if (!star && !Current.Is(")"))
        {
            do arguments.Add(ParseExpression());
            while (Accept(","));
        }

        Expect(")");
        var over = Accept("OVER") ? ParseWindow() : null;
        return new FunctionExpression(name, arguments, star, distinct, over, at.Line, at.Column);
    }

    private WindowSpecification ParseWindow()
    {
        Expect("(");
        var partition = new List<Expression>();
        if (Accept("PARTITION", "BY"))
        {
            do partition.Add(ParseExpression());
            while (Accept(","));
        }

        var order = Accept("ORDER", "BY") ? ParseOrder() : [];
        string? frame = null;
        if (Current.Is("ROWS") || Current.Is("RANGE"))
        {
            var words = new List<string>();
            while (!Current.Is(")")) words.Add(FrameWord());
            frame = string.Join(' ', words);
        }

        Expect(")");
        return new WindowSpecification(partition, order, frame);
    }

    private string FrameWord()
    {
        var token = Take();
        string[] words = ["ROWS", "RANGE", "BETWEEN", "UNBOUNDED", "PRECEDING", "FOLLOWING", "CURRENT", "ROW", "AND"];
        var isKnown = words.Contains(token.Text, StringComparer.OrdinalIgnoreCase) || token.Kind == TokenKind.Number;
        return isKnown ? token.Text.ToUpperInvariant() : throw token.Unexpected();
    }
}
