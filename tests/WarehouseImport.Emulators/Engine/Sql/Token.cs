namespace WarehouseImport.Emulators.Engine.Sql;

internal enum TokenKind
{
    /// <summary>An unquoted word: a keyword or a name.</summary>
    Word,
    QuotedName,
    Text,
    Bytes,
    Number,

    /// <summary><c>?</c>, or a named parameter whose name is the token's text.</summary>
    Parameter,
    Symbol,
    End,
}

/// <param name="Text">A word as written, a name or text without its quotes, or the symbol.</param>
/// <param name="Line">Counted from 1, as is <paramref name="Column"/>.</param>
/// <param name="Start">Index in the statement.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Line, int Column, int Start, int End)
{
    public bool Is(string word) => Kind is TokenKind.Word or TokenKind.Symbol && Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    public SqlFailure Unexpected() => new(SqlFailureKind.Syntax, Kind == TokenKind.End ? "<EOF>" : Text, Kind.ToString(), Line, Column);
}
