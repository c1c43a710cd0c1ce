namespace WarehouseImport.Syncs.Mapping;

/// <summary>How much a row may hold (profile-import-rules 15), as UTF-8.</summary>
public sealed record MapperLimits
{
    public static MapperLimits Default { get; } = new();

    /// <value>256 KiB by default (<c>cell_too_large</c>).</value>
    public int CellBytes { get; init; } = 256 * 1024;

    /// <value>1 MiB by default (<c>row_too_large</c>).</value>
    public int RowBytes { get; init; } = 1024 * 1024;

    /// <summary>Characters of an oversized cell that error rows keep.</summary>
    public const int KeptCharacters = 1_024;
}
