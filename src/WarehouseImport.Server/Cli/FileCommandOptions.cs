namespace WarehouseImport.Server.Cli;

/// <param name="Maps">Each <c>column=target</c>.</param>
/// <param name="Data">Folder of the embedded store.</param>
internal sealed record FileCommandOptions(
    string File,
    bool IsCheck,
    string? Errors,
    IReadOnlyList<string> Maps,
    bool MapRemaining,
    string? ModifiedAt,
    string? DefaultCountry,
    bool StrictKlaviyo,
    string Data,
    long MaxBytes);
