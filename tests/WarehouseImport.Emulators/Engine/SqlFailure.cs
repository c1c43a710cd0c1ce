namespace WarehouseImport.Emulators.Engine;

/// <summary>Why a statement was refused; each dialect words it as its service does.</summary>
internal enum SqlFailureKind
{
    /// <summary>Outside the grammar: kept in the journal as unknown, so that a test fails.</summary>
    Syntax,
    UnknownFunction,
    UnknownTable,
    UnknownColumn,
    AmbiguousColumn,
    WrongArguments,
    MissingParameter,
    BadLimit,
    BadCast,
    Overflow,
    DivisionByZero,
    NotGrouped,
    NoTimeTravel,
    PartitionFilterMissing,
    NoWarehouse,

    /// <summary>The service knows the statement but does not run it through this interface.</summary>
    Unsupported,
    Armed,
}

/// <summary>A refused statement, before a dialect has given it the service's code and words.</summary>
internal sealed class SqlFailure(SqlFailureKind kind, string subject, string? detail = null, int line = 1, int column = 1) : Exception($"{kind}: {subject} {detail}")
{
    public SqlFailureKind Kind => kind;

    /// <value>The word, name or value at fault.</value>
    public string Subject => subject;

    public string? Detail => detail;

    /// <value>Counted from 1, as is <see cref="Column"/>.</value>
    public int Line => line;

    public int Column => column;

    /// <value>Whether the emulator may simply not know the statement, so that a test has to look at it.</value>
    public bool IsUnknownSql => kind is SqlFailureKind.Syntax or SqlFailureKind.UnknownFunction or SqlFailureKind.WrongArguments;
}
