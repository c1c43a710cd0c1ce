using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using WarehouseImport.Storage;

namespace WarehouseImport.Server.Security.Secrets;

/// <summary>
/// The key that wraps the key ring and is not in the database (S1): 32 random bytes in base64 in a file only its owner can read. The file is
/// <c>WAREHOUSEIMPORT_KEY_FILE</c>, else <c>key-ring.key</c> in <c>Storage:Path</c>. Every process of a cluster needs the same file.
/// </summary>
internal sealed class WrappingKey(IKeyRingStore keyRing, IOptions<StorageOptions> storage, IConfiguration configuration, ILogger<WrappingKey> logger)
{
    public const string EnvironmentVariable = "WAREHOUSEIMPORT_KEY_FILE";

    private const int KeyBytes = 32;

    private byte[]? _key;

    public string FilePath { get; } = Path.GetFullPath(
        configuration[EnvironmentVariable] is { Length: > 0 } given ? given : Path.Combine(storage.Value.Path, "key-ring.key"));

    /// <summary>True if the key ring cannot be opened; nothing is encrypted or overwritten until the file is back.</summary>
    public bool IsMissing => _key is null;

    public byte[] Bytes => _key ?? throw new SecretKeyMissingException(FilePath);

    /// <summary>Reads the file, or makes it if no key was ever wrapped. A key ring without its file leaves the key missing: a new file would hide the loss.</summary>
    /// <exception cref="InvalidOperationException">The file does not hold a key.</exception>
    public async Task InitialiseAsync(CancellationToken cancellationToken)
    {
        if (File.Exists(FilePath))
        {
            _key = await ReadAsync(cancellationToken);
            return;
        }

        if ((await keyRing.ListAsync(cancellationToken)).Count > 0)
        {
            SecretsLog.WrappingKeyMissing(logger, FilePath);
            return;
        }

        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            await using var file = new StreamWriter(FilePath, options);
            await file.WriteLineAsync(Convert.ToBase64String(key).AsMemory(), cancellationToken);
            _key = key;
            SecretsLog.WrappingKeyMade(logger, FilePath);
        }
        catch (IOException) when (File.Exists(FilePath))
        {
            // Another process on the same folder came first; its key is the one.
            _key = await ReadAsync(cancellationToken);
        }
    }

    private async Task<byte[]> ReadAsync(CancellationToken cancellationToken)
    {
        var text = (await File.ReadAllTextAsync(FilePath, cancellationToken)).Trim();
        var key = new byte[KeyBytes];
        return Convert.TryFromBase64String(text, key, out var length) && length == KeyBytes && text.Length == 44
            ? key
            : throw new InvalidOperationException($"The key file '{FilePath}' does not hold 32 bytes in base64; restore it from a backup.");
    }
}

/// <summary>The wrapping key is not there, so no connection secret can be opened or stored.</summary>
internal sealed class SecretKeyMissingException(string path)
    : Exception($"Key missing: the file '{path}' that opens the stored secrets is not there. Restore it from a backup and restart.");

internal static partial class SecretsLog
{
    [LoggerMessage(1200, LogLevel.Information, "Made the wrapping key {Path}. Back it up separately from the database: without it stored connection secrets cannot be opened.")]
    public static partial void WrappingKeyMade(ILogger logger, string path);

    [LoggerMessage(1201, LogLevel.Error, "The wrapping key {Path} is missing, so connection secrets cannot be opened. Nothing was overwritten; restore the file and restart.")]
    public static partial void WrappingKeyMissing(ILogger logger, string path);
}
