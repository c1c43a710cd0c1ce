using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Sql;

namespace WarehouseImport.Emulators.Snowflake;

/// <summary>What of the grammar is Snowflake's alone: types, <c>AT(…)</c>, three-part names.</summary>
internal sealed class SnowflakeParser(string sql) : SqlParser(sql, isBigQuery: false)
{
    protected override bool AllowsTrailingComma => false;

    protected override bool IsSafeCast(string word) => word == "TRY_CAST";

    protected override bool IsLiteralType(string word) => word.ToUpperInvariant() is "DATE" or "TIME" or "TIMESTAMP";

    protected override SqlType ParseType()
    {
        var token = Take();
        if (token.Kind != TokenKind.Word) throw token.Unexpected();
        switch (token.Text.ToUpperInvariant())
        {
            case "NUMBER" or "DECIMAL" or "NUMERIC":
                if (!Accept("(")) return SnowflakeType.Number();
                var precision = ParseInteger();
                var scale = Accept(",") ? ParseInteger() : 0;
                Expect(")");
                return SnowflakeType.Number(precision, scale);
            case "INT" or "INTEGER" or "BIGINT" or "SMALLINT" or "TINYINT" or "BYTEINT":
                return SnowflakeType.Number();
            case "FLOAT" or "FLOAT4" or "FLOAT8" or "REAL":
                return SnowflakeType.Float;
            case "DOUBLE":
                Accept("PRECISION");
                return SnowflakeType.Float;
            case "VARCHAR" or "STRING" or "TEXT" or "CHAR VARYING":
                return SnowflakeType.Varchar(Argument(SnowflakeType.DefaultTextLength));
            case "CHAR" or "CHARACTER":
                return SnowflakeType.Varchar(Argument(1));
            case "BINARY" or "VARBINARY":
                return SnowflakeType.Binary(Argument(8_388_608));
            case "BOOLEAN":
                return SnowflakeType.Boolean;
            case "DATE":
                return SnowflakeType.Date;
            case "TIME":
                return SnowflakeType.Time(Argument(9));
            case "TIMESTAMP" or "TIMESTAMP_NTZ" or "TIMESTAMPNTZ" or "DATETIME":
                return SnowflakeType.TimestampNtz(Argument(9));
            case "TIMESTAMP_LTZ" or "TIMESTAMPLTZ":
                return SnowflakeType.TimestampLtz(Argument(9));
            case "TIMESTAMP_TZ" or "TIMESTAMPTZ":
                return SnowflakeType.TimestampTz(Argument(9));
            case "VARIANT":
                return SnowflakeType.Variant;
            case "OBJECT":
                return SnowflakeType.Object;
            case "ARRAY":
                return SnowflakeType.Array;
            default:
                throw new SqlFailure(SqlFailureKind.Syntax, token.Text, "Unsupported data type", token.Line, token.Column);
        }
    }

    protected override IReadOnlyList<Name> ParseTablePath()
    {
        var parts = new List<Name> { ParseName() };
        while (Accept(".")) parts.Add(ParseName());
        return parts.Count <= 3 ? parts : throw Current.Unexpected();
    }

    protected override (Expression? AsOf, bool IsBefore) ParseTimeTravel()
    {
        if (!(Current.Is("AT") || Current.Is("BEFORE")) || !Ahead().Is("(")) return (null, false);
        var isBefore = Take().Is("BEFORE");
        Take();
        Expect("TIMESTAMP");
        Expect("=>");
        var instant = ParseExpression();
        Expect(")");
        return (instant, isBefore);
    }

    /// <summary>A <c>SHOW</c> command.</summary>
    public ShowSyntax ParseShow()
    {
        Expect("SHOW");
        var isTerse = Accept("TERSE");
        var what = Take().Text.ToUpperInvariant();
        if (what is "PRIMARY" or "DYNAMIC" or "MATERIALIZED" or "EXTERNAL") what = $"{what} {Take().Text.ToUpperInvariant()}";
        Accept("HISTORY");
        string? like = null, startsWith = null, scope = null, from = null;
        int? limit = null;
        IReadOnlyList<Name> path = [];
        if (what == "GRANTS")
        {
            scope = Take().Text.ToUpperInvariant();
            if (scope is not ("TO" or "ON")) throw Current.Unexpected();
            scope = $"{scope} {Take().Text.ToUpperInvariant()}";
            path = ParseTablePath();
        }

        if (Accept("LIKE")) like = ParseText();
        if (Accept("IN"))
        {
            if (Current.Is("ACCOUNT") || Current.Is("DATABASE") || Current.Is("SCHEMA") || Current.Is("TABLE") || Current.Is("VIEW")) scope = Take().Text.ToUpperInvariant();
            if (scope != "ACCOUNT") path = ParseTablePath();
        }

        if (Accept("STARTS", "WITH")) startsWith = ParseText();
        if (Accept("LIMIT"))
        {
            limit = ParseInteger();
            if (Accept("FROM")) from = ParseText();
        }

        Accept(";");
        return Current.Kind == TokenKind.End ? new ShowSyntax(what, isTerse, like, scope, path, startsWith, limit, from) : throw Current.Unexpected();
    }

    private int Argument(int fallback)
    {
        if (!Accept("(")) return fallback;
        var value = ParseInteger();
        Expect(")");
        return value;
    }
}

/// <param name="Scope">The kind of object after <c>IN</c>, or <c>TO ROLE</c> and its like for grants.</param>
internal sealed record ShowSyntax(string What, bool IsTerse, string? Like, string? Scope, IReadOnlyList<Name> Path, string? StartsWith, int? Limit, string? From);
