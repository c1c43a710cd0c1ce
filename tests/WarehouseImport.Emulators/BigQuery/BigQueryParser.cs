using WarehouseImport.Emulators.Engine;
using WarehouseImport.Emulators.Engine.Sql;

namespace WarehouseImport.Emulators.BigQuery;

/// <summary>What of the grammar is BigQuery's alone: backtick paths, <c>FOR SYSTEM_TIME AS OF</c>, its types.</summary>
internal sealed class BigQueryParser(string sql) : SqlParser(sql, isBigQuery: true)
{
    protected override bool AllowsTrailingComma => true;

    protected override bool IsSafeCast(string word) => word == "SAFE_CAST";

    protected override bool IsLiteralType(string word) => word.ToUpperInvariant() is "DATE" or "TIME" or "DATETIME" or "TIMESTAMP" or "NUMERIC" or "BIGNUMERIC" or "DECIMAL" or "JSON";

    /// <summary>A type alone, for the control interface.</summary>
    public SqlType ParseTypeText()
    {
        var type = ParseType();
        return Current.Kind == TokenKind.End ? type : throw Current.Unexpected();
    }

    protected override SqlType ParseType()
    {
        var token = Take();
        switch (token.Text.ToUpperInvariant())
        {
            case "INT64" or "INT" or "SMALLINT" or "INTEGER" or "BIGINT" or "TINYINT" or "BYTEINT":
                return BigQueryType.Int64;
            case "FLOAT64":
                return BigQueryType.Float64;
            case "STRING":
                SkipArguments();
                return BigQueryType.String;
            case "BOOL" or "BOOLEAN":
                return BigQueryType.Bool;
            case "BYTES":
                SkipArguments();
                return BigQueryType.Bytes;
            case "DATE":
                return BigQueryType.Date;
            case "TIME":
                return BigQueryType.Time;
            case "DATETIME":
                return BigQueryType.DateTime;
            case "TIMESTAMP":
                return BigQueryType.Timestamp;
            case "NUMERIC" or "DECIMAL":
                SkipArguments();
                return BigQueryType.Numeric;
            case "BIGNUMERIC" or "BIGDECIMAL":
                SkipArguments();
                return BigQueryType.BigNumeric;
            case "JSON":
                return BigQueryType.Json;
            case "GEOGRAPHY":
                return BigQueryType.Geography;
            case "INTERVAL":
                return BigQueryType.Interval;
            case "ARRAY":
                Expect("<");
                var element = ParseType();
                Expect(">");
                return BigQueryType.Array(element);
            case "RANGE":
                Expect("<");
                var bound = ParseType();
                Expect(">");
                return BigQueryType.Range(bound);
            case "STRUCT":
                Expect("<");
                var fields = new List<SqlField>();
                do
                {
                    var name = ParseName().Text;
                    fields.Add(new SqlField(name, ParseType()));
                }
                while (Accept(","));
                Expect(">");
                return BigQueryType.Struct([.. fields]);
            default:
                throw new SqlFailure(SqlFailureKind.Syntax, token.Text, "type", token.Line, token.Column);
        }
    }

    /// <summary>Parts may be quoted together or apart; an unquoted project may hold dashes.</summary>
    protected override IReadOnlyList<Name> ParseTablePath()
    {
        var parts = new List<Name>();
        do
        {
            var at = Current;
            var name = ParseName();
            if (name.IsQuoted)
            {
                foreach (var part in name.Text.Split('.'))
                {
                    if (part.Length == 0) throw new SqlFailure(SqlFailureKind.Syntax, name.Text, "Invalid table name", at.Line, at.Column);
                    parts.Add(new Name(part, true));
                }

                continue;
            }

            var text = name.Text;
            while (parts.Count == 0 && Current.Is("-") && Current.Start == at.Start + text.Length && Ahead().Kind is TokenKind.Word or TokenKind.Number && Ahead().Start == Current.End)
            {
                Take();
                text += "-" + Take().Text;
            }

            parts.Add(new Name(text, false));
        }
        while (Accept("."));
        return parts;
    }

    protected override (Expression? AsOf, bool IsBefore) ParseTimeTravel()
    {
        if (!Accept("FOR")) return (null, false);
        Expect("SYSTEM_TIME");
        Expect("AS");
        Expect("OF");
        return (ParseExpression(), false);
    }

    private void SkipArguments()
    {
        if (!Accept("(")) return;
        ParseInteger();
        if (Accept(",")) ParseInteger();
        Expect(")");
    }
}
