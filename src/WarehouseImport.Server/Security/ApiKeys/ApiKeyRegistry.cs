using WarehouseImport.Storage;

namespace WarehouseImport.Server.Security.ApiKeys;

/// <summary>Decides at start which key opens the API, and remembers its digest only.</summary>
internal sealed class ApiKeyRegistry(ISettingStore settings, IConfiguration configuration)
{
    public const string EnvironmentVariable = "WAREHOUSEIMPORT_API_KEY";

    private const string SettingKey = "api_key_sha256";

    private string? _digest;

    /// <summary>
    /// Takes the key of <c>WAREHOUSEIMPORT_API_KEY</c>, which replaces any earlier one, else the stored one, else makes one.
    /// </summary>
    /// <returns>The key that was just made, to be shown this once; null otherwise.</returns>
    /// <exception cref="InvalidOperationException">The given key is too weak or mistyped.</exception>
    public async Task<string?> InitialiseAsync(CancellationToken cancellationToken)
    {
        if (configuration[EnvironmentVariable] is { Length: > 0 } given)
        {
            if (!ApiKey.IsAcceptable(given, out var problem)) throw new InvalidOperationException($"{EnvironmentVariable} {problem}.");
            _digest = ApiKey.Digest(given);
            await settings.SetAsync(SettingKey, _digest, cancellationToken);
            return null;
        }

        _digest = await settings.GetAsync(SettingKey, cancellationToken);
        if (_digest is not null) return null;

        var made = ApiKey.Generate();
        var digest = ApiKey.Digest(made);
        _digest = await settings.GetOrAddAsync(SettingKey, digest, cancellationToken);

        // Another process of the cluster may have come first; then its key is the one, and ours was never valid.
        return _digest == digest ? made : null;
    }

    public bool IsValid(string key) =>
        ApiKey.Matches(key, _digest ?? throw new InvalidOperationException("The API key was asked for before the server was prepared."));
}
