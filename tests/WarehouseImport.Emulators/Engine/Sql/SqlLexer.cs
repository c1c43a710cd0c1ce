using System.Globalization;
using System.Text;

namespace WarehouseImport.Emulators.Engine.Sql;

/// <summary>Splits a statement into tokens by the lexical rules of one dialect. Quotes, escapes and comments are why this is no regular expression.</summary>
internal sealed class SqlLexer(string sql, bool isBigQuery)
{
    private static readonly string[] Symbols = ["::", "<>", "!=", "<=", ">=", "||", "=>", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ",", ".", ";", ":", "[", "]"];
    private int _at;
    private int _line = 1;
    private int _lineStart;

    public List<Token> Read()
    {
        var tokens = new List<Token>();
        while (true)
        {
            SkipBlanks();
            var token = Next();
            tokens.Add(token);
            if (token.Kind == TokenKind.End) return tokens;
        }
    }

    private char Peek(int ahead = 0) => _at + ahead < sql.Length ? sql[_at + ahead] : '\0';

    private bool Looks(string text) => string.CompareOrdinal(sql, _at, text, 0, text.Length) == 0;

    private SqlFailure Bad(string subject, int start) => new(SqlFailureKind.Syntax, subject, null, _line, start - _lineStart + 1);

    private void SkipBlanks()
    {
        while (_at < sql.Length)
        {
            if (char.IsWhiteSpace(sql[_at])) Step();
            else if (Looks("--") || (isBigQuery ? Peek() == '#' : Looks("//")))
            {
                while (_at < sql.Length && sql[_at] != '\n') _at++;
            }
            else if (Looks("/*"))
            {
                var end = sql.IndexOf("*/", _at + 2, StringComparison.Ordinal);
                if (end < 0) throw Bad("/*", _at);
                while (_at < end + 2) Step();
            }
            else return;
        }
    }

    private void Step()
    {
        if (sql[_at++] != '\n') return;
        _line++;
        _lineStart = _at;
    }

    private Token Next()
    {
        var start = _at;
        var (line, column) = (_line, _at - _lineStart + 1);
        Token Make(TokenKind kind, string text) => new(kind, text, line, column, start, _at);
        if (_at >= sql.Length) return Make(TokenKind.End, "");
        var c = Peek();
        if (isBigQuery && TextStart() is { } prefix) return ReadBigQueryText(prefix, Make);
        if (c == '\'' && !isBigQuery) return Make(TokenKind.Text, ReadSnowflakeText());
        if (Looks("$$") && !isBigQuery)
        {
            var end = sql.IndexOf("$$", _at + 2, StringComparison.Ordinal);
            if (end < 0) throw Bad("$$", start);
            var body = sql[(_at + 2)..end];
            while (_at < end + 2) Step();
            return Make(TokenKind.Text, body);
        }

        if (c == '"' && !isBigQuery) return Make(TokenKind.QuotedName, ReadQuoted('"', doubled: true));
        if (c == '`' && isBigQuery) return Make(TokenKind.QuotedName, ReadQuoted('`', doubled: false));
        if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Peek(1)))) return Make(TokenKind.Number, ReadNumber());
        if (char.IsLetter(c) || c == '_')
        {
            while (char.IsLetterOrDigit(Peek()) || Peek() == '_' || (Peek() == '$' && !isBigQuery)) _at++;
            return Make(TokenKind.Word, sql[start.._at]);
        }

        if (c == '?')
        {
            _at++;
            return Make(TokenKind.Parameter, "?");
        }

        if (c == '@' && isBigQuery && (char.IsLetter(Peek(1)) || Peek(1) == '_'))
        {
            _at++;
            while (char.IsLetterOrDigit(Peek()) || Peek() == '_') _at++;
            return Make(TokenKind.Parameter, sql[(start + 1).._at]);
        }

        foreach (var symbol in Symbols)
        {
            if (!Looks(symbol) || (isBigQuery && symbol is "::")) continue;
            _at += symbol.Length;
            return Make(TokenKind.Symbol, symbol);
        }

        throw Bad(c.ToString(), start);
    }

    private string ReadNumber()
    {
        var start = _at;
        while (char.IsAsciiDigit(Peek())) _at++;
        if (Peek() == '.' && char.IsAsciiDigit(Peek(1)) || (Peek() == '.' && _at > start && !char.IsLetter(Peek(1)) && Peek(1) != '_'))
        {
            _at++;
            while (char.IsAsciiDigit(Peek())) _at++;
        }

        if (Peek() is 'e' or 'E' && (char.IsAsciiDigit(Peek(1)) || (Peek(1) is '+' or '-' && char.IsAsciiDigit(Peek(2)))))
        {
            _at += 2;
            while (char.IsAsciiDigit(Peek())) _at++;
        }

        return sql[start.._at];
    }

    private string ReadQuoted(char quote, bool doubled)
    {
        var start = _at++;
        var text = new StringBuilder();
        while (true)
        {
            if (_at >= sql.Length) throw Bad(sql[start..Math.Min(sql.Length, start + 20)], start);
            if (sql[_at] == quote)
            {
                _at++;
                if (!doubled || Peek() != quote) break;
            }
            else if (!doubled && sql[_at] == '\\') _at++;
            text.Append(sql[_at]);
            Step();
        }

        return text.Length == 0 ? throw Bad($"{quote}{quote}", start) : text.ToString();
    }

    private string ReadSnowflakeText()
    {
        var start = _at++;
        var text = new StringBuilder();
        while (true)
        {
            if (_at >= sql.Length) throw Bad(sql[start..Math.Min(sql.Length, start + 20)], start);
            var c = sql[_at];
            if (c == '\'')
            {
                _at++;
                if (Peek() != '\'') return text.ToString();
                text.Append('\'');
                _at++;
            }
            else if (c == '\\') ReadEscape(text);
            else
            {
                text.Append(c);
                Step();
            }
        }
    }

    private void ReadEscape(StringBuilder text)
    {
        _at++;
        var c = Peek();
        var digits = c switch { 'x' or 'X' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0 && _at + digits < sql.Length && int.TryParse(sql.AsSpan(_at + 1, digits), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var code))
        {
            text.Append(char.ConvertFromUtf32(code));
            _at += digits + 1;
            return;
        }

        text.Append(c switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', '0' => '\0', _ => c });
        Step();
    }

    /// <summary>Prefix letters before a BigQuery string or bytes literal, empty for none; null if no literal starts here.</summary>
    private string? TextStart()
    {
        var length = 0;
        while (length < 2 && Peek(length) is 'r' or 'R' or 'b' or 'B') length++;
        return Peek(length) is '\'' or '"' ? sql.Substring(_at, length).ToUpperInvariant() : null;
    }

    private Token ReadBigQueryText(string prefix, Func<TokenKind, string, Token> make)
    {
        var start = _at;
        _at += prefix.Length;
        var quote = Peek();
        var triple = Peek(1) == quote && Peek(2) == quote;
        var close = new string(quote, triple ? 3 : 1);
        _at += close.Length;
        var raw = prefix.Contains('R', StringComparison.Ordinal);
        var text = new StringBuilder();
        while (!Looks(close))
        {
            if (_at >= sql.Length || (!triple && sql[_at] == '\n')) throw new SqlFailure(SqlFailureKind.Syntax, "Unclosed string literal", "literal", _line, start - _lineStart + 1);
            if (sql[_at] == '\\' && !raw) ReadEscape(text);
            else
            {
                if (sql[_at] == '\\')
                {
                    text.Append('\\');
                    _at++;
                }

                text.Append(sql[_at]);
                Step();
            }
        }

        _at += close.Length;
        return make(prefix.Contains('B', StringComparison.Ordinal) ? TokenKind.Bytes : TokenKind.Text, text.ToString());
    }
}
