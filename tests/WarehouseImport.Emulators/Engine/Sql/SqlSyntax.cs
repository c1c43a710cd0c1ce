namespace WarehouseImport.Emulators.Engine.Sql;

/// <summary>A name as written; unquoted ones fold by the dialect's rules.</summary>
internal readonly record struct Name(string Text, bool IsQuoted);

internal abstract record Expression(int Line, int Column);

internal sealed record LiteralExpression(TokenKind Kind, string Text, int Line, int Column) : Expression(Line, Column);

/// <summary><c>NULL</c>, <c>TRUE</c> and <c>FALSE</c>.</summary>
internal sealed record WordLiteralExpression(string Word, int Line, int Column) : Expression(Line, Column);

/// <summary><c>TIMESTAMP '…'</c> and its like.</summary>
internal sealed record TypedLiteralExpression(string Type, string Text, int Line, int Column) : Expression(Line, Column);

/// <param name="Name">Null for <c>?</c>, which counts from 1 in <paramref name="Index"/>.</param>
internal sealed record ParameterExpression(string? Name, int Index, int Line, int Column) : Expression(Line, Column);

internal sealed record ColumnExpression(IReadOnlyList<Name> Parts, int Line, int Column) : Expression(Line, Column);

internal sealed record UnaryExpression(string Operator, Expression Operand, int Line, int Column) : Expression(Line, Column);

internal sealed record BinaryExpression(string Operator, Expression Left, Expression Right, int Line, int Column) : Expression(Line, Column);

/// <param name="Test"><c>NULL</c>, <c>TRUE</c> or <c>FALSE</c>.</param>
internal sealed record IsExpression(Expression Operand, string Test, bool IsNot, int Line, int Column) : Expression(Line, Column);

internal sealed record BetweenExpression(Expression Operand, Expression Low, Expression High, bool IsNot, int Line, int Column) : Expression(Line, Column);

internal sealed record InExpression(Expression Operand, IReadOnlyList<Expression> Items, bool IsNot, int Line, int Column) : Expression(Line, Column);

/// <summary><c>LIKE</c>, <c>ILIKE</c> and <c>RLIKE</c>.</summary>
internal sealed record LikeExpression(Expression Operand, Expression Pattern, string Kind, Expression? Escape, bool IsNot, int Line, int Column) : Expression(Line, Column);

internal sealed record CaseExpression(Expression? Operand, IReadOnlyList<(Expression When, Expression Then)> Branches, Expression? Else, int Line, int Column)
    : Expression(Line, Column);

internal sealed record CastExpression(Expression Operand, SqlType Type, bool IsSafe, int Line, int Column) : Expression(Line, Column);

internal sealed record FunctionExpression(
    string Name, IReadOnlyList<Expression> Arguments, bool IsStar, bool IsDistinct, WindowSpecification? Over, int Line, int Column) : Expression(Line, Column);

internal sealed record ExtractExpression(string Part, Expression Operand, int Line, int Column) : Expression(Line, Column);

internal sealed record IntervalExpression(Expression Amount, string Unit, int Line, int Column) : Expression(Line, Column);

internal sealed record SubqueryExpression(QuerySyntax Query, int Line, int Column) : Expression(Line, Column);

internal sealed record WindowSpecification(IReadOnlyList<Expression> PartitionBy, IReadOnlyList<OrderItem> OrderBy, string? Frame);

internal sealed record OrderItem(Expression Value, bool IsDescending, bool? NullsFirst);

/// <param name="Value">Null for <c>*</c>.</param>
internal sealed record SelectItem(Expression? Value, Name? Alias, IReadOnlyList<Name> StarOf);

internal abstract record TableSyntax(int Line, int Column);

internal sealed record NamedTableSyntax(IReadOnlyList<Name> Parts, Expression? AsOf, bool IsBefore, Name? Alias, int Line, int Column) : TableSyntax(Line, Column);

internal sealed record DerivedTableSyntax(QuerySyntax Query, Name? Alias, int Line, int Column) : TableSyntax(Line, Column);

internal sealed record JoinSyntax(string Kind, TableSyntax Left, TableSyntax Right, Expression? On, int Line, int Column) : TableSyntax(Line, Column);

internal sealed record SelectSyntax(
    bool IsDistinct,
    IReadOnlyList<SelectItem> Items,
    TableSyntax? From,
    Expression? Where,
    IReadOnlyList<Expression> GroupBy,
    Expression? Having,
    Expression? Qualify);

/// <param name="Branches">One, or several joined by <c>UNION ALL</c>.</param>
internal sealed record QuerySyntax(
    IReadOnlyList<(Name Name, QuerySyntax Query)> With,
    IReadOnlyList<SelectSyntax> Branches,
    IReadOnlyList<OrderItem> OrderBy,
    Expression? Limit,
    Expression? Offset);
