namespace WarehouseImport.Server.Cli;

/// <param name="Maps">Each <c>column=target</c>.</param>
/// <param name="Subscribed">Registers that every row subscribes to.</param>
/// <param name="Confirmation">How that is known; needed with <paramref name="Subscribed"/>.</param>
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
    IReadOnlyList<string> Subscribed,
    string? Confirmation,
    string Data,
    long MaxBytes);
